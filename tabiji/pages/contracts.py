"""What other rooms see of pages and forms: frozen, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Language = Literal["ja", "en"]
Kind = Literal["form", "page"]


@dataclass(frozen=True, slots=True)
class PublicInfo:
    """A form or a landing page: its draft, and the version that visitors see (None before publishing)."""

    id: int
    kind: Kind
    key: str
    """A form's key in events, a page's place in its address. Never changes."""
    name: str
    state: str
    language: Language
    document: dict[str, Any]
    revision: int
    version_id: int | None
    version: int
    is_changed: bool
    updated_at: datetime
    updated_by: int | None


@dataclass(frozen=True, slots=True)
class PublicVersion:
    """What was published, for ever as it was: a form's holds the very words that people agreed to."""

    id: int
    definition_id: int
    kind: Kind
    key: str
    number: int
    name: str
    language: Language
    document: dict[str, Any]
    published_at: datetime
    published_by: int | None


@dataclass(frozen=True, slots=True)
class Ticket:
    """Which form was shown where and when; it allows one submission. `issued_at` is business time."""

    workspace_id: int
    form_version_id: int
    page_id: int
    issued_at: datetime
    nonce: int


@dataclass(frozen=True, slots=True)
class Submission:
    """What became of a form that was sent. is_repeat: the same once more; is_trapped: a machine's, not taken."""

    id: int
    form_id: int
    form_version_id: int
    is_repeat: bool = False
    is_trapped: bool = False


@dataclass(frozen=True, slots=True)
class Errors:
    """Why a form was not taken, as sentences in its language, by field key; `whole` speaks of all of it.

    suggestions: what the person may have meant, by field key. needs_ticket: the old one is used up.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    whole: str = ""
    suggestions: Mapping[str, str] = field(default_factory=dict)
    needs_ticket: bool = False


@dataclass(frozen=True, slots=True)
class FormState:
    """A form on its way back to the person who filled it in."""

    values: Mapping[str, str]
    errors: Errors
    token: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What a page needs to know of the request that it is shown to.

    now: business time; nonce: of the style that carries the brand's colours (CSP); query: of the
    address, for hidden fields; forms: by form version id, the state of a form that was sent and not
    taken. write_key empty: nothing is measured.
    """

    now: datetime
    nonce: str = ""
    write_key: str = ""
    collector_url: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[int, FormState] = field(default_factory=dict)
    is_preview: bool = False


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """A submission as it was stored. answers: what was typed, by field key; consents: the exact words."""

    id: int
    form_id: int
    form_version_id: int
    page_id: int
    state: str
    at: datetime
    answers: dict[str, str]
    consents: list[dict[str, Any]]
    url: str
    utm: dict[str, str]
