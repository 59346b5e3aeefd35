"""What other rooms see of experiments: frozen, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

SMALLEST_N: Final = 30
"""Below this many people nothing is said about a rate: 「まだ判断できません(n=14)」."""


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its denominator, which is always shown beside it."""

    numerator: int
    denominator: int

    @property
    def is_judgeable(self) -> bool:
        return self.denominator >= SMALLEST_N

    @property
    def value(self) -> float:
        """0 to 1; 0 of nobody."""
        return self.numerator / self.denominator if self.denominator else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """Second rate less the first, with its interval; all from −1 to 1 (0.018 = +1.8 pt)."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Zero lies outside: chance alone does not explain it at this level."""
        return self.low > 0 or self.high < 0


class Verdict(StrEnum):
    """What may be said of a comparison. Closed: each has one sentence on the screen."""

    TOO_SMALL = "too_small"
    NO_DIFFERENCE = "no_difference"
    WINNER = "winner"


@dataclass(frozen=True, slots=True)
class Arm:
    """How one variant did: so many people, so many of whom reached what was counted."""

    variant: str
    n: int
    reached: int

    @property
    def rate(self) -> Rate:
        return Rate(self.reached, self.n)


@dataclass(frozen=True, slots=True)
class Judgement:
    """A comparison of two variants. baseline is the one that comes first in the experiment.

    difference: challenger less baseline; None where a variant has too few people to judge.
    winner: key of the variant that did better, empty without a clear difference.
    """

    baseline: Arm
    challenger: Arm
    verdict: Verdict
    difference: Difference | None = None
    winner: str = ""

    @property
    def smallest_n(self) -> int:
        return min(self.baseline.n, self.challenger.n)


@dataclass(frozen=True, slots=True)
class Variant:
    """effects: settings of the workspace that adopting this variant sets, such as default_send_hour."""

    key: str
    label: str
    weight: int = 1
    is_control: bool = False
    effects: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ExperimentInfo:
    """source: `step` (the split of a journey, ref `journey/node`) or `experiment` (assigned here).

    goal: the conversion that decides; window_days: for how long after the split it counts, None for ever.
    """

    id: int
    key: str
    name: str
    why: str
    kpi_id: int | None
    responsible_id: int | None
    review_on: date | None
    state: str
    variants: tuple[Variant, ...]
    goal: str
    window_days: int | None
    source: str
    source_ref: str
    initiative_id: int

    def variant(self, key: str) -> Variant:
        """Raises KeyError."""
        for one in self.variants:
            if one.key == key:
                return one
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class DecisionInfo:
    """Who adopted which variant, when, why, and what it set. undone_at: it was taken back."""

    id: int
    experiment_id: int
    variant: str
    decided_by: int | None
    decided_at: datetime
    why: str
    effects: Mapping[str, Any]
    undone_at: datetime | None
