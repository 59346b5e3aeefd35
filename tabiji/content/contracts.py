"""What other rooms see of content: frozen, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, NamedTuple

Language = Literal["ja", "en"]


class LinkKind(StrEnum):
    """Only `content` links tell of interest; the others never count as one."""

    CONTENT = "content"
    UNSUBSCRIBE = "unsubscribe"
    PREFERENCES = "preferences"
    LEGAL = "legal"


class Purpose(StrEnum):
    """What a mail is for: it decides which rules of the gate apply to it."""

    MARKETING = "marketing"
    TRANSACTIONAL = "transactional"


@dataclass(frozen=True, slots=True)
class Link:
    """One link of a mail version, in the order of reading. `url` is empty where it is personal."""

    number: int
    url: str
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a draft, and where. `content.public.problems.sentence` says it to people.

    block: index in the document, None for subject and preheader; part: which text of it; line: from 1.
    """

    code: str
    block: int | None = None
    part: str = ""
    line: int = 1
    values: Mapping[str, str] = field(default_factory=dict)
    blocks_publishing: bool = True


@dataclass(frozen=True, slots=True)
class RenderedMail:
    subject: str
    html: str
    text: str


class MailPieces(NamedTuple):
    """A filled-in mail whose bodies are in stretches; those that all copies share are the very same texts."""

    subject: str
    html: list[str]
    text: list[str]


@dataclass(frozen=True, slots=True)
class MergeField:
    """A value of a person that a text may use. `path` is what is written between the braces."""

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class Brand:
    """Who speaks, and in which colours. Colours are #rrggbb; `contact` is a mail address or phone number."""

    sender_name: str = ""
    company: str = ""
    address: str = ""
    contact: str = ""
    policy_url: str = ""
    logo_text: str = ""
    logo_url: str = ""
    main_colour: str = "#1b4b72"
    deep_colour: str = "#123653"
    ground_colour: str = "#f6f4ee"

    @property
    def sender(self) -> dict[str, str]:
        """The merge values of the legal footer."""
        return {
            "name": self.sender_name,
            "company": self.company,
            "address": self.address,
            "contact": self.contact,
        }


@dataclass(frozen=True, slots=True)
class MailInfo:
    """A mail: its draft, and the version that is sent now (None before the first publishing)."""

    id: int
    name: str
    state: str
    purpose: str
    language: Language
    subject: str
    preheader: str
    document: dict[str, Any]
    revision: int
    version_id: int | None
    version: int
    is_changed: bool
    """The draft differs from the version that is sent."""
    updated_at: datetime
    updated_by: int | None


@dataclass(frozen=True, slots=True)
class MailVersion:
    """What was published, for ever as it was."""

    id: int
    mail_id: int
    number: int
    name: str
    purpose: str
    language: Language
    subject: str
    preheader: str
    document: dict[str, Any]
    html: str
    text: str
    links: tuple[Link, ...]
    fields: tuple[str, ...]
    """Merge fields that it uses, by path."""
    sender: dict[str, str]
    published_at: datetime
    published_by: int | None


@dataclass(frozen=True, slots=True)
class Draft:
    """The content of a mail while it is edited."""

    subject: str
    preheader: str
    document: dict[str, Any]
    language: Language = "ja"
    purpose: str = Purpose.MARKETING


@dataclass(frozen=True, slots=True)
class Preview:
    """A draft as one person would get it. `missing`: labels of used fields that this person lacks."""

    mail: RenderedMail | None
    missing: tuple[str, ...]
    problems: tuple[Problem, ...]
