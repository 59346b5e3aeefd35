"""What sales makes of an appointment: meetings, deals, contracts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from tabiji.practice.demo import acts, days
from tabiji.practice.demo.acts import Seller
from tabiji.practice.demo.telling import Telling

Outcome = Literal["won", "lost", "open", "met", "missed", "ahead"]
Line = Literal["omakase", "market"]
_LAST: Final = days.OPENING - timedelta(minutes=20)
_LOST: Final = ("price", "competitor", "no_decision", "no_budget", "timing")
AMOUNTS: Final = (480_000, 620_000, 750_000, 900_000, 1_150_000, 1_400_000, 1_800_000, 2_300_000, 3_200_000)


@dataclass(frozen=True, slots=True)
class Booking:
    """An appointment that was booked, and what comes of it. won_on: days after the meeting until the contract."""

    person: int
    at: datetime
    starts_at: datetime
    by: Seller
    outcome: Outcome
    line: Line = "omakase"
    amount: int = 0


def meeting_after(at: datetime, number: int) -> datetime:
    """When the appointment takes place: some business days later, at a full hour of the day."""
    return days.after_business_days(at, 3 + number % 3, (10, 11, 13, 14, 15, 16)[number % 6])


def follow(telling: Telling, booking: Booking) -> None:
    """Tell what happened after the booking, up to the opening."""
    marks = telling.marks[booking.person]
    if booking.outcome == "ahead":
        if booking.starts_at <= days.OPENING:
            raise ValueError(f"the meeting of {booking} lies behind")
        marks.is_expected = True
        return
    met_at = booking.starts_at + timedelta(minutes=66 + booking.person % 20)
    if met_at > _LAST:
        raise ValueError(f"the meeting of {booking} lies ahead")
    state: Literal["visited", "no_show"] = "no_show" if booking.outcome == "missed" else "visited"
    telling.tell(acts.Met(met_at, booking.person, booking.by, state))
    if booking.outcome in ("met", "missed"):
        return
    _deal(telling, booking, met_at)


def _deal(telling: Telling, booking: Booking, met_at: datetime) -> None:
    number, by = booking.person, booking.by
    amount = booking.amount or AMOUNTS[number % len(AMOUNTS)]
    telling.tell(acts.DealOpened(met_at + timedelta(minutes=9), number, by, booking.line, amount))
    marks = telling.marks[number]
    proposed = _later(met_at, 3 + number % 3, number)
    quoted = _later(met_at, 6 + number % 3, number)
    ended = _later(met_at, 8 + number % 3, number)
    if booking.outcome == "open":
        marks.open_deals += 1
        for phase, at in (("proposal", proposed), ("quote", quoted), ("closing", ended)):
            if at <= _LAST and number % 4 != 3:
                telling.tell(acts.DealMoved(at, number, by, phase))
        return
    if ended > _LAST:
        raise ValueError(f"{booking} would end after the opening: {ended}")
    telling.tell(acts.DealMoved(proposed, number, by, "proposal"))
    if booking.outcome == "won":
        telling.tell(acts.DealMoved(quoted, number, by, "quote"))
        telling.tell(acts.DealEnded(ended, number, by))
        marks.won += 1
    else:
        telling.tell(acts.DealEnded(ended, number, by, _LOST[number % len(_LOST)]))


def ends_at(booking: Booking) -> datetime:
    """When a deal of this booking would be won or lost."""
    met_at = booking.starts_at + timedelta(minutes=66 + booking.person % 20)
    return _later(met_at, 8 + booking.person % 3, booking.person)


def can_end(booking: Booking) -> bool:
    return ends_at(booking) <= _LAST


def _later(at: datetime, business_days: int, number: int) -> datetime:
    return days.after_business_days(at, business_days, 10 + number % 7, 5 + number * 7 % 50)
