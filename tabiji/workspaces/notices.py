"""Notices: a line under a colleague's bell, and a mail where the colleague should not miss it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.workspaces.contracts import NoticeInfo


def notify(
    user_ids: Iterable[int],
    *,
    kind: str,
    at: datetime,
    path: str = "",
    values: Mapping[str, Any] | None = None,
) -> None:
    """One line for each user. `kind` names the sentence (web.shell.notices), `values` fill it."""
    postgres.execute(
        "INSERT INTO notice (workspace_id, user_id, at, kind, values, path)"
        " SELECT %s, unnest(%s::bigint[]), %s, %s, %s, %s",
        [postgres.workspace_id(), list(user_ids), at, kind, Jsonb(dict(values or {})), path],
    )


def mail(user_ids: Iterable[int], *, subject: str, body: str) -> None:
    """Queue a staff mail to each user; never through the gate, never on a person's line."""
    postgres.execute(
        'INSERT INTO staff_mail (workspace_id, "to", subject, body, attempts, error)'
        " SELECT %s, u.email, %s, %s, 0, '' FROM staff_user u WHERE u.id = ANY(%s) AND u.is_active",
        [postgres.workspace_id(), subject, body, list(user_ids)],
    )


def list_newest(user_id: int, limit: int = 50) -> list[NoticeInfo]:
    found = postgres.rows(
        "SELECT id, at, kind, values, path, read_at IS NOT NULL FROM notice"
        " WHERE user_id = %s ORDER BY id DESC LIMIT %s",
        [user_id, limit],
    )
    return [NoticeInfo(*row) for row in found]


def count_unread(user_id: int) -> int:
    counted: int = postgres.scalar(
        "SELECT count(*) FROM notice WHERE user_id = %s AND read_at IS NULL", [user_id]
    )
    return counted


def mark_read(user_id: int) -> None:
    postgres.execute("UPDATE notice SET read_at = now() WHERE user_id = %s AND read_at IS NULL", [user_id])
