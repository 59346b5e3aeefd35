"""What a journey asks of a person: how many mails a week it may send. Pure."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

from tabiji.journeys.graph import Graph

WEEK: Final = 7 * 24 * 60
_MINUTES: Final = {"minutes": 1, "hours": 60, "days": 24 * 60, "business_days": 24 * 60}
_DEPTH: Final = 200


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
    if _goes_in_circles(graph):
        return len(sends)
    return max((most_from(node_id, WEEK, 0) for node_id in sends), default=0)


def _least_minutes(config: dict[str, Any]) -> int:
    amount = config.get("amount", 1)
    return _MINUTES.get(str(config.get("kind", "days")), 0) * (amount if isinstance(amount, int) else 0)


def _goes_in_circles(graph: Graph) -> bool:
    """Whether a step can be reached from itself: then the worst way has no end."""
    incoming = dict.fromkeys((node.id for node in graph.nodes), 0)
    for edge in graph.edges:
        incoming[edge.target] += 1
    free = [node_id for node_id, count in incoming.items() if not count]
    seen = 0
    while free:
        node_id = free.pop()
        seen += 1
        for edge in graph.edges:
            if edge.source == node_id:
                incoming[edge.target] -= 1
                if not incoming[edge.target]:
                    free.append(edge.target)
    return seen < len(incoming)
