"""What a landing page is made of, as rows of its editor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tabiji.content.public import documents as texts
from tabiji.core.paging import ListQuery
from tabiji.pages.public import documents
from tabiji.pages.public import forms as public_forms
from tabiji.web.content import mail_blocks, rows, words
from tabiji.web.content.rows import Kind, Kinds, Part, RowForm

MOST_OFFERED: Final = 200
WRITING: Final = mail_blocks.WRITING
_SETTINGS: Final = ("title", "description", "is_listed")


def form_choices(*, chosen: int, may_be_none: bool) -> list[tuple[int, str]]:
    """Forms that a page may show; the one that is chosen already stays on offer."""
    found = public_forms.list_forms(ListQuery(limit=MOST_OFFERED)).rows
    said = [
        (one.id, one.name if one.version_id else gettext("%(name)s (not published yet)") % {"name": one.name})
        for one in found
    ]
    if chosen and chosen not in {one.id for one in found}:
        said.append((chosen, gettext("A form that was put away")))
    return [*([(0, gettext("No form"))] if may_be_none else []), *said]


class PageSettings(forms.Form):
    """What a page has beside its blocks."""

    use_required_attribute = False
    title = rows.line(_("Title"), help_text=_("In the browser’s tab and in search results."))
    description = rows.line(_("In search results, below the title (may stay empty)"))
    language = forms.ChoiceField(label=_("Language"), choices=words.LANGUAGES)
    is_listed = forms.BooleanField(label=_("Search engines may show it"), required=False)


class _WithForm(RowForm):
    """A row that shows a form."""

    may_be_none: ClassVar = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["form_id"]
        assert isinstance(field, forms.ChoiceField)
        chosen = str(self["form_id"].value() or "0")
        number = int(chosen) if chosen.isdecimal() and len(chosen) < 18 else 0
        known = form_choices(chosen=0, may_be_none=self.may_be_none)
        # A form of another workspace is nothing that this page may name.
        is_own = self.is_bound and number not in dict(known)
        field.choices = (
            known if is_own or not number else form_choices(chosen=number, may_be_none=self.may_be_none)
        )


class HeroForm(_WithForm):
    halves: ClassVar = frozenset({"form_id", "form_title"})
    kicker = rows.line(_("Small line above"))
    title = rows.line(_("The promise"))
    lead = rows.words(_("What stands behind it"), most=documents.MAX_WORDS, rows=3, help_text=WRITING)
    form_id = rows.number_of(_("Form beside it"))
    form_title = rows.line(_("Heading of the form"))
    label = rows.line(_("What the button says (may stay empty)"))
    url = rows.address(_("Where the button leads"))


class FormForm(_WithForm):
    may_be_none: ClassVar = False
    halves: ClassVar = frozenset({"form_id", "title"})
    form_id = rows.number_of(
        _("Form"), required=True, error_messages={"required": _("There is no form yet: make one first.")}
    )
    title = rows.line(_("Heading of the form"))


class HeadingForm(RowForm):
    text = rows.line(_("Heading"))


class TextForm(RowForm):
    text = rows.words(pgettext_lazy("block", "Text"), most=texts.MAX_TEXT, rows=6, help_text=WRITING)


class QuoteForm(RowForm):
    text = rows.words(_("What was said"), most=documents.MAX_WORDS, rows=3)
    by = rows.line(_("Who said it"))


class BandForm(RowForm):
    halves: ClassVar = frozenset({"label", "url"})
    title = rows.line(_("Heading"))
    text = rows.words(pgettext_lazy("block", "Text"), most=documents.MAX_WORDS, rows=3)
    label = rows.line(_("What the button says (may stay empty)"))
    url = rows.address(_("Where the button leads"))


class ButtonForm(RowForm):
    halves: ClassVar = frozenset({"label", "url"})
    label = rows.line(_("What the button says"))
    url = rows.address(_("Where it leads"), help_text=_("#form leads to the form of this page."))
    align = mail_blocks.align("center")


class PointForm(RowForm):
    title = rows.line(_("Point"))
    text = rows.line(_("In a few more words"))


class FigureForm(RowForm):
    halves: ClassVar = frozenset({"number", "label"})
    number = rows.line(_("Figure"))
    label = rows.line(_("What it counts"))


_POINTS: Final = Part("points", pgettext_lazy("block", "Points"), ("point",), _("Add a point"))
_FIGURES: Final = Part("figures", _("Figures"), ("figure",), _("Add a figure"))
_SIMPLE: Final = ("text", "heading", "points", "figures", "quote", "band", "image", "button")
_ALL: Final = (
    Kind("hero", _("Hero"), "layout-navbar", HeroForm, "title", (_POINTS, _FIGURES)),
    Kind("text", pgettext_lazy("block", "Text"), "align-left", TextForm, "text"),
    Kind("heading", _("Heading"), "heading", HeadingForm, "text"),
    Kind("points", pgettext_lazy("block", "Points"), "list-check", mail_blocks.NothingForm, parts=(_POINTS,)),
    Kind("figures", _("Figures"), "chart-bar", mail_blocks.NothingForm, parts=(_FIGURES,)),
    Kind("quote", _("Quote"), "quote", QuoteForm, "text"),
    Kind("band", _("Band"), "layout-bottombar", BandForm, "title"),
    mail_blocks.IMAGE,
    Kind("button", _("Button"), "hand-click", ButtonForm, "label"),
    Kind(
        "columns",
        pgettext_lazy("block", "Columns"),
        "columns-2",
        mail_blocks.NothingForm,
        parts=(
            Part("columns.0", _("First column"), _SIMPLE, _("Add to the first column")),
            Part("columns.1", _("Second column"), _SIMPLE, _("Add to the second column")),
            Part("columns.2", _("Third column (may stay empty)"), _SIMPLE, _("Add to the third column")),
        ),
    ),
    Kind("form", _("Form"), "forms", FormForm, "title"),
    mail_blocks.DIVIDER,
    Kind("point", _("Point"), "point", PointForm, "title", is_item=True),
    Kind("figure", _("Figure"), "number", FigureForm, "number", is_item=True),
)
KINDS: Final = Kinds({one.key: one for one in _ALL}, tuple(one.key for one in _ALL if not one.is_item))


def settings_of(document: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Initial values of PageSettings."""
    return {**{name: document[name] for name in _SETTINGS}, "language": language}


def of_document(document: Mapping[str, Any]) -> list[rows.Row]:
    """Its rows, without the footer, which is always there."""
    return rows.of_document(KINDS, [one for one in document["blocks"] if one["kind"] != "footer"])


def to_document(found: list[rows.Row], settings: Mapping[str, Any]) -> dict[str, Any]:
    """settings: title, description, is_listed. Raises content's BadDocument."""
    blocks = rows.values(KINDS, found)
    for block in blocks:
        if block["kind"] == "columns" and not block["columns"][2]:
            block["columns"].pop()
    kept = {name: settings[name] for name in _SETTINGS}
    return documents.complete("page", {"version": 1, "blocks": blocks, **kept})


def starter(form_id: int, language: str) -> list[dict[str, Any]]:
    """A promise with a form beside it, and room below."""
    is_english = language == "en"
    return [
        {
            "kind": "hero",
            "title": "What people get, in one sentence" if is_english else "読む人が手に入れるものを、一文で",
            "lead": "Who it is for, and why now." if is_english else "だれのための、どんな話か。",
            "points": [],
            "form_id": form_id,
        },
        {"kind": "heading", "text": "Why it works" if is_english else "選ばれる理由"},
        {"kind": "text", "text": "Two or three sentences." if is_english else "二、三文で書きます。"},
    ]
