"""緊急停止: one click and nothing more leaves; the reason is asked afterwards."""

from __future__ import annotations

from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace


def is_stopped() -> bool:
    return bool(workspace.current().settings.get("sending_stopped"))


def stop(*, actor: Actor) -> None:
    """From the next claim on (within a second) nothing leaves. Decided messages stay in the queue."""
    workspace.update_settings(sending_stopped=True)
    audit.record(actor, "stop", "sending")


def allow(*, actor: Actor, reason: str = "") -> None:
    workspace.update_settings(sending_stopped=False)
    audit.record(actor, "allow", "sending", values={"reason": reason})
