"""Making and reading workspaces, and their business time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.workspaces.contracts import Membership, WorkspaceInfo
from tabiji.workspaces.roles import Role

_COLUMNS = "id, slug, name, timezone, language, is_practice, clock_offset, shards, settings"


class NoSuchWorkspace(LookupError):
    """There is no workspace of this id or slug."""


def create(
    slug: str,
    *,
    name: str,
    timezone: str = "Asia/Tokyo",
    language: str = "ja",
    is_practice: bool = False,
    clock_offset: timedelta = timedelta(0),
    shards: int = 2,
    settings: dict[str, Any] | None = None,
) -> WorkspaceInfo:
    """A new, empty workspace. Raises psycopg.errors.UniqueViolation for a slug that is taken."""
    workspace_id = postgres.scalar(
        "SELECT create_workspace(%s, %s, %s, %s, %s, %s, %s::smallint, %s)",
        [slug, name, timezone, language, is_practice, clock_offset, shards, Jsonb(settings or {})],
    )
    return get(workspace_id)


def get(workspace_id: int) -> WorkspaceInfo:
    """Raises NoSuchWorkspace."""
    for found in list_all():
        if found.id == workspace_id:
            return found
    raise NoSuchWorkspace(f"there is no workspace {workspace_id}")


def current() -> WorkspaceInfo:
    """The workspace of the open scope."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM workspace")
    if row is None:
        raise NoSuchWorkspace(f"there is no workspace {postgres.workspace_id()}")
    return WorkspaceInfo(*row)


def list_all() -> list[WorkspaceInfo]:
    """Every workspace: for workers, which then open one scope at a time."""
    return [WorkspaceInfo(*row) for row in postgres.rows("SELECT " + _COLUMNS + " FROM all_workspaces()")]


def list_of_user(user_id: int) -> list[Membership]:
    found = postgres.rows("SELECT workspace_id, slug, name, role FROM workspaces_of(%s)", [user_id])
    return [Membership(row[0], row[1], row[2], Role(row[3])) for row in found]


def business_now() -> datetime:
    """Business time of the open scope, from the database's clock: for the edge of a request or loop."""
    moment: datetime = postgres.scalar("SELECT clock_timestamp() + clock_offset FROM workspace")
    return moment


def update_settings(**values: Any) -> None:
    """Set some of the workspace's settings, leaving the others."""
    postgres.execute("UPDATE workspace SET settings = settings || %s", [Jsonb(values)])


def set_clock_offset(offset: timedelta) -> None:
    """Move a practice workspace's clock. Raises ValueError elsewhere: real time is not ours to move."""
    moved = postgres.execute("UPDATE workspace SET clock_offset = %s WHERE is_practice", [offset])
    if not moved:
        raise ValueError("only a practice workspace has a clock that can be moved")
