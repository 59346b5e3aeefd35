"""What a journey asks of a person: how many mails a week it may send. Pure."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from tabiji.journeys.graph import Graph

WEEK: Final = 7 * 24 * 60
_MINUTES: Final = {"minutes": 1, "hours": 60, "days": 24 * 60, "business_days": 24 * 60}
_DEPTH: Final = 200
"""A circle without a wait, which cannot be started, ends here."""


def most_mails_a_week(graph: Graph) -> int:
    """The most mails that one person can get within seven days, on the worst way through.

    Waits count with the least that they last: business days as days, until an hour as nothing.
    """
    by_id = {node.id: node for node in graph.nodes}
    ways: dict[str, list[str]] = {node_id: [] for node_id in by_id}
    for edge in graph.edges:
        ways[edge.source].append(edge.target)

    @cache
    def most_from(node_id: str, left: int, steps: int) -> int:
        node = by_id[node_id]
        left -= _least_minutes(node.config) if node.type == "wait" else 0
        if left <= 0 or steps >= _DEPTH:
            return 0
        own = 1 if node.type == "send" else 0
        return own + max((most_from(target, left, steps + 1) for target in ways[node_id]), default=0)

    sends = [node.id for node in graph.nodes if node.type == "send"]
    return max((most_from(node_id, WEEK, 0) for node_id in sends), default=0)


def _least_minutes(config: dict[str, Any]) -> int:
    amount = config.get("amount", 1)
    return _MINUTES.get(str(config.get("kind", "days")), 0) * (amount if isinstance(amount, int) else 0)
