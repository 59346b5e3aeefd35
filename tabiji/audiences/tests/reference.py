"""The meaning of conditions in plain, slow Python: what the compiler is held to.

Nothing here is shared with the compiler but the models of the tree.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tabiji.audiences.conditions import (
    Attribute,
    Between,
    Change,
    Condition,
    Event,
    Everyone,
    Group,
    Last,
    Leaf,
    SinceEntry,
    Value,
)


@dataclass
class Act:
    """An event or a change; `who` is the subject under which it is stored."""

    who: UUID
    at: datetime
    name: str
    machine: str = ""
    source: str = "web"
    props: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    ref: str = ""
    old: str = ""
    new: str = ""


@dataclass
class Person:
    id: UUID
    fields: dict[str, Any]
    """Every field by key; empty is None or ''. created_at and last_act_at are datetimes."""
    types: dict[str, str]
    subjects: set[UUID]
    values: list[tuple[str, str, str, float]] = field(default_factory=list)
    """(kind, ref, value, number)"""


@dataclass
class World:
    people: list[Person]
    acts: InitVar[list[Act]]
    zone: ZoneInfo
    acts_of: dict[UUID, list[Act]] = field(default_factory=dict)
    """By subject."""

    def __post_init__(self, acts: list[Act]) -> None:
        for act in acts:
            self.acts_of.setdefault(act.who, []).append(act)

    def who(
        self, condition: Condition, now: datetime, since: dict[UUID, datetime] | None = None
    ) -> set[UUID]:
        return {person.id for person in self.people if self.holds(condition.root, person, now, since or {})}

    def holds(self, node: Group | Leaf, person: Person, now: datetime, since: dict[UUID, datetime]) -> bool:
        match node:
            case Everyone():
                return True
            case Group(kind="all"):
                return all(self.holds(child, person, now, since) for child in node.of)
            case Group(kind="any"):
                return any(self.holds(child, person, now, since) for child in node.of)
            case Group():
                return not any(self.holds(child, person, now, since) for child in node.of)
            case Attribute():
                value = person.fields.get(node.field)
                return self.compares(node.op, person.types[node.field], value, node.value, now)
            case Event() | Change():
                return self.counts(node, person, now, since.get(person.id))
            case Value():
                return self.has_value(node, person, now)

    def counts(self, leaf: Event | Change, person: Person, now: datetime, since: datetime | None) -> bool:
        own = [act for subject in person.subjects for act in self.acts_of.get(subject, [])]
        times = sum(self.fits(leaf, act, now, since) for act in own)
        return {
            "at_least": times >= leaf.count.n,
            "at_most": times <= leaf.count.n,
            "exactly": times == leaf.count.n,
        }[leaf.count.op]

    def fits(self, leaf: Event | Change, act: Act, now: datetime, since: datetime | None) -> bool:
        if not self.in_window(leaf.window, act.at, now, since):
            return False
        if isinstance(leaf, Change):
            return (
                act.kind == leaf.change
                and (leaf.ref is None or act.ref == leaf.ref)
                and (not leaf.old or act.old in leaf.old)
                and (not leaf.new or act.new in leaf.new)
            )
        told_from_outside = act.name in OURS and act.source in ("server", "web")
        return (
            act.kind == ""
            and act.name == leaf.name
            and (leaf.machines or act.machine == "")
            and not told_from_outside
            and all(self.property_holds(test.prop, test.op, test.value, act, now) for test in leaf.where)
        )

    def in_window(self, window: Any, at: datetime, now: datetime, since: datetime | None) -> bool:
        match window:
            case Last(unit="days"):
                return at >= self.midnight(self.day(now) - timedelta(days=window.n))
            case Last():
                return at >= now - timedelta(hours=window.n)
            case Between():
                day = self.day(at)
                return (window.first is None or window.first <= day) and (
                    window.last is None or day <= window.last
                )
            case SinceEntry():
                return since is not None and at >= since
        return True

    def property_holds(self, prop: str, op: str, wanted: Any, act: Act, now: datetime) -> bool:
        value: Any = {"source": act.source}
        if not prop.startswith("props."):
            value = act.source if prop == "source" else act.props.get(prop, "")
        else:
            value = act.props
            for step in prop.split(".")[1:]:
                value = value.get(step) if isinstance(value, dict) else None
        if isinstance(value, dict | list):
            value = None
        listed = wanted if isinstance(wanted, list) else [wanted]
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed)
        if op in DAY_OPERATORS or (op == "between" and not numbers):
            text = text_of(value)
            return self.compares(op, "date", text[:10] if is_dated(text) else "", wanted, now)
        if numbers and op not in ("contains", "not_contains", "starts_with", "not_starts_with"):
            return self.compares(op, "number", number_of(value), wanted, now)
        if isinstance(wanted, bool):
            return self.compares(op, "yes_no", value if isinstance(value, bool) else None, wanted, now)
        return self.compares(op, "word", text_of(value), wanted, now)

    def has_value(self, leaf: Value, person: Person, now: datetime) -> bool:
        if leaf.of in ("stage", "score"):
            kind = "word" if leaf.of == "stage" else "number"
            return self.compares(leaf.op, kind, person.fields[leaf.of], leaf.value, now)
        if leaf.op in NEGATIVE:
            twin = leaf.model_copy(update={"op": NEGATIVE[leaf.op]})
            return not self.has_value(twin, person, now)
        rows = [row for row in person.values if row[0] == leaf.of and leaf.ref in (None, row[1]) and row[2]]
        if leaf.op in ("member", "is_not_empty"):
            return bool(rows)
        if leaf.op in ("gt", "gte", "lt", "lte", "between"):
            return any(self.compares(leaf.op, "number", row[3], leaf.value, now) for row in rows)
        return any(self.compares(leaf.op, "word", row[2], leaf.value, now) for row in rows)

    def compares(self, op: str, kind: str, value: Any, wanted: Any, now: datetime) -> bool:
        if op in NEGATIVE:
            return not self.compares(NEGATIVE[op], kind, value, wanted, now)
        if value is None or value == "" or (kind == "reference" and value == 0):
            return False
        if op == "is_not_empty":
            return True
        if kind in ("date", "moment"):
            return self.compares_day(op, date_of(value) if kind == "date" else self.day(value), wanted, now)
        if kind == "text":
            value = folded(value)
            wanted = [folded(one) for one in wanted] if isinstance(wanted, list) else folded(wanted)
        if kind == "word":
            wanted = [text_of(one) for one in wanted] if isinstance(wanted, list) else text_of(wanted)
        match op:
            case "is":
                return bool(value == wanted)
            case "in":
                return value in wanted
            case "contains":
                return wanted in value
            case "starts_with":
                return bool(value.startswith(wanted))
            case "gt":
                return bool(value > wanted)
            case "gte":
                return bool(value >= wanted)
            case "lt":
                return bool(value < wanted)
            case "lte":
                return bool(value <= wanted)
            case "between":
                return bool(wanted[0] <= value <= wanted[1])
        raise AssertionError(op)

    def compares_day(self, op: str, value: date, wanted: Any, now: datetime) -> bool:
        today = self.day(now)
        match op:
            case "is":
                return value == date_of(wanted)
            case "before":
                return value < date_of(wanted)
            case "after":
                return value > date_of(wanted)
            case "on_or_before":
                return value <= date_of(wanted)
            case "on_or_after":
                return value >= date_of(wanted)
            case "between":
                return date_of(wanted[0]) <= value <= date_of(wanted[1])
            case "within_last_days":
                return today - timedelta(days=wanted) <= value <= today
            case "longer_ago_than_days":
                return value < today - timedelta(days=wanted)
            case "within_next_days":
                return today <= value <= today + timedelta(days=wanted)
        raise AssertionError(op)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, self.zone).astimezone(UTC)


def folded(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def text_of(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number_of(value: Any) -> float | None:
    """Numbers, and texts that are a plain number from end to end."""
    if isinstance(value, str):
        return float(value) if re.fullmatch(r"-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?", value) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_dated(text: str) -> bool:
    head = text[:10]
    return len(head) == 10 and head[4] == head[7] == "-" and head.replace("-", "").isdecimal()


def date_of(value: str) -> date:
    return date.fromisoformat(value)


OURS = {"click_judged", "form_submitted", "mail_clicked"}
NEGATIVE = {
    "is_not": "is",
    "not_in": "in",
    "not_contains": "contains",
    "not_starts_with": "starts_with",
    "is_empty": "is_not_empty",
    "not_member": "member",
    "not_within_last_days": "within_last_days",
}
DAY_OPERATORS = {
    "before",
    "after",
    "on_or_before",
    "on_or_after",
    "within_last_days",
    "not_within_last_days",
    "longer_ago_than_days",
    "within_next_days",
}
