"""What came with a person from marketing, ready to be drawn."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from tabiji.core import clickhouse
from tabiji.sales.contracts import OwnAct, Packet, Reason
from tabiji.sales.public import packet
from tabiji.web.components import event_names
from tabiji.web.insights import matches


def of(hand_over_id: int) -> dict[str, Any]:
    """The packet for a template; while counting rests, only that it does."""
    try:
        found = packet.of(hand_over_id)
    except clickhouse.ClickHouseResting:
        return {"packet_rests": True}
    return {"packet": found, "reasons": _summed(found), "acts": [_told(act) for act in found.acts]}


def acts_of(person_id: UUID, now: datetime) -> dict[str, Any]:
    """For somebody who was not handed over: the last own acts alone."""
    try:
        return {"acts": [_told(act) for act in packet.last_acts(person_id, until=now)], "acts_alone": True}
    except clickhouse.ClickHouseResting:
        return {"packet_rests": True}


def _summed(found: Packet) -> list[tuple[Reason, int, int]]:
    """(newest line, points, times) by the words of the reason, the most points first."""
    lines: dict[str, tuple[Reason, int, int]] = {}
    for reason in found.reasons:
        first, points, times = lines.get(reason.label, (reason, 0, 0))
        lines[reason.label] = (first, points + reason.points, times + 1)
    return sorted(lines.values(), key=lambda line: -line[1])


def _told(act: OwnAct) -> tuple[OwnAct, str]:
    """An act and its words; a human click says no more than that."""
    known = matches.EVENTS.get("mail_clicked" if act.name == "click_judged" else act.name)
    return act, str(known) if known else event_names.said(act.name)
