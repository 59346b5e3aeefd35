"""What audiences may ask beside fields, events and changes. Rooms register what they know.

A source is a kind of present value: its newest fact stands in ClickHouse (`person_value`), and
PostgreSQL gives the values of given people when a decision is made. `unsettled` holds events of whose
meaning somebody is not sure yet; conditions about them wait.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple
from uuid import UUID

from tabiji.core.registry import Registry


class Refs(Enum):
    """Whether a condition names one (a list), may name one (a deal), or there is only one (stage)."""

    ONE = "one"
    ANY = "any"
    FIXED = "fixed"


class Shape(Enum):
    """What is compared: being in it, a word (with a number beside it), or a number."""

    MEMBERSHIP = "membership"
    WORD = "word"
    NUMBER = "number"


class Present(NamedTuple):
    """One present value, as the fact that set it has it: ref, `new` and number."""

    person_id: UUID
    ref: str
    value: str
    number: float = 0.0


@dataclass(frozen=True, slots=True)
class Source:
    """kind: of the facts (core.facts.STATE_KINDS).

    present(person_ids, now): values that are not empty, of these people, from PostgreSQL in the
    caller's transaction. names(refs): what people call those that
    exist; a ref without a name is refused. words: value to label.
    fixed_ref, column: for a source with one ref; the column of the person mirror that also holds it.
    """

    kind: str
    label: Any
    shape: Shape
    refs: Refs
    present: Callable[[Sequence[UUID], datetime], Iterable[Present]]
    names: Callable[[Collection[str]], Mapping[str, str]] | None = None
    words: Callable[[], Mapping[str, str]] = dict
    fixed_ref: str = ""
    column: str = ""


registry: Registry[Source] = Registry("source")
unsettled: Registry[Callable[[Sequence[UUID]], set[UUID]]] = Registry("unsettled event")
"""By name of event: of these people, those of whom one such event is still being judged."""


words: Registry[Callable[[], Mapping[str, str]]] = Registry("words of a source")
"""By kind of source, or by property of an event (`props.form_key`): value to label, where a room above
knows better words than the source itself."""


def register(source: Source) -> None:
    registry.add(source.kind, source)
