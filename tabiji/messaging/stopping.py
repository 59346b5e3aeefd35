"""緊急停止: one click and nothing more leaves; the reason is asked afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace


@dataclass(frozen=True, slots=True)
class Stop:
    """A stop that stands: by whom (user id), since when (business time, where it was told), and why."""

    by: int
    at: datetime | None
    reason: str


def is_stopped() -> bool:
    return bool(workspace.current().settings.get("sending_stopped"))


def standing() -> Stop | None:
    """The stop that stands now; None while mails may leave."""
    settings = workspace.current().settings
    if not settings.get("sending_stopped"):
        return None
    told: dict[str, Any] = settings.get("sending_stop") or {}
    at = told.get("at")
    return Stop(
        int(told.get("by") or 0), datetime.fromisoformat(at) if at else None, str(told.get("reason", ""))
    )


def stop(*, actor: Actor, at: datetime | None = None) -> None:
    """From the commit on no message begins to leave. Decided messages stay in the queue."""
    told = {"by": actor.user_id, "at": at.isoformat() if at else "", "reason": ""}
    workspace.update_settings(sending_stopped=True, sending_stop=told)
    audit.record(actor, "stop", "sending")


def explain(reason: str, *, actor: Actor) -> None:
    """Why it was stopped, told after the click."""
    told = workspace.current().settings.get("sending_stop") or {}
    workspace.update_settings(sending_stop={**told, "reason": reason[:500]})
    audit.record(actor, "explain", "sending", values={"reason": reason})


def allow(*, actor: Actor, reason: str = "") -> None:
    workspace.update_settings(sending_stopped=False, sending_stop={})
    audit.record(actor, "allow", "sending", values={"reason": reason})
