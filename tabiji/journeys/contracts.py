"""What other rooms see of journeys: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps a journey from starting (or a warning). node is empty for the whole."""

    node: str
    code: str
    values: dict[str, Any] = field(default_factory=dict)
    is_warning: bool = False


@dataclass(frozen=True, slots=True)
class JourneyInfo:
    id: int
    name: str
    why: str
    kpi_id: int | None
    responsible_id: int | None
    review_on: Any
    state: str
    initiative_id: int
    draft: dict[str, Any]
    draft_revision: int
    draft_saved_at: datetime
    draft_saved_by: int | None
    version_id: int | None
    version_number: int | None
    in_progress: int


@dataclass(frozen=True, slots=True)
class VersionInfo:
    id: int
    journey_id: int
    number: int
    graph: dict[str, Any]
    published_at: datetime
    published_by: int | None


@dataclass(frozen=True, slots=True)
class EnrolmentInfo:
    id: int
    journey_id: int
    version_id: int
    person_id: UUID
    cause: str
    node: str
    is_active: bool
    due_at: datetime | None
    entered_at: datetime
    arrived_at: datetime
    finished_at: datetime | None
    outcome: str
    error: str


# -- what nodes see and say ---------------------------------------------------------------------


@dataclass(slots=True)
class Traveller:
    """One enrolment as its node sees it. Times are business time."""

    id: int
    person_id: UUID
    entered_at: datetime
    arrived_at: datetime
    due_at: datetime | None
    has_waited: bool
    last_message_at: datetime | None
    asked_at: datetime | None
    hops: int
    fence: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Advance:
    port: str = "next"


@dataclass(frozen=True, slots=True)
class WaitUntil:
    at: datetime


@dataclass(frozen=True, slots=True)
class PutOff:
    """The question cannot be answered yet: ask the same moment again a little later."""

    seconds: int
    reason: str


@dataclass(frozen=True, slots=True)
class Exit:
    outcome: str


@dataclass(frozen=True, slots=True)
class Fail:
    error: str


Outcome = Advance | WaitUntil | PutOff | Exit | Fail


@dataclass(frozen=True, slots=True)
class SendIntent:
    traveller: Traveller
    mail_id: int
    mail_version_id: int
    kind: str
    node: str


@dataclass(frozen=True, slots=True)
class SetField:
    traveller: Traveller
    field: str
    value: Any


@dataclass(frozen=True, slots=True)
class AddScore:
    traveller: Traveller
    points: int
    node: str


@dataclass(frozen=True, slots=True)
class HandOver:
    traveller: Traveller
    reason: str
    node: str


Effect = SendIntent | SetField | AddScore | HandOver
