"""事例セミナー(おまかせ): an invitation, applications, a day in March, and a test too small to judge. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from tabiji.practice.demo import acts, days
from tabiji.practice.demo.cast import Source
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.requests import INVITATION, INVITED_AT, Request
from tabiji.practice.demo.telling import Telling

APPLICATION: Final = "case_seminar_applied"
ATTENDANCE: Final = "case_seminar_attended"
HELD_AT: Final = days.at(date(2026, 3, 26), 15)
INVITED: Final = 380
APPLIED: Final = 44
ATTENDED: Final = 26
"""Of whom 14 get one subject line and 12 the other: too few to say anything."""
THANKED: Final = (14, 12)


@dataclass(frozen=True, slots=True)
class Seminar:
    invited: tuple[int, ...]
    applied: tuple[int, ...]
    attended: tuple[int, ...]


def tell(telling: Telling, asked: list[Request]) -> Seminar:
    chance = Chance("seminar")
    invited = _invited(telling, asked)
    telling.tell(acts.Managed(INVITED_AT - timedelta(minutes=20), "send_invitation"))
    mine = {one.person for one in asked}
    guests = chance.shuffled(one for one in invited if one not in mine)
    telling.take(guests)
    for place, person in enumerate(guests[:120]):
        at = INVITED_AT + timedelta(minutes=8 + int(500 * chance.share() ** 2))
        telling.open(at, person, INVITATION)
        if place < 48:
            telling.click(at + timedelta(minutes=2), person, INVITATION)
        if place < APPLIED:
            later = at + timedelta(minutes=chance.between(4, 30))
            telling.tell(acts.Contacted(later, person, APPLICATION, "seminar"))
            telling.marks[person].acted(later)
    attended = guests[:ATTENDED]
    for person in attended:
        at = HELD_AT + timedelta(minutes=chance.below(12))
        telling.tell(acts.Contacted(at, person, ATTENDANCE, "seminar"))
        telling.marks[person].acted(at)
    return Seminar(tuple(invited), tuple(guests[:APPLIED]), tuple(attended))


def _invited(telling: Telling, asked: list[Request]) -> list[int]:
    """Those whose follow-up has ended without an appointment, and clients of former requests and inquiries."""
    ended = [
        one.person
        for one in asked
        if one.route in ("plain", "seminar") and one.ends_at <= INVITED_AT - timedelta(hours=12)
    ]
    cast = telling.cast
    sources: tuple[Source, ...] = ("request", "seminar", "inquiry")
    others = [one.number for source in sources for one in cast.of(source, "client", is_new=False)]
    return [*ended, *telling.free(others)[: INVITED - len(ended)]]
