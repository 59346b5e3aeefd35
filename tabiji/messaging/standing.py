"""How sending stands: what waits, what left within the hour, what was refused, what came back, what is unknown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tabiji.core import postgres, sql

WAITING: Final = ("intent", "queued", "leased", "sending", "deferred")
LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class BouncedDomain:
    """Mails that one domain sent back, of how many that went there; said: its answer to the newest of them."""

    domain: str
    bounced: int
    total: int
    kind: str
    said: str


def waiting() -> dict[str, int]:
    """Messages by state, of those that have not come to an end."""
    rows = postgres.rows(
        "SELECT state, count(*) FROM message WHERE state = ANY(%s) GROUP BY state", [list(WAITING)]
    )
    found = dict(rows)
    return {state: found[state] for state in WAITING if state in found}


def outcomes(since: datetime) -> dict[str, int]:
    """Messages sent, bounced and failed since a moment (business time), by state."""
    return dict(
        postgres.rows(
            "SELECT state, count(*) FROM message WHERE state IN ('sent', 'bounced', 'failed', 'refused')"
            " AND coalesce(sent_at, decided_at) >= %s GROUP BY state",
            [since],
        )
    )


def refusals(since: datetime, *, source: str = "", source_id: int = 0) -> dict[str, int]:
    """Messages that the gate refused, by reason, most frequent first; of one source, or of all."""
    return dict(
        postgres.rows(
            "SELECT split_part(reason, ':', 1) AS word, count(*) FROM message WHERE state = 'refused'"
            " AND decided_at >= %s AND (%s = '' OR (source = %s AND source_id = %s))"
            " GROUP BY word ORDER BY count(*) DESC, word",
            [since, source, source, source_id],
        )
    )


def people_refused(since: datetime, word: str, *, source: str = "", source_id: int = 0) -> list[UUID]:
    """The people behind a number of `refusals`; somebody refused twice stands here once."""
    rows = postgres.rows(
        "SELECT person_id FROM message WHERE state = 'refused' AND split_part(reason, ':', 1) = %s"
        " AND decided_at >= %s AND (%s = '' OR (source = %s AND source_id = %s))"
        " GROUP BY person_id ORDER BY max(id) DESC",
        [word, since, source, source, source_id],
    )
    return [row[0] for row in rows]


def people_in(state: str, since: datetime | None = None) -> list[UUID]:
    """The people whose messages stand in a state; for those that came to an end, since a moment."""
    rows = postgres.rows(
        "SELECT person_id FROM message WHERE state = %s"
        " AND (%s::timestamptz IS NULL OR coalesce(sent_at, decided_at) >= %s)"
        " GROUP BY person_id ORDER BY max(id) DESC",
        [state, since, since],
    )
    return [row[0] for row in rows]


def bounced_domains(since: datetime) -> list[BouncedDomain]:
    """Worst first, at most a hundred."""
    rows = postgres.rows(sql.named("messaging", "bounced_domains"), {"since": since, "most": LISTED})
    return [BouncedDomain(*row) for row in rows]


def people_bounced(domain: str, since: datetime) -> list[UUID]:
    """Exactly the people behind one line of `bounced_domains`."""
    rows = postgres.rows(
        "SELECT person_id FROM message WHERE state = 'bounced' AND decided_at >= %s"
        " AND split_part(address, '@', 2) = %s GROUP BY person_id ORDER BY max(id) DESC",
        [since, domain],
    )
    return [row[0] for row in rows]


def clicked(source: str, source_id: int) -> list[UUID]:
    """People who clicked a content link in a mail of this source; machines' clicks do not count."""
    rows = postgres.rows(
        "SELECT c.person_id FROM click c JOIN message m ON m.id = c.message_id"
        " WHERE m.source = %s AND m.source_id = %s AND c.verdict = 'human' AND c.link_kind = 'content'"
        " GROUP BY c.person_id ORDER BY max(c.clicked_at) DESC",
        [source, source_id],
    )
    return [row[0] for row in rows]


def is_busy(now: datetime) -> bool:
    """Whether anything is on its way, or due to be decided now."""
    return bool(
        postgres.scalar(
            "SELECT EXISTS (SELECT 1 FROM message WHERE state IN ('queued', 'leased', 'sending', 'deferred')"
            " OR (state = 'intent' AND send_after <= %s))",
            [now],
        )
    )


def progress(broadcast_ids: list[int]) -> Mapping[int, dict[str, int]]:
    """Of each of these broadcasts, its messages by state."""
    found: dict[int, dict[str, int]] = {}
    for source_id, state, count in postgres.rows(
        "SELECT source_id, state, count(*) FROM message WHERE source = 'broadcast' AND source_id = ANY(%s)"
        " GROUP BY source_id, state",
        [broadcast_ids],
    ):
        found.setdefault(source_id, {})[state] = count
    return found


def hour_before(now: datetime) -> datetime:
    return now - timedelta(hours=1)
