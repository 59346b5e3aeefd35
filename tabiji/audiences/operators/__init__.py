"""Operators: one small file each, found by name.

A file defines `OPERATOR`. A negative operator names its positive twin and is its exact opposite: for
every person exactly one of the two holds, and so it also holds where the value is empty.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

from tabiji.audiences.columns import Column, Type
from tabiji.core.registry import Registry, Unknown


class Takes(Enum):
    """What stands on the right: nothing, one value, several, a pair of ends, a number of days, or how many
    units of the calendar from the present one (0 this, -1 the last, 1 the next).
    """

    NOTHING = "nothing"
    ONE = "one"
    MANY = "many"
    TWO = "two"
    DAYS = "days"
    UNITS = "units"


@dataclass(frozen=True, slots=True)
class Operator:
    name: str
    types: frozenset[Type]
    takes: Takes
    words: Any
    """Lazy translation with %(name)s and, where it takes something, %(value)s (and %(other)s for a pair)."""
    compile: Callable[[Column, Any], str] | None = None
    """(column, operand) → a condition that is never NULL. None for a negative operator."""
    negates: str = ""
    most: int = 36_500
    """The greatest number of days, where it takes days."""
    moves_with_time: bool = False
    """Whether its answer changes at midnight though nothing happened."""


registry: Registry[Operator] = Registry("operator")


def positive(operator: Operator) -> Operator:
    """The operator itself, or the one that it is the opposite of."""
    return registry.get(operator.negates) if operator.negates else operator


def _find_all() -> None:
    for module in pkgutil.iter_modules(__path__):
        operator = importlib.import_module(f"{__name__}.{module.name}").OPERATOR
        registry.add(operator.name, operator)


_find_all()
ALL: Final = tuple(registry.names())
__all__ = ["ALL", "Operator", "Takes", "Unknown", "positive", "registry"]
