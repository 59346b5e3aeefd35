"""Lengths of drawings, in per cent of their box. Every drawing says beside it which scale it has."""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

from tabiji.experiments.contracts import Difference


def share(part: float, whole: float) -> float:
    """Proportional, 0 to 100; what is not nought can be seen."""
    if part <= 0 or whole <= 0:
        return 0.0
    return round(max(0.6, min(100.0, 100 * part / whole)), 1)


def magnitude(part: float, whole: float) -> float:
    """By the logarithm: ten times as many is one step more. For numbers that differ by thousands."""
    if part <= 0 or whole <= 0:
        return 0.0
    return round(max(3.0, min(100.0, 100 * log10(1 + part) / log10(1 + whole))), 1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Where zero, both ends and the difference lie on a line from 0 to 100."""

    zero: float
    low: float
    high: float
    point: float


def interval(difference: Difference) -> Interval:
    """Zero and the whole interval on one line, with room at both ends."""
    left, right = min(difference.low, 0.0), max(difference.high, 0.0)
    room = (right - left) * 0.18 or 0.01
    start, width = left - room, right - left + 2 * room
    zero, low, high, point = (
        round(100 * (value - start) / width, 1)
        for value in (0.0, difference.low, difference.high, difference.value)
    )
    return Interval(zero, low, high, point)
