"""Reading messages: of a person, of a source, by state, with the reason why not."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from tabiji.core import paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.messaging.contracts import MessageInfo

_COLUMNS: Final = (
    "id, person_id, mail_id, mail_version_id, kind, source, source_id, initiative_id, state, reason, result,"
    " address, asked_at, sent_at"
)


class NoSuchMessage(LookupError):
    """No message of this id in this workspace."""


def get(message_id: int) -> MessageInfo:
    """Raises NoSuchMessage."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM message WHERE id = %s", [message_id])
    if row is None:
        raise NoSuchMessage(f"there is no message {message_id} here")
    return MessageInfo(*row)


def get_many(message_ids: list[int]) -> dict[int, MessageInfo]:
    rows = postgres.rows("SELECT " + _COLUMNS + " FROM message WHERE id = ANY(%s)", [message_ids])
    return {row[0]: MessageInfo(*row) for row in rows}


def list_messages(query: ListQuery) -> Page[MessageInfo]:
    """Newest first. Filters: `state`, `source`, `source_id`, `person` (id), `reason` (its first word)."""
    parts, params = ["WHERE true"], []
    for name, condition in (
        ("state", "state = %s"),
        ("source", "source = %s"),
        ("source_id", "source_id = %s::bigint"),
        ("person", "person_id = %s::uuid"),
        ("reason", "split_part(reason, ':', 1) = %s"),
    ):
        if query.filters.get(name):
            parts.append(condition)
            params.append(query.filters[name])
    where = " AND ".join(parts)
    after = [paging.from_cursor(query.after, 1)[0]] if query.after else []
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM message "
        + where
        + (" AND id < %s" if after else "")
        + " ORDER BY id DESC LIMIT %s",
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM message " + where, params)
    found = [MessageInfo(*row) for row in rows[: query.limit]]
    return Page(found, paging.to_cursor(found[-1].id) if len(rows) > query.limit else "", total)


def count_by_state(source: str = "", source_id: int = 0) -> dict[str, int]:
    """How many messages stand in each state: of one source, or of the workspace."""
    return dict(
        postgres.rows(
            "SELECT state, count(*) FROM message WHERE (%s = '' OR (source = %s AND source_id = %s)) GROUP BY 1",
            [source, source, source_id],
        )
    )


def people_in_state(state: str, source: str, source_id: int, node: str = "") -> list[UUID]:
    """Exactly the people whose message of this source stands in this state."""
    rows = postgres.rows(
        "SELECT DISTINCT person_id FROM message WHERE state = %s AND source = %s AND source_id = %s"
        " AND (%s = '' OR node = %s)",
        [state, source, source_id, node, node],
    )
    return [row[0] for row in rows]
