"""Broadcasts: one mail to one audience, now or at a time, through the same gate as everything.

Asking goes in chunks after a stored cursor, so a restart goes on where it was; the cause makes each
person's message unique, so a chunk asked twice asks once.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.audiences.public import asking, conditions
from tabiji.content.public import mails
from tabiji.core import postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.messaging import gate, intents
from tabiji.messaging.contracts import BroadcastInfo, Candidate, Intent, Preflight
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

CHUNK: Final = 5_000
_COLUMNS: Final = (
    "b.id, d.name, d.state, b.initiative_id, b.condition, b.mail_id, b.mail_version_id, b.send_at,"
    " b.started_at, b.finished_at, b.asked, b.total"
)


class NoSuchBroadcast(LookupError):
    """No broadcast of this id in this workspace."""


class CannotSend(ValueError):
    """The broadcast is not ready, or has left already; the message says what to do."""


def create(
    name: str,
    *,
    actor: Actor,
    condition: dict[str, Any],
    mail_id: int | None = None,
    initiative_id: int = 0,
    why: str = "",
    kpi_id: int | None = None,
) -> int:
    """A draft. Raises audiences' BadCondition."""
    conditions.parse(condition)
    made = definitions.create("broadcast", name=name, actor=actor, why=why, kpi_id=kpi_id)
    postgres.execute(
        "INSERT INTO broadcast (id, workspace_id, initiative_id, condition, mail_id) VALUES (%s, %s, %s, %s, %s)",
        [made, postgres.workspace_id(), initiative_id, Jsonb(condition), mail_id],
    )
    return made


def save(
    broadcast_id: int, *, actor: Actor, condition: dict[str, Any], mail_id: int | None, initiative_id: int
) -> None:
    """Change a draft. Raises CannotSend once it was started."""
    conditions.parse(condition)
    if _draft(broadcast_id).state != "draft":
        raise CannotSend("this broadcast was started: copy it to change it")
    postgres.execute(
        "UPDATE broadcast SET condition = %s, mail_id = %s, initiative_id = %s WHERE id = %s",
        [Jsonb(condition), mail_id, initiative_id, broadcast_id],
    )
    audit.record(actor, "change", "broadcast", broadcast_id, values={"mail_id": mail_id})


def get(broadcast_id: int) -> BroadcastInfo:
    """Raises NoSuchBroadcast."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM broadcast b JOIN definition d ON d.id = b.id WHERE b.id = %s",
        [broadcast_id],
    )
    if row is None:
        raise NoSuchBroadcast(f"there is no broadcast {broadcast_id} here")
    return BroadcastInfo(*row)


def list_all() -> list[BroadcastInfo]:
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM broadcast b JOIN definition d ON d.id = b.id"
        " WHERE d.state <> 'archived' ORDER BY b.id DESC"
    )
    return [BroadcastInfo(*row) for row in rows]


def preflight(broadcast_id: int, *, now: datetime, send_at: datetime | None = None) -> Preflight:
    """Who would get it (now, or at a business time), who is left out and why. Asks the gate that will decide."""
    found = get(broadcast_id)
    left_out: Counter[Any] = Counter()
    total = will_send = 0
    first = max(now, send_at or found.send_at or now)
    after: UUID | None = None
    while people := asking.people(conditions.parse(found.condition), now=now, limit=CHUNK, after=after):
        after = people[-1]
        judgement = gate.judge([Candidate(person_id, "marketing") for person_id in people], first)
        total += len(people)
        left_out.update(refusal for refusal, _ in judgement.refusals.values())
        will_send += len(people) - len(judgement.refusals)
        if judgement.delays:
            first = max(first, min(judgement.delays.values()))
    return Preflight(total, will_send, dict(left_out), first)


def left_out(broadcast_id: int, reason: str, *, now: datetime, send_at: datetime | None = None) -> list[UUID]:
    """Exactly the people whom the pre-send screen counts under this reason; without one, who will get it."""
    found = get(broadcast_id)
    first = max(now, send_at or found.send_at or now)
    people: list[UUID] = []
    after: UUID | None = None
    while chunk := asking.people(conditions.parse(found.condition), now=now, limit=CHUNK, after=after):
        after = chunk[-1]
        judgement = gate.judge([Candidate(one, "marketing") for one in chunk], first)
        refused = {one.person_id: refusal.value for one, (refusal, _) in judgement.refusals.items()}
        people += [one for one in chunk if refused.get(one, "") == reason]
    return people


def start(broadcast_id: int, *, actor: Actor, now: datetime, send_at: datetime | None = None) -> None:
    """Send now, or at a business time. Raises CannotSend."""
    found = _draft(broadcast_id)
    if found.state != "draft":
        raise CannotSend("this broadcast was started already")
    version_id = mails.current_version(found.mail_id) if found.mail_id else None
    if version_id is None:
        raise CannotSend("choose a published mail first")
    when = max(send_at or now, now)
    postgres.execute(
        "UPDATE broadcast SET mail_version_id = %s, send_at = %s WHERE id = %s",
        [version_id, when, broadcast_id],
    )
    definitions.update(broadcast_id, actor=actor, state="running")
    audit.record(actor, "start", "broadcast", broadcast_id, values={"send_at": when.isoformat()})


def cancel(broadcast_id: int, *, actor: Actor, now: datetime) -> int:
    """Stop it: what has not left yet stays here; the number of messages withdrawn."""
    postgres.execute(
        "UPDATE broadcast SET finished_at = %s WHERE id = %s AND finished_at IS NULL", [now, broadcast_id]
    )
    withdrawn = intents.withdraw_source("broadcast", broadcast_id, "cancelled")
    definitions.update(broadcast_id, actor=actor, state="ended")
    audit.record(actor, "cancel", "broadcast", broadcast_id, values={"withdrawn": withdrawn})
    return withdrawn


def ask_due(now: datetime) -> int:
    """Ask for the next chunk of each broadcast that is due; the number of messages asked for."""
    due = postgres.rows(
        "SELECT id FROM broadcast WHERE finished_at IS NULL AND send_at IS NOT NULL AND send_at <= %s"
        " ORDER BY send_at FOR UPDATE SKIP LOCKED",
        [now],
    )
    return sum(_ask_chunk(row[0], now) for row in due)


def _ask_chunk(broadcast_id: int, now: datetime) -> int:
    found = get(broadcast_id)
    condition = conditions.parse(found.condition)
    after = postgres.scalar("SELECT cursor_after FROM broadcast WHERE id = %s", [broadcast_id])
    if found.started_at is None:
        postgres.execute(
            "UPDATE broadcast SET started_at = %s, total = %s WHERE id = %s",
            [now, asking.count(condition, now=now), broadcast_id],
        )
    people = asking.people(condition, now=now, limit=CHUNK, after=after)
    if not people:
        postgres.execute("UPDATE broadcast SET finished_at = %s WHERE id = %s", [now, broadcast_id])
        postgres.execute("UPDATE definition SET state = 'ended' WHERE id = %s", [broadcast_id])
        return 1
    assert found.mail_id is not None and found.mail_version_id is not None
    intents.request(
        [
            Intent(
                person_id,
                found.mail_id,
                found.mail_version_id,
                "marketing",
                "broadcast",
                broadcast_id,
                "broadcast",
                now,
                found.initiative_id,
                priority=7,
            )
            for person_id in people
        ]
    )
    postgres.execute(
        "UPDATE broadcast SET cursor_after = %s, asked = asked + %s WHERE id = %s",
        [people[-1], len(people), broadcast_id],
    )
    crashpoint("gate.before_commit")
    return len(people)


def _draft(broadcast_id: int) -> BroadcastInfo:
    postgres.execute("SELECT 1 FROM broadcast WHERE id = %s FOR UPDATE", [broadcast_id])
    return get(broadcast_id)
