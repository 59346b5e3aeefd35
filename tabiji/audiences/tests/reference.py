"""The meaning of conditions in plain, slow Python: what the compiler is held to.

It says again what docs/reference/conditions.md says. Nothing here is shared with the compiler but the
models of the tree.
"""

from __future__ import annotations

import calendar
import hashlib
import math
import re
import unicodedata
from dataclasses import InitVar, dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tabiji.audiences.conditions import (
    Ago,
    Attribute,
    Between,
    Calendar,
    Change,
    Condition,
    Deed,
    Event,
    Everyone,
    Group,
    Last,
    Leaf,
    Pick,
    Sample,
    Sequence,
    SinceEntry,
    SinceEvent,
    Step,
    Today,
    Top,
    Value,
    Window,
)
from tabiji.workspaces.calendar import BusinessCalendar


@dataclass(frozen=True, order=True)
class Place:
    """Where an act stands among those of the same moment: as the stream has it."""

    batch: int = 0
    ordinal: int = 0


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
    place: Place = Place()


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
    """people: everybody who counts, and nobody else.

    All moments are in UTC: between two of one zone Python would count what the clocks on the wall show.
    """

    people: list[Person]
    acts: InitVar[list[Act]]
    calendar: BusinessCalendar
    acts_of: dict[UUID, list[Act]] = field(default_factory=dict)
    """By person, in order."""

    def __post_init__(self, acts: list[Act]) -> None:
        for person in self.people:
            own = [act for act in acts if act.who in person.subjects]
            self.acts_of[person.id] = sorted(own, key=lambda act: (act.at, act.place))

    @property
    def zone(self) -> ZoneInfo:
        return self.calendar.zone

    def who(
        self, condition: Condition, now: datetime, since: dict[UUID, datetime] | None = None
    ) -> set[UUID]:
        return self.meant(condition.root, now, since or {})

    def meant(self, node: Group | Leaf, now: datetime, since: dict[UUID, datetime]) -> set[UUID]:
        match node:
            case Group():
                children = [self.meant(child, now, since) for child in node.of]
                if node.kind == "all":
                    return set.intersection(*children)
                either = set.union(*children)
                return either if node.kind == "any" else {person.id for person in self.people} - either
            case Top():
                return self.most_active(node, now)
        return {person.id for person in self.people if self.holds(node, person, now, since.get(person.id))}

    def holds(self, leaf: Leaf, person: Person, now: datetime, since: datetime | None) -> bool:
        match leaf:
            case Everyone():
                return True
            case Attribute():
                value = person.fields.get(leaf.field)
                return self.compares(leaf.op, person.types[leaf.field], value, leaf.value, now)
            case Value():
                return self.has_value(leaf, person, now)
            case Sample():
                return drawn(leaf.seed, person.id) < 100 * exact(leaf.percent)
            case Today():
                is_open = self.calendar.is_business_day(self.day(now))
                return is_open == (leaf.is_ == "business_day")
            case Event() | Change():
                return self.did(leaf, person, now, since)
            case Sequence():
                return self.did_in_turn(leaf, person, now, since)
        raise AssertionError(leaf)

    # -- acts ------------------------------------------------------------------------------------

    def did(self, leaf: Event | Change, person: Person, now: datetime, since: datetime | None) -> bool:
        if isinstance(leaf.window, SinceEvent) and self.anchor(leaf.window, person, now) is None:
            return False
        if isinstance(leaf, Event) and leaf.pick is not None:
            return self.picked(leaf, leaf.pick, person, now)
        found = [
            act
            for act in self.acts_in(leaf.window, person, now, since)
            if (is_change(leaf, act) if isinstance(leaf, Change) else self.matches(leaf, act, now))
        ]
        if isinstance(leaf, Event) and leaf.total is not None:
            number = self.total(leaf.total.of, leaf.total.prop, found)
            return number is not None and relates(leaf.total.op, number, leaf.total.n)
        return relates(leaf.count.op, len(found), leaf.count.n)

    def picked(self, leaf: Event, pick: Pick, person: Person, now: datetime) -> bool:
        """The act is chosen among all of its name; only then it is looked at."""
        named = [act for act in self.acts_of[person.id] if is_called(leaf, act)]
        if len(named) < pick.n:
            return False
        one = named[pick.n - 1] if pick.start == "start" else named[-pick.n]
        return self.in_window(leaf.window, one.at, person, now, None) and self.matches(leaf, one, now)

    def total(self, of: str, prop: str | None, found: list[Act]) -> float | None:
        """The number made of these acts; None where there is no value."""
        if of == "count":
            return len(found)
        if of == "days":
            return len({self.day(act.at) for act in found})
        assert prop is not None
        values = [property_of(act, prop) for act in found]
        if of == "distinct":
            return len({text_of(value) for value in values} - {""})
        numbers = [number for value in values if (number := number_of(value)) is not None]
        if of == "sum":
            return sum(numbers)
        if not numbers:
            return None
        return {"average": sum(numbers) / len(numbers), "smallest": min(numbers), "largest": max(numbers)}[of]

    def did_in_turn(self, leaf: Sequence, person: Person, now: datetime, since: datetime | None) -> bool:
        """Step by step, all acts with which the steps so far can end."""
        acts = self.acts_in(leaf.window, person, now, since)
        ends = [place for place, act in enumerate(acts) if self.matches(leaf.steps[0], act, now)]
        for step in leaf.steps[1:]:
            ends = [
                place
                for place, act in enumerate(acts)
                if self.matches(step, act, now)
                and any(self.follows(step, acts, before, place, now) for before in ends)
            ]
        return bool(ends)

    def follows(self, step: Step, acts: list[Act], before: int, place: int, now: datetime) -> bool:
        return (
            before < place
            and (step.within is None or acts[place].at - acts[before].at <= step.within.length)
            and not any(
                self.matches(without, act, now)
                for act in acts[before + 1 : place]
                for without in step.without
            )
        )

    def most_active(self, leaf: Top, now: datetime) -> set[UUID]:
        numbers: dict[UUID, float] = {}
        for person in self.people:
            acts = self.acts_in(leaf.window, person, now, None)
            found = [act for act in acts if self.matches(leaf, act, now)]
            number = self.total(leaf.total.of, leaf.total.prop, found)
            if number is not None and number > 0:
                numbers[person.id] = number
        if leaf.n is not None:
            most = leaf.n
        else:
            assert leaf.percent is not None
            most = math.ceil(exact(leaf.percent) * len(numbers) / 100)
        return {
            one
            for one, number in numbers.items()
            if 1 + sum(other > number for other in numbers.values()) <= most
        }

    def acts_in(self, window: Window, person: Person, now: datetime, since: datetime | None) -> list[Act]:
        return [act for act in self.acts_of[person.id] if self.in_window(window, act.at, person, now, since)]

    def matches(self, deed: Deed, act: Act, now: datetime) -> bool:
        return is_called(deed, act) and all(
            self.property_holds(test.prop, test.op, test.value, act, now) for test in deed.where
        )

    # -- windows ---------------------------------------------------------------------------------

    def in_window(
        self, window: Window, at: datetime, person: Person, now: datetime, since: datetime | None
    ) -> bool:
        day, today = self.day(at), self.day(now)
        match window:
            case Last(unit="days"):
                return day >= today - timedelta(days=window.n)
            case Last():
                return at >= now - timedelta(minutes=60 * window.n)
            case Ago():
                return day <= today - timedelta(days=window.least) and (
                    window.most is None or day >= today - timedelta(days=window.most)
                )
            case Calendar():
                first, end = self.unit(window.unit, today, -window.back)
                return first <= day < end
            case Between():
                return (window.first is None or window.first <= day) and (
                    window.last is None or day <= window.last
                )
            case SinceEntry():
                return since is not None and at >= since
            case SinceEvent():
                begun = self.anchor(window, person, now)
                return (
                    begun is not None
                    and at > begun
                    and (window.span is None or at - begun <= window.span.length)
                )
        return True

    def anchor(self, window: SinceEvent, person: Person, now: datetime) -> datetime | None:
        """When the person did what the window begins with; None if never."""
        found = [act for act in self.acts_of[person.id] if self.matches(window, act, now)]
        if not found:
            return None
        return found[0].at if window.which == "first" else found[-1].at

    def unit(self, unit: str, day: date, after: int) -> tuple[date, date]:
        """The first day of the unit that is so many after the one of this day, and the first one after it."""
        if unit == "day":
            return day + timedelta(days=after), day + timedelta(days=after + 1)
        if unit == "week":
            monday = day - timedelta(days=day.weekday()) + timedelta(weeks=after)
            return monday, monday + timedelta(weeks=1)
        length = {"month": 1, "quarter": 3, "year": 12, "fiscal_year": 12}[unit]
        begins = self.calendar.fiscal_month if unit == "fiscal_year" else 1
        month = 12 * day.year + day.month
        start = month - (month - begins) % length + after * length
        return first_of(start), first_of(start + length)

    def day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    # -- comparing -------------------------------------------------------------------------------

    def property_holds(self, prop: str, op: str, wanted: Any, act: Act, now: datetime) -> bool:
        value = property_of(act, prop)
        listed = wanted if isinstance(wanted, list) else [wanted]
        numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in listed)
        if op in DAY_OPERATORS or (op == "between" and not numbers):
            return self.compares(op, "date", dated(text_of(value)), wanted, now)
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
            case "in_exactly_days":
                return value == today + timedelta(days=wanted)
            case "exactly_days_ago":
                return value == today - timedelta(days=wanted)
            case "within_next_business_days":
                return today <= value and not self.has_business_days(wanted, today, value)
            case "anniversary_within_next_days":
                days = (today + timedelta(days=n) for n in range(wanted + 1))
                return any(is_anniversary(value, day) for day in days)
            case "anniversary_in_exactly_days":
                return is_anniversary(value, today + timedelta(days=wanted))
            case "in_month" | "in_fiscal_year":
                first, end = self.unit(op.removeprefix("in_"), today, wanted)
                return first <= value < end
        raise AssertionError(op)

    def has_business_days(self, n: int, first: date, last: date) -> bool:
        """Whether so many stand between two days, neither of them counted."""
        day = first + timedelta(days=1)
        while n and day < last:
            n -= self.calendar.is_business_day(day)
            day += timedelta(days=1)
        return n == 0


def is_called(deed: Deed, act: Act) -> bool:
    """An event of this name, no machine's unless those are asked for; ours only if we said it."""
    told_from_outside = act.name in OURS and act.source in ("server", "web")
    return (
        act.kind == ""
        and act.name == deed.name
        and (deed.machines or act.machine == "")
        and not told_from_outside
    )


def is_change(leaf: Change, act: Act) -> bool:
    return (
        act.kind == leaf.change
        and (leaf.ref is None or act.ref == leaf.ref)
        and (not leaf.old or act.old in leaf.old)
        and (not leaf.new or act.new in leaf.new)
    )


def property_of(act: Act, prop: str) -> Any:
    """A text, a number, yes or no; None where there is none of these."""
    if prop == "source":
        return act.source
    value: Any = act.props
    for step in prop.removeprefix("props.").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return None if isinstance(value, dict | list) else value


def relates(op: str, number: float, n: float) -> bool:
    return {
        "at_least": number >= n,
        "at_most": number <= n,
        "more_than": number > n,
        "less_than": number < n,
        "exactly": number == n,
    }[op]


def drawn(seed: str, person_id: UUID) -> int:
    """The person's place from 0 to 9,999 in the drawing of this name."""
    digest = hashlib.md5(f"{seed}:{str(person_id).lower()}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % 10_000


def exact(percent: float) -> Fraction:
    """As it was written: 0.07 is seven hundredths and not a little more."""
    return Fraction(str(percent))


def first_of(month: int) -> date:
    """The first day of a month, numbered from January of the year 0 as 1."""
    return date((month - 1) // 12, (month - 1) % 12 + 1, 1)


def is_anniversary(value: date, day: date) -> bool:
    if (value.month, value.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (value.month, value.day) == (day.month, day.day)


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
        number = float(value) if re.fullmatch(r"-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?", value) else None
        return number if number is not None and math.isfinite(number) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def dated(text: str) -> str:
    """The day with which a text begins; empty where it begins with none that there is."""
    head = text[:10]
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", head):
        return ""
    try:
        return date.fromisoformat(head).isoformat()
    except ValueError:
        return ""


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
    "in_exactly_days",
    "exactly_days_ago",
    "within_next_business_days",
    "anniversary_within_next_days",
    "anniversary_in_exactly_days",
    "in_month",
    "in_fiscal_year",
}
