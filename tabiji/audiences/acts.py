"""Conditions on facts: what people did (events), and what became different about them (changes)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tabiji.audiences import operators, properties
from tabiji.audiences.binding import WORKSPACE, Binder, both, either, opposite
from tabiji.audiences.columns import Column
from tabiji.audiences.conditions import Change, Count, Event, PropertyTest, SinceEntry
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Acts, Scope

OUR_NAMES: Final = frozenset(
    {"click_judged", "form_submitted", "mail_bounced", "mail_clicked", "mail_complained", "mail_opened"}
    | {"mail_replied", "unsubscribed"}
)
"""Events that only the product itself can tell …"""
OPEN_INLETS: Final = ("server", "web")
"""… and that never count from here, where anybody with a public write key may speak."""


def is_existence(leaf: Event | Change) -> bool:
    """Whether once is enough, so that several such leaves can be looked for in one go."""
    return leaf.count.op == "at_least" and leaf.count.n == 1 and not isinstance(leaf.window, SinceEntry)


def is_absence(leaf: Event | Change) -> bool:
    return _is_never(leaf) and not isinstance(leaf.window, SinceEntry)


def never(leaf: Event) -> Event:
    """The opposite of having done it at least once."""
    return leaf.model_copy(update={"count": Count(op="exactly", n=0)})


def who(leaf: Event | Change, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: did it as often as the leaf says."""
    since_entry = isinstance(leaf.window, SinceEntry)
    if _is_never(leaf) or (leaf.count.op == "at_least" and leaf.count.n == 1):
        found = scope.who_did(_acts([leaf], scope, binder, moment), binder, since_entry=since_entry)
        condition = "p.person_id IN (" + found + ")"
        return opposite(condition) if _is_never(leaf) else condition
    having = _having(leaf, binder)
    acts = _acts([leaf], scope, binder, moment)
    condition = (
        "p.person_id IN (" + scope.how_often(acts, binder, since_entry=since_entry, having=having) + ")"
    )
    return opposite(condition) if leaf.count.op == "at_most" else condition


def who_did_any(leaves: Sequence[Event | Change], scope: Scope, binder: Binder, moment: Moment) -> list[str]:
    """Conditions on `p`, one for events and one for changes: did at least one of these at least once."""
    found = []
    for kind in (Event, Change):
        alike = [leaf for leaf in leaves if isinstance(leaf, kind)]
        if alike:
            people = scope.who_did(_acts(alike, scope, binder, moment), binder, since_entry=False)
            found.append("p.person_id IN (" + people + ")")
    return found


def often_but_never(
    leaf: Event, never: Sequence[Event], scope: Scope, binder: Binder, moment: Moment
) -> str | None:
    """A condition on `p`: did this as often as the leaf says, and none of those; None where the scope
    has no better way than two conditions.
    """
    acts = _acts([leaf, *never], scope, binder, moment)
    found = scope.often_but_never(
        acts,
        often=_one(leaf, binder, moment),
        never=either([_one(one, binder, moment) for one in never]),
        having=_having(leaf, binder),
    )
    return None if found is None else "p.person_id IN (" + found + ")"


def stops(leaf: Event, never: Sequence[Event]) -> bool:
    """Whether the leaf counts acts of which some also stand among those never done: then their rows
    are read once for both.
    """
    is_plain = not isinstance(leaf.window, SinceEntry) and leaf.count.op != "at_most" and leaf.count.n > 0
    return is_plain and any(one.name == leaf.name for one in never)


def _having(leaf: Event | Change, binder: Binder) -> str:
    return "sum(n) " + _SIGNS[leaf.count.op] + " " + binder.bind(leaf.count.n, "UInt64")


def _acts(leaves: Sequence[Event | Change], scope: Scope, binder: Binder, moment: Moment) -> Acts:
    """The rows of which at least one leaf holds; all leaves are of one kind."""
    is_event = isinstance(leaves[0], Event)
    source = "event AS e" if is_event else _CHANGES
    parts = ["e.workspace_id = " + WORKSPACE]
    if scope.through is not None:
        # Facts above the watermark are not for decisions yet: their consumers have not run.
        last = max(scope.through, default=-1)
        bounds = [scope.through.get(shard, 0) for shard in range(last + 1)]
        parts.append(
            "e.batch_id <= arrayElement("
            + binder.named("through", bounds, "Array(UInt64)")
            + ", e.shard + 1)"
        )
    parts.append(either([_one(leaf, binder, moment) for leaf in leaves]))
    return Acts(source, both(parts))


def _one(leaf: Event | Change, binder: Binder, moment: Moment) -> str:
    parts = _event(leaf, binder, moment) if isinstance(leaf, Event) else _change(leaf, binder)
    start, end = moment.bounds(leaf.window)
    for sign, bound in (">= ", start), ("< ", end):
        if bound is not None:
            parts.append("e.occurred_at " + sign + binder.bind(bound, "DateTime64(3, 'UTC')"))
    return both(parts)


def _event(leaf: Event, binder: Binder, moment: Moment) -> list[str]:
    parts = ["e.name = " + binder.bind(leaf.name, "String")]
    if not leaf.machines:
        parts.append("e.machine = ''")
    if leaf.name in OUR_NAMES:
        parts.append("e.source NOT IN " + binder.named("open_inlets", list(OPEN_INLETS), "Array(String)"))
    return parts + [holds_of_event(test, binder, moment) for test in leaf.where]


def _change(leaf: Change, binder: Binder) -> list[str]:
    parts = ["e.kind = " + binder.bind(leaf.change, "String")]
    if leaf.ref is not None:
        parts.append("e.ref = " + binder.bind(leaf.ref, "String"))
    for column, values in (("old", leaf.old), ("new", leaf.new)):
        if values:
            parts.append("e." + column + " IN " + binder.bind(values, "Array(String)"))
    return parts


def holds_of_event(test: PropertyTest, binder: Binder, moment: Moment) -> str:
    """A condition on the event `e`."""
    operator = operators.registry.get(test.op)
    kind = properties.type_of(operator, test.value)
    column = properties.column(test.prop, kind, binder, moment)
    return compared(operator, column, test.value)


def compared(operator: operators.Operator, column: Column, value: Any) -> str:
    """The comparison, or the opposite of its positive twin."""
    twin = operators.positive(operator)
    assert twin.compile is not None
    condition = twin.compile(column, value)
    return condition if twin is operator else opposite(condition)


def _is_never(leaf: Event | Change) -> bool:
    return leaf.count.n == 0 and leaf.count.op in ("at_most", "exactly")


_SIGNS: Final = {"at_least": ">=", "at_most": ">", "exactly": "="}
_CHANGES: Final = (
    "(SELECT workspace_id, shard, batch_id, person_id AS subject_id, kind, ref, old, new, occurred_at"
    " FROM person_change) AS e"
)
