"""What could not be taken in: shown with its reason; an event is sent again when the cause is mended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tabiji.core import paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.events import inlet
from tabiji.events.contracts import Envelope, Reason
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit

_COLUMNS: Final = "id, at, reason, detail, source, body, replayed_at"
_NEVER_AGAIN: Final = frozenset({Reason.BAD_JSON, Reason.TOO_LARGE, Reason.TOO_MANY})
"""What would be refused again whatever is mended here: only the sender can send it otherwise. Of a whole
request, only its beginning is kept."""
_SHOWN: Final = 4_000
"""So many bytes of a body are read for a screen."""


class NoSuchReject(LookupError):
    """No refused event of this id in this workspace, or it was sent again already."""


@dataclass(frozen=True, slots=True)
class RejectInfo:
    id: int
    at: datetime
    reason: str
    detail: str
    source: str
    body: str
    replayed_at: datetime | None

    @property
    def can_be_sent_again(self) -> bool:
        return self.replayed_at is None and self.reason not in _NEVER_AGAIN


def list_rejects(query: ListQuery) -> Page[RejectInfo]:
    """Newest first. Filters: `reason`, `state` (`open`: not sent in again)."""
    reason = query.filters.get("reason", "")
    only_open = query.filters.get("state") == "open"
    after = paging.from_cursor(query.after, 1)[0] if query.after else None
    found = postgres.rows(
        "SELECT " + _COLUMNS + " FROM event_reject"
        " WHERE (%s = '' OR reason = %s) AND (NOT %s OR replayed_at IS NULL)"
        " AND (%s::bigint IS NULL OR id < %s) ORDER BY id DESC LIMIT %s",
        [reason, reason, only_open, after, after, query.limit + 1],
    )
    total = postgres.scalar(
        "SELECT count(*) FROM event_reject WHERE (%s = '' OR reason = %s) AND (NOT %s OR replayed_at IS NULL)",
        [reason, reason, only_open],
    )
    rows = [_info(row) for row in found[: query.limit]]
    return Page(rows, paging.to_cursor(rows[-1].id) if len(found) > query.limit else "", total)


def get(reject_id: int) -> RejectInfo:
    """Also of one that was sent again already. Raises NoSuchReject."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM event_reject WHERE id = %s", [reject_id])
    if row is None:
        raise NoSuchReject(f"there is no refused event {reject_id} here")
    return _info(row)


def count_by_reason() -> dict[str, int]:
    return dict(
        postgres.rows(
            "SELECT reason, count(*) FROM event_reject WHERE replayed_at IS NULL GROUP BY 1 ORDER BY 2 DESC"
        )
    )


def replay(reject_id: int, *, actor: Actor) -> None:
    """Send a refused event through the inlet once more.

    Raises NoSuchReject, also for what only its sender can send otherwise (`can_be_sent_again`).
    """
    row = postgres.find_row(
        "UPDATE event_reject SET replayed_at = clock_timestamp() WHERE id = %s AND replayed_at IS NULL"
        " AND reason <> ALL (%s) RETURNING source, body, is_history",
        [reject_id, [reason.value for reason in _NEVER_AGAIN]],
    )
    if row is None:
        raise NoSuchReject(f"there is no refused event {reject_id} to send again")
    workspace_id = postgres.workspace_id()
    shards = int(postgres.scalar("SELECT shards FROM workspace"))
    envelope = Envelope(row[0], "", "", "", [bytes(row[1])], row[2])
    columns = inlet.pack(inlet.cut(workspace_id, shards, envelope))
    postgres.execute(
        "SELECT accept_events(%s::bigint[], %s::smallint[], %s::integer[], %s::bytea[])", columns
    )
    audit.record(actor, "replay", "event_reject", reject_id)


def _info(row: Sequence[Any]) -> RejectInfo:
    body = bytes(row[5])[:_SHOWN].decode("utf-8", "replace")
    return RejectInfo(row[0], row[1], row[2], row[3], row[4], body, row[6])
