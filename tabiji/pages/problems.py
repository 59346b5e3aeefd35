"""What speaks against publishing a form or a page, with its place and a sentence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from django.utils.translation import gettext, gettext_noop

from tabiji.content.contracts import Brand, Problem
from tabiji.content.public import documents as blocks
from tabiji.content.public import problems as texts
from tabiji.pages import documents
from tabiji.pages.documents import FormDocument, FormField, PageDocument
from tabiji.people.contracts import FieldInfo

_ = gettext_noop
_UNMAPPABLE: Final = frozenset({"owner_id", "source"})


def of_form(form: FormDocument, *, known: Mapping[str, FieldInfo], mails: Collection[int]) -> list[Problem]:
    """known: fields of people by key; mails: published ones. block: the field's index."""
    found: list[Problem] = []
    keys: set[str] = set()
    targets: set[str] = set()
    for index, question in enumerate(form.fields):
        own = _of_field(question, known)
        if question.key in keys:
            own.append(Problem("key_twice", values={"name": question.key}))
        if question.maps_to and question.maps_to in targets:
            own.append(Problem("mapped_twice", values={"name": known[question.maps_to].label}))
        keys.add(question.key)
        targets |= {question.maps_to} & set(known)
        found += [replace(problem, block=index) for problem in own]
    if not any(question.type not in ("consent", "hidden") for question in form.fields):
        found.append(Problem("no_questions"))
    elif not targets & {"email", "phone"}:
        found.append(Problem("nobody_known", blocks_publishing=False))
    if not form.submit_label.strip():
        found.append(Problem("no_label", None, "submit_label"))
    if not form.thanks.title.strip():
        found.append(Problem("no_words", None, "thanks"))
    if form.thanks.url or form.thanks.label:
        found += texts.of_target("thanks", form.thanks.url, inside=True)
    found += [*words("note", form.note), *words("thanks", form.thanks.text)]
    if form.auto_reply_mail_id and form.auto_reply_mail_id not in mails:
        found.append(Problem("mail_not_published", None, "auto_reply"))
    return found


def of_page(page: PageDocument, *, forms: Collection[int], brand: Brand) -> list[Problem]:
    """forms: ids of published ones. block: index in the document."""
    found = [Problem("no_words", None, "title")] if not page.title.strip() else []
    for index, block in enumerate(page.blocks):
        found += [replace(problem, block=index) for problem in _of_block(block, forms, brand)]
    shown = documents.form_ids(page)
    if len(set(shown)) < len(shown):
        found.append(Problem("form_twice"))
    if len(page.blocks) < 2:
        found.append(Problem("empty_page"))
    return found


def words(part: str, text: str) -> list[Problem]:
    """Links in a text without merge fields that lead where they must not."""
    return texts.of_links(part, text, inside=True, with_merge=False)


def sentence(problem: Problem) -> str:
    """The problem in the language that is active, without its place."""
    if problem.code not in _SENTENCES:
        return texts.sentence(problem)
    return gettext(_SENTENCES[problem.code]) % problem.values


def place(problem: Problem) -> str:
    """Where it is, in the language that is active."""
    if problem.block is not None:
        return gettext("Part %(number)d") % {"number": problem.block + 1}
    return gettext(_PLACES.get(problem.part, "As a whole"))


def _of_field(question: FormField, known: Mapping[str, FieldInfo]) -> list[Problem]:
    found: list[Problem] = []
    if question.type != "hidden" and not question.label.strip():
        found.append(Problem("no_words", None, "label"))
    if question.type == "consent" and question.channel == "" and not question.is_required:
        found.append(Problem("consent_to_nothing"))
    if question.type == "consent" and question.channel and question.is_required:
        found.append(Problem("forced_consent"))
    if question.type == "choice" and len({choice.value for choice in question.choices}) < 2:
        found.append(Problem("few_choices"))
    found += words("hint", question.hint)
    if question.maps_to:
        found += _of_mapping(question, known)
    return found


def _of_mapping(question: FormField, known: Mapping[str, FieldInfo]) -> list[Problem]:
    info = known.get(question.maps_to)
    if info is None or question.maps_to in _UNMAPPABLE or question.type == "consent":
        return [Problem("unknown_person_field", values={"name": question.maps_to})]
    if info.type == "choice":
        possible = {choice["value"] for choice in info.choices}
        # A hidden field says one of them for everybody; what an address says instead is checked when it comes.
        said = [question.value] if question.type == "hidden" else [one.value for one in question.choices]
        wrong = [value for value in said if value not in possible]
        if wrong or question.type not in ("choice", "hidden"):
            return [Problem("other_choices", values={"name": info.label, "wrong": ", ".join(wrong)})]
    wanted = {"email": "email", "phone": "phone"}.get(question.maps_to)
    if wanted is not None and question.type not in (wanted, "hidden"):
        return [Problem("other_type", values={"name": info.label})]
    return []


def _of_block(block: documents.Block, forms: Collection[int], brand: Brand) -> Iterable[Problem]:
    if isinstance(block, documents.Hero):
        yield from _line("title", block.title)
        yield from words("lead", block.lead)
        yield from _form(block.form_id, forms) if block.form_id else ()
        yield from _target(block.label, block.url)
    elif isinstance(block, documents.Form):
        yield from _form(block.form_id, forms)
    elif isinstance(block, documents.Columns):
        for column in block.columns:
            for inner in column:
                yield from _of_block(inner, forms, brand)
    elif isinstance(block, documents.Footer):
        yield from (Problem("no_company"),) if not brand.company.strip() else ()
    elif isinstance(block, documents.Heading):
        yield from _line("text", block.text)
    elif isinstance(block, documents.Text | documents.Quote):
        yield from words("text", block.text)
    elif isinstance(block, documents.Band):
        yield from [
            *_line("title", block.title),
            *words("text", block.text),
            *_target(block.label, block.url),
        ]
    elif isinstance(block, blocks.Image):
        yield from texts.of_image(block)
        yield from texts.of_target("url", block.url, inside=True) if block.url else ()
    elif isinstance(block, blocks.Button):
        yield from [*_line("label", block.label), *texts.of_target("url", block.url, inside=True)]


def _line(part: str, text: str) -> Iterator[Problem]:
    if not text.strip():
        yield Problem("no_words", None, part)


def _target(label: str, url: str) -> Iterator[Problem]:
    if label or url:
        yield from _line("label", label)
        yield from texts.of_target("url", url, inside=True)


def _form(form_id: int, forms: Collection[int]) -> Iterator[Problem]:
    if form_id not in forms:
        yield Problem("form_not_published")


_PLACES: Final = {
    "title": _("Title"),
    "submit_label": _("Button"),
    "note": _("Note"),
    "thanks": _("Thanks"),
    "auto_reply": _("Auto-reply"),
    "": _("As a whole"),
}
_SENTENCES: Final[dict[str, str]] = {
    "no_words": _("There are no words here yet."),
    "key_twice": _("Two fields have the key “%(name)s”."),
    "mapped_twice": _("Two fields write into “%(name)s”."),
    "no_questions": _("The form asks nothing yet."),
    "nobody_known": _("The form asks neither mail address nor phone: nobody becomes known by it."),
    "mail_not_published": _("The auto-reply has no version in use yet."),
    "form_not_published": _("The form was not published yet."),
    "form_twice": _("The page shows the same form twice."),
    "empty_page": _("The page is empty."),
    "no_company": _("The brand kit has no company name."),
    "consent_to_nothing": _(
        "A condition that nobody has to accept says nothing: make it required, or choose a channel."
    ),
    "forced_consent": _("Consent to be written to must be free: it cannot be required."),
    "few_choices": _("A choice needs at least two answers."),
    "unknown_person_field": _("People have no field “%(name)s” that a form may fill."),
    "other_choices": _("The answers differ from the choices of “%(name)s”: %(wrong)s"),
    "other_type": _("“%(name)s” needs a field of its own type."),
}
