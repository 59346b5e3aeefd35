"""Nine months that the former tool remembers: requests, inquiries, talks, calls, meetings, deals. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from tabiji.practice.demo import acts, content, days, selling
from tabiji.practice.demo.acts import Contacted, Seller, Visited
from tabiji.practice.demo.cast import Person, Source
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.selling import Line
from tabiji.practice.demo.telling import SEARCH, Telling

WON: Final = 240
LOST: Final = 60
OMAKASE: Final = 17
"""Contracts of the ninety days by deals that were open before, by line of business."""
MARKET: Final = 78
OPEN_LOST: Final = 15
OPEN_STILL: Final = 20
CALLS: Final = 420
MEETINGS: Final = 160
TALKS: Final = 150
URGENT: Final = 640
"""People of the test 「件名に【至急】」, which opened more mails and brought fewer appointments."""
URGENT_SENT: Final = days.at(date(2025, 10, 14), 11)
URGENT_OPENED: Final = {"usual": 0.22, "urgent": 0.41}
URGENT_BOOKED: Final = {"usual": 9, "urgent": 2}
_PHASES: Final = ("meeting", "proposal", "quote", "closing")


@dataclass(frozen=True, slots=True)
class OldRequest:
    """資料請求 by the former form."""

    at: datetime
    person: int
    visitor: str


@dataclass(frozen=True, slots=True)
class OldDeal:
    """phases: with their moments; ended_at: None for one that was open when the company moved in."""

    person: int
    line: Line
    amount: int
    phases: tuple[tuple[str, datetime], ...]
    by: Seller
    ended_at: datetime | None = None
    lost_reason: str = ""


@dataclass(frozen=True, slots=True)
class OldCall:
    at: datetime
    person: int
    by: Seller
    result: str
    seconds: int


@dataclass(frozen=True, slots=True)
class OldMeeting:
    at: datetime
    person: int
    by: Seller
    starts_at: datetime
    is_missed: bool


OldAct = OldRequest | Contacted | Visited


@dataclass(frozen=True, slots=True)
class Past:
    """acts: oldest first. withdrawn: who had stopped mails before. urgent: people of the old test."""

    acts: tuple[OldAct, ...]
    deals: tuple[OldDeal, ...]
    calls: tuple[OldCall, ...]
    meetings: tuple[OldMeeting, ...]
    withdrawn: tuple[int, ...]
    urgent: tuple[int, ...]

    @property
    def dealing(self) -> frozenset[int]:
        """Whose deal was open when the company moved in."""
        return frozenset(deal.person for deal in self.deals if deal.ended_at is None)


def tell(telling: Telling) -> Past:
    """What was before; and how the deals that were open then ended in the ninety days."""
    chance = Chance("past")
    told: list[OldAct] = []
    for source in _CONTACTS:
        for person in telling.cast.of(source, is_new=False):
            told += _contact(telling, person)
    for person in telling.cast.of("request", is_new=False):
        told += _request(telling, person, chance)
    told += _talks(telling, chance)
    deals = _deals(telling, chance)
    _end_open_ones(telling, deals, chance)
    clients = telling.cast.of("member", "client", is_new=False)
    urgent = [one.number for one in clients if one.known_at < URGENT_SENT][:URGENT]
    return Past(
        tuple(sorted(told, key=lambda act: act.at)),
        tuple(deals),
        _calls(telling, chance),
        _meetings(telling, chance),
        (),
        tuple(urgent),
    )


def _contact(telling: Telling, person: Person) -> list[OldAct]:
    """The inquiry or the seminar by which somebody became known."""
    name = _CONTACTS[person.source]
    channel: Literal["phone", "mail", "seminar"] = "seminar" if person.source == "seminar" else "mail"
    if person.source == "inquiry" and not person.email:
        channel = "phone"
    telling.marks[person.number].acted(person.known_at)
    told: list[OldAct] = [Contacted(person.known_at, person.number, name, channel)]
    if person.number == telling.cast.story["suzuki"]:
        # A call in November, and in March a friend on LINE.
        later = days.at(date(2026, 3, 6), 20, 14)
        telling.tell(Contacted(later, person.number, "line_talked", "line"))
        telling.marks[person.number].acted(later)
    return told


def _request(telling: Telling, person: Person, chance: Chance) -> list[OldAct]:
    """Some pages, then the form."""
    visitor = f"tanomoa-old-{person.number}"
    pages = (("cases",), ("top", "cases", "pricing"), ("omakase", "cases"), ("top", "pricing", "compare"))[
        person.number % 4
    ]
    mark = telling.marks[person.number]
    for page in pages:
        mark.viewed(page, person.known_at.date())
    mark.requested(person.known_at, has_one_million=person.budget in content.FROM_ONE_MILLION)
    mark.acted(person.known_at)
    seconds = chance.between(40, 120)
    starts = person.known_at - timedelta(seconds=seconds * len(pages) + 90)
    return [
        Visited(starts, pages, visitor, referrer=SEARCH, seconds=seconds),
        OldRequest(person.known_at, person.number, visitor),
    ]


def _talks(telling: Telling, chance: Chance) -> list[OldAct]:
    """Members who talked to us on LINE."""
    people = chance.shuffled(
        one.number for one in telling.cast.of("member", is_new=False) if one.known_at < days.at(_NOVEMBER, 0)
    )
    moments = days.Moments(days.at(_NOVEMBER, 0), days.FOUNDING - timedelta(days=1), chance)
    told: list[OldAct] = []
    for number in telling.free(people)[:TALKS]:
        at = moments.draw("client")
        told.append(Contacted(at, number, "line_talked", "line"))
        telling.marks[number].acted(at)
    return told


def _deals(telling: Telling, chance: Chance) -> list[OldDeal]:
    """Won and lost ones of the past, and those that were open."""
    clients = [one.number for one in telling.cast.of("member", "client", is_new=False)]
    people = iter(chance.shuffled(telling.free(clients)))
    found = [_ended(next(people), place, chance) for place in range(WON + LOST)]
    still = OMAKASE + MARKET + OPEN_LOST + OPEN_STILL
    found += [_open(next(people), place, chance) for place in range(still)]
    telling.take(deal.person for deal in found)
    for deal in found[:WON]:
        telling.marks[deal.person].won += 1
    return found


def _ended(person: int, place: int, chance: Chance) -> OldDeal:
    first = days.BEGINNING + timedelta(days=5)
    ended = days.Moments(first + timedelta(days=40), days.FOUNDING - timedelta(days=1), chance).draw("client")
    opened = ended - timedelta(days=chance.between(14, 44))
    by: Seller = "makoto" if place % 3 == 0 else "haru"
    line: Line = "omakase" if place % 4 == 0 else "market"
    lost = "" if place < WON else ("price", "competitor", "no_decision")[place % 3]
    amount = selling.AMOUNTS[place % len(selling.AMOUNTS)]
    return OldDeal(person, line, amount, _path(opened, ended, 3), by, ended, lost)


def _open(person: int, place: int, chance: Chance) -> OldDeal:
    opened = days.at(date(2025, 12, 1), 10) + timedelta(days=chance.below(50), minutes=chance.below(400))
    by: Seller = "makoto" if place % 3 == 0 else "haru"
    line: Line = "omakase" if place < OMAKASE else "market"
    amount = selling.AMOUNTS[place % len(selling.AMOUNTS)]
    return OldDeal(person, line, amount, _path(opened, days.FOUNDING, 1 + place % 3), by)


def _path(opened: datetime, until: datetime, phases: int) -> tuple[tuple[str, datetime], ...]:
    step = (until - opened) / (phases + 1)
    return tuple((phase, opened + step * place) for place, phase in enumerate(_PHASES[:phases]))


def _end_open_ones(telling: Telling, deals: list[OldDeal], chance: Chance) -> None:
    """95 contracts without a touch of ours, 15 lost; the others are open still."""
    open_ones = [deal for deal in deals if deal.ended_at is None]
    ending = open_ones[: OMAKASE + MARKET + OPEN_LOST]
    span = days.days_between(date(2026, 1, 29), date(2026, 4, 27))
    ordered = days.divided(len(ending), span, lambda day: days.weight(day) * days.is_business_day(day))
    for place, (deal, day) in enumerate(zip(ending, chance.shuffled(ordered), strict=True)):
        at = days.at(day, chance.between(10, 17), chance.below(60))
        if place < OMAKASE + MARKET:
            telling.tell(acts.DealEnded(at, deal.person, deal.by))
            telling.marks[deal.person].won += 1
        else:
            reason = ("price", "competitor", "timing")[place % 3]
            telling.tell(acts.DealEnded(at, deal.person, deal.by, reason))
    for deal in open_ones[len(ending) :]:
        telling.marks[deal.person].open_deals += 1


def _calls(telling: Telling, chance: Chance) -> tuple[OldCall, ...]:
    people = [one.number for one in telling.cast if one.phone and one.source != "card" and not one.is_new]
    moments = days.Moments(days.BEGINNING + timedelta(days=2), days.FOUNDING - timedelta(hours=3), chance)
    results = ("no_answer", "considering", "call_again", "declined", "no_answer", "considering")
    found = []
    for place in range(CALLS):
        day = moments.draw("client").date()
        at = days.at(
            day if days.is_business_day(day) else day + timedelta(days=3), 10 + place % 7, place % 60
        )
        number = telling.cast.story["suzuki"] if place == 0 else people[place * 13 % len(people)]
        result = results[place % len(results)]
        by: Seller = "makoto" if place % 4 == 0 else "haru"
        found.append(OldCall(at, number, by, result, 0 if result == "no_answer" else 60 + place * 17 % 500))
    return tuple(sorted(found, key=lambda call: call.at))


def _meetings(telling: Telling, chance: Chance) -> tuple[OldMeeting, ...]:
    people = [one.number for one in telling.cast.of("member", "client", is_new=False)]
    people = [one for one in people if one not in telling.cast.told]
    found = []
    span = days.days_between(date(2025, 5, 12), date(2025, 12, 19))
    for place, day in enumerate(days.divided(MEETINGS, span, days.is_business_day)):
        at = days.at(day, 11 + place % 6, chance.below(60))
        by: Seller = "makoto" if place % 3 == 0 else "haru"
        starts = selling.meeting_after(at, place)
        found.append(OldMeeting(at, people[place * 7 % len(people)], by, starts, place % 9 == 4))
    return tuple(found)


_NOVEMBER: Final = date(2025, 11, 15)
_CONTACTS: Final[dict[Source, str]] = {"inquiry": "inquiry_received", "seminar": "seminar_attended"}
