"""Documents of forms and landing pages: versioned JSON that the server validates and renders."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, ValidationError, field_validator

from tabiji.content.public import documents as blocks
from tabiji.pages.contracts import Kind

MAX_FIELDS: Final = 40
MAX_ANSWER: Final = 2_000
MAX_WORDS: Final = 5_000
ANONYMOUS: Final = "_tabiji_anonymous_id"
"""A hidden input that the snippet fills with the browser's id."""
HONEYPOT: Final = "_memo"
"""Out of sight, and by no name that a browser would fill in by itself."""
_KEY: Final = r"^[a-z][a-z0-9_]{0,39}$"
UTM: Final = (
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
    "gclid",
    "yclid",
    "fbclid",
    "ttclid",
    "ldtag_cl",
)
"""Hidden inputs that the snippet fills; in the submission's properties under the same names."""
Strict = blocks.Strict
Line = Annotated[str, Field(max_length=blocks.MAX_LINE)]
Words = Annotated[str, Field(max_length=MAX_WORDS)]
_Model = TypeVar("_Model", bound=Strict)
FieldType = Literal["text", "kana", "email", "phone", "company", "choice", "textarea", "consent", "hidden"]


class Choice(Strict):
    value: str = Field(min_length=1, max_length=100)
    label: str = Field(min_length=1, max_length=200)


class FormField(Strict):
    """One question. maps_to: the person's field that takes the answer, empty for the submission only.

    A consent's `label` is the very sentence that is agreed to; with a channel it is a consent to be
    written to, without one a condition such as the privacy policy.
    """

    key: str = Field(pattern=_KEY)
    type: FieldType = "text"
    label: Line = ""
    hint: Line = ""
    placeholder: Line = ""
    is_required: bool = False
    is_half: bool = False
    """Shares its row with the next or previous half."""
    maps_to: str = Field(default="", max_length=60)
    choices: list[Choice] = Field(default_factory=list, max_length=50)
    most: int = Field(default=200, ge=1, le=MAX_ANSWER)
    channel: Literal["", "mail", "line", "sms", "phone"] = ""
    topic: str = Field(default="marketing", pattern=_KEY)
    value: Line = ""
    """What a hidden field says."""

    @field_validator("key")
    @classmethod
    def _not_ours(cls, key: str) -> str:
        if key in UTM or key == "form_id":
            raise ValueError("this key is taken")
        return key


class Thanks(Strict):
    """What is shown after sending."""

    title: Line = ""
    text: Words = ""
    label: Line = ""
    url: str = ""


class FormDocument(Strict):
    """source: the way in that a person who was unknown gets; auto_reply_mail_id, initiative_id: 0 for none."""

    version: Literal[1] = 1
    fields: list[FormField] = Field(default_factory=list, max_length=MAX_FIELDS)
    submit_label: Line = ""
    note: Words = ""
    thanks: Thanks = Thanks()
    source: str = Field(default="", max_length=100)
    auto_reply_mail_id: int = Field(default=0, ge=0)
    initiative_id: int = Field(default=0, ge=0)


class Point(Strict):
    title: Line
    text: Line = ""


class Figure(Strict):
    number: Line
    label: Line


class Hero(Strict):
    """The promise, and beside it a form where form_id is not 0."""

    kind: Literal["hero"] = "hero"
    kicker: Line = ""
    title: Line
    lead: Words = ""
    points: list[Point] = Field(default_factory=list, max_length=12)
    figures: list[Figure] = Field(default_factory=list, max_length=8)
    form_id: int = Field(default=0, ge=0)
    form_title: Line = ""
    label: Line = ""
    url: str = ""


class Heading(Strict):
    kind: Literal["heading"] = "heading"
    text: Line


class Text(Strict):
    kind: Literal["text"] = "text"
    text: Annotated[str, Field(max_length=blocks.MAX_TEXT)]


class Points(Strict):
    kind: Literal["points"] = "points"
    points: list[Point] = Field(max_length=20)


class Figures(Strict):
    kind: Literal["figures"] = "figures"
    figures: list[Figure] = Field(max_length=12)


class Quote(Strict):
    kind: Literal["quote"] = "quote"
    text: Words
    by: Line = ""


class Band(Strict):
    """A quiet second offer."""

    kind: Literal["band"] = "band"
    title: Line
    text: Words = ""
    label: Line = ""
    url: str = ""


class Form(Strict):
    kind: Literal["form"] = "form"
    form_id: int = Field(ge=1)
    title: Line = ""


class Divider(Strict):
    kind: Literal["divider"] = "divider"


class Footer(Strict):
    kind: Literal["footer"] = "footer"


Simple = Annotated[
    Heading | Text | Points | Figures | Quote | Band | blocks.Image | blocks.Button,
    Field(discriminator="kind"),
]


class Columns(Strict):
    kind: Literal["columns"] = "columns"
    columns: list[list[Simple]] = Field(min_length=2, max_length=3)


Block = Annotated[
    Hero
    | Heading
    | Text
    | Points
    | Figures
    | Quote
    | Band
    | blocks.Image
    | blocks.Button
    | Columns
    | Form
    | Divider
    | Footer,
    Field(discriminator="kind"),
]


class PageDocument(Strict):
    """title and description: of the browser's tab and of search engines."""

    version: Literal[1] = 1
    title: Line = ""
    description: Line = ""
    is_listed: bool = True
    """Search engines may show it."""
    blocks: list[Block] = Field(default_factory=list, max_length=blocks.MAX_BLOCKS)


def parse_form(data: Any) -> FormDocument:
    """Raises content's BadDocument for unknown fields or types."""
    return _parse(FormDocument, data)


def parse_page(data: Any) -> PageDocument:
    """A page with its footer in place. Raises content's BadDocument."""
    document = _parse(PageDocument, data)
    own = [block for block in document.blocks if not isinstance(block, Footer)]
    return document.model_copy(update={"blocks": [*own, Footer()]})


def complete(kind: Kind, data: Any) -> dict[str, Any]:
    """A form's or a page's document as it is stored, nothing left out. Raises content's BadDocument."""
    document = parse_form(data) if kind == "form" else parse_page(data)
    return document.model_dump(mode="json")


def form_ids(document: PageDocument) -> list[int]:
    """The forms that a page shows, in order."""
    found = [block.form_id for block in document.blocks if isinstance(block, Hero | Form)]
    return [form_id for form_id in found if form_id]


def _parse(model: type[_Model], data: Any) -> _Model:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise blocks.bad_document(error) from None
    except RecursionError:
        raise blocks.BadDocument("", "nested too deeply") from None
