"""What other rooms see of messages: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

import msgspec


class Intent(msgspec.Struct, frozen=True, gc=False):
    """A wish to send one mail to one person. `cause` makes it unique within its source."""

    person_id: UUID
    mail_id: int
    mail_version_id: int
    kind: str
    source: str
    source_id: int
    cause: str
    asked_at: datetime
    initiative_id: int = 0
    enrolment_id: int | None = None
    node: str = ""
    send_after: datetime | None = None
    priority: int = 5
    hops: int = 0


class Refusal(StrEnum):
    """Why a message was not sent (送らなかった理由). In the order in which the gate asks."""

    GONE = "gone"
    EXCLUDED = "excluded"
    NO_ADDRESS = "no_address"
    SUPPRESSED = "suppressed"
    NO_CONSENT = "no_consent"
    UNSUBSCRIBED = "unsubscribed"
    ON_HOLD = "on_hold"
    CAPPED = "capped"
    NOT_RENDERED = "not_rendered"


class Candidate(NamedTuple):
    """Somebody who might get a message of this kind: what the gate's checks look at."""

    person_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says of a set of candidates at one moment."""

    addresses: dict[UUID, str] = field(default_factory=dict)
    refusals: dict[Candidate, tuple[Refusal, str]] = field(default_factory=dict)
    delays: dict[Candidate, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MessageInfo:
    id: int
    person_id: UUID
    mail_id: int
    mail_version_id: int
    kind: str
    source: str
    source_id: int
    initiative_id: int
    state: str
    reason: str
    result: str
    address: str
    asked_at: datetime
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Preflight:
    """The pre-send screen: how many, who is left out and why, when the first one leaves."""

    total: int
    will_send: int
    left_out: dict[Refusal, int]
    first_send_at: datetime


@dataclass(frozen=True, slots=True)
class BroadcastInfo:
    id: int
    name: str
    state: str
    initiative_id: int
    condition: dict[str, object]
    mail_id: int | None
    mail_version_id: int | None
    send_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    asked: int
    total: int
