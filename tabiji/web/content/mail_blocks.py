"""What a mail is made of, as rows of its editor."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tabiji.content.public import documents
from tabiji.web.content import rows
from tabiji.web.content.rows import Kind, Kinds, Part, RowForm

ALIGN: Final = [
    ("left", pgettext_lazy("align", "Left")),
    ("center", pgettext_lazy("align", "Centre")),
    ("right", pgettext_lazy("align", "Right")),
]
WRITING: Final = _(
    "An empty line makes a paragraph. **bold**, [words](https://…) for a link, “- ” at the beginning of a line for a list."
)


def align(initial: str = "left") -> forms.TypedChoiceField:
    return rows.choice(_("Position"), ALIGN, initial=initial)


class HeadingForm(RowForm):
    halves: ClassVar = frozenset({"level", "align"})
    text = rows.line(_("Heading"), merge=True)
    level = forms.TypedChoiceField(
        label=_("Size"),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[
            (1, pgettext_lazy("size", "Large")),
            (2, pgettext_lazy("size", "Medium")),
            (3, pgettext_lazy("size", "Small")),
        ],
        initial=2,
    )
    align = align()


class TextForm(RowForm):
    text = rows.words(
        pgettext_lazy("block", "Text"), most=documents.MAX_TEXT, merge=True, rows=7, help_text=WRITING
    )
    align = align()


class ButtonForm(RowForm):
    halves: ClassVar = frozenset({"align"})
    label = rows.line(_("What the button says"), merge=True)
    url = rows.address(_("Where it leads"))
    align = align("center")


class ImageForm(RowForm):
    halves: ClassVar = frozenset({"width"})
    source = rows.address(_("Address of the image"))
    alt = rows.line(
        _("What the image shows"), help_text=_("Read instead of the image where images are not loaded.")
    )
    url = rows.address(_("Where a click leads (may stay empty)"))
    width = forms.IntegerField(
        label=_("Width (px)"), required=False, min_value=16, max_value=1200, initial=552
    )


class SpacerForm(RowForm):
    halves: ClassVar = frozenset({"height"})
    height = forms.IntegerField(
        label=_("Height (px)"), required=False, min_value=4, max_value=120, initial=24
    )


class NothingForm(RowForm):
    """A row that says all by being there."""


HEADING: Final = Kind("heading", _("Heading"), "heading", HeadingForm, "text")
TEXT: Final = Kind("text", pgettext_lazy("block", "Text"), "align-left", TextForm, "text")
BUTTON: Final = Kind("button", _("Button"), "hand-click", ButtonForm, "label")
IMAGE: Final = Kind("image", _("Image"), "photo", ImageForm, "alt")
DIVIDER: Final = Kind("divider", _("Divider"), "minus", NothingForm)
SPACER: Final = Kind("spacer", _("Space"), "space", SpacerForm)
_SIMPLE: Final = ("text", "heading", "button", "image", "divider", "spacer")
COLUMNS: Final = Kind(
    "columns",
    _("Two columns"),
    "columns-2",
    NothingForm,
    parts=(
        Part("columns.0", _("Left column"), _SIMPLE, _("Add to the left column")),
        Part("columns.1", _("Right column"), _SIMPLE, _("Add to the right column")),
    ),
)
KINDS: Final = Kinds(
    {one.key: one for one in (TEXT, HEADING, BUTTON, IMAGE, DIVIDER, SPACER, COLUMNS)},
    (*_SIMPLE, "columns"),
)


def of_document(document: dict[str, Any]) -> list[rows.Row]:
    """Its rows, without the footer, which is always there."""
    return rows.of_document(KINDS, [one for one in document["blocks"] if one["kind"] != "footer"])


def to_document(found: list[rows.Row]) -> dict[str, Any]:
    """Raises content's BadDocument."""
    parsed = documents.parse({"version": 1, "blocks": rows.values(KINDS, found)})
    return documents.to_json(parsed)


def starter(purpose: str, language: str) -> dict[str, Any]:
    """Something to write over: the form of address, one sentence, one button."""
    return documents.to_json(
        documents.parse(
            {
                "version": 1,
                "blocks": [
                    {"kind": "text", "text": "{{ person | honorific: 'company' }}"},
                    {"kind": "text", "text": _starting_words(purpose, language)},
                    *(
                        [{"kind": "button", "label": _starting_label(language), "url": ""}]
                        if purpose == "marketing"
                        else []
                    ),
                ],
            }
        )
    )


def _starting_words(purpose: str, language: str) -> str:
    if language == "en":
        return (
            "Thank you for your enquiry."
            if purpose == "transactional"
            else "What do you offer, in one sentence?"
        )
    return (
        "お問い合わせありがとうございます。"
        if purpose == "transactional"
        else "お伝えしたいことを、はじめの一文で書きます。"
    )


def _starting_label(language: str) -> str:
    return "See how" if language == "en" else "くわしく見る"
