"""Pages and forms as HTML for `public.css`: complete without a script, one language, nothing from elsewhere."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import override

from tabiji.content.contracts import Brand
from tabiji.content.public import brand, inline
from tabiji.core import postgres
from tabiji.pages import documents, drafts, tickets
from tabiji.pages.contracts import Errors, FormState, PublicVersion, Visit
from tabiji.pages.documents import FormDocument, FormField, PageDocument

_AUTOCOMPLETE: Final = {
    "last_name": "family-name",
    "first_name": "given-name",
    "email": "email",
    "phone": "tel",
    "company": "organization",
    "title": "organization-title",
}
_INPUTS: Final = {"email": "email", "phone": "tel"}


@dataclass(frozen=True, slots=True)
class FieldView:
    """One question as the templates see it."""

    question: FormField
    id: str
    value: str
    error: str
    suggestion: str
    input: str
    autocomplete: str
    hint: SafeString

    @property
    def described_by(self) -> str:
        parts = [f"{self.id}-hint" if self.question.hint else "", f"{self.id}-error" if self.error else ""]
        return " ".join(part for part in parts if part)


def page(version: PublicVersion, *, context: Visit, page_id: int | None = None) -> str:
    """A landing page as a whole document. Forms that are not published any more are left out."""
    document = documents.parse_page(version.document)
    kit = brand.get()
    with override(version.language):
        shown = _forms_of(document)
        own_id = version.definition_id if page_id is None else page_id
        parts = [
            _block(block, shown, context, own_id, kit)
            for block in document.blocks
            if not isinstance(block, documents.Footer)
        ]
        wrong = any(state.errors.fields or state.errors.whole for state in context.forms.values())
        return _whole(
            "pages/page.html",
            {
                "title": document.title or version.name,
                "description": document.description,
                "is_listed": document.is_listed and not context.is_preview,
                "parts": parts,
                "is_wrong": wrong,
            },
            kit,
            version.language,
            context,
        )


def form(version: PublicVersion, *, context: Visit, page_id: int = 0, title: str = "") -> str:
    """A form alone: the part of a page that holds it."""
    with override(version.language):
        return _form(version, context, page_id, title)


def lone_form(version: PublicVersion, *, context: Visit) -> str:
    """A form as a page of its own, for one that was shown on no page of ours."""
    with override(version.language):
        inside = _form(version, context, 0, version.name)
        values = {"title": version.name, "parts": [inside], "is_listed": False}
        return _whole("pages/page.html", values, brand.get(), version.language, context)


def thanks(version: PublicVersion, *, context: Visit) -> str:
    """What is shown after sending."""
    said = documents.parse_form(version.document).thanks
    with override(version.language):
        values = {"title": said.title, "text": _words(said.text), "label": said.label, "url": said.url}
        return _whole("pages/thanks.html", values, brand.get(), version.language, context)


def _whole(name: str, values: Mapping[str, Any], kit: Brand, language: str, context: Visit) -> str:
    shared = {"brand": kit, "language": language, "visit": context, "collector": settings.COLLECTOR_URL}
    return render_to_string(name, {**values, **shared})


def _forms_of(document: PageDocument) -> dict[int, PublicVersion]:
    infos = drafts.find_many("form", documents.form_ids(document))
    return {
        info.id: drafts.get_version("form", info.version_id)
        for info in infos.values()
        if info.version_id is not None and info.state != "archived"
    }


def _block(
    block: documents.Block, shown: Mapping[int, PublicVersion], context: Visit, page_id: int, kit: Brand
) -> SafeString:
    values: dict[str, Any] = {"block": block, "brand": kit}
    if isinstance(block, documents.Hero | documents.Form):
        version = shown.get(block.form_id)
        title = block.form_title if isinstance(block, documents.Hero) else block.title
        values["form"] = _form(version, context, page_id, title) if version else ""
    if isinstance(block, documents.Columns):
        values["columns"] = [
            [_block(inner, shown, context, page_id, kit) for inner in column] for column in block.columns
        ]
    for part in ("lead", "text"):
        if hasattr(block, part):
            values[part] = _words(getattr(block, part))
    return render_to_string(f"pages/blocks/{block.kind}.html", values)


def _form(version: PublicVersion, context: Visit, page_id: int, title: str) -> SafeString:
    document = documents.parse_form(version.document)
    state = context.forms.get(version.id) or _fresh(version, context, page_id)
    views = list(_fields(document, state, context))
    values = {
        "version": version,
        "title": title,
        "document": document,
        "note": _words(document.note),
        "token": state.token,
        "state": state,
        "rows": [list(group) for group in _rows(view for view in views if view.question.type != "hidden")],
        "hidden": [view for view in views if view.question.type == "hidden"],
        "wrong": [view for view in views if view.error],
        "campaign": [(name, state.values.get(name) or context.query.get(name, "")) for name in documents.UTM],
        "anonymous": documents.ANONYMOUS,
        "anonymous_value": state.values.get(documents.ANONYMOUS, ""),
        "honeypot": documents.HONEYPOT,
        "is_preview": context.is_preview,
    }
    return render_to_string("pages/form.html", values)


def _fresh(version: PublicVersion, context: Visit, page_id: int) -> FormState:
    token = ""
    if not context.is_preview:
        token = tickets.sign(tickets.issue(postgres.workspace_id(), version.id, page_id, now=context.now))
    return FormState({}, Errors(), token)


def _fields(document: FormDocument, state: FormState, context: Visit) -> Iterator[FieldView]:
    for question in document.fields:
        value = state.values.get(question.key, "")
        if question.type == "hidden":
            value = value or context.query.get(question.key, "")[: question.most] or question.value
        yield FieldView(
            question,
            f"f-{question.key}",
            value,
            state.errors.fields.get(question.key, ""),
            state.errors.suggestions.get(question.key, ""),
            _INPUTS.get(question.type, "text"),
            _AUTOCOMPLETE.get(question.maps_to, ""),
            _line(question.hint),
        )


def _rows(views: Iterable[FieldView]) -> Iterator[Iterable[FieldView]]:
    """Neighbouring halves share a row, two by two; neighbouring consents share a box."""
    for kind, group in itertools.groupby(views, _sharing):
        together = list(group)
        width = {"half": 2, "consent": len(together)}.get(kind, 1)
        for start in range(0, len(together), width):
            yield together[start : start + width]


def _sharing(view: FieldView) -> str:
    if view.question.type == "consent":
        return "consent"
    return "half" if view.question.is_half else "whole"


def _line(text: str) -> SafeString:
    """One line of words, links allowed, without a paragraph around it."""
    line = inline.spans(text, with_merge=False, links=True)
    html = inline.line_to_html(line, href=lambda anchor: inline.quoted(anchor.url), style=lambda tag: "")
    return mark_safe(html)  # noqa: S308


def _words(text: str) -> SafeString:
    """Words of a document as markup: everything in it is escaped or of our own making."""
    flows = inline.parse(text, with_merge=False)
    html = inline.to_html(flows, href=lambda anchor: inline.quoted(anchor.url), style=lambda tag: "")
    return mark_safe(html)  # noqa: S308
