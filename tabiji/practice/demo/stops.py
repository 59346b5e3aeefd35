"""The moments at which the ninety days stop, and what is due is done: at most three a day.

Ten o'clock, when waits end; a quarter to one on business days, when the noon's forms have come in; and
what the test of the hour needs in February.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import date, datetime, timedelta
from typing import Final

from tabiji.practice.demo import days

TEST_ENTERS: Final = days.at(date(2026, 2, 9), 21, 25)
MORNING: Final = days.at(date(2026, 2, 10), 8)
EVENING: Final = days.at(date(2026, 2, 10), 20)
NOON: Final = (12, 45)
_LAST: Final = days.at(days.OPENING.date(), 13, 50)


def _stops() -> tuple[datetime, ...]:
    found = [days.PERIOD + timedelta(minutes=1)]
    for day in days.days_between(days.PERIOD.date() + timedelta(days=1), days.OPENING.date()):
        found.append(days.at(day, 10))
        if day == MORNING.date():
            found += [MORNING, EVENING]
        elif days.is_business_day(day):
            found.append(days.at(day, *NOON))
        if day == TEST_ENTERS.date():
            found.append(TEST_ENTERS)
    return tuple(sorted([*found, _LAST]))


STOPS: Final = _stops()


LAST_OF_DAY: Final = frozenset({stop.date(): stop for stop in STOPS}.values())
"""What was at the end of a day is looked at here."""


def at_or_after(moment: datetime) -> datetime:
    """The stop at which something that is due at this moment is done; the moment itself after the last stop."""
    place = bisect_left(STOPS, moment)
    return STOPS[place] if place < len(STOPS) else moment


def after(moment: datetime) -> datetime:
    """The first stop later than this moment; the moment itself after the last stop."""
    place = bisect_right(STOPS, moment)
    return STOPS[place] if place < len(STOPS) else moment


def with_noon(day: date) -> bool:
    """Whether forms of the noon are answered at once on this day."""
    return days.at(day, *NOON) in STOPS
