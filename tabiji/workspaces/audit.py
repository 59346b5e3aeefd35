"""The audit log: who did what, from where. Ids and field names in clear, values sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tabiji.core import crypto, paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.workspaces.contracts import Actor


@dataclass(frozen=True, slots=True)
class AuditLine:
    id: int
    at: datetime
    actor: str
    address: str
    action: str
    object_kind: str
    object_id: str
    fields: list[str]


def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: object = "",
    *,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Add one line, in the caller's transaction. `values` are sealed; their names are kept readable."""
    sealed = crypto.seal(json.dumps(values, ensure_ascii=False, default=str)) if values else None
    postgres.execute(
        "INSERT INTO audit_entry (workspace_id, actor, address, action, object_kind, object_id, fields, sealed)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [
            postgres.workspace_id(),
            actor.label,
            actor.address,
            action,
            object_kind,
            str(object_id),
            sorted(values or {}),
            sealed,
        ],
    )


def list_entries(query: ListQuery) -> Page[AuditLine]:
    """Newest first. Filters: `action`, `object_kind`, `actor`."""
    after = paging.from_cursor(query.after, 1)[0] if query.after else None
    wanted = [query.filters.get(name, "") for name in ("action", "object_kind", "actor")]
    found = postgres.rows(
        "SELECT id, at, actor, address, action, object_kind, object_id, fields FROM audit_entry"
        " WHERE (%s = '' OR action = %s) AND (%s = '' OR object_kind = %s) AND (%s = '' OR actor = %s)"
        " AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [*(value for name in wanted for value in (name, name)), after, after, query.limit + 1],
    )
    total = postgres.scalar(
        "SELECT count(*) FROM audit_entry WHERE (%s = '' OR action = %s) AND (%s = '' OR object_kind = %s)"
        " AND (%s = '' OR actor = %s)",
        [value for name in wanted for value in (name, name)],
    )
    lines = [AuditLine(*row) for row in found[: query.limit]]
    more = len(found) > query.limit
    return Page(lines, paging.to_cursor(lines[-1].id) if more else "", total)
