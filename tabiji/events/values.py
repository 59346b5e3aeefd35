"""Kinds of values that properties of events have: one list for what is seen and for what is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?\Z")
_MAX_PATH: Final = 200
_MAX_DEPTH: Final = 8


class Kind(StrEnum):
    """What a value is. A whole number is a number too, and a date is a text too (`fits`)."""

    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    LIST = "list"
    GROUP = "group"


def kind_of(value: Any) -> Kind | None:
    """The narrowest kind; None for a value that says nothing (null)."""
    match value:
        case None:
            return None
        case bool():
            return Kind.YES_NO
        case int():
            return Kind.WHOLE
        case float():
            return Kind.NUMBER
        case str():
            return Kind.DATE if _DATE.match(value) else Kind.TEXT
        case list():
            return Kind.LIST
        case _:
            return Kind.GROUP


def fits(value: Any, wanted: Kind) -> bool:
    """Whether a value is of this kind, or of one that is narrower."""
    if wanted is Kind.TEXT:
        return isinstance(value, str)
    if wanted is Kind.NUMBER:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind_of(value) is wanted


def at(props: dict[str, Any], path: str) -> Any:
    """The value of `price` or `plan.name`; None where there is none. A name with a dot in it comes first."""
    if path in props:
        return props[path]
    if "." not in path:
        return None
    found: Any = props
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def walk(props: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """(path, value) of everything that says something; of a group its members. Deep groups stay whole."""
    for name, value in props.items():
        path = (before + name)[:_MAX_PATH]
        if isinstance(value, dict) and value and depth < _MAX_DEPTH:
            yield from walk(value, path + ".", depth + 1)
        elif value is not None:
            yield path, value
