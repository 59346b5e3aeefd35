"""What other rooms see of workspaces: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tabiji.workspaces.roles import Permission, Role


@dataclass(frozen=True, slots=True)
class WorkspaceInfo:
    id: int
    slug: str
    name: str
    timezone: str
    language: str
    is_practice: bool
    clock_offset: timedelta
    shards: int
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


@dataclass(frozen=True, slots=True)
class Membership:
    """One colleague's place in one workspace."""

    workspace_id: int
    slug: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Colleague:
    user_id: int
    name: str
    email: str
    role: Role
    left_at: datetime | None = None

    @property
    def is_here(self) -> bool:
        return self.left_at is None


@dataclass(frozen=True, slots=True)
class SignIn:
    """How a colleague signs in. is_invited: no password was set yet."""

    language: str
    last_at: datetime | None
    is_invited: bool
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class Invitation:
    """path: where the colleague chooses a password, once and for some days; empty for one who has a sign-in."""

    user_id: int
    name: str
    email: str
    path: str


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A day on which the company is closed, beside weekends and the country's holidays."""

    day: date
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a colleague in a workspace, or the product itself (user_id 0)."""

    user_id: int
    name: str
    role: Role
    permissions: frozenset[Permission]
    address: str = ""

    @property
    def label(self) -> str:
        return f"user:{self.user_id}" if self.user_id else "auto"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions


AUTOMATIC = Actor(0, "", Role.ADMIN, frozenset(Permission))


@dataclass(frozen=True, slots=True)
class DefinitionInfo:
    """The common header: why, KPI, who is responsible, when to look again, and its state."""

    id: int
    kind: str
    name: str
    why: str
    kpi_id: int | None
    responsible_id: int | None
    review_on: date | None
    state: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NoticeInfo:
    id: int
    at: datetime
    kind: str
    values: dict[str, Any]
    path: str
    is_read: bool
