"""What sales does with a processed batch: thresholds reached become hand-overs; merges join histories."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from tabiji.core import facts
from tabiji.core.facts import Batch, Change
from tabiji.sales import hand_overs, joining
from tabiji.scoring.contracts import MAIN


class HandOverConsumer:
    """Runs after scores and stages; reads what the score ledger recorded, so a replay asks for the same."""

    name = "hand_over"

    def consume(self, batch: Batch) -> None:
        joining.join(
            [(one.person_id, UUID(one.ref)) for one in batch.changes if one.kind == "merge"], batch.now
        )
        crossings = [
            one
            for one in batch.changes
            if one.kind == "score" and one.ref == MAIN and one.detail.get("crossed")
        ]
        # By moment: those who reached it together are one set with one deadline.
        by_moment: dict[int, list[Change]] = {}
        for one in crossings:
            by_moment.setdefault(one.occurred_ms, []).append(one)
        for moment in sorted(by_moment):
            _request(by_moment[moment])


def _request(crossings: list[Change]) -> None:
    hand_overs.request(
        [one.person_id for one in crossings],
        reason="threshold",
        at=crossings[0].occurred_at,
        cause={one.person_id: f"score:{one.ref}:{one.occurred_ms}:{one.new}" for one in crossings},
        detail={one.person_id: _detail(one) for one in crossings},
        initiative_id={one.person_id: one.initiative_id for one in crossings},
        hops=max(one.hops for one in crossings) + 1,
    )


def _detail(one: Change) -> dict[str, Any]:
    wanted = ("label", "points", "threshold", "rule", "version")
    return {name: one.detail[name] for name in wanted if name in one.detail} | {"score": int(one.number)}


facts.consumers.add(HandOverConsumer.name, HandOverConsumer())
