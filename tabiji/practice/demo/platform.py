"""What members do on the platform: sign up, look around, post and take work. Told by its server. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from tabiji.practice.demo import days
from tabiji.practice.demo.acts import Did, Registered
from tabiji.practice.demo.cast import HALF_A_YEAR, Person
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.telling import SEARCH, Telling

FIRST_ORDERS: Final = 231
"""Members whose first order falls into the ninety days: 130 new ones, the others of old."""
_OF_NEW: Final = 130
OLD_ORDERS: Final = 640
"""Old members whose first order lies before."""
BROWSING: Final = 540
"""Old members who look around on the site, signed in, in the ninety days."""
ORDER: Final = "order_placed"
ENGLISH: Final = "language_set_to_english"
_ACTS: Final[dict[days.Rhythm, tuple[tuple[str, ...], ...]]] = {
    "client": (
        ("signed_in", "proposal_viewed", "proposal_viewed", "message_sent"),
        ("signed_in", "job_posted"),
        ("signed_in", "proposal_viewed", "profile_viewed", "profile_viewed", "message_sent", "message_sent"),
        ("signed_in", "work_checked", "message_sent"),
        ("signed_in", "job_posted", "profile_viewed", "profile_viewed", "profile_viewed"),
    ),
    "freelancer": (
        ("signed_in", "job_viewed", "job_viewed", "job_viewed", "proposal_sent"),
        ("signed_in", "job_viewed", "job_viewed", "job_viewed", "job_viewed", "job_saved"),
        ("signed_in", "message_sent", "job_viewed", "work_delivered"),
        (
            "signed_in",
            "job_viewed",
            "job_viewed",
            "job_viewed",
            "proposal_sent",
            "proposal_sent",
            "message_sent",
        ),
        ("signed_in", "profile_changed", "job_viewed", "job_viewed"),
    ),
}
_Life = Literal["dormant", "fading", "active"]


@dataclass(frozen=True, slots=True)
class Platform:
    """past: acts before the ninety days; registered_at: of the new members."""

    past: tuple[Registered | Did, ...]
    registered_at: dict[int, datetime]


def tell(telling: Telling) -> Platform:
    """Members old and new; what lies before the ninety days is given back, the rest is told."""
    chance = Chance("platform")
    past: list[Registered | Did] = []
    recent: list[Did] = []
    for person in telling.cast.of("member", is_new=False):
        past.append(Registered(person.known_at, person.number))
        sessions = _sessions(telling, person, chance)
        past += [one for one in sessions if one.at < days.FOUNDING]
        recent += [one for one in sessions if one.at > days.PERIOD]
    registered = _new(telling, recent, chance)
    past, recent = _with_orders(telling, past, recent)
    for did in (*past, *recent):
        telling.marks[did.person].acted(_end(did))
    telling.tell(*recent)
    _browse(telling, chance)
    return Platform(tuple(sorted(past, key=lambda act: act.at)), registered)


def rhythm_of(person: Person) -> days.Rhythm:
    return "client" if person.role == "client" else "freelancer"


def _sessions(telling: Telling, person: Person, chance: Chance) -> list[Did]:
    """All sessions of an old member up to the last one, none in the hours between the two tools."""
    last = _last_session(telling, person, chance)
    if last is None:
        return []
    moments = [last]
    first = max(person.known_at + timedelta(minutes=20), days.BEGINNING)
    if last - first > timedelta(days=3):
        drawn = days.Moments(first, last, chance)
        moments += [drawn.draw(rhythm_of(person)) for _ in range(chance.between(4, 14))]
    return [
        _session(person, at, chance)
        for at in sorted(moments)
        if not days.FOUNDING - timedelta(hours=2) <= at < days.PERIOD + timedelta(minutes=2)
    ]


def _session(person: Person, at: datetime, chance: Chance) -> Did:
    return Did(at, person.number, chance.pick(_ACTS[rhythm_of(person)]), chance.between(30, 200))


def _end(act: Registered | Did) -> datetime:
    return act.at + timedelta(seconds=act.seconds * (len(act.names) - 1)) if isinstance(act, Did) else act.at


def _last_session(telling: Telling, person: Person, chance: Chance) -> datetime | None:
    """When a member was last seen working here; None: never after the registration."""
    if person.number == telling.cast.story["kato"]:
        return days.at(date(2025, 9, 18), 12, 24)
    life = _life(person, chance)
    if life == "dormant":
        if person.known_at < days.BEGINNING and chance.happens(0.4):
            return None
        first, last = days.BEGINNING, days.at(HALF_A_YEAR[0], 0)
    elif life == "fading":
        first, last = days.at(HALF_A_YEAR[1], 0) + timedelta(days=1), days.FOUNDING - timedelta(hours=2)
    else:
        first, last = days.PERIOD + timedelta(hours=12), days.OPENING - timedelta(hours=2)
    first = max(first, person.known_at + timedelta(hours=1))
    return days.Moments(first, last, chance).draw(rhythm_of(person)) if first < last else None


def _life(person: Person, chance: Chance) -> _Life:
    share = chance.share()
    if person.known_at.date() > HALF_A_YEAR[0] - timedelta(days=3):
        return "fading" if share < 0.3 else "active"
    return "dormant" if share < 0.42 else "fading" if share < 0.6 else "active"


def _with_orders(
    telling: Telling, past: list[Registered | Did], recent: list[Did]
) -> tuple[list[Registered | Did], list[Did]]:
    """Let the sessions of some clients end with an order: 640 before, 231 others for the first time since."""
    cast = telling.cast
    once: set[int] = set()
    ordered_past: list[Registered | Did] = []
    for act in past:
        if isinstance(act, Did) and _is_first(act, once, cast[act.person]) and len(once) < OLD_ORDERS:
            once.add(act.person)
            act = _ordering(act)
        ordered_past.append(act)
    new, old = _OF_NEW, FIRST_ORDERS - _OF_NEW
    found: list[Did] = []
    for did in sorted(recent, key=lambda one: one.at):
        person = cast[did.person]
        if _is_first(did, once, person) and (new if person.is_new else old):
            once.add(did.person)
            did = _ordering(did)
            if person.is_new:
                new -= 1
            else:
                old -= 1
        found.append(did)
    if new or old:
        raise AssertionError(f"{new} new and {old} old members are missing for the first orders")
    return ordered_past, found


def _is_first(did: Did, once: set[int], person: Person) -> bool:
    """One of every three sessions, of a client who has not ordered yet."""
    return person.role == "client" and did.person not in once and did.at.second % 3 == 0


def _ordering(did: Did) -> Did:
    return Did(did.at, did.person, (*did.names, ORDER), did.seconds)


def _new(telling: Telling, recent: list[Did], chance: Chance) -> dict[int, datetime]:
    """812 registrations, spread like the traffic, each after a look at the site, and what followed."""
    people = chance.shuffled(telling.cast.of("member", is_new=True))
    moments = days.Moments(days.PERIOD + timedelta(minutes=30), days.OPENING - timedelta(minutes=50), chance)
    registered: dict[int, datetime] = {}
    for place, person in enumerate(people):
        rhythm = rhythm_of(person)
        at = moments.draw(rhythm)
        registered[person.number] = at
        visitor = f"tanomoa-member-{place:04}"
        pages = ("top", "market") if rhythm == "client" else ("market",)
        referrer = SEARCH if chance.happens(0.5) else ""
        telling.visit(
            at - timedelta(seconds=200), pages, owner=person.number, visitor=visitor, referrer=referrer
        )
        telling.tell(Registered(at, person.number, visitor))
        telling.marks[person.number].acted(at)
        recent += _later_sessions(person, at, chance)
    for number in _in_english(telling, registered):
        telling.tell(Did(registered[number] + timedelta(hours=2), number, (ENGLISH,)))
    return registered


def _in_english(telling: Telling, registered: dict[int, datetime]) -> list[int]:
    """Two freelancers of the first weeks; nobody since."""
    freelancers = [number for number in registered if telling.cast[number].role == "freelancer"]
    return sorted(freelancers, key=lambda number: registered[number])[3:5]


def _later_sessions(person: Person, at: datetime, chance: Chance) -> list[Did]:
    end = days.OPENING - timedelta(minutes=40)
    first = at + timedelta(minutes=15)
    if end - first < timedelta(days=2):
        return []
    moments = days.Moments(first, min(end, first + timedelta(days=45)), chance)
    drawn = [_session(person, moments.draw(rhythm_of(person)), chance) for _ in range(chance.between(1, 12))]
    return [did for did in drawn if _end(did) < end]


def _browse(telling: Telling, chance: Chance) -> None:
    """Old members look at the market's pages, signed in."""
    people = chance.shuffled(telling.free(one.number for one in telling.cast.of("member", is_new=False)))
    moments = days.Moments(days.PERIOD + timedelta(hours=1), days.OPENING - timedelta(hours=1), chance)
    for number in people[:BROWSING]:
        at = moments.draw(rhythm_of(telling.cast[number]))
        telling.visit(at, ("market", "top") if number % 3 else ("market",), owner=number)
