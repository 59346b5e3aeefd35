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
from tabiji.messaging import apart, broadcasts, domains, gate, sending, tracking
from tabiji.workspaces.public import workspace

_IDLE_S: Final = 60.0
_own = threading.local()
log = structlog.get_logger()


def decide() -> int:
    return for_each("gate", _due("gate"), _decide)


def send(place: int) -> int:
    """One turn of one workspace: whoever waits longest for this sender comes first."""
    workspaces = _due("send")
    settled = _serve(_sender(place), workspaces) if workspaces else 0
    if not settled:
        _rest()
    return settled


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


def _sender(place: int) -> sending.Sender:
    """This thread's own; after a reconnect it needs a new number."""
    sender: sending.Sender | None = getattr(_own, "sender", None)
    if sender is not None and sender.is_alive:
        return sender
    if sender is not None:
        sender.close()
    if not hasattr(_own, "apart"):
        _own.apart = apart.SenderApart(place)
    sender = _own.sender = sending.Sender(place=place, among=sending.SENDERS, helper=_own.apart)
    return sender


def _serve(sender: sending.Sender, workspaces: Sequence[int]) -> int:
    for workspace_id in after(getattr(_own, "served", 0), workspaces):
        settled = for_each("sender", [workspace_id], partial(_send, sender))
        if settled:
            _own.served = workspace_id
            return settled
    return 0


def _rest() -> None:
    if hasattr(_own, "sender"):
        _own.sender.rest()
        _own.apart.close_after(_IDLE_S)


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


register("gate", decide, idle_s=1.0, channel="tabiji_gate")
for _place in range(sending.SENDERS):
    register(
        f"sender-{_place + 1}",
        partial(send, _place),
        idle_s=1.0,
        channel="tabiji_send",
        hangs_after_s=2 * apart.TURN_ENDS_S,
    )
register("dead-senders", recover, idle_s=5.0)
register("judge", judge, idle_s=2.0)
register("broadcasts", broadcast, idle_s=2.0)
