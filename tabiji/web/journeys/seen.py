"""What a form was drawn from, as a short mark: a form that is older than the draft changes nothing."""

from __future__ import annotations

import hashlib
import json

from tabiji.journeys.public import graph as graphs
from tabiji.web.journeys.drawing import ENTRY


def of(graph: graphs.Graph, card_id: str) -> str:
    """The mark of the part of the draft that this card's form changes."""
    if card_id == ENTRY:
        part: object = [entry.model_dump(mode="json") for entry in graph.entries], graph.reentry.model_dump()
    else:
        config = next((node.config for node in graph.nodes if node.id == card_id), None)
        part = config, graph.goal
    text = json.dumps(part, sort_keys=True, ensure_ascii=False)
    return hashlib.blake2s(text.encode(), digest_size=8).hexdigest()
