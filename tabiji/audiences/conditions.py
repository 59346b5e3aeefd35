"""The condition tree: what people say about people, read strictly and never widened.

An unknown kind, operator or field raises; it never matches everyone. What each word means is in
docs/reference/conditions.md, and `tests/reference.py` says the same in plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Any, Final, Literal, Self

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

VERSION: Final = 1
MAX_DEPTH: Final = 10
MAX_NODES: Final = 200
MAX_VALUES: Final = 1_000

Scalar = Annotated[str, Field(max_length=2_000)] | bool | int | Annotated[float, Field(allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Operand = Scalar | Annotated[list[Scalar], Field(min_length=1, max_length=MAX_VALUES)] | None


class BadCondition(ValueError):
    """A condition that cannot be asked: (path in the tree, such as `of.0.op`, and what was wrong there)."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


class NeedsEntry(BadCondition):
    """ "Since entry" was asked about people of whom nobody said when they entered."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, populate_by_name=True)


class Everyone(_Part):
    kind: Literal["everyone"] = "everyone"


class Attribute(_Part):
    """A field of the person: standard, custom, `created_at`, `last_act_at`, `owner_id`, `company_id`."""

    kind: Literal["attribute"] = "attribute"
    field: Word
    op: Word
    value: Operand = None


class Sample(_Part):
    """A part of all people that never changes; another seed is another part."""

    kind: Literal["sample"] = "sample"
    percent: Annotated[float, Field(ge=0.01, le=100, strict=False)]
    seed: Word


class Today(_Part):
    """What kind of day it is, by the workspace's calendar."""

    kind: Literal["today"] = "today"
    is_: Annotated[Literal["business_day", "day_off"], Field(alias="is")]


class PropertyTest(_Part):
    """prop: `path`, `url`, `title`, `referrer`, `source`, `session`, or `props.` and a name with dots."""

    prop: Word
    op: Word
    value: Operand = None


class Count(_Part):
    """How often. `exactly` 0 and `at_most` 0 mean never; `at_most` n holds for those who never did, too."""

    op: Literal["at_least", "at_most", "exactly"] = "at_least"
    n: Annotated[int, Field(ge=0, le=1_000_000)] = 1


class Total(_Part):
    """A number made of the acts that match, compared instead of how many they are."""

    of: Literal["sum", "average", "smallest", "largest", "distinct", "days"]
    prop: Word | None = None
    op: Literal["at_least", "at_most", "more_than", "less_than", "exactly"] = "at_least"
    n: Annotated[float, Field(allow_inf_nan=False, ge=-1e15, le=1e15, strict=False)]


class Pick(_Part):
    """The n-th act of all of this name, from the start or from the end."""

    n: Annotated[int, Field(ge=1, le=1_000)] = 1
    start: Annotated[Literal["start", "end"], Field(alias="from")] = "start"


class Span(_Part):
    """Elapsed time; a day is 24 hours."""

    n: Annotated[int, Field(ge=1, le=1_000_000)]
    unit: Literal["minutes", "hours", "days"]

    @property
    def length(self) -> timedelta:
        return timedelta(**{self.unit: self.n})


class Ever(_Part):
    kind: Literal["ever"] = "ever"


class Last(_Part):
    """The last n local days (today so far and the n days before it), or the last n × 60 minutes."""

    kind: Literal["last"] = "last"
    n: Annotated[int, Field(ge=1, le=36_500)]
    unit: Literal["days", "hours"]


class Ago(_Part):
    """From so many days ago to so many days ago, both included; without `most` open at the start."""

    kind: Literal["ago"] = "ago"
    most: Annotated[Days | None, Field(alias="from")] = None
    least: Annotated[Days, Field(alias="to")]


class Calendar(_Part):
    """A whole unit of the calendar: the present one, or so many before it."""

    kind: Literal["calendar"] = "calendar"
    unit: Literal["day", "week", "month", "quarter", "year", "fiscal_year"]
    back: Annotated[int, Field(ge=0, le=1_000)] = 0


class Between(_Part):
    """Local days, both included; without one end the window is open there."""

    kind: Literal["between"] = "between"
    first: Annotated[date | None, Field(alias="from", strict=False)] = None
    last: Annotated[date | None, Field(alias="to", strict=False)] = None


class SinceEntry(_Part):
    """Since the person entered the journey that asks."""

    kind: Literal["since_entry"] = "since_entry"


class Deed(_Part):
    """Acts of one name of which every test holds, no machine's unless `machines`."""

    name: Word
    where: Annotated[list[PropertyTest], Field(max_length=20)] = []
    machines: bool = False


class SinceEvent(Deed):
    """After the person's first or last such act, and with a span at most so long after it.

    Who never did it is not meant.
    """

    kind: Literal["since_event"] = "since_event"
    which: Literal["first", "last"] = "last"
    span: Annotated[Span | None, Field(alias="for")] = None


Window = Annotated[
    Ever | Last | Ago | Calendar | Between | SinceEntry | SinceEvent, Field(discriminator="kind")
]


class Event(Deed):
    """Did it so often in the window (count), or so much of it (total), or as the n-th act (pick)."""

    kind: Literal["event"] = "event"
    count: Count = Count()
    total: Total | None = None
    pick: Pick | None = None
    window: Window = Ever()

    @model_validator(mode="after")
    def _asks_one_thing(self) -> Self:
        if (self.count != Count()) + (self.total is not None) + (self.pick is not None) > 1:
            raise ValueError(_("say how often, how much or which one: only one of them"))
        return self


class Step(Deed):
    """within, without: of the way from the step before."""

    within: Span | None = None
    without: Annotated[list[Deed], Field(max_length=10)] = []


class Sequence(_Part):
    """Did these one after the other, in the window."""

    kind: Literal["sequence"] = "sequence"
    steps: Annotated[list[Step], Field(min_length=2, max_length=10)]
    window: Window = Ever()


class Measure(_Part):
    """By what people are ranked."""

    of: Literal["count", "sum", "distinct", "days"] = "count"
    prop: Word | None = None


class Top(Deed):
    """Is among the n, or the percentage, of people with the greatest numbers of such acts."""

    kind: Literal["top"] = "top"
    n: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    percent: Annotated[float | None, Field(ge=0.01, le=100, strict=False)] = None
    total: Measure = Measure()
    window: Window = Ever()

    @model_validator(mode="after")
    def _says_how_many(self) -> Self:
        if (self.n is None) == (self.percent is None):
            raise ValueError(_("say how many, or what percentage"))
        return self


class Change(_Part):
    """Became different: a change of this kind (facts vocabulary), from one of `old` to one of `new`.

    ref: which field, list, journey …; None for any. Empty `old` or `new` stands for any value.
    """

    kind: Literal["change"] = "change"
    change: Word
    ref: Annotated[str, Field(max_length=200)] | None = None
    old: Annotated[list[Annotated[str, Field(max_length=2_000)]], Field(max_length=MAX_VALUES)] = []
    new: Annotated[list[Annotated[str, Field(max_length=2_000)]], Field(max_length=MAX_VALUES)] = []
    count: Count = Count()
    window: Window = Ever()


class Value(_Part):
    """A present value of a registered source: list, stage, score, audience, consent, hold, deal …

    ref: which list, model, journey …; None for any of them. With any, a negative operator means that
    none of them has the value.
    """

    kind: Literal["value"] = "value"
    of: Word
    ref: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    op: Word
    value: Operand = None


class Group(_Part):
    """all: every one holds; any: at least one; none: not a single one."""

    kind: Literal["all", "any", "none"]
    of: Annotated[list[Node], Field(min_length=1, max_length=100)]


Leaf = Everyone | Attribute | Value | Sample | Today | Event | Change | Sequence | Top
Act = Event | Change | Sequence | Top
"""What asks about facts."""
Node = Annotated[
    Group | Everyone | Attribute | Value | Sample | Today | Event | Change | Sequence | Top,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Condition:
    """A tree that was read, and may be asked."""

    root: Group | Leaf
    version: int = VERSION

    def data(self) -> dict[str, Any]:
        """As it is stored; `parse` reads it back."""
        return {
            "version": self.version,
            **self.root.model_dump(mode="json", by_alias=True, exclude_none=True),
        }


def parse(data: object) -> Condition:
    """Read a stored or sent tree, in the open scope: {"version": 1, "kind": "all", "of": […]}.

    Raises BadCondition for anything unknown: kind, operator, field, source, value that does not fit.
    """
    from tabiji.audiences import checking

    condition = read(data)
    checking.check(condition)
    return condition


def read(data: object) -> Condition:
    """The shape alone, without asking what exists in the workspace. Raises BadCondition."""
    if not isinstance(data, dict):
        raise BadCondition("", _("a condition is an object with a kind"))
    rest = dict(data)
    version = rest.pop("version", VERSION)
    if version != VERSION or isinstance(version, bool):
        raise BadCondition("version", _("this version of conditions is not known"))
    _check_depth(rest)
    try:
        return Condition(_node.validate_python(rest))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadCondition(_path(first["loc"]), _why(first["type"], first["msg"])) from None


def sentence(condition: Condition, language: str) -> str:
    """The condition as people read it, in `ja` or `en`."""
    from tabiji.audiences import wording

    return wording.sentence(condition, language)


def everyone() -> Condition:
    return Condition(Everyone())


def walk(node: Group | Leaf, path: str = "") -> Iterator[tuple[str, Group | Leaf]]:
    """Every node with its path, the root (path empty) first, in reading order."""
    yield path, node
    if isinstance(node, Group):
        for place, child in enumerate(node.of):
            yield from walk(child, child_path(path, place))


def child_path(path: str, place: int) -> str:
    return f"{path}.of.{place}" if path else f"of.{place}"


def leaves(condition: Condition) -> Iterator[tuple[str, Leaf]]:
    for path, node in walk(condition.root):
        if not isinstance(node, Group):
            yield path, node


def reads_facts(condition: Condition) -> bool:
    """Whether it asks about events or changes, which must be processed before they are asked."""
    return any(isinstance(leaf, Act) for _path, leaf in leaves(condition))


def needs_entry(condition: Condition) -> bool:
    return any(
        isinstance(leaf, Act) and isinstance(leaf.window, SinceEntry) for _path, leaf in leaves(condition)
    )


def deeds(leaf: Leaf) -> Iterator[Deed]:
    """Every kind of event that the leaf asks about."""
    if isinstance(leaf, Event | Top):
        yield leaf
    elif isinstance(leaf, Sequence):
        for step in leaf.steps:
            yield step
            yield from step.without
    if isinstance(leaf, Act) and isinstance(leaf.window, SinceEvent):
        yield leaf.window


def event_names(condition: Condition) -> set[str]:
    """The names of all events that the condition asks about."""
    return {deed.name for _path, leaf in leaves(condition) for deed in deeds(leaf)}


def _check_depth(data: dict[str, Any]) -> None:
    """Before pydantic recurses: how deep and how large. Raises BadCondition."""
    waiting: list[tuple[Any, int]] = [(data, 1)]
    nodes = 0
    while waiting:
        node, depth = waiting.pop()
        nodes += 1
        if depth > MAX_DEPTH:
            raise BadCondition("", _("groups are nested too deeply"))
        if nodes > MAX_NODES:
            raise BadCondition("", _("there are too many conditions in one tree"))
        children = node.get("of") if isinstance(node, dict) else None
        if isinstance(children, list):
            waiting += [(child, depth + 1) for child in children]


def _path(location: tuple[int | str, ...]) -> str:
    """Where in the data: pydantic also names the union's member that it tried, which is left out."""
    steps: list[str] = []
    place, at_tag = 0, True
    while place < len(location):
        step = location[place]
        place += 1
        if at_tag:
            at_tag = False
            continue
        steps.append(str(step))
        if step in _OPERANDS:
            break
        at_tag = step == "window" or (isinstance(step, int) and steps[-2:-1] == ["of"])
    return ".".join(steps)


def _why(kind: str, message: str) -> str:
    match kind:
        case "union_tag_invalid" | "union_tag_not_found":
            return _("this kind of condition is not known")
        case "missing":
            return _("is missing")
        case "extra_forbidden":
            return _("is not known here")
        case "too_short" | "string_too_short":
            return _("is empty")
        case "too_long" | "string_too_long":
            return _("is too long")
        case _:
            return _("does not fit: %(why)s") % {"why": message.removeprefix("Value error, ")}


_OPERANDS: Final = frozenset({"value"})
_node: TypeAdapter[Group | Leaf] = TypeAdapter(Node)
