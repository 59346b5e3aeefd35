"""The lesson of the final goal: one mail to 2,402 clients, in the morning or in the evening. Pure.

Who gets it when is decided by the product's own hash, so the division comes from outside; the rest is
told here: more mails are opened in the morning, and twice as many appointments follow in the evening.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from tabiji.practice.demo import acts, days, selling, stops
from tabiji.practice.demo.cast import COMPETITOR, Cast
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.selling import Booking, Outcome
from tabiji.practice.demo.telling import Telling

MAIL: Final = "hour"
Variant = Literal["morning", "evening"]


@dataclass(frozen=True, slots=True)
class Told:
    """One arm of the test. clicked: people's clicks; contracts: of those who booked."""

    n: int
    opened: int
    booked: int
    clicked: int
    contracts: int


ARMS: Final[dict[Variant, Told]] = {
    "morning": Told(1_204, 380, 21, 46, 4),
    "evening": Told(1_198, 298, 42, 71, 7),
}
TOTAL: Final = sum(arm.n for arm in ARMS.values())
_OTHERWISE: Final[tuple[Outcome, ...]] = ("met", "open", "missed", "met")
_LAST_BOOKING: Final = date(2026, 4, 10)
_UNSUBSCRIBED: Final = 5


def eligible(
    cast: Cast, registered_by: Mapping[int, bool], dealing: frozenset[int], withdrawn: frozenset[int]
) -> list[int]:
    """Clients who may be written to, have not asked for the case book, and have no open deal, in order.

    registered_by: of the new ones, who is known and has allowed mail in time.
    """
    return [
        one.number
        for one in cast.of(role="client")
        if one.source != "request"
        and one.number not in dealing
        and one.number not in withdrawn
        and not one.email.endswith(COMPETITOR)
        and (not one.is_new or registered_by.get(one.number, False))
    ]


def tell(telling: Telling, arms: Mapping[Variant, list[int]]) -> list[Booking]:
    """What the people of both arms do; the 63 appointments."""
    telling.tell(acts.Managed(stops.TEST_ENTERS - timedelta(minutes=5), "start_time_test"))
    telling.tell(acts.Managed(stops.TEST_ENTERS + timedelta(minutes=5), "drain_time_test"))
    bookings = []
    for variant, people in arms.items():
        bookings += _arm(telling, variant, people, Chance(f"time test, {variant}"))
    for booking in bookings:
        selling.follow(telling, booking)
    return bookings


def _arm(telling: Telling, variant: Variant, people: list[int], chance: Chance) -> list[Booking]:
    told = ARMS[variant]
    if len(people) != told.n:
        raise ValueError(f"the {variant} has {len(people)} people, {told.n} are told of")
    free = chance.shuffled(telling.free(people))
    opened = free[: told.opened]
    clicked = opened[: told.clicked]
    booked = clicked[: told.booked]
    telling.take(free[: told.opened + _UNSUBSCRIBED])
    sent = stops.MORNING if variant == "morning" else stops.EVENING
    for person in opened:
        at = sent + timedelta(minutes=6 + int(170 * chance.share() ** 2))
        telling.open(at, person, MAIL)
        if person in clicked:
            telling.click(at + timedelta(minutes=chance.between(1, 9)), person, MAIL)
    for person in free[told.opened : told.opened + _UNSUBSCRIBED]:
        telling.tell(acts.Unsubscribed(sent + timedelta(minutes=chance.between(8, 60)), person, MAIL))
    return _bookings(telling, booked, told, chance)


def _bookings(telling: Telling, booked: list[int], told: Told, chance: Chance) -> list[Booking]:
    """Appointments in the weeks after, dense at first; the early ones can be contracts by the opening."""
    span = days.days_between(date(2026, 2, 12), _LAST_BOOKING)
    ordered = days.divided(
        len(booked),
        span,
        lambda day: days.weight(day) * (3.0 if day.month == 2 else 1.0) * days.is_business_day(day),
    )
    found = []
    for place, (person, day) in enumerate(zip(booked, ordered, strict=True)):
        at = days.at(day, chance.between(13, 17), chance.below(60))
        outcome: Outcome
        if place < told.contracts:
            outcome = "won"
        elif place < told.contracts + told.booked // 4:
            outcome = "lost"
        else:
            outcome = _OTHERWISE[place % 4]
        starts = selling.meeting_after(at, person)
        by: acts.Seller = "makoto" if place % 3 == 1 else "haru"
        booking = Booking(person, at, starts, by, outcome, "market", selling.AMOUNTS[person % 6])
        telling.tell(acts.Booked(at, person, by, starts))
        found.append(booking)
    return found
