"""What other rooms see of events: inlet bodies, drop reasons, and the stored decision."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from tabiji.core.facts import BecameKnown, Change, Event


class Reason(StrEnum):
    """Why an event was not taken in. Closed: a new reason is a new member, a label and a test."""

    BAD_JSON = "bad_json"
    TOO_LARGE = "too_large"
    TOO_MANY = "too_many"
    WRONG_TYPE = "wrong_type"
    UNKNOWN_TYPE = "unknown_type"
    NO_IDENTITY = "no_identity"
    NO_NAME = "no_name"
    TOO_DEEP = "too_deep"
    ERASED = "erased"
    QUARANTINED = "quarantined"
    NAME_NOT_ALLOWED = "name_not_allowed"
    PROPERTY_MISSING = "property_missing"
    PROPERTY_TYPE = "property_type"


class Envelope(msgspec.Struct, array_like=True):
    """What one request said beside its events; times in ms, as the client claimed them."""

    source: str
    """The inlet: `web`, `server`, `import`, `form`, `mail`, …"""
    sent_at: str
    address: str
    agent: str
    events: list[bytes]
    """Segment-spec JSON, each as it came."""
    is_history: bool = False
    """Times are business time already: no clock skew, no offset. What others than our own inlets tell so is
    history: it starts nothing anew."""


class Override(msgspec.Struct, array_like=True):
    subject_id: UUID
    person_id: UUID


class Reject(msgspec.Struct, array_like=True):
    reason: str
    detail: str
    source: str
    body: bytes
    is_history: bool = False


class Decision(msgspec.Struct):
    """All that a batch writes, decided once. Replayed as it stands."""

    events: list[Event] = []
    changes: list[Change] = []
    known: list[BecameKnown] = []
    overrides: list[Override] = []
    people: list[dict[str, Any]] = []
    """Mirror rows (people.persons.mirror_rows)."""
    received_ms: int = 0
    """The database's clock, ms: one for the batch, so that it falls into one partition."""
    business_ms: int = 0
    canaries: list[str] = []
    """Message ids of test events (`canary`); nobody's acts."""
