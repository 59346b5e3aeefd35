"""A document as a list of rows that people fill in, open, move and take out, and back again.

What is typed comes as one form: `order` holds the keys of the rows in their order (`order-KEY-PART`
those of the rows inside another), `KEY-kind` what each row is, `KEY-FIELD` its values. Keys live as
long as the page; they mean nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PLACE: Final = "__key__"
"""Stands for the key in a blank row, until a script gives it one."""
PLACE_ORDER: Final = "__order__"
_KEY: Final = re.compile(r"[a-z0-9]{1,24}")
MOST_ROWS: Final = 400
_MOST_DEEP: Final = 3


class BadRows(ValueError):
    """A form that no page of ours sends."""


class Typed(forms.CharField):
    """Words as they were typed, with line breaks of one kind."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


def line(label: Any, *, most: int = 500, merge: bool = False, **more: Any) -> Typed:
    """A text of one line; merge: merge fields may be put into it."""
    attrs = {"data-merge": "1"} if merge else {}
    return Typed(label=label, max_length=most, widget=forms.TextInput(attrs=attrs), **more)


def words(label: Any, *, most: int, merge: bool = False, rows: int = 5, **more: Any) -> Typed:
    attrs = {"rows": rows, **({"data-merge": "1"} if merge else {})}
    return Typed(label=label, max_length=most, widget=forms.Textarea(attrs=attrs), **more)


def address(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=2_000,
        widget=forms.TextInput(
            attrs={"inputmode": "url", "placeholder": "https://", "autocapitalize": "off"}
        ),
        **more,
    )


def choice(label: Any, choices: Any, *, initial: str = "") -> forms.TypedChoiceField:
    """One of some words; nothing chosen leaves the document its default."""
    return forms.TypedChoiceField(
        label=label, choices=choices, coerce=str, empty_value=None, required=False, initial=initial
    )


def number_of(label: Any, **more: Any) -> forms.TypedChoiceField:
    """One of some definitions, by its id."""
    more.setdefault("required", False)
    return forms.TypedChoiceField(label=label, coerce=int, empty_value=None, **more)


def hidden(**more: Any) -> forms.CharField:
    return forms.CharField(required=False, widget=forms.HiddenInput, **more)


class RowForm(forms.Form):
    """The fields of one row. halves: those that stand two beside each other."""

    use_required_attribute = False
    halves: ClassVar[frozenset[str]] = frozenset()

    def shown(self) -> list[tuple[forms.BoundField, bool]]:
        """(field, whether it takes half the width)."""
        return [(one, one.name in self.halves) for one in self.visible_fields()]


@dataclass(frozen=True, slots=True)
class Part:
    """A list of rows inside a row. name: where it stands in the document, `points` or `columns.0`."""

    name: str
    label: str | _StrPromise
    kinds: tuple[str, ...]
    add_label: str | _StrPromise


@dataclass(frozen=True, slots=True)
class Kind:
    """says: the field whose words stand for a closed row. is_item: small, always open, without a kind of its own."""

    key: str
    label: str | _StrPromise
    icon: str
    form: type[RowForm]
    says: str = ""
    parts: tuple[Part, ...] = ()
    is_item: bool = False
    hint: str | _StrPromise = ""


@dataclass(frozen=True, slots=True)
class Kinds:
    """All kinds of one sort of document; root: those that may stand at the top; named_by: where the kind stands."""

    of: Mapping[str, Kind]
    root: tuple[str, ...]
    named_by: str = "kind"

    def offered(self) -> list[Kind]:
        return [self.of[key] for key in self.root]


@dataclass(slots=True)
class Inner:
    """The rows of one part of a row."""

    part: Part
    order: str
    rows: list[Row]
    kinds: list[Kind]


@dataclass(slots=True)
class Row:
    kind: Kind
    key: str
    form: RowForm
    inner: list[Inner] = field(default_factory=list)

    @property
    def says(self) -> str:
        """The words that a closed row shows."""
        name = self.kind.says
        value = str(self.form[name].value() or "") if name else ""
        return " ".join(value.split())[:120]

    @property
    def says_of(self) -> str:
        """The name of the field whose words a closed row shows."""
        return f"{self.key}-{self.kind.says}" if self.kind.says else ""

    @property
    def order(self) -> str:
        """The name of the order that a blank row will stand in."""
        return PLACE_ORDER

    def walk(self) -> Iterable[Row]:
        yield self
        for inner in self.inner:
            for row in inner.rows:
                yield from row.walk()


def of_document(kinds: Kinds, blocks: Sequence[Mapping[str, Any]]) -> list[Row]:
    """Rows of what is stored."""
    return [_of_block(kinds, block, str(block[kinds.named_by]), f"b{at}") for at, block in enumerate(blocks)]


def blanks(kinds: Kinds) -> list[Row]:
    """One empty row of each kind, for a script to copy."""
    return [_of_block(kinds, {}, key, PLACE) for key in kinds.of]


def _of_block(kinds: Kinds, block: Mapping[str, Any], name: str, key: str) -> Row:
    kind = kinds.of[name]
    form = kind.form(initial=dict(block), prefix=key)
    inner = []
    for part in kind.parts:
        own = "".join(letter for letter in part.name if letter.isalnum())
        found = _at(block, part.name)
        rows = [
            _of_block(
                kinds,
                one,
                part.kinds[0] if kinds.of[part.kinds[0]].is_item else str(one[kinds.named_by]),
                f"{key}{own}{at}",
            )
            for at, one in enumerate(found)
        ]
        inner.append(_inner(kinds, part, key, rows))
    return Row(kind, key, form, inner)


def read(kinds: Kinds, data: QueryDict) -> list[Row]:
    """Rows of what was sent. Raises BadRows for what no page of ours sends."""
    reader = _Reader(kinds, data)
    return reader.rows("order", kinds.root, 0)


@dataclass(slots=True)
class _Reader:
    kinds: Kinds
    data: QueryDict
    seen: set[str] = field(default_factory=set)

    def rows(self, order: str, allowed: Sequence[str], depth: int) -> list[Row]:
        keys = self.data.getlist(order)
        if depth > _MOST_DEEP or len(self.seen) + len(keys) > MOST_ROWS:
            raise BadRows("too many rows")
        return [self._row(key, allowed, depth) for key in keys]

    def _row(self, key: str, allowed: Sequence[str], depth: int) -> Row:
        if not _KEY.fullmatch(key) or key in self.seen:
            raise BadRows(f"not a row: {key[:40]}")
        self.seen.add(key)
        name = self.data.get(f"{key}-kind", "")
        if name not in allowed:
            raise BadRows(f"not possible here: {name[:40]}")
        kind = self.kinds.of[name]
        inner = [
            _inner(self.kinds, part, key, self.rows(f"order-{key}-{part.name}", part.kinds, depth + 1))
            for part in kind.parts
        ]
        return Row(kind, key, kind.form(self.data, prefix=key), inner)


def _inner(kinds: Kinds, part: Part, key: str, rows: list[Row]) -> Inner:
    return Inner(part, f"order-{key}-{part.name}", rows, [kinds.of[name] for name in part.kinds])


def values(kinds: Kinds, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """The blocks of these rows, which are sound (`mistakes` is empty)."""
    return [_block(kinds, row) for row in rows]


def _block(kinds: Kinds, row: Row) -> dict[str, Any]:
    # What was left empty and has no empty form (a number) takes the document's own default.
    block: dict[str, Any] = {
        name: value for name, value in row.form.cleaned_data.items() if value is not None
    }
    if not row.kind.is_item:
        block[kinds.named_by] = row.kind.key
    for inner in row.inner:
        _put(block, inner.part.name, values(kinds, inner.rows))
    return block


def mistakes(rows: Iterable[Row]) -> list[tuple[str, str]]:
    """(id of the field, sentence) of all that a document cannot hold, in the order of reading."""
    found = []
    for place, top in enumerate(rows, 1):
        for row in top.walk():
            for name, errors in row.form.errors.items():
                label = row.form[name].label if name in row.form.fields else ""
                said = _("Part %(place)d (%(kind)s), %(field)s: %(error)s") % {
                    "place": place,
                    "kind": row.kind.label,
                    "field": label,
                    "error": errors[0],
                }
                found.append((f"id_{row.key}-{name}", said))
    return found


def _at(block: Mapping[str, Any], path: str) -> Sequence[Mapping[str, Any]]:
    name, _dot, place = path.partition(".")
    found = block.get(name) or []
    if not place:
        return found
    return found[int(place)] if len(found) > int(place) else []


def _put(block: dict[str, Any], path: str, found: list[dict[str, Any]]) -> None:
    name, _dot, place = path.partition(".")
    if place:
        block.setdefault(name, []).append(found)
    else:
        block[name] = found


def of_settings(form: forms.Form) -> list[tuple[str, str]]:
    """(id of the field, sentence) of what a form beside the rows cannot hold."""
    return [(f"id_{name}", f"{form[name].label}: {errors[0]}") for name, errors in form.errors.items()]


def asked_place(text: str) -> int:
    """The place of the row that an address asks to be open, from 1; 0 for none."""
    return int(text) if text.isdecimal() and len(text) < 5 else 0
