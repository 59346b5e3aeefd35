"""What other rooms see of journeys: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


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


class Traveller(msgspec.Struct, gc=False):
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


class Advance(msgspec.Struct, frozen=True, gc=False):
    port: str = "next"


class WaitUntil(msgspec.Struct, frozen=True, gc=False):
    at: datetime


class PutOff(msgspec.Struct, frozen=True, gc=False):
    """The question cannot be answered yet: ask the same moment again a little later."""

    seconds: int
    reason: str


class Exit(msgspec.Struct, frozen=True, gc=False):
    outcome: str


class Fail(msgspec.Struct, frozen=True, gc=False):
    error: str


Outcome = Advance | WaitUntil | PutOff | Exit | Fail


class SendIntent(msgspec.Struct, frozen=True, gc=False):
    traveller: Traveller
    mail_id: int
    mail_version_id: int
    kind: str
    node: str


class SetField(msgspec.Struct, frozen=True, gc=False):
    traveller: Traveller
    field: str
    value: Any


class AddScore(msgspec.Struct, frozen=True, gc=False):
    traveller: Traveller
    points: int
    node: str


class HandOver(msgspec.Struct, frozen=True, gc=False):
    traveller: Traveller
    reason: str
    node: str


Effect = SendIntent | SetField | AddScore | HandOver
