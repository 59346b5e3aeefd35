"""What sentences with gaps are made of: pieces, parts, kinds of lines, and what a workspace has to name.

The gaps of a line hold texts by name. What may stand several times in a line (a filter, a step) is a
*part* of it: its gaps are called `{part}-{number}-…`, and parts may stand in parts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tabiji.audiences.public import attributes, audience, conditions, sources
from tabiji.content.contracts import Purpose
from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.pages.public import forms
from tabiji.people.public import lists
from tabiji.purpose.public import conversions
from tabiji.scoring.public import stages
from tabiji.web.shell import on_screen
from tabiji.workspaces.public import definitions, members

Option = tuple[str, str]
Values = Mapping[str, str]
Group = tuple[str, Sequence[Option]]
"""Choices under a heading; without one they stand before the others."""
COMMA: Final = "、"


@dataclass(frozen=True, slots=True)
class Where:
    """Where a condition is asked: on a journey of an initiative, or of everybody at once."""

    initiative_id: int = 0
    in_journey: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of the sentence, or a gap in it.

    kind: select, checks, text, event or property (texts with suggestions), number, date or hidden;
    is_turning: another choice needs another sentence. groups: the options under their headings, where
    they have some. about: of a property, the event whose properties are suggested.
    """

    text: str = ""
    name: str = ""
    kind: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    label: str = ""
    is_turning: bool = False
    hint: str = ""
    chosen: frozenset[str] = frozenset()
    groups: Sequence[Group] = ()
    about: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A sentence of a line. The first says what the line is; others stand under it.

    key: the part that can be taken out (`test-0`); adds: parts that can be added here (`test` and what
    the button says); depth: how far it stands inside.
    """

    pieces: Sequence[Piece] = ()
    key: str = ""
    adds: Sequence[Option] = ()
    depth: int = 0


@dataclass
class Known:
    """What the workspace has that a line may name: each looked up once for a whole condition."""

    where: Where = field(default_factory=Where)

    @cached_property
    def fields(self) -> dict[str, attributes.Askable]:
        return attributes.askable()

    @cached_property
    def stages(self) -> list[Option]:
        return [(one.key, one.label) for one in stages.distribution() if one.key]

    @cached_property
    def lists(self) -> list[Option]:
        return [(str(one.id), one.name) for one in lists.list_all()]

    @cached_property
    def audiences(self) -> list[Option]:
        return [(str(one.id), one.name) for one in audience.list_all()]

    @cached_property
    def mails(self) -> list[Option]:
        found = mails.list_mails(ListQuery({"purpose": Purpose.MARKETING.value}, limit=200)).rows
        return [(f"mail:{one.id}", one.name) for one in found]

    @cached_property
    def forms(self) -> list[Option]:
        return [(str(one.id), one.name) for one in forms.list_forms(ListQuery(limit=200)).rows]

    @cached_property
    def journeys(self) -> list[Option]:
        return [(str(one.id), one.name) for one in definitions.list_of_kind("journey")]

    @cached_property
    def colleagues(self) -> list[Option]:
        return [(str(one.user_id), one.name) for one in members.list_colleagues()]

    @cached_property
    def conversions(self) -> list[Option]:
        return [(one.key, one.name) for one in conversions.list_all()]

    @cached_property
    def consents(self) -> list[Option]:
        """Consent for marketing, by channel."""
        source = sources.registry.get("consent")
        names = source.names([f"{channel}/marketing" for channel in _CHANNELS]) if source.names else {}
        return [(ref, str(name)) for ref, name in names.items()]

    def words(self, source: str) -> list[Option]:
        """The values of a source or of a property of an event, as people call them."""
        found = sources.registry.find(source)
        better = sources.words.find(source)
        said = {**(found.words() if found else {}), **(better() if better else {})}
        return [(value, str(label)) for value, label in said.items()]


@dataclass(frozen=True, slots=True)
class Kind:
    """values: from a leaf, or None where it says something else; leaf: back, from what was filled in;
    parts: how it is drawn.
    """

    key: str
    label: Any
    values: Callable[[Any, Known], dict[str, str] | None]
    leaf: Callable[[Values, Known], dict[str, Any]]
    parts: Callable[[Values, Known], list[Part]]


# -- sentences ----------------------------------------------------------------------------------


def cut(pattern: str, gaps: Mapping[str, Piece]) -> list[Piece]:
    """A sentence cut at its gaps; a gap named in the pattern and not given is left out."""
    pieces = []
    for place, text in enumerate(re.split(r"%\((\w+)\)s", pattern)):
        if place % 2 == 0:
            if text.strip():
                pieces.append(Piece(text=text.strip()))
        elif text in gaps:
            pieces.append(gaps[text])
    return pieces


def select(
    name: str, label: str, value: str, options: Sequence[Option], *, is_turning: bool = False
) -> Piece:
    """A choice. What was chosen and is gone stays to be seen, so that nothing takes its place unseen."""
    offered = list(options)
    if value and value not in dict(offered):
        offered.append((value, _("(no longer there)")))
    return Piece(name=name, kind="select", value=value, options=offered, label=label, is_turning=is_turning)


def grouped(name: str, label: str, value: str, groups: Sequence[Group]) -> Piece:
    """A choice under headings that needs another sentence."""
    options = [option for _heading, choices in groups for option in choices]
    return Piece(
        name=name, kind="select", value=value, options=options, label=label, is_turning=True, groups=groups
    )


def checks(name: str, label: str, values: Values, options: Sequence[Option]) -> Piece:
    """Several of these; one that was chosen and is gone stays to be seen."""
    chosen = checked(values, name)
    gone = [
        (value, value or pgettext("condition", "empty")) for value in chosen if value not in dict(options)
    ]
    return Piece(name=name, kind="checks", options=[*options, *gone], label=label, chosen=frozenset(chosen))


def checked(values: Values, name: str) -> list[str]:
    """What is chosen of several, in the order in which they stand."""
    found = {
        key.removeprefix(f"{name}-"): value for key, value in values.items() if key.startswith(f"{name}-")
    }
    return [found[key] for key in sorted((key for key in found if key.isdecimal()), key=int)]


def checking(name: str, chosen: Sequence[str]) -> dict[str, str]:
    """The gaps that say these were chosen."""
    return {f"{name}-{place}": value for place, value in enumerate(chosen)}


def number(name: str, label: str, value: str) -> Piece:
    return Piece(name=name, kind="number", value=value, label=label)


def text(name: str, label: str, value: str, hint: str = "") -> Piece:
    return Piece(name=name, kind="text", value=value, label=label, hint=hint)


def yes_or_no() -> list[Option]:
    return [("true", pgettext("value", "yes")), ("false", pgettext("value", "no"))]


def say(leaf: Any) -> str:
    return conditions.sentence(conditions.Condition(leaf), on_screen.language())


# -- parts --------------------------------------------------------------------------------------


def count_parts(values: Values, part: str) -> int:
    """How many parts of this name a line has."""
    number = 0
    while any(name.startswith(f"{part}-{number}-") for name in values):
        number += 1
    return number


def with_part(values: Values, part: str) -> dict[str, str]:
    """One more part, as it begins."""
    beginning = _BEGINNINGS[part.rpartition("-")[2]]
    place = f"{part}-{count_parts(values, part)}-"
    return {**values, **{place + name: value for name, value in beginning.items()}}


def without_part(values: Values, key: str) -> dict[str, str]:
    """One part less; those after it move up."""
    part, _mark, gone = key.rpartition("-")
    kept = {}
    for name, value in values.items():
        found = re.fullmatch(re.escape(part) + r"-(\d+)-(.+)", name)
        if found is None:
            kept[name] = value
        elif int(found[1]) != int(gone):
            kept[f"{part}-{int(found[1]) - (int(found[1]) > int(gone))}-{found[2]}"] = value
    return kept


# -- reading what was written -------------------------------------------------------------------


def as_text(value: Any) -> str:
    """A value as it stands in a gap."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def as_number(written: str, path: str = "value") -> int | float:
    """Raises BadCondition."""
    try:
        value = float(written.replace(",", ""))
    except ValueError:
        raise conditions.BadCondition(
            path, _("“%(text)s” is not a number.") % {"text": written[:30]}
        ) from None
    return int(value) if value.is_integer() else value


def as_whole(written: str, path: str, why: str, *, least: int = 0, most: int = 1_000_000) -> int:
    """A whole number within bounds. Raises BadCondition."""
    written = written.strip()
    found = int(written) if re.fullmatch(r"-?[0-9]{1,15}", written) else None
    if found is None or not least <= found <= most:
        raise conditions.BadCondition(path, why)
    return found


def whole_or(written: str, otherwise: int) -> int:
    written = written.strip()
    return int(written) if written.isdecimal() and len(written) < 16 else otherwise


def several(written: str) -> list[str]:
    """Texts divided by commas of either language."""
    parts = written.replace(COMMA, ",").replace("，", ",").split(",")
    return [part.strip() for part in parts if part.strip()]


_CHANNELS: Final = ("mail", "phone", "line", "sms")
_BEGINNINGS: Final[Mapping[str, Values]] = {
    "test": {"prop": "", "op": "is", "value": ""},
    "machines": {"on": "1"},
    "step": {"name": "page_viewed", "within": ""},
    "without": {"name": "page_viewed"},
}
"""What a new part says, by its name."""
