"""The loops of this room: gate, senders, judge, broadcasts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import partial
from typing import Final

import structlog

from tabiji.core import postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.core.loops import for_each, register
from tabiji.events.public import watermark
from tabiji.messaging import broadcasts, domains, gate, sending, tracking
from tabiji.workspaces.public import workspace

SENDERS: Final = 2
_own = threading.local()
log = structlog.get_logger()


def decide() -> int:
    return for_each("gate", _due("gate"), _decide)


def send() -> int:
    """One turn of one workspace: whoever waits longest for this sender comes first."""
    sender: sending.Sender | None = getattr(_own, "sender", None)
    workspaces = _due("send")
    if not workspaces and sender is None:
        return 0
    if sender is None or not _is_alive(sender):
        sender = _own.sender = sending.Sender()
    for workspace_id in after(getattr(_own, "served", 0), workspaces):
        settled = for_each("sender", [workspace_id], partial(_send, sender))
        if settled:
            _own.served = workspace_id
            return settled
    return 0


def recover() -> int:
    return sending.recover()


def judge() -> int:
    """Clicks are judged when all that was accepted before their time is processed."""
    return for_each("judge", _due("judge"), _judge)


def broadcast() -> int:
    return for_each("broadcasts", _due("broadcast"), _broadcast)


def after(last: int, workspaces: Sequence[int]) -> list[int]:
    """In turn: first those that come after the last one served, then those before it, then itself."""
    return sorted(workspaces, key=lambda one: (one <= last, one))


def _decide(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        done = gate.decide_due(workspace.business_now())
    crashpoint("gate.after_commit")
    return done


def _send(sender: sending.Sender, workspace_id: int) -> int:
    try:
        return sender.send_due(workspace_id)
    except domains.NoSendingDomain:
        log.warning("no_sending_domain", workspace=workspace_id)
        return 0


def _judge(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        if watermark.lag().total_seconds() >= 60:
            return 0
        return tracking.judge_due(workspace.business_now())


def _broadcast(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        return broadcasts.ask_due(workspace.business_now())


def _due(work: str) -> list[int]:
    return [row[0] for row in postgres.rows("SELECT workspace_id FROM due_messages(%s)", [work])]


def _is_alive(sender: sending.Sender) -> bool:
    """The sender's lock lives in this connection: after a reconnect it needs a new number."""
    held = postgres.scalar(
        "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        " AND objid::bigint = %s)",
        [sender.number],
    )
    if not held:
        sender.close()
    return bool(held)


register("gate", decide, idle_s=1.0, channel="tabiji_gate")
for _number in range(1, SENDERS + 1):
    register(f"sender-{_number}", send, idle_s=1.0, channel="tabiji_send")
register("dead-senders", recover, idle_s=5.0)
register("judge", judge, idle_s=2.0)
register("broadcasts", broadcast, idle_s=2.0)
