"""What an audience depends on, and noticing when it comes: no audience is asked for nothing.

Keys: `event:<name>`, `change:<kind>`, `field:<key>`, `act` (any act of a person's own), `value:<kind>`
or `value:<kind>/<ref>`, and `person` (somebody became known or was merged), on which all depend.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tabiji.audiences import conditions, operators
from tabiji.audiences.conditions import (
    Act,
    Ago,
    Attribute,
    Calendar,
    Change,
    Condition,
    Last,
    Leaf,
    Today,
    Top,
    Value,
)
from tabiji.audiences.moments import Moment
from tabiji.core import facts, postgres
from tabiji.core.facts import STATE_KINDS, Batch

CHANNEL: Final = "tabiji_audiences"
WAKE: Final = "SELECT pg_notify('tabiji_audiences', '')"
_TOUCH: Final = "UPDATE audience SET touches = touches + 1 WHERE depends && %s::text[]"
_PEOPLE: Final = frozenset({"known", "merge", "person", "owner"})
_FEW_REFS: Final = frozenset({"list", "audience", "consent", "journey"})
"""Kinds of which a workspace has few things, so that a key for each is worth while."""


class Notice:
    """Consumer: counts a touch for every audience that depends on something in the batch."""

    name = "audiences"

    def consume(self, batch: Batch) -> None:
        keys = keys_of(batch)
        if keys and postgres.execute(_TOUCH, [sorted(keys)]):
            postgres.execute(WAKE)


def of(condition: Condition) -> list[str]:
    """The keys of everything that can change who fulfils the condition."""
    found = {"person"}
    found.update("event:" + name for name in conditions.event_names(condition))
    for _path, leaf in conditions.leaves(condition):
        match leaf:
            case Change():
                found.add("change:" + leaf.change)
            case Attribute():
                found.add(key_of_field(leaf.field))
            case Value():
                is_one = leaf.ref is not None and leaf.of in _FEW_REFS
                found.add("value:" + leaf.of + ("/" + str(leaf.ref) if is_one else ""))
            case _:
                pass
    return sorted(found)


def key_of_field(field: str) -> str:
    """The key of what changes this field of people."""
    if field == "last_act_at":
        return "act"
    return "field:" + ("company" if field in _OF_COMPANY else field)


def keys_of(batch: Batch) -> set[str]:
    """The keys of everything that this batch brings."""
    found = {"event:" + event.name for event in batch.events}
    if any(event.person_id is not None and not event.machine for event in batch.events):
        found.add("act")
    if batch.known or any(event.type in TELLING for event in batch.events):
        found.add("person")
    for change in batch.changes:
        found.add("change:" + change.kind)
        if change.kind == "field":
            found.add("field:" + change.ref)
        elif change.kind in _PEOPLE:
            found.add("person")
        if change.kind in STATE_KINDS:
            found.add("value:" + change.kind)
            if change.kind in _FEW_REFS:
                found.add("value:" + change.kind + "/" + change.ref)
    return found


def next_window(condition: Condition, moment: Moment) -> datetime | None:
    """When the answer may change though nothing happens: midnight for days, five minutes for hours."""
    moves: list[datetime] = []
    for _path, leaf in conditions.leaves(condition):
        if isinstance(leaf, Act) and isinstance(leaf.window, Last) and leaf.window.unit == "hours":
            moves.append(moment.next_hour_step())
        elif moves_at_midnight(leaf):
            moves.append(moment.next_midnight())
    return min(moves, default=None)


def moves_at_midnight(leaf: Leaf) -> bool:
    """Whether its answer may change when a day begins, though nothing happened."""
    if isinstance(leaf, Act) and isinstance(leaf.window, Last | Ago | Calendar):
        return True
    names = [test.op for deed in conditions.deeds(leaf) for test in deed.where]
    names += [leaf.op] if isinstance(leaf, Attribute | Value) else []
    return isinstance(leaf, Today) or any(operators.registry.get(name).moves_with_time for name in names)


def asks_of_everyone(condition: Condition) -> bool:
    """Whether one person's acts can change the answer for another, so that it is always asked anew, whole."""
    return any(isinstance(leaf, Top) for _path, leaf in conditions.leaves(condition))


_OF_COMPANY: Final = frozenset({"company_id", "company_industry", "company_employees"})
TELLING: Final = frozenset({"identify", "form", "alias"})
"""Types of events by which people become known, or are found to be one."""

facts.consumers.add(Notice.name, Notice())
