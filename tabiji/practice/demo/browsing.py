"""Visitors nobody knows, so many that the funnel's first three steps come out as the demo tells them. Pure.

Whoever is known and looks around counts too; the visitors fill what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from tabiji.practice.demo import days
from tabiji.practice.demo.acts import Act, Visited
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.telling import SEARCH

VISITS: Final = 18_420
INTERESTED: Final = 6_130
"""Looked at the prices or the cases."""
FORMS: Final = 1_284
SENT: Final = 206
PAST_VISITORS: Final = 47_000
MACHINES: Final = 1_800
_INTEREST: Final = frozenset({"pricing", "cases"})
_SOCIAL: Final = "https://x.com/"
_PLAIN: Final[tuple[tuple[tuple[str, ...], days.Rhythm], ...]] = (
    (("top",), "client"),
    (("top", "omakase"), "client"),
    (("omakase",), "client"),
    (("omakase", "compare"), "client"),
    (("top", "omakase", "company"), "client"),
    (("market",), "freelancer"),
    (("top", "market"), "freelancer"),
    (("market", "top", "company"), "freelancer"),
    (("market", "market"), "freelancer"),
)
_CURIOUS: Final[tuple[tuple[str, ...], ...]] = (
    ("cases",),
    ("top", "cases"),
    ("top", "omakase", "cases", "pricing"),
    ("omakase", "pricing"),
    ("top", "pricing", "company"),
    ("cases", "omakase"),
    ("top", "omakase", "compare", "pricing", "cases"),
)


def tell(known: Iterable[Act]) -> list[Act]:
    """Visitors of the ninety days; known: what people who are (or become) known do."""
    by_owner = _by_owner(known)
    interested = sum(1 for pages in by_owner.values() if pages & _INTEREST)
    chance = Chance("browsing")
    moments = days.Moments(days.PERIOD + timedelta(minutes=5), days.OPENING - timedelta(minutes=30), chance)
    told: list[Act] = [_with_form(number, moments.draw("client"), chance) for number in range(FORMS - SENT)]
    for number in range(INTERESTED - (FORMS - SENT) - interested):
        pages = chance.pick(_CURIOUS)
        told += _visits("curious", number, moments.draw("client"), pages, chance, moments)
    for number in range(VISITS - INTERESTED - (len(by_owner) - interested)):
        pages, rhythm = chance.pick(_PLAIN)
        told += _visits("plain", number, moments.draw(rhythm), pages, chance, moments)
    for number in range(MACHINES):
        told.append(_machine(f"tanomoa-machine-{number % 90:02}", moments.draw("client"), chance))
    return told


def tell_past() -> list[Visited]:
    """Visitors of the nine months before, oldest first."""
    chance = Chance("past visitors")
    moments = days.Moments(days.BEGINNING, days.FOUNDING - timedelta(hours=2), chance)
    told: list[Visited] = []
    for number in range(PAST_VISITORS):
        if number % 3:
            pages, rhythm = chance.pick(_PLAIN)
        else:
            pages, rhythm = chance.pick(_CURIOUS), "client"
        told.append(_visit(f"tanomoa-past-{number:05}", moments.draw(rhythm), pages, chance))
    return sorted(told, key=lambda visit: visit.at)


def _by_owner(known: Iterable[Act]) -> dict[object, set[str]]:
    """The pages of each person, whether signed in or by the browser that became theirs."""
    found: dict[object, set[str]] = {}
    for act in known:
        if isinstance(act, Visited) and not act.is_machine:
            found.setdefault(act.person or act.visitor, set()).update(act.pages)
    return found


def _with_form(number: int, at: datetime, chance: Chance) -> Visited:
    pages = (*chance.pick(_CURIOUS), "landing")
    return Visited(
        at,
        pages,
        f"tanomoa-form-{number:04}",
        referrer=_referrer(chance),
        seconds=chance.between(20, 110),
        form="started" if chance.happens(0.38) else "viewed",
    )


def _visits(
    kind: str, number: int, at: datetime, pages: tuple[str, ...], chance: Chance, moments: days.Moments
) -> Iterator[Visited]:
    """One visit, and for one in eight a second one on another day."""
    visitor = f"tanomoa-{kind}-{number:05}"
    yield _visit(visitor, at, pages, chance)
    if chance.happens(0.125):
        yield _visit(visitor, moments.draw("client"), pages[:2], chance)


def _visit(visitor: str, at: datetime, pages: tuple[str, ...], chance: Chance) -> Visited:
    return Visited(at, pages, visitor, referrer=_referrer(chance), seconds=chance.between(8, 140))


def _machine(visitor: str, at: datetime, chance: Chance) -> Visited:
    return Visited(at, chance.pick(_CURIOUS)[:2], visitor, seconds=2, is_machine=True)


def _referrer(chance: Chance) -> str:
    share = chance.share()
    return SEARCH if share < 0.55 else _SOCIAL if share < 0.65 else ""
