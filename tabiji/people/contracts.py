"""What other rooms see of people: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID


class IdentifierKind(StrEnum):
    ANONYMOUS = "anonymous"
    USER = "user"
    EMAIL = "email"
    PHONE = "phone"


class Identifier(NamedTuple):
    """Something by which a person is found again; `value` is already normalised."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class PersonInfo:
    id: UUID
    last_name: str
    first_name: str
    last_kana: str
    first_kana: str
    email: str
    phone: str
    company_id: int | None
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
    version: int

    @property
    def name(self) -> str:
        """Family name first; what is known where there is no name."""
        return " ".join(part for part in (self.last_name, self.first_name) if part)

    @property
    def kana(self) -> str:
        return " ".join(part for part in (self.last_kana, self.first_kana) if part)


@dataclass(frozen=True, slots=True)
class CompanyInfo:
    id: int
    name: str
    domain: str
    industry: str
    employees: int | None
    owner_id: int | None
    people: int = 0


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """One field that a person can have. type: text, number, date, choice, yes_no or money (yen)."""

    key: str
    label: str
    type: str
    choices: tuple[dict[str, str], ...] = ()
    unit: str = ""
    is_custom: bool = False


class FieldUpdate(NamedTuple):
    """A value that a field should take, unless something later has set it already."""

    person_id: UUID
    field: str
    value: Any
    occurred_ms: int
    sequence: int = 0


class Basis(StrEnum):
    """Why a message may be sent. The law asks for one: 特定電子メール法 3条, 施行規則 2条."""

    CONSENT = "consent"
    CARD = "card"
    TRADE = "trade"
    PUBLISHED = "published"


@dataclass(frozen=True, slots=True)
class ConsentAct:
    """One grant or withdrawal, with the evidence that it happened."""

    person_id: UUID
    channel: str
    act: str
    basis: str
    at: datetime
    source: str
    evidence: dict[str, Any] = field(default_factory=dict)
    topic: str = "marketing"


@dataclass(frozen=True, slots=True)
class ConsentState:
    person_id: UUID
    channel: str
    topic: str
    state: str
    basis: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    """An address that is not written to, whatever the consent. reason: bounce, complaint, manual …"""

    channel: str
    address: str
    reason: str
    at: datetime
    detail: str


@dataclass(frozen=True, slots=True)
class HoldInfo:
    person_id: UUID
    source: str
    reason: str
    since: datetime
    until: datetime | None
