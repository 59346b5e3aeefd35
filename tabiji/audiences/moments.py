"""When a condition is asked, and what its days and windows come to.

Days are local days of the workspace. A window is half open: from its start to just before its end.
"""

from __future__ import annotations

from calendar import isleap
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Final, Literal
from zoneinfo import ZoneInfo

from tabiji.audiences.conditions import Ago, Between, Calendar, Last, Window
from tabiji.workspaces.public import calendar

HOUR_STEP: Final = timedelta(minutes=5)
"""How often a window of hours is looked at again by a refresh."""
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12, "fiscal_year": 12}

Unit = Literal["day", "week", "month", "quarter", "year", "fiscal_year"]


@dataclass(frozen=True)
class Moment:
    """now: business time; zone: of the workspace. Its calendar is that of the open scope, read once."""

    now: datetime
    zone: ZoneInfo

    @cached_property
    def calendar(self) -> calendar.BusinessCalendar:
        return calendar.current()

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The local beginning of this day, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def bounds(self, window: Window) -> tuple[datetime | None, datetime | None]:
        """(start, end) in UTC; None where the window is open, or begins with each person's own moment.

        Windows that end now have no end: an act whose clock runs ahead counts at once.
        """
        match window:
            case Last(unit="hours"):
                return self.now - timedelta(hours=window.n), None
            case Last():
                return self.midnight(self.days_ago(window.n)), None
            case Ago():
                first = None if window.most is None else self.days_ago(window.most)
                return self._moments((first, self.days_ago(window.least - 1)))
            case Calendar():
                return self._moments(self.unit(window.unit, -window.back))
            case Between():
                return self._moments((window.first, window.last + timedelta(days=1) if window.last else None))
            case _:
                return None, None

    def unit(self, unit: Unit, ahead: int) -> tuple[date, date]:
        """The calendar unit so many after the present one: its first day, and the day after its last."""
        if unit == "day":
            return self.day_ahead(ahead)
        if unit == "week":
            monday = self.today - timedelta(days=self.today.weekday()) + timedelta(weeks=ahead)
            return monday, monday + timedelta(weeks=1)
        length = _MONTHS[unit]
        start = self.calendar.fiscal_month - 1 if unit == "fiscal_year" else 0
        month = self.today.year * 12 + self.today.month - 1
        first = (month - start) // length * length + start + ahead * length
        return _first_of(first), _first_of(first + length)

    def anniversaries(self, first: int, last: int) -> list[str]:
        """The months and days (`04-28`) from `first` to `last` days after today; a 28 February of a year
        without a 29th stands for both.
        """
        found: dict[str, None] = {}
        for ahead in range(first, min(last, first + 366) + 1):
            day = self.days_ahead(ahead)
            found[day.strftime("%m-%d")] = None
            if (day.month, day.day) == (2, 28) and not isleap(day.year):
                found["02-29"] = None
        return list(found)

    def after_business_days(self, days: int) -> date | None:
        """The day after the n-th business day after today; None where the calendar has no such day."""
        try:
            last = self.calendar.after_business_days(self.now, days, time.min).date()
        except calendar.NoBusinessDay:
            return None
        return last + timedelta(days=1)

    def is_business_day(self) -> bool:
        return self.calendar.is_business_day(self.today)

    def days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def days_ahead(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def day_ahead(self, days: int) -> tuple[date, date]:
        """The one day so many after today."""
        return self.days_ahead(days), self.days_ahead(days + 1)

    def next_midnight(self) -> datetime:
        return self.midnight(self.today + timedelta(days=1))

    def next_hour_step(self) -> datetime:
        """The next full five minutes."""
        past = (self.now - datetime.min.replace(tzinfo=UTC)) % HOUR_STEP
        return self.now + HOUR_STEP - past

    def _moments(self, days: tuple[date | None, date | None]) -> tuple[datetime | None, datetime | None]:
        first, beyond = days
        return self.midnight(first) if first else None, self.midnight(beyond) if beyond else None


def _first_of(months: int) -> date:
    """The first day of a month counted from the year 0."""
    return date(months // 12, months % 12 + 1, 1)
