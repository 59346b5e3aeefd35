"""What an act leaves on a person, as the score model and the stages of the company say: the plan's own count.

The product counts by itself; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from tabiji.practice.demo import days

THRESHOLD: Final = 80
CONSIDERING: Final = 40
DORMANT_AFTER: Final = timedelta(days=180)
STAGES: Final = ("contract", "dealing", "dormant", "considering", "prospect", "")
"""In order; the last are the exceptions."""
EXPECTED: Final = {
    "contract": 358,
    "dealing": 59,
    "dormant": 1_207,
    "considering": 363,
    "prospect": 3_453,
    "": 560,
}
"""How many of the 6,000 stand in each stage at the opening."""
POINTS: Final = {"request": 25, "budget": 15, "pricing": 10, "compare": 5, "cases": 5, "click": 10}


@dataclass(slots=True)
class Marks:
    """points: by rule and what it was given once for."""

    points: dict[tuple[str, str], int] = field(default_factory=dict)
    last_act: datetime | None = None
    requested_at: datetime | None = None
    won: int = 0
    open_deals: int = 0
    is_expected: bool = False
    """An appointment lies ahead at the opening."""

    @property
    def score(self) -> int:
        return sum(self.points.values())

    def acted(self, at: datetime) -> None:
        if self.last_act is None or self.last_act < at:
            self.last_act = at

    def viewed(self, page: str, day: date) -> None:
        if page == "pricing":
            self.points["pricing", day.isoformat()] = POINTS["pricing"]
        elif page in ("compare", "cases"):
            self.points[page, ""] = POINTS[page]

    def requested(self, at: datetime, *, has_one_million: bool) -> None:
        self.requested_at = at
        self.points["request", ""] = POINTS["request"]
        if has_one_million:
            self.points["budget", ""] = POINTS["budget"]

    def clicked(self, mail: str) -> None:
        self.points["click", mail] = POINTS["click"]

    def stage(self) -> str:
        """Where the person stands at the opening."""
        if self.won:
            return "contract"
        if self.open_deals or self.is_expected:
            return "dealing"
        if self.last_act is None:
            return "considering" if self.score >= CONSIDERING else ""
        if self.last_act.astimezone(days.ZONE).date() < days.OPENING.date() - DORMANT_AFTER:
            return "dormant"
        recent = self.requested_at is not None and self.requested_at >= days.at(days.PERIOD.date(), 0)
        return "considering" if recent or self.score >= CONSIDERING else "prospect"
