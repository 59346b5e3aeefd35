"""The condition tree: what people say about people, read strictly and never widened.

An unknown kind, operator or field raises; it never matches everyone. What a word means is in this
room's README, and `tests/reference.py` says the same in plain Python.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

VERSION: Final = 1
MAX_DEPTH: Final = 10
MAX_NODES: Final = 200
MAX_VALUES: Final = 1_000

Scalar = Annotated[str, Field(max_length=2_000)] | bool | int | Annotated[float, Field(allow_inf_nan=False)]
Word = Annotated[str, Field(min_length=1, max_length=200)]
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


class PropertyTest(_Part):
    """prop: `path`, `url`, `title`, `referrer`, `source`, `session`, or `props.` and a name with dots."""

    prop: Word
    op: Word
    value: Operand = None


class Count(_Part):
    """How often. `exactly` 0 and `at_most` 0 mean never; `at_most` n holds for those who never did, too."""

    op: Literal["at_least", "at_most", "exactly"] = "at_least"
    n: Annotated[int, Field(ge=0, le=1_000_000)] = 1


class Ever(_Part):
    kind: Literal["ever"] = "ever"


class Last(_Part):
    """The last n local days (today so far and the n days before it), or the last n × 60 minutes."""

    kind: Literal["last"] = "last"
    n: Annotated[int, Field(ge=1, le=36_500)]
    unit: Literal["days", "hours"]


class Between(_Part):
    """Local days, both included; without one end the window is open there."""

    kind: Literal["between"] = "between"
    first: Annotated[date | None, Field(alias="from", strict=False)] = None
    last: Annotated[date | None, Field(alias="to", strict=False)] = None


class SinceEntry(_Part):
    """Since the person entered the journey that asks."""

    kind: Literal["since_entry"] = "since_entry"


Window = Annotated[Ever | Last | Between | SinceEntry, Field(discriminator="kind")]


class Event(_Part):
    """Did (count times, in the window) something of this name of which every property test holds.

    Machines' acts count only with `machines`.
    """

    kind: Literal["event"] = "event"
    name: Word
    where: Annotated[list[PropertyTest], Field(max_length=20)] = []
    count: Count = Count()
    window: Window = Ever()
    machines: bool = False


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


Leaf = Everyone | Attribute | Event | Change | Value
Node = Annotated[Group | Everyone | Attribute | Event | Change | Value, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class Condition:
    """A tree that was read, and may be asked."""

    root: Group | Leaf
    version: int = VERSION

    def data(self) -> dict[str, Any]:
        """As it is stored; `parse` reads it back."""
        return {"version": self.version, **self.root.model_dump(mode="json", by_alias=True)}


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
    return any(isinstance(leaf, Event | Change) for _path, leaf in leaves(condition))


def needs_entry(condition: Condition) -> bool:
    return any(
        isinstance(leaf, Event | Change) and isinstance(leaf.window, SinceEntry)
        for _path, leaf in leaves(condition)
    )


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
