"""The drawing as an outline: one line from top to bottom, arms of a branch as lines of their own.

Arms that come together again go on as one line after the branch; a way back to a step that stands
further up is a reference to it. Steps that no way leads to stand at the end.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from tabiji.web.journeys.drawing import ENTRY, GOAL, Card, Drawing, Way


@dataclass(frozen=True, slots=True)
class Arm:
    way: Way
    items: list[Item]


@dataclass(frozen=True, slots=True)
class Item:
    """A step with the one way on from it, or its arms; or a reference to a step shown elsewhere."""

    card: Card
    way: Way | None = None
    arms: list[Arm] = field(default_factory=list)
    is_reference: bool = False


@dataclass(frozen=True, slots=True)
class Outline:
    items: list[Item]
    stranded: list[Item]


def outline(drawing: Drawing) -> Outline:
    """Every card once, from the entry down."""
    shown: set[str] = set()
    items = _line(drawing, ENTRY, "", shown)
    if GOAL in drawing.cards:
        items.append(Item(drawing.cards[GOAL]))
        shown.add(GOAL)
    stranded: list[Item] = []
    for card_id in drawing.cards:
        if card_id not in shown:
            stranded += _line(drawing, card_id, "", shown)
    return Outline(items, stranded)


def _line(drawing: Drawing, first: str, until: str, shown: set[str]) -> list[Item]:
    items: list[Item] = []
    at = first
    while at and at != until:
        card = drawing.cards[at]
        if at in shown:
            items.append(Item(card, is_reference=True))
            break
        shown.add(at)
        ways = drawing.ways_from(at)
        if len(ways) < 2:
            items.append(Item(card, ways[0] if ways else None))
            at = ways[0].target if ways else ""
            continue
        joined = _where_they_meet(drawing, ways, {*shown, until})
        arms = [Arm(way, _line(drawing, way.target, joined or until, shown)) for way in ways]
        items.append(Item(card, arms=arms))
        at = joined
    return items


def _where_they_meet(drawing: Drawing, ways: list[Way], left_out: Collection[str]) -> str:
    """The first step that all arms that lead anywhere lead to."""
    reached = [_reached_from(drawing, way.target) for way in ways if way.target]
    if len(reached) < 2:
        return ""
    common = set.intersection(*(set(one) for one in reached)) - set(left_out)
    return next((card_id for card_id in reached[0] if card_id in common), "")


def _reached_from(drawing: Drawing, first: str) -> list[str]:
    """In the order of distance."""
    found: list[str] = []
    waiting = [first]
    while waiting:
        at = waiting.pop(0)
        if at not in found:
            found.append(at)
            waiting += [way.target for way in drawing.ways_from(at) if way.target]
    return found
