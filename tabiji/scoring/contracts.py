"""What other rooms see of scores and stages: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

MAIN = "main"
"""The key of the score model whose score stands on a person."""


@dataclass(frozen=True, slots=True)
class ScoreModelInfo:
    """One score model: its header, the document that counts, and the draft if one is being made.

    version: 0 before the first publication; threshold: points, None before it.
    """

    key: str
    definition_id: int
    name: str
    version: int
    threshold: int | None
    published_at: datetime | None
    document: dict[str, Any] = field(default_factory=dict)
    draft: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Why a score is what it is: one line for each time that points were given.

    label: the rule in words, its subject filled in; total: the score after it; act_at: when the
    act happened; at: when it began to count (later where a visitor became known afterwards).
    """

    rule: str
    label: str
    subject: str
    points: int
    total: int
    act_at: datetime
    at: datetime
    version: int
    actor: str
    cause: str


class Crossing(NamedTuple):
    """A score that rose to the threshold while that counted."""

    person_id: UUID
    old: int
    new: int
    threshold: int


@dataclass(frozen=True, slots=True)
class StageInfo:
    """One stage of the ordered row. change_from, change_to: what should become different here."""

    key: str
    label: str
    change_from: str
    change_to: str
    rule: dict[str, Any]


@dataclass(frozen=True, slots=True)
class StageModelInfo:
    definition_id: int
    name: str
    version: int
    published_at: datetime | None
    stages: tuple[StageInfo, ...] = ()
    draft: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class StageCount:
    """How many people stand in a stage. key and label are empty for the exceptions (例外)."""

    key: str
    label: str
    people: int


@dataclass(frozen=True, slots=True)
class StageReason:
    """One stage, its rule as a sentence, and whether the rule holds for the person now."""

    key: str
    label: str
    sentence: str
    holds: bool


@dataclass(frozen=True, slots=True)
class StageExplanation:
    """Where a person stands and why: the rules from the top, up to the first that holds.

    since: when the person came into this stage, None before the first judgement; version: of the
    stages when it was judged.
    """

    key: str
    label: str
    since: datetime | None
    version: int
    reasons: tuple[StageReason, ...]


@dataclass(frozen=True, slots=True)
class PastStage:
    """A stage that a person stood in once, for histories brought from elsewhere."""

    person_id: UUID
    stage: str
    at: datetime
