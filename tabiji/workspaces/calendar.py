"""Business days and hours of a workspace: weekends, the country's holidays, the company's own.

Rule for waiting (docs: guides/waiting): the day of entry is day 0; only business days count; the
wait ends on the n-th at the stated hour.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from tabiji.core import postgres
from tabiji.workspaces import audit, workspace
from tabiji.workspaces.contracts import AUTOMATIC, Actor, ClosedDay

COUNTRIES: Final = ("JP", "AU", "CN", "DE", "FR", "GB", "IN", "KR", "SG", "TH", "TW", "US", "VN")
"""Whose national holidays can be kept."""
_FARTHEST_DAYS = 3_650


class NoBusinessDay(ValueError):
    """The calendar has no business day within ten years: the company's holidays cover all."""


class BadCalendar(ValueError):
    """Hours or days that no company keeps: (which of them, what is wrong). Nothing was changed."""

    def __init__(self, part: str, why: str) -> None:
        super().__init__(f"{part}: {why}")
        self.part = part
        self.why = why


class NoSuchDay(LookupError):
    """The company is not closed on this day by a line of its own."""


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """closed: the company's own days; recurring: (month, day) closed each year; opens, closes: local hours;
    fiscal_month: with which the fiscal year begins, 1 to 12.
    """

    zone: ZoneInfo
    country: str = "JP"
    closed: frozenset[date] = frozenset()
    recurring: frozenset[tuple[int, int]] = frozenset()
    opens: time = time(9)
    closes: time = time(18)
    fiscal_month: int = 4

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

    def holiday_name(self, day: date, language: str = "ja") -> str:
        """The country's name for the day, or empty; language: `ja` or `en_US`, English where it has no other."""
        return _country_days(self.country, day.year, language).get(day, "")

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
        fiscal_month=stated.get("fiscal_month", 4),
    )


def change(
    *,
    opens: time,
    closes: time,
    country: str,
    recurring: Sequence[tuple[int, int]],
    fiscal_month: int = 4,
    actor: Actor,
) -> None:
    """Set business hours, the country whose holidays count, the (month, day)s closed each year, and the
    month with which the fiscal year begins.

    Audited. Raises BadCalendar.
    """
    if opens >= closes:
        raise BadCalendar("closes", "it must close after it opens")
    if country not in COUNTRIES:
        raise BadCalendar("country", f"the holidays of {country!r} are not known")
    if not 1 <= fiscal_month <= 12:
        raise BadCalendar("fiscal_month", f"there is no month {fiscal_month}")
    for month, day in recurring:
        try:
            date(2000, month, day)  # a leap year
        except ValueError:
            raise BadCalendar("recurring", f"{month}/{day} is no day") from None
    stated = {
        "country": country,
        "opens": opens.strftime("%H:%M"),
        "closes": closes.strftime("%H:%M"),
        "recurring": [list(pair) for pair in sorted(set(recurring))],
        "fiscal_month": fiscal_month,
    }
    workspace.update_settings(calendar=stated)
    audit.record(actor, "change", "calendar", values=stated)


def list_closed(since: date | None = None) -> list[ClosedDay]:
    """The company's own closed days, from a day on, in order."""
    rows = postgres.rows(
        "SELECT day, name FROM holiday WHERE %s::date IS NULL OR day >= %s ORDER BY day", [since, since]
    )
    return [ClosedDay(*row) for row in rows]


def close_days(days: Iterable[tuple[date, str]], *, actor: Actor = AUTOMATIC) -> None:
    """Add the company's own closed days: (day, name). Audited."""
    pairs = list(days)
    postgres.execute(
        "INSERT INTO holiday (workspace_id, day, name) SELECT %s, * FROM unnest(%s::date[], %s::text[])"
        " ON CONFLICT (workspace_id, day) DO UPDATE SET name = excluded.name",
        [postgres.workspace_id(), [day for day, _ in pairs], [name for _, name in pairs]],
    )
    audit.record(actor, "change", "calendar", values={"closed": [day for day, _ in pairs]})


def open_day(day: date, *, actor: Actor) -> None:
    """Take one of the company's own closed days back. Audited. Raises NoSuchDay."""
    if not postgres.execute("DELETE FROM holiday WHERE day = %s", [day]):
        raise NoSuchDay(f"the company is not closed on {day} by a line of its own")
    audit.record(actor, "change", "calendar", values={"opened": [day]})


@cache
def _country_days(country: str, year: int, language: str = "ja") -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year, language=language))
