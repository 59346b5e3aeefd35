"""What the API takes and gives. Names are the glossary's; times are ISO 8601 with an offset."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

from ninja import Field, Schema

T = TypeVar("T")


class PageOf(Schema, Generic[T]):
    """rows; next: pass it as `after` for the following page, empty on the last; total: all that match."""

    rows: list[T]
    next: str
    total: int


class PersonOut(Schema):
    id: UUID
    last_name: str
    first_name: str
    last_kana: str
    first_kana: str
    email: str
    phone: str
    company: str
    department: str
    title: str
    owner_id: int | None
    source: str
    stage: str
    score: int
    fields: dict[str, Any]
    created_at: datetime
    last_act_at: datetime | None


class PersonIn(Schema):
    """A person by member number (`user_id`), mail address, or both. Missing ones are made."""

    user_id: str = Field("", max_length=300)
    email: str = Field("", max_length=254)
    fields: dict[str, Any] = Field(default_factory=dict)


class EventIn(Schema):
    """Something that happened. `message_id` makes a repetition harmless."""

    event: str = Field(min_length=1, max_length=200)
    user_id: str = Field("", max_length=300)
    anonymous_id: str = Field("", max_length=300)
    message_id: str = Field("", max_length=200)
    occurred_at: datetime | None = None
    properties: dict[str, Any] = Field(default_factory=dict)


class EventsIn(Schema):
    events: list[EventIn] = Field(min_length=1, max_length=2_500)
    is_history: bool = False


class Accepted(Schema):
    """Stored; processed within seconds."""

    accepted: int


class ConsentIn(Schema):
    channel: Literal["mail", "sms", "phone", "line"] = "mail"
    act: Literal["grant", "withdraw"]
    basis: Literal["consent", "card", "trade", "published", "request"]
    source: str = Field(min_length=1, max_length=60)
    evidence: dict[str, Any] = Field(default_factory=dict)
    at: datetime | None = None


class ConsentOut(Schema):
    channel: str
    topic: str
    act: str
    basis: str
    at: datetime
    source: str
    evidence: dict[str, Any]


class ListOut(Schema):
    id: int
    name: str
    people: int


class ListChange(Schema):
    add: list[UUID] = Field(default_factory=list, max_length=10_000)
    remove: list[UUID] = Field(default_factory=list, max_length=10_000)


class Changed(Schema):
    added: int
    removed: int


class ConditionIn(Schema):
    """A condition tree: see the guide to audiences."""

    condition: dict[str, Any]


class Count(Schema):
    people: int


class AudienceOut(Schema):
    id: int
    name: str
    state: str
    people: int


class JourneyOut(Schema):
    id: int
    name: str
    state: str
    version: int | None
    in_progress: int


class EnrolmentOut(Schema):
    journey_id: int
    step: str
    is_active: bool
    entered_at: datetime
    finished_at: datetime | None
    outcome: str


class MessageOut(Schema):
    id: int
    mail_id: int
    kind: str
    source: str
    state: str
    reason: str
    asked_at: datetime
    sent_at: datetime | None


class WorkspaceOut(Schema):
    name: str
    timezone: str
    language: str
    now: datetime
    """Business time: in practice mode it may be moved."""
