"""What other rooms see of purpose: frozen, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from tabiji.core import clock

CONTRACT: Final = "contract"
"""The key of the final conversion: a contract. What attribution divides among initiatives."""

_FAR_MS: Final = 10_000_000_000_000
"""The year 2286: the end of what is open, within what ClickHouse can date."""

Measure = Literal["conversions", "people", "value"]
Verdict = Literal["", "adopted", "rejected"]


@dataclass(frozen=True, slots=True)
class Period:
    """From `starts_at` until just before `ends_at`; None is open. id 0: not stored, made on the way."""

    id: int
    name: str
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def start_ms(self) -> int:
        return 0 if self.starts_at is None else clock.to_ms(self.starts_at)

    @property
    def end_ms(self) -> int:
        return _FAR_MS if self.ends_at is None else clock.to_ms(self.ends_at)

    def holds(self, moment: datetime) -> bool:
        return self.start_ms <= clock.to_ms(moment) < self.end_ms


ALWAYS: Final = Period(0, "")


@dataclass(frozen=True, slots=True)
class ConversionInfo:
    """A kind of result (成果). rule and value as stored; see `matching` and `conversions.Worth`."""

    id: int
    key: str
    name: str
    rule: dict[str, Any]
    worth: dict[str, Any]
    once: bool
    undone_by: tuple[str, ...]
    state: str
    responsible_id: int | None
    review_on: date | None


@dataclass(frozen=True, slots=True)
class Counted:
    """One conversion that counts: whose, when, what it was worth, and what caused it.

    cause: `event:<message id>`, or kind and ref of the change: `deal:12`, `appointment:7`.
    line: line of business, where the cause stated one.
    """

    key: str
    cause: str
    person_id: UUID
    at: datetime
    value: float
    line: str
    initiative_id: int

    @property
    def at_ms(self) -> int:
        return clock.to_ms(self.at)

    @property
    def deal_id(self) -> int | None:
        """The deal that was won, where a deal is the cause."""
        kind, _, ref = self.cause.partition(":")
        return int(ref) if kind == "deal" and ref.isdecimal() else None


@dataclass(frozen=True, slots=True)
class KpiInfo:
    """One line of the KPI tree as defined. part: which share of its conversions (see `parts`)."""

    id: int
    parent_id: int | None
    position: int
    labels: Mapping[str, str]
    conversion: str
    measure: Measure
    part: dict[str, Any] | None
    target: float
    period: Period
    why: str
    responsible_id: int | None
    review_on: date | None
    state: str

    def label(self, language: str) -> str:
        """In this language, else in Japanese."""
        return self.labels.get(language) or self.labels["ja"]


@dataclass(frozen=True, slots=True)
class KpiLine:
    """A KPI with where it stands. gap: actual − target, negative while something is missing.

    unassigned: conversions of this line that none of its parts took; the parts and these sum up.
    """

    kpi: KpiInfo
    actual: float
    gap: float
    unassigned: float = 0.0
    children: tuple[KpiLine, ...] = ()


@dataclass(frozen=True, slots=True)
class InitiativeInfo:
    """An initiative (施策): why, from which state of a person to which, and what became of it.

    branch: the step whose ports divide its report, `journey/node`; empty for the first one found.
    goal: key of the conversion of its KPI, empty without one.
    """

    id: int
    name: str
    why: str
    from_state: str
    to_state: str
    kpi_id: int | None
    goal: str
    responsible_id: int | None
    review_on: date | None
    state: str
    period_id: int | None
    branch: str
    verdict: Verdict
    learning: str
    judged_at: datetime | None
    judged_by: int | None
    created_at: datetime
    members: tuple[int, ...] = field(default=())
