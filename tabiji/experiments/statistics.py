"""Two proportions, compared: pure functions, nothing read or written.

Interval: Wald's for the difference of two independent proportions, p̂₂ − p̂₁ ± z·√(p̂₁q̂₁/n₁ + p̂₂q̂₂/n₂)
(Agresti & Coull 1998 discuss it; it is poor for small n, hence the guard of 30 people in each variant).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import Final

from tabiji.experiments.contracts import Arm, Difference, Judgement, Rate, Verdict

Z_95: Final = 1.959963984540054
"""The normal quantile of a two-sided 95 % interval."""


def difference(first: Rate, second: Rate, z: float = Z_95) -> Difference:
    """second − first with its Wald interval, cut at −1 and 1. Raises ZeroDivisionError for nobody."""
    p, q = first.numerator / first.denominator, second.numerator / second.denominator
    error = z * sqrt(p * (1 - p) / first.denominator + q * (1 - q) / second.denominator)
    return Difference(q - p, max(q - p - error, -1.0), min(q - p + error, 1.0))


def judge(arms: Sequence[Arm]) -> list[Judgement]:
    """Each variant against the first one, in order; nothing for a single variant."""
    return [_judge(arms[0], arm) for arm in arms[1:]]


def _judge(baseline: Arm, challenger: Arm) -> Judgement:
    if not (baseline.rate.is_judgeable and challenger.rate.is_judgeable):
        return Judgement(baseline, challenger, Verdict.TOO_SMALL)
    found = difference(baseline.rate, challenger.rate)
    if not found.is_clear:
        return Judgement(baseline, challenger, Verdict.NO_DIFFERENCE, found)
    winner = challenger if found.value > 0 else baseline
    return Judgement(baseline, challenger, Verdict.WINNER, found, winner.variant)
