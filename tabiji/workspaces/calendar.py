"""Business days and hours of a workspace: weekends, the country's holidays, the company's own.

Rule for waiting (docs: guides/waiting): the day of entry is day 0; only business days count; the
wait ends on the n-th at the stated hour.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from tabiji.core import postgres

_FARTHEST_DAYS = 3_650


class NoBusinessDay(ValueError):
    """The calendar has no business day within ten years: the company's holidays cover all."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """closed: the company's own days; recurring: (month, day) closed each year; opens, closes: local hours."""

    zone: ZoneInfo
    country: str = "JP"
    closed: frozenset[date] = frozenset()
    recurring: frozenset[tuple[int, int]] = frozenset()
    opens: time = time(9)
    closes: time = time(18)

    def is_business_day(self, day: date) -> bool:
        return (
            day.weekday() < 5
            and day not in self.closed
            and (day.month, day.day) not in self.recurring
            and day not in _country_days(self.country, day.year)
        )

    def after_business_days(self, start: datetime, days: int, at: time) -> datetime:
        """The n-th business day after the day of `start`, at local `at`. Raises NoBusinessDay."""
        day = start.astimezone(self.zone).date()
        left = days
        for _ in range(_FARTHEST_DAYS):
            day += timedelta(days=1)
            if self.is_business_day(day):
                left -= 1
                if left <= 0:
                    return datetime.combine(day, at, self.zone)
        raise NoBusinessDay("the calendar of this workspace leaves no business day")

    def next_business_opening(self, moment: datetime) -> datetime:
        """The next moment strictly after `moment` at which business hours begin."""
        local = moment.astimezone(self.zone)
        if self.is_business_day(local.date()) and local.time() < self.opens:
            return datetime.combine(local.date(), self.opens, self.zone)
        return self.after_business_days(moment, 1, self.opens)

    def after_business_hours(self, start: datetime, hours: float) -> datetime:
        """The moment at which so many open hours have passed since `start`."""
        left = timedelta(hours=hours)
        moment = self._into_hours(start)
        for _ in range(_FARTHEST_DAYS):
            end = datetime.combine(moment.date(), self.closes, self.zone)
            if left <= end - moment:
                return moment + left
            left -= end - moment
            moment = self.after_business_days(moment, 1, self.opens)
        raise NoBusinessDay("the calendar of this workspace leaves no business day")

    def business_days_between(self, first: date, last: date) -> int:
        """Business days strictly between two dates."""
        days = (first + timedelta(days=n) for n in range(1, (last - first).days))
        return sum(1 for day in days if self.is_business_day(day))

    def holiday_name(self, day: date) -> str:
        """The country's name for the day, or empty."""
        return _country_days(self.country, day.year).get(day, "")

    def _into_hours(self, moment: datetime) -> datetime:
        local = moment.astimezone(self.zone)
        if not self.is_business_day(local.date()) or local.time() >= self.closes:
            return self.after_business_days(local, 1, self.opens)
        if local.time() < self.opens:
            return datetime.combine(local.date(), self.opens, self.zone)
        return local


def current() -> BusinessCalendar:
    """The calendar of the open scope."""
    (timezone, settings) = postgres.rows("SELECT timezone, settings FROM workspace")[0]
    stated = settings.get("calendar", {})
    days = postgres.rows("SELECT day FROM holiday")
    return BusinessCalendar(
        zone=ZoneInfo(timezone),
        country=stated.get("country", "JP"),
        closed=frozenset(row[0] for row in days),
        recurring=frozenset(tuple(pair) for pair in stated.get("recurring", [])),
        opens=time.fromisoformat(stated.get("opens", "09:00")),
        closes=time.fromisoformat(stated.get("closes", "18:00")),
    )


def close_days(days: Iterable[tuple[date, str]]) -> None:
    """Add the company's own closed days: (day, name)."""
    pairs = list(days)
    postgres.execute(
        "INSERT INTO holiday (workspace_id, day, name) SELECT %s, * FROM unnest(%s::date[], %s::text[])"
        " ON CONFLICT (workspace_id, day) DO UPDATE SET name = excluded.name",
        [postgres.workspace_id(), [day for day, _ in pairs], [name for _, name in pairs]],
    )


@cache
def _country_days(country: str, year: int) -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year))
