"""Parts: which share of a KPI's conversions a line of the tree stands for. Found by name.

The parts of one KPI are asked in their order, and the first that takes a conversion keeps it, so that
they never overlap. `line`, `initiative` and `rest` live here; rooms above add theirs (`funnel`,
`experiment`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tabiji.core.registry import Registry
from tabiji.purpose.contracts import Counted, Period

Part = Callable[[dict[str, Any], Sequence[Counted], Period], set[int]]
"""(configuration, conversions of the KPI, its period) → places of those that belong to the part."""

parts: Registry[Part] = Registry("part of a KPI")


class BadPart(ValueError):
    """A part whose configuration lacks something."""


def take(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    """The places of the conversions that belong to this part. Raises registry.Unknown, BadPart."""
    return parts.get(str(part.get("kind", "")))(part, conversions, period)


def stated(part: dict[str, Any], name: str) -> Any:
    """A setting that a part cannot do without. Raises BadPart."""
    if name not in part:
        raise BadPart(f"the part {part.get('kind')!r} needs {name!r}")
    return part[name]


def _line(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    wanted = stated(part, "line")
    return {place for place, one in enumerate(conversions) if one.line == wanted}


def _initiative(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    wanted = stated(part, "initiative_id")
    return {place for place, one in enumerate(conversions) if one.initiative_id == wanted}


def _rest(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    return set(range(len(conversions)))


parts.add("line", _line)
parts.add("initiative", _initiative)
parts.add("rest", _rest)
