"""When a condition is asked, and what its days and windows come to.

Days are local days of the workspace. A window is half open: from its start to just before its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tabiji.audiences.conditions import Between, Ever, Last, SinceEntry

HOUR_STEP: Final = timedelta(minutes=5)
"""How often a window of hours is looked at again by a refresh."""


@dataclass(frozen=True, slots=True)
class Moment:
    """now: business time; zone: of the workspace."""

    now: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        """The local beginning of this day, in UTC."""
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)

    def bounds(self, window: Ever | Last | Between | SinceEntry) -> tuple[datetime | None, datetime | None]:
        """(start, end) in UTC; None where the window is open.

        Windows that end now have no end: an act whose clock runs ahead counts at once.
        """
        match window:
            case Last(unit="days"):
                return self.midnight(self.days_ago(window.n)), None
            case Last():
                return self.now - timedelta(hours=window.n), None
            case Between():
                start = self.midnight(window.first) if window.first else None
                end = self.midnight(window.last + timedelta(days=1)) if window.last else None
                return start, end
            case Ever() | SinceEntry():
                return None, None

    def days_ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def days_ahead(self, days: int) -> date:
        return self.today + timedelta(days=days)

    def next_midnight(self) -> datetime:
        return self.midnight(self.today + timedelta(days=1))

    def next_hour_step(self) -> datetime:
        """The next full five minutes."""
        past = (self.now - datetime.min.replace(tzinfo=UTC)) % HOUR_STEP
        return self.now + HOUR_STEP - past
