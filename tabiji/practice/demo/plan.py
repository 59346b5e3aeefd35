"""The whole plan of the demo company: who does what when, from fixed seeds, without any database.

Everything that the demo tells is so by construction here; `playing` carries it out through the product,
and tests hold the product's own reports against DEMO's figures, never against this plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tabiji.practice.demo import (
    browsing,
    cast,
    others,
    past,
    platform,
    requests,
    seminar,
    stops,
    time_test,
)
from tabiji.practice.demo.acts import Act, DealEnded, Visited
from tabiji.practice.demo.cast import Cast
from tabiji.practice.demo.marks import STAGES, Marks
from tabiji.practice.demo.past import OldAct, Past
from tabiji.practice.demo.platform import Platform
from tabiji.practice.demo.requests import Request
from tabiji.practice.demo.selling import Booking
from tabiji.practice.demo.seminar import Seminar
from tabiji.practice.demo.telling import Telling
from tabiji.practice.demo.time_test import Variant

Divide = Callable[[list[int]], Mapping[Variant, list[int]]]
"""Who of the test's people gets which variant: the product's hash decides."""
NEWS_LEFT: Final = 12
"""Members who had stopped mails before the history ends, beside those whom the test's size needs."""


@dataclass(frozen=True, slots=True)
class Plan:
    """acts: of the ninety days, in order. marks: what the plan expects of each person at the opening."""

    cast: Cast
    acts: tuple[Act, ...]
    marks: Mapping[int, Marks]
    past: Past
    platform: Platform
    past_visits: tuple[Visited, ...]
    requests: tuple[Request, ...]
    bookings: Mapping[str, tuple[Booking, ...]]
    """The 124 appointments: `funnel`, `test`, `other`."""
    arms: Mapping[Variant, tuple[int, ...]]
    seminar: Seminar
    cards: tuple[int, ...]
    sleepers: tuple[int, ...]
    withdrawn: tuple[int, ...]
    known_at: Mapping[int, datetime]
    """When each new person becomes known."""

    def stages(self) -> dict[str, int]:
        """How many people should stand in each stage at the opening."""
        counted = Counter(self.marks[one.number].stage() for one in self.cast)
        return {stage: counted[stage] for stage in STAGES}


def make(divide: Divide) -> Plan:
    people = cast.cast()
    telling = Telling(people)
    asked = requests.requests(people)
    booked = {"funnel": requests.tell(telling, asked)}
    members = platform.tell(telling)
    before = past.tell(telling)
    known, booked["other"] = others.tell(telling)
    known |= members.registered_at | {one.person: one.at for one in asked}
    invited = seminar.tell(telling, asked)
    cards, sleepers = others.cards_and_sleepers(telling)
    others.newsletters(telling)
    others.machines(telling, asked)
    dealing = _dealing(telling, before)
    withdrawn = _withdrawn(telling, dealing, known)
    eligible = _eligible(people, dealing, known, frozenset(withdrawn))
    arms = divide(eligible)
    booked["test"] = time_test.tell(telling, arms)
    telling.tell(*browsing.tell(telling.acts))
    return Plan(
        people,
        tuple(telling.in_order()),
        telling.marks,
        before,
        members,
        tuple(browsing.tell_past()),
        tuple(asked),
        {name: tuple(found) for name, found in booked.items()},
        {variant: tuple(numbers) for variant, numbers in arms.items()},
        invited,
        tuple(cards),
        tuple(sleepers),
        tuple(withdrawn),
        known,
    )


def between(acts: tuple[Act, ...], first: datetime, last: datetime) -> list[Act]:
    """Acts after one stop, up to and with the next."""
    return [act for act in acts if first < act.at <= last]


def _dealing(telling: Telling, before: Past) -> frozenset[int]:
    """Whose deal of old is still open when the test's audience is asked."""
    ended = {act.person for act in telling.acts if isinstance(act, DealEnded) and act.at <= stops.TEST_ENTERS}
    return before.dealing - ended


def _withdrawn(telling: Telling, dealing: frozenset[int], known: Mapping[int, datetime]) -> list[int]:
    """Old clients who had stopped mails, as many as leave 2,402 for the test."""
    people = telling.cast
    surplus = len(_eligible(people, dealing, known, frozenset())) - time_test.TOTAL
    if surplus < 0:
        raise AssertionError(f"{-surplus} people are missing for the test")
    clients = people.of("member", "client", is_new=False)
    able = telling.free(one.number for one in clients if one.known_at < past.URGENT_SENT)
    return able[-surplus:] if surplus else []


def _eligible(
    people: Cast, dealing: frozenset[int], known: Mapping[int, datetime], withdrawn: frozenset[int]
) -> list[int]:
    """Known by noon of the day, so that their consent is recorded in the evening."""
    day = stops.TEST_ENTERS.date()
    noon = datetime(day.year, day.month, day.day, *stops.NOON, tzinfo=stops.TEST_ENTERS.tzinfo)
    in_time = {number: at <= noon for number, at in known.items()}
    return time_test.eligible(people, in_time, dealing, withdrawn)


__all__ = ["Divide", "OldAct", "Plan", "between", "make"]
