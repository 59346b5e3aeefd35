"""A tree becomes one ClickHouse query.

Every leaf is a condition on the person `p`: a comparison of a column of the mirror, or membership in
a set that a subquery finds. Leaves that ask "did it at least once" and stand side by side are looked
for in one go. Nothing is NULL, so `NOT` is the exact opposite everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import ceil
from typing import Any

from tabiji.audiences import acts, attributes, conditions, operators, orders, ranking, travelling, values
from tabiji.audiences.attributes import Askable
from tabiji.audiences.binding import Binder, both, either, opposite
from tabiji.audiences.conditions import (
    Attribute,
    Change,
    Condition,
    Event,
    Everyone,
    Group,
    Leaf,
    Sample,
    Today,
    Top,
    Value,
)
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Scope
from tabiji.core import postgres
from tabiji.core.clickhouse import External


@dataclass(frozen=True, slots=True)
class Statement:
    """A question ready to be asked: text, bound values, tables that travel with it."""

    sql: str
    params: dict[str, Any]
    tables: list[External]


@dataclass(slots=True)
class Compilation:
    """One statement in the making: where rows come from, when it is asked, what is bound so far."""

    scope: Scope
    moment: Moment
    binder: Binder = field(default_factory=Binder)
    fields: dict[str, Askable] | None = None

    def leaf(self, leaf: Leaf) -> str:
        match leaf:
            case Everyone():
                return "1"
            case Attribute():
                operator = operators.registry.get(leaf.op)
                column = attributes.column(self._field(leaf.field), self.binder, self.moment)
                return acts.compared(operator, column, leaf.value)
            case Value():
                return values.who(leaf, self.scope, self.binder, self.moment)
            case Sample():
                return _sampled(leaf, self.binder)
            case Today():
                return "1" if self.moment.is_business_day() == (leaf.is_ == "business_day") else "0"
            case Event() if leaf.pick is not None:
                return orders.picked(leaf, self.scope, self.binder, self.moment)
            case Event() | Change():
                return acts.who(leaf, self.scope, self.binder, self.moment)
            case conditions.Sequence():
                return orders.followed(leaf, self.scope, self.binder, self.moment)
            case Top():
                return ranking.who(leaf, self.scope, self.binder, self.moment)

    def tree(self, node: Group | Leaf) -> str:
        """The condition of a node."""
        if not isinstance(node, Group):
            return self.leaf(node)
        if node.kind == "all":
            return both(self._all(list(_flat(node))))
        found = either(self._apart(node.of, acts.is_existence, str))
        return found if node.kind == "any" else opposite(found)

    def statement(self, what: str, where: list[str], ending: str = "") -> Statement:
        """SELECT `what` of the people of the scope for whom all of `where` holds."""
        source, limits = self.scope.people(self.binder)
        sql = "SELECT " + what + " FROM " + source + " WHERE " + both([limits, *where]) + ending
        tables = [table for table in self.scope.tables() if not travelling.is_few(table)]
        return Statement(sql, {**self.binder.values, "ws": postgres.workspace_id()}, tables)

    def _all(self, nodes: list[Group | Leaf]) -> list[str]:
        never = [node for node in nodes if isinstance(node, Event) and acts.is_absence(node)]
        stopped = next((node for node in nodes if isinstance(node, Event) and acts.stops(node, never)), None)
        if stopped is not None:
            found = acts.often_but_never(stopped, never, self.scope, self.binder, self.moment)
            rest = [node for node in nodes if node is not stopped and node not in never]
            return [*self._apart(rest, acts.is_absence, opposite), found]
        return self._apart(nodes, acts.is_absence, opposite)

    def _apart(
        self,
        nodes: Sequence[Group | Leaf],
        is_plain: Callable[[Event | Change], bool],
        outcome: Callable[[str], str],
    ) -> list[str]:
        """The conditions of the nodes, with plain leaves about acts gathered into one search."""
        plain = [node for node in nodes if isinstance(node, Event | Change) and is_plain(node)]
        gathered = acts.who_did_any(plain, self.scope, self.binder, self.moment) if len(plain) > 1 else []
        rest = [node for node in nodes if not gathered or node not in plain]
        return [self.tree(node) for node in rest] + [outcome(condition) for condition in gathered]

    def _field(self, key: str) -> Askable:
        if self.fields is None:
            self.fields = attributes.askable()
        field = self.fields.get(key)
        if field is None:  # archived since the condition was read
            raise conditions.BadCondition("field", "people have no field " + key)
        return field


def _flat(group: Group) -> Iterator[Group | Leaf]:
    """The nodes of an "all", those of its own "all" groups among them, and "none of these acts" as
    acts that were never done.
    """
    for node in group.of:
        if isinstance(node, Group) and node.kind == "all":
            yield from _flat(node)
        elif isinstance(node, Group) and node.kind == "none" and all(map(_is_plain_event, node.of)):
            yield from (acts.never(one) for one in node.of if isinstance(one, Event))
        else:
            yield node


def _sampled(leaf: Sample, binder: Binder) -> str:
    letters = "concat(" + binder.bind(leaf.seed + ":", "String") + ", toString(p.person_id))"
    most = binder.bind(ceil(Fraction(str(leaf.percent)) * 100), "UInt64")
    return "halfMD5(" + letters + ") % 10000 < " + most


def _is_plain_event(node: Group | Leaf) -> bool:
    return isinstance(node, Event) and acts.is_existence(node)


def count(condition: Condition, scope: Scope, moment: Moment) -> Statement:
    making = Compilation(scope, moment)
    return making.statement("count()", [making.tree(condition.root)])


def people(
    condition: Condition, scope: Scope, moment: Moment, *, limit: int | None = None, after: Any = None
) -> Statement:
    """Ids; in ClickHouse's own order of UUIDs where a page is asked for."""
    making = Compilation(scope, moment)
    where = [making.tree(condition.root)]
    if after is not None:
        where.append("p.person_id > " + making.binder.bind(after, "UUID"))
    ending = ""
    if limit is not None:
        ending = " ORDER BY p.person_id LIMIT " + making.binder.bind(limit, "UInt64")
    return making.statement("p.person_id", where, ending)


def first_that_holds(conditions: Sequence[Condition], scope: Scope, moment: Moment) -> Statement:
    """(person, place from 1 of the first of these conditions that holds, 0 for none), of all of the scope."""
    making = Compilation(scope, moment)
    places = [making.tree(one.root) + ", " + str(place) for place, one in enumerate(conditions, 1)]
    return making.statement("p.person_id, multiIf(" + ", ".join([*places, "0"]) + ")", [])


def moved_by_time(conditions: Sequence[Condition], scope: Scope, moments: tuple[Moment, Moment]) -> Statement:
    """People for whom one of these conditions answers otherwise at the second moment than at the first."""
    making = Compilation(scope, moments[0])
    moved = []
    for one in conditions:
        answers = []
        for moment in moments:
            making.moment = moment
            answers.append("toBool(" + making.tree(one.root) + ")")
        moved.append(" != ".join(answers))
    return making.statement("p.person_id", [either(moved)])
