"""営業へ引き渡す: one hand-over with its packet; a person with an open deal causes a notice instead."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from tabiji.journeys.contracts import Advance, HandOver, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class HandOverConfig(Config):
    reason: str = Field(default="", max_length=200)


class HandOverNode(NodeType[HandOverConfig]):
    name = "hand_over"
    icon = "arrow-right-circle"
    touches_people = True
    config = HandOverConfig

    def run(self, config: HandOverConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        return Result(
            [Advance()] * len(travellers),
            [HandOver(traveller, config.reason, context.node_id) for traveller in travellers],
        )

    def sentence(self, config: HandOverConfig, language: str) -> str:
        base = "営業へ引き渡す" if language == "ja" else "Hand over to sales"
        return f"{base}:{config.reason}" if config.reason and language == "ja" else base


NODE = HandOverNode()
