"""What sales does with a processed batch: thresholds reached become hand-overs; merges join histories."""

from __future__ import annotations

from collections.abc import Mapping
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
        # A person crosses once, so the last of several in one batch is the one that counts.
        by_person = {one.person_id: one for one in crossings}
        if by_person:
            _request(by_person)


def _request(crossings: Mapping[UUID, Change]) -> None:
    hand_overs.request(
        crossings,
        reason="threshold",
        at={person: one.occurred_at for person, one in crossings.items()},
        cause={person: f"score:{one.ref}:{one.occurred_ms}:{one.new}" for person, one in crossings.items()},
        detail={person: _detail(one) for person, one in crossings.items()},
        initiative_id={person: one.initiative_id for person, one in crossings.items()},
        hops=max(one.hops for one in crossings.values()) + 1,
    )


def _detail(one: Change) -> dict[str, Any]:
    wanted = ("label", "points", "threshold", "rule", "version")
    return {name: one.detail[name] for name in wanted if name in one.detail} | {"score": int(one.number)}


facts.consumers.add(HandOverConsumer.name, HandOverConsumer())
