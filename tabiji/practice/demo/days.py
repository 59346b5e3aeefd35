"""The demo company's calendar and the shape of its traffic: which days are busy, at which hours.

Clients look around at noon on weekdays, freelancers at night. Golden Week, お盆 and the turn of the year
are quiet, and March, the end of the budget year, is busier by a third.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tabiji.practice.demo.chance import Chance, spread, sums
from tabiji.workspaces.public import calendar

ZONE: Final = ZoneInfo("Asia/Tokyo")
RECURRING: Final = ((12, 29), (12, 30), (12, 31), (1, 1), (1, 2), (1, 3), (8, 13), (8, 14), (8, 15))
"""Closed each year: 年末年始 and お盆."""
CALENDAR: Final = calendar.BusinessCalendar(ZONE, "JP", recurring=frozenset(RECURRING))
MARCH: Final = 1.3

OPENING: Final = datetime(2026, 4, 28, 14, 0, tzinfo=ZONE)
"""The moment at which the user takes over."""
PERIOD: Final = datetime(2026, 1, 28, 14, 0, tzinfo=ZONE)
"""Ninety days before: where the stored period and the real engine begin."""
FOUNDING: Final = datetime(2026, 1, 28, 13, 0, tzinfo=ZONE)
"""When the company moves in: definitions are made and the former tool's history is brought."""
BEGINNING: Final = datetime(2025, 4, 28, 0, 0, tzinfo=ZONE)
"""Twelve months before the opening: as far back as the history goes."""

Rhythm = Literal["client", "freelancer"]
_HOURS: Final[dict[Rhythm, tuple[int, ...]]] = {
    "client": (1, 0, 0, 0, 0, 1, 2, 4, 8, 14, 15, 16, 42, 20, 15, 14, 13, 11, 8, 6, 6, 7, 6, 3),
    "freelancer": (8, 4, 2, 1, 0, 0, 1, 2, 3, 4, 4, 4, 7, 6, 4, 4, 5, 6, 8, 13, 20, 36, 38, 17),
}


def at(day: date, hour: int, minute: int = 0, second: int = 0) -> datetime:
    """A local moment."""
    return datetime.combine(day, time(hour, minute, second), ZONE)


def days_between(first: date, last: date) -> list[date]:
    """Both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@cache
def is_business_day(day: date) -> bool:
    return CALENDAR.is_business_day(day)


@cache
def weight(day: date) -> float:
    """How busy a day is; an ordinary weekday is 1."""
    month = MARCH if day.month == 3 else 1.0
    if (day.month, day.day) in RECURRING or _is_golden_week(day):
        return 0.3 * month
    return (1.0 if is_business_day(day) else 0.45) * month


def after_business_days(moment: datetime, days: int, hour: int = 10, minute: int = 0) -> datetime:
    """The n-th business day after the moment's, at a local time."""
    return CALENDAR.after_business_days(moment, days, time(hour, minute))


class Moments:
    """Draws moments of a span of time that follow the shape of the traffic."""

    def __init__(self, first: datetime, last: datetime, chance: Chance) -> None:
        self._first, self._last = first, last
        self._days = days_between(first.date(), last.date())
        self._bounds = sums(weight(day) for day in self._days)
        self._hours = {rhythm: sums(weights) for rhythm, weights in _HOURS.items()}
        self._chance = chance

    def draw(self, rhythm: Rhythm) -> datetime:
        """A moment at or after the first and before the last."""
        while True:
            day = self._days[self._chance.weighted(self._bounds)]
            found = self.on(day, rhythm)
            if self._first <= found < self._last:
                return found

    def on(self, day: date, rhythm: Rhythm) -> datetime:
        """A moment of this day."""
        hour = self._chance.weighted(self._hours[rhythm])
        return at(day, hour, self._chance.below(60), self._chance.below(60))


def divided(total: int, days: list[date], of: Callable[[date], float] = weight) -> list[date]:
    """`total` days in order, each as often as its weight says."""
    counts = spread(total, [of(day) for day in days])
    return [day for day, count in zip(days, counts, strict=True) for _ in range(count)]


def _is_golden_week(day: date) -> bool:
    return (4, 29) <= (day.month, day.day) <= (5, 6)
