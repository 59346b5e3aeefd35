"""How often and when marketing may reach one person: the frequency cap and the quiet hours of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any

from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace


@dataclass(frozen=True, slots=True)
class Limits:
    """messages: at the most so many to one person in `days`, 0 for no cap. Quiet from starts to ends, local
    time, over midnight where starts is later; equal for none."""

    messages: int = 3
    days: int = 7
    starts: time = time(21)
    ends: time = time(8)


class BadLimits(ValueError):
    """Numbers that cannot be kept; nothing was changed."""


def current() -> Limits:
    return read(workspace.current().settings)


def read(settings: Mapping[str, Any]) -> Limits:
    """From a workspace's settings, for who has them at hand."""
    limits = Limits()
    cap = settings.get("frequency_cap", {"messages": limits.messages, "days": limits.days})
    quiet = settings.get("quiet_hours", {"starts": "21:00", "ends": "08:00"})
    return Limits(
        int(cap["messages"]),
        int(cap["days"]),
        time.fromisoformat(quiet["starts"]),
        time.fromisoformat(quiet["ends"]),
    )


def change(limits: Limits, *, actor: Actor) -> None:
    """For everything that the gate decides from now on. Audited. Raises BadLimits."""
    if not 0 <= limits.messages <= 1_000 or not 1 <= limits.days <= 366:
        raise BadLimits("a cap counts 0 to 1,000 messages in 1 to 366 days")
    stated = {
        "frequency_cap": {"messages": limits.messages, "days": limits.days},
        "quiet_hours": {
            "starts": limits.starts.strftime("%H:%M"),
            "ends": limits.ends.strftime("%H:%M"),
        },
    }
    workspace.update_settings(**stated)
    audit.record(actor, "change", "sending_limits", values=stated)
