"""Conditions on facts: what people did (events), and what became different about them (changes).

Each asks its scope for people by their acts: for those with one such act at all, or for those whose acts
come to a number. `orders` asks for one act after another, `ranking` for those with the greatest numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tabiji.audiences import operators, properties, totals
from tabiji.audiences.binding import WORKSPACE, Binder, both, either, opposite
from tabiji.audiences.columns import Column
from tabiji.audiences.conditions import (
    Change,
    Count,
    Deed,
    Event,
    PropertyTest,
    SinceEntry,
    SinceEvent,
    Window,
)
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Acts, Ending, Scope

OUR_NAMES: Final = frozenset(
    {"click_judged", "form_submitted", "mail_bounced", "mail_clicked", "mail_complained", "mail_opened"}
    | {"mail_replied", "unsubscribed"}
)
"""Events that only the product itself can tell …"""
OPEN_INLETS: Final = ("server", "web")
"""… and that never count from here, where anybody with a public write key may speak."""


def is_existence(leaf: Event | Change) -> bool:
    """Whether once is enough, so that several such leaves can be looked for in one go."""
    return _is_plain(leaf) and leaf.count == Count()


def is_absence(leaf: Event | Change) -> bool:
    return _is_plain(leaf) and _is_never(leaf.count)


def never(leaf: Event) -> Event:
    """The opposite of having done it at least once."""
    return leaf.model_copy(update={"count": Count(op="exactly", n=0)})


def who(leaf: Event | Change, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: did it as often as the leaf says, or so much of it."""
    asked = _Asking(leaf, scope, binder, moment)
    if not isinstance(leaf.window, SinceEvent):
        return asked.condition()
    if (
        isinstance(leaf, Event)
        and leaf.total is None
        and leaf.window.span is None
        and _is_once_or_never(leaf)
    ):
        return _compared_latest(leaf, leaf.window, scope, binder, moment)
    return both([among(_who_began(leaf.window, scope, binder, moment)), asked.condition()])


def who_did_any(leaves: Sequence[Event | Change], scope: Scope, binder: Binder, moment: Moment) -> list[str]:
    """Conditions on `p`, one for events and one for changes: did at least one of these at least once."""
    found = []
    for kind in (Event, Change):
        alike = [leaf for leaf in leaves if isinstance(leaf, kind)]
        if alike:
            fits = either([holds(leaf, binder, moment) for leaf in alike])
            acts = Acts(source_of(alike[0]), readable(scope, binder, fits))
            found.append(among(scope.who_did(acts, binder, since_entry=False)))
    return found


def often_but_never(leaf: Event, never: Sequence[Event], scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on `p`: did this as often as the leaf says, and none of those, their rows read once."""
    often = holds(leaf, binder, moment)
    stop = either([holds(one, binder, moment) for one in never])
    acts = Acts(
        EVENTS, readable(scope, binder, either([often, stop])), {"is_counted": often, "is_stop": stop}
    )
    numbers = {"n": "countIf(is_counted)", "stops": "countIf(is_stop)"}
    ending = Ending(_having(leaf.count, binder) + " AND sum(stops) = 0")
    return among(scope.tally(acts, numbers, ending, binder, since_entry=False))


def stops(leaf: Event, never: Sequence[Event]) -> bool:
    """Whether the leaf counts acts of which some also stand among those never done: then their rows
    are read once for both.
    """
    is_counted = _is_plain(leaf) and leaf.count.op != "at_most" and leaf.count.n > 0
    return is_counted and any(one.name == leaf.name for one in never)


def among(people: str) -> str:
    """A condition on `p`: is one of those whom this query finds."""
    return "p.person_id IN (" + people + ")"


def readable(scope: Scope, binder: Binder, fits: str) -> str:
    """What must hold of a fact `e` of which `fits` holds: this workspace, and no further than may be read."""
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
    return both([*parts, fits])


def source_of(leaf: Event | Change) -> str:
    return _CHANGES if isinstance(leaf, Change) else EVENTS


def holds(leaf: Event | Change, binder: Binder, moment: Moment) -> str:
    """A condition on the fact `e`: it matches the leaf, apart from windows of each person's own."""
    fits = _change(leaf, binder) if isinstance(leaf, Change) else is_deed(leaf, binder, moment)
    return both([fits, in_window(leaf.window, binder, moment)])


def in_window(window: Window, binder: Binder, moment: Moment) -> str:
    parts = []
    for sign, bound in zip((">= ", "< "), moment.bounds(window), strict=True):
        if bound is not None:
            parts.append("e.occurred_at " + sign + binder.bind(bound, "DateTime64(3, 'UTC')"))
    return both(parts)


def is_deed(deed: Deed, binder: Binder, moment: Moment) -> str:
    """A condition on the event `e`: has the name, and every test holds."""
    return both([is_named(deed, binder), *(holds_of_event(test, binder, moment) for test in deed.where)])


def is_named(deed: Deed, binder: Binder) -> str:
    parts = ["e.name = " + binder.bind(deed.name, "String")]
    if not deed.machines:
        parts.append("e.machine = ''")
    if deed.name in OUR_NAMES:
        parts.append("e.source NOT IN " + binder.named("open_inlets", list(OPEN_INLETS), "Array(String)"))
    return both(parts)


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


class _Asking:
    """One leaf asked of a scope: its acts, with what is read of them."""

    def __init__(self, leaf: Event | Change, scope: Scope, binder: Binder, moment: Moment) -> None:
        self._leaf = leaf
        self._scope = scope
        self._binder = binder
        self._moment = moment

    def condition(self) -> str:
        total = self._leaf.total if isinstance(self._leaf, Event) else None
        if total is not None:
            value = totals.value(total, self._binder, self._moment)
            having = totals.compared(total, self._binder)
            found = among(self._tally(totals.numbers(total), having, {"value": value} if value else {}))
            return opposite(found) if totals.holds_of_nothing(total) else found
        count = self._leaf.count
        if _is_never(count):
            return opposite(among(self._who_did()))
        if count == Count():
            return among(self._who_did())
        found = among(self._tally({"n": "count()"}, _having(count, self._binder), {}))
        return opposite(found) if count.op == "at_most" else found

    def _who_did(self) -> str:
        if isinstance(self._leaf.window, SinceEvent):
            return "SELECT person FROM (" + self._rows({}) + ")"
        return self._scope.who_did(self._acts({}), self._binder, since_entry=self._since_entry)

    def _tally(self, numbers: Mapping[str, str], having: str, columns: Mapping[str, str]) -> str:
        if not isinstance(self._leaf.window, SinceEvent):
            return self._scope.tally(
                self._acts(columns), numbers, Ending(having), self._binder, since_entry=self._since_entry
            )
        named = ", ".join(sql + " AS " + name for name, sql in numbers.items())
        return (
            "SELECT person FROM (SELECT person, " + named + " FROM (" + self._rows(columns)
            + ") GROUP BY person) GROUP BY person HAVING " + having
        )  # fmt: skip

    def _rows(self, columns: Mapping[str, str]) -> str:
        """A row for each act since the event with which the window of its person begins."""
        window = self._leaf.window
        assert isinstance(window, SinceEvent)
        acts = self._acts({**columns, "at": "e.occurred_at"})
        rows = self._scope.rows(acts, self._binder, since_entry=False)
        began = _who_began(window, self._scope, self._binder, self._moment, column="began")
        late = ""
        if window.span is not None:
            length = self._binder.bind(round(window.span.length.total_seconds()), "Int64")
            late = " AND r.at <= b.began + toIntervalSecond(" + length + ")"
        wanted = ", ".join(
            ["r.person AS person", "r.at AS at", *("r." + name + " AS " + name for name in columns)]
        )
        return (
            "SELECT " + wanted + " FROM (" + rows + ") AS r INNER JOIN (" + began + ") AS b"
            " ON b.person = r.person WHERE r.at > b.began" + late
        )  # fmt: skip

    def _acts(self, columns: Mapping[str, str]) -> Acts:
        fits = holds(self._leaf, self._binder, self._moment)
        return Acts(source_of(self._leaf), readable(self._scope, self._binder, fits), columns)

    @property
    def _since_entry(self) -> bool:
        return isinstance(self._leaf.window, SinceEntry)


def _who_began(window: SinceEvent, scope: Scope, binder: Binder, moment: Moment, *, column: str = "") -> str:
    """People who did the act that the window begins with; column: the name of its moment beside them."""
    acts = Acts(EVENTS, readable(scope, binder, is_deed(window, binder, moment)), {"at": "e.occurred_at"})
    if not column:
        return scope.who_did(acts, binder, since_entry=False)
    pick = "min" if window.which == "first" else "max"
    ending = Ending(columns={column: pick + "(edge)"})
    return scope.tally(acts, {"edge": pick + "(at)"}, ending, binder, since_entry=False)


def _compared_latest(leaf: Event, window: SinceEvent, scope: Scope, binder: Binder, moment: Moment) -> str:
    """Did it, or did not, since the window began, their rows read once: the latest act tells."""
    begins, counts = is_deed(window, binder, moment), is_deed(leaf, binder, moment)
    acts = Acts(
        EVENTS,
        readable(scope, binder, either([begins, counts])),
        {"at": "e.occurred_at", "is_begin": begins, "is_counted": counts},
    )
    edge = "min" if window.which == "first" else "max"
    numbers = {
        "begins": "countIf(is_begin)",
        "began": edge + "OrNullIf(at, is_begin)",
        "latest": "maxOrNullIf(at, is_counted)",
    }
    since = "ifNull(max(latest) > " + edge + "(began), 0)"
    ending = Ending("sum(begins) > 0 AND " + (opposite(since) if _is_never(leaf.count) else since))
    return among(scope.tally(acts, numbers, ending, binder, since_entry=False))


def _is_once_or_never(leaf: Event) -> bool:
    return leaf.count == Count() or _is_never(leaf.count)


def _is_plain(leaf: Event | Change) -> bool:
    """Whether it only counts rows that can be told by looking at each alone."""
    is_counted = isinstance(leaf, Change) or (leaf.total is None and leaf.pick is None)
    return is_counted and not isinstance(leaf.window, SinceEntry | SinceEvent)


def _having(count: Count, binder: Binder) -> str:
    return "sum(n) " + _SIGNS[count.op] + " " + binder.bind(count.n, "UInt64")


def _change(leaf: Change, binder: Binder) -> str:
    parts = ["e.kind = " + binder.bind(leaf.change, "String")]
    if leaf.ref is not None:
        parts.append("e.ref = " + binder.bind(leaf.ref, "String"))
    for column, values in (("old", leaf.old), ("new", leaf.new)):
        if values:
            parts.append("e." + column + " IN " + binder.bind(values, "Array(String)"))
    return both(parts)


def _is_never(count: Count) -> bool:
    return count.n == 0 and count.op in ("at_most", "exactly")


_SIGNS: Final = {"at_least": ">=", "at_most": ">", "exactly": "="}
EVENTS: Final = "event AS e"
_CHANGES: Final = (
    "(SELECT workspace_id, shard, batch_id, person_id AS subject_id, kind, ref, old, new, occurred_at"
    " FROM person_change) AS e"
)
