"""Which events and changes are meant: one description, asked in memory here and in ClickHouse by `compiling`.

Conversions and the steps of funnels are described in these words. Only people's acts count, never a
machine's; and names that the product gives itself count only where it said them, so that nobody with
a public write key can claim a form or a click.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from tabiji.core.facts import Change, Event

OUR_NAMES: Final = (
    "click_judged",
    "form_submitted",
    "mail_bounced",
    "mail_clicked",
    "mail_complained",
    "mail_opened",
    "mail_replied",
    "unsubscribed",
)
"""Events that only this product can tell …"""
OPEN_INLETS: Final = ("server", "web")
"""… and never one of these sources, through which anybody with a public write key speaks."""

ChangeKind = Literal[
    "appointment",
    "audience",
    "call",
    "consent",
    "conversion",
    "deal",
    "experiment",
    "field",
    "hand_over",
    "journey",
    "list",
    "message",
    "score",
    "stage",
    "step",
    "task",
]
OWN_REFS: Final = frozenset({"appointment", "call", "deal", "hand_over", "message", "task"})
"""Kinds whose ref names one thing for ever, so that a thing causes at most one conversion."""


class BadMatch(ValueError):
    """Not a description of events or changes: (where in it, what was wrong)."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Word = Annotated[str, Field(min_length=1, max_length=300)]


class Test(_Part):
    """A property of an event, or of a change's detail, read as text. Missing reads as empty.

    is, is_not, contains, starts_with: any (is_not: none) of `values`. at_least, at_most: `number`.
    Lists and objects read as empty.
    """

    property: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,99}$")]
    operator: Literal["is", "is_not", "contains", "starts_with", "at_least", "at_most", "is_set"]
    values: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    number: Annotated[float, Field(allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Test:
        wants_number = self.operator in ("at_least", "at_most")
        wants_values = self.operator not in ("at_least", "at_most", "is_set")
        if wants_number != (self.number is not None) or wants_values != bool(self.values):
            raise ValueError(_NEEDS["number" if wants_number else "values" if wants_values else "nothing"])
        return self


class EventMatch(_Part):
    """Events of one of these names; all that is stated must hold.

    paths: `/pricing*`, where `*` stands for anything; one of them must fit.
    sources: inlets that are believed (`form`), empty for all. line: property `line`.
    """

    kind: Literal["event"]
    names: Annotated[tuple[Word, ...], Field(min_length=1, max_length=50)]
    paths: Annotated[tuple[Word, ...], Field(max_length=50)] = ()
    sources: Annotated[tuple[Word, ...], Field(max_length=20)] = ()
    line: Annotated[str, Field(max_length=60)] = ""
    where: Annotated[tuple[Test, ...], Field(max_length=20)] = ()


class ChangeMatch(_Part):
    """Changes of one kind; refs, old and new are alternatives, empty for any. line: detail `line`.

    A conversion is named by its keys in `refs`, and fits as long as it counts.
    """

    kind: Literal["change"]
    change: ChangeKind
    refs: Annotated[tuple[Word, ...], Field(max_length=100)] = ()
    old: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    new: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    line: Annotated[str, Field(max_length=60)] = ""
    where: Annotated[tuple[Test, ...], Field(max_length=20)] = ()

    @model_validator(mode="after")
    def _names_conversions(self) -> ChangeMatch:
        if self.change == "conversion" and not self.refs:
            raise ValueError(_("Say which conversions, by their keys."))
        return self


class AnyMatch(_Part):
    """One of several."""

    kind: Literal["any"]
    of: Annotated[
        tuple[Annotated[EventMatch | ChangeMatch, Field(discriminator="kind")], ...],
        Field(min_length=1, max_length=20),
    ]


Match = Annotated[EventMatch | ChangeMatch | AnyMatch, Field(discriminator="kind")]


def parse(data: object) -> EventMatch | ChangeMatch | AnyMatch:
    """Raises BadMatch for anything unknown: an unknown kind never matches everything."""
    try:
        return _match.validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(step) for step in first["loc"])
        raise BadMatch(path, first["msg"].removeprefix("Value error, ")) from None


def alternatives(match: EventMatch | ChangeMatch | AnyMatch) -> Iterator[EventMatch | ChangeMatch]:
    """The single descriptions of which one must fit."""
    if isinstance(match, AnyMatch):
        yield from match.of
    else:
        yield match


def fits_event(match: EventMatch | ChangeMatch | AnyMatch, event: Event) -> bool:
    return any(isinstance(one, EventMatch) and _fits_event(one, event) for one in alternatives(match))


def fits_change(match: EventMatch | ChangeMatch | AnyMatch, change: Change) -> bool:
    return any(isinstance(one, ChangeMatch) and _fits_change(one, change) for one in alternatives(match))


def text_of(values: Mapping[str, Any], path: str) -> str:
    """The property at `a.b` as text; numbers without needless decimals, as ClickHouse writes them."""
    found: Any = values
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    match found:
        case bool():
            return "true" if found else "false"
        case int() | str():
            return str(found)
        case float():
            return str(int(found)) if found.is_integer() else repr(found)
        case _:
            return ""


def number_of(values: Mapping[str, Any], path: str) -> float | None:
    """The property as a number, where it is one or reads as one."""
    return _number(text_of(values, path))


def _fits_event(match: EventMatch, event: Event) -> bool:
    return (
        event.name in match.names
        and not event.machine
        and not (event.name in OUR_NAMES and event.source in OPEN_INLETS)
        and (not match.sources or event.source in match.sources)
        and (not match.paths or any(_pattern(path).fullmatch(event.path) for path in match.paths))
        and (not match.line or text_of(event.props, "line") == match.line)
        and all(_holds(test, event.props) for test in match.where)
    )


def _fits_change(match: ChangeMatch, change: Change) -> bool:
    return (
        change.kind == match.change
        and (change.kind != "conversion" or change.new == "counted")
        and (not match.refs or change.ref in match.refs)
        and (not match.old or change.old in match.old)
        and (not match.new or change.new in match.new)
        and (not match.line or text_of(change.detail, "line") == match.line)
        and all(_holds(test, change.detail) for test in match.where)
    )


def _holds(test: Test, values: Mapping[str, Any]) -> bool:
    text = text_of(values, test.property)
    match test.operator:
        case "is":
            return text in test.values
        case "is_not":
            return text not in test.values
        case "contains":
            return any(value in text for value in test.values)
        case "starts_with":
            return text.startswith(test.values)
        case "is_set":
            return text != ""
        case "at_least" | "at_most":
            number = _number(text)
            assert test.number is not None
            if number is None:
                return False
            return number >= test.number if test.operator == "at_least" else number <= test.number


def _number(text: str) -> float | None:
    return float(text) if _NUMBER.fullmatch(text) else None


@lru_cache(maxsize=1_024)
def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in path.split("*")), re.DOTALL)


_NEEDS: Final = {
    "number": gettext_lazy("This comparison needs a number."),
    "values": gettext_lazy("This comparison needs values."),
    "nothing": gettext_lazy("This comparison takes no value."),
}
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?(e[+-]?\d+)?")
_match: TypeAdapter[EventMatch | ChangeMatch | AnyMatch] = TypeAdapter(Match)
