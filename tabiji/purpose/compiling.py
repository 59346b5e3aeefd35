"""A description of events and changes as ClickHouse conditions: pure, values bound, never pasted.

Each alternative becomes one condition over the columns of `event` or of `person_change`. A test in
this room holds these conditions and `matching` to the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tabiji.purpose.matching import (
    OPEN_INLETS,
    OUR_NAMES,
    AnyMatch,
    ChangeMatch,
    EventMatch,
    Test,
    alternatives,
)


@dataclass(slots=True)
class Parameters:
    """Bound values of a statement, each under a name of its own."""

    values: dict[str, Any] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    """Conversions that the statement reads (`reading.rows(keys=…)`)."""

    def bind(self, value: Any, type_name: str) -> str:
        """The placeholder of this value."""
        name = "p" + str(len(self.values))
        self.values[name] = value
        return "{" + name + ":" + type_name + "}"


@dataclass(frozen=True, slots=True)
class Compiled:
    """Conditions; empty text: no event (or change) can fit."""

    events: str
    changes: str


def compile(match: EventMatch | ChangeMatch | AnyMatch, params: Parameters) -> Compiled:
    """Conditions over `event` (without machines) and `person_change`."""
    events = [_event(one, params) for one in alternatives(match) if isinstance(one, EventMatch)]
    changes = [_change(one, params) for one in alternatives(match) if isinstance(one, ChangeMatch)]
    return Compiled(any_of(events), any_of(changes))


def any_of(conditions: list[str]) -> str:
    return "(" + " OR ".join(conditions) + ")" if conditions else ""


def property_text(path: str, params: Parameters) -> str:
    """A property of an event as text, empty where missing, a list or an object."""
    column = "getSubcolumn(props, " + params.bind(path, "String") + ")"
    return "if(startsWith(dynamicType(" + column + "), 'Array'), '', ifNull(toString(" + column + "), ''))"


def detail_text(path: str, params: Parameters) -> str:
    """A property of a change's detail as text, in the same way."""
    steps = ", ".join(params.bind(step, "String") for step in path.split("."))
    return (
        "multiIf(JSONType(detail, " + steps + ") = 'String', JSONExtractString(detail, " + steps + "),"
        " JSONType(detail, "
        + steps
        + ") IN ('Int64', 'UInt64', 'Bool'), JSONExtractRaw(detail, "
        + steps
        + "),"
        " JSONType(detail, " + steps + ") = 'Double', toString(JSONExtractFloat(detail, " + steps + ")), '')"
    )


def _event(match: EventMatch, params: Parameters) -> str:
    parts = [_in("name", match.names, params)]
    if set(match.names) & set(OUR_NAMES):
        parts.append(
            "NOT (" + _in("name", OUR_NAMES, params) + " AND " + _in("source", OPEN_INLETS, params) + ")"
        )
    if match.sources:
        parts.append(_in("source", match.sources, params))
    if match.paths:
        parts.append(any_of(["path LIKE " + params.bind(_like(path), "String") for path in match.paths]))
    if match.line:
        parts.append(property_text("line", params) + " = " + params.bind(match.line, "String"))
    parts += [_test(test, property_text(test.property, params), params) for test in match.where]
    return "(" + " AND ".join(parts) + ")"


def _change(match: ChangeMatch, params: Parameters) -> str:
    parts = ["kind = " + params.bind(match.change, "String")]
    for column, values in (("ref", match.refs), ("old", match.old), ("new", match.new)):
        if values:
            parts.append(_in(column, values, params))
    if match.change == "conversion":
        # What was taken back does not count, and what counts twice by a merge counts once.
        params.keys.update(match.refs)
        parts.append("(ref, cause) IN (SELECT key, cause FROM conversions) AND new = 'counted'")
    if match.line:
        parts.append(detail_text("line", params) + " = " + params.bind(match.line, "String"))
    parts += [_test(test, detail_text(test.property, params), params) for test in match.where]
    return "(" + " AND ".join(parts) + ")"


def _test(test: Test, text: str, params: Parameters) -> str:
    match test.operator:
        case "is":
            return _in(text, test.values, params)
        case "is_not":
            return "NOT (" + _in(text, test.values, params) + ")"
        case "contains":
            return any_of(
                ["position(" + text + ", " + params.bind(value, "String") + ") > 0" for value in test.values]
            )
        case "starts_with":
            return any_of(
                ["startsWith(" + text + ", " + params.bind(value, "String") + ")" for value in test.values]
            )
        case "is_set":
            return text + " != ''"
        case "at_least" | "at_most":
            number = (
                "if(match("
                + text
                + ", "
                + params.bind(_NUMBER, "String")
                + "), toFloat64OrNull("
                + text
                + "), NULL)"
            )
            return "ifNull(" + number + _COMPARE[test.operator] + params.bind(test.number, "Float64") + ", 0)"


def _in(column: str, values: tuple[str, ...], params: Parameters) -> str:
    return column + " IN " + params.bind(list(values), "Array(String)")


def _like(path: str) -> str:
    escaped = path.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


_NUMBER: Final = "^-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?$"
_COMPARE: Final[Mapping[str, str]] = {"at_least": " >= ", "at_most": " <= "}
