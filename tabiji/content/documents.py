"""Block documents: what a mail is made of, as versioned JSON that the server validates and renders.

The legal footer is always there, once and last, and its content comes from the brand kit: it cannot
be left out, moved or rewritten (特定電子メール法 4条, 施行規則 7条).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

MAX_BLOCKS: Final = 200
MAX_TEXT: Final = 20_000
MAX_LINE: Final = 500
Align = Literal["left", "center", "right"]


class BadDocument(ValueError):
    """Not a block document: (path, what is wrong). Nothing was saved."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_max_length=MAX_TEXT)


class Heading(Strict):
    kind: Literal["heading"] = "heading"
    text: str = Field(max_length=MAX_LINE)
    level: Literal[1, 2, 3] = 2
    align: Align = "left"


class Text(Strict):
    kind: Literal["text"] = "text"
    text: str
    align: Align = "left"


class Button(Strict):
    kind: Literal["button"] = "button"
    label: str = Field(max_length=MAX_LINE)
    url: str
    align: Align = "center"


class Image(Strict):
    """`url` is where a click leads, empty for nowhere."""

    kind: Literal["image"] = "image"
    source: str
    alt: str = Field(default="", max_length=MAX_LINE)
    url: str = ""
    width: int = Field(default=552, ge=16, le=1200)


class Divider(Strict):
    kind: Literal["divider"] = "divider"


class Spacer(Strict):
    kind: Literal["spacer"] = "spacer"
    height: int = Field(default=24, ge=4, le=120)


class Footer(Strict):
    kind: Literal["footer"] = "footer"


Simple = Annotated[Heading | Text | Button | Image | Divider | Spacer, Field(discriminator="kind")]


class Columns(Strict):
    """Side by side on a wide screen, one below the other on a small one."""

    kind: Literal["columns"] = "columns"
    columns: tuple[list[Simple], list[Simple]]


Block = Annotated[
    Heading | Text | Button | Image | Divider | Spacer | Columns | Footer, Field(discriminator="kind")
]


class Document(Strict):
    version: Literal[1] = 1
    blocks: list[Block] = Field(default_factory=list, max_length=MAX_BLOCKS)


def parse(data: Any) -> Document:
    """A mail's document, with its footer in place. Raises BadDocument for unknown blocks or fields."""
    try:
        document = Document.model_validate(data)
    except ValidationError as error:
        raise bad_document(error) from None
    except RecursionError:
        raise BadDocument("", "nested too deeply") from None
    own = [block for block in document.blocks if not isinstance(block, Footer)]
    return Document(blocks=[*own, Footer()])


def bad_document(error: ValidationError) -> BadDocument:
    """The first of pydantic's complaints, with the path to it."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return BadDocument(".".join(str(part) for part in first["loc"]), first["msg"])


def to_json(document: BaseModel) -> dict[str, Any]:
    return document.model_dump(mode="json")


def walk(document: Document) -> Iterator[tuple[int, str, Block]]:
    """(index of the top block, path inside it, block), in the order of reading."""
    for index, block in enumerate(document.blocks):
        yield index, "", block
        if isinstance(block, Columns):
            for side, column in enumerate(block.columns):
                for place, inner in enumerate(column):
                    yield index, f"columns.{side}.{place}.", inner
