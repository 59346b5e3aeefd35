"""Opens and clicks: stored as they come, judged ten minutes later, once.

A click is `unsure` until then. Scores, waits, branches and reports read only the event
`click_judged`. Signs of a machine: HEAD, a crawler's name, the link that no person can see, a hit
within two seconds of sending, four clicks within a second or five within ten on one message.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from tabiji.audiences.public import sources
from tabiji.content.public import mails
from tabiji.core import clock, crypto, postgres, sql
from tabiji.core.facts import Batch, Event
from tabiji.core.inlets import Acceptance, Request, Response, inlets
from tabiji.events.public import PIXEL, inlet
from tabiji.messaging import rendering

JUDGED_AFTER: Final = timedelta(minutes=10)
TRAP: Final = 0
"""The number of the link that no person can see."""
CLICKED: Final = "mail_clicked"
OPENED: Final = "mail_opened"
JUDGED: Final = "click_judged"
SOURCE: Final = "mail"
_JUDGE_AT_ONCE: Final = 5_000
_TARGET: Final = "SELECT person_id, mail_id, mail_version_id, initiative_id FROM click_target(%s, %s)"


async def receive_click(request: Request, stream: Acceptance) -> Response:
    """`GET /c/<token>`: 302 to the link's own address, after the click is on disk. HEAD counts as a machine."""
    try:
        workspace_id, message_id, number = rendering.read_click(request.path.rsplit("/", 1)[-1])
    except (crypto.BadToken, ValueError):
        return _not_ours()
    target = await stream.row(_TARGET, [workspace_id, message_id])
    if target is None:
        return _not_ours()
    person_id, mail_id, version_id, initiative_id = target
    link = None
    if number != TRAP:
        row = await stream.row(
            "SELECT url, kind FROM mail_link(%s, %s, %s)", [workspace_id, version_id, number]
        )
        if row is None:
            return _not_ours()
        link = row
    event = {
        "type": "track",
        "event": CLICKED,
        "personId": str(person_id),
        "properties": {
            "message_id": message_id,
            "mail_id": mail_id,
            "link_number": number,
            "link_kind": link[1] if link else "trap",
            "initiative_id": initiative_id,
            "method": request.method,
        },
    }
    await stream.accept(
        workspace_id,
        [msgspec.json.encode(event)],
        source=SOURCE,
        address=request.address,
        agent=request.headers.get("user-agent", "")[:500],
    )
    if link is None:
        return Response(204)
    return Response(
        302,
        b"",
        "text/plain",
        (("Location", link[0]), ("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex")),
    )


async def receive_open(request: Request, stream: Acceptance) -> Response:
    """`GET /o/<token>`: a pixel. An open is a hint only: mail programs open for people."""
    try:
        workspace_id, message_id = crypto.read("open", request.path.rsplit("/", 1)[-1])
    except (crypto.BadToken, ValueError):
        return Response(200, PIXEL, "image/gif")
    target = await stream.row(_TARGET, [workspace_id, message_id])
    if target is not None:
        event = {
            "type": "track",
            "event": OPENED,
            "personId": str(target[0]),
            "properties": {"message_id": message_id, "mail_id": target[1], "initiative_id": target[3]},
        }
        await stream.accept(
            workspace_id,
            [msgspec.json.encode(event)],
            source=SOURCE,
            address=request.address,
            agent=request.headers.get("user-agent", "")[:500],
        )
    return Response(200, PIXEL, "image/gif")


def note_clicks(batch: Batch) -> None:
    """Put the batch's clicks on the judge's list: unsure, whoever they look like."""
    clicks = [event for event in batch.events if event.name == CLICKED and event.source == SOURCE]
    rows = [row for event in clicks if (row := _click_row(event))]
    if not rows:
        return
    postgres.execute(
        sql.named("messaging", "note_clicks"),
        {
            "workspace": batch.workspace_id,
            **{name: [row[name] for row in rows] for name in rows[0]},
        },
    )


def judge_due(now: datetime) -> int:
    """Judge the clicks whose time has come, in the scope's workspace; the number judged.

    Each verdict and its `click_judged` event are written in one transaction.
    """
    rows = postgres.records(sql.named("messaging", "judge_clicks"), {"now": now, "most": _JUDGE_AT_ONCE})
    if not rows:
        return 0
    postgres.execute(
        "UPDATE click c SET verdict = n.verdict, reason = n.reason"
        " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS n(id, verdict, reason) WHERE c.id = n.id",
        [[row["id"] for row in rows], [row["verdict"] for row in rows], [row["reason"] for row in rows]],
    )
    inlet.accept([_judged_event(row) for row in rows], source=SOURCE, is_history=True)
    return len(rows)


def unsure(person_ids: Sequence[UUID]) -> set[UUID]:
    """Of these people, those with a click that is not judged yet: a branch on clicks waits for them."""
    rows = postgres.rows(
        "SELECT DISTINCT person_id FROM click WHERE person_id = ANY(%s) AND verdict = ''", [list(person_ids)]
    )
    return {row[0] for row in rows}


def _click_row(event: Event) -> dict[str, Any] | None:
    props = event.props
    if event.person_id is None or not isinstance(props.get("message_id"), int):
        return None
    occurred_at = clock.from_ms(event.occurred_ms)
    signs = [event.machine] if event.machine else []
    if props.get("method") == "HEAD":
        signs.append("head")
    if props.get("link_number") == TRAP:
        signs.append("trap")
    return {
        "events": event.message_id,
        "messages": props["message_id"],
        "people": event.person_id,
        "numbers": props.get("link_number", TRAP),
        "kinds": str(props.get("link_kind", "")),
        "clicked": occurred_at,
        "judged": occurred_at + JUDGED_AFTER,
        "signs": ",".join(signs),
        "hops": event.hops,
    }


def _judged_event(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "track",
        "event": JUDGED,
        "messageId": f"judged-{row['id']}",
        "personId": str(row["person_id"]),
        "timestamp": row["judge_at"].isoformat(),
        "properties": {
            "message_id": row["message_id"],
            "mail_id": row["mail_id"],
            "link_number": row["link_number"],
            "link_kind": row["link_kind"],
            "initiative_id": row["initiative_id"],
            "verdict": row["verdict"],
            "reason": row["reason"],
            "clicked_at": row["clicked_at"].isoformat(),
        },
    }


def _not_ours() -> Response:
    return Response(
        404, "このリンクは使えません。 / This link is not valid.".encode(), "text/plain; charset=utf-8"
    )


def link_label(version_id: int, number: int) -> str:
    """What the clicked link said, for the person's line; empty for one that is gone."""
    return _link_label(postgres.workspace_id(), version_id, number)


@lru_cache(maxsize=4_096)
def _link_label(workspace_id: int, version_id: int, number: int) -> str:
    return next((link.label for link in mails.compiled(version_id).links if link.number == number), "")


inlets.add("/c/", receive_click)
inlets.add("/o/", receive_open)
sources.unsettled.add(JUDGED, unsure)
__all__ = ["CLICKED", "JUDGED", "OPENED", "judge_due", "link_label", "note_clicks", "unsure"]
