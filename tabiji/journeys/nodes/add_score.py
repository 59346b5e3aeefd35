"""スコアを足す: adds (or takes) points of the main score."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from tabiji.journeys.contracts import AddScore, Advance, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class AddScoreConfig(Config):
    points: int = Field(default=5, ge=-1_000, le=1_000)


class AddScoreNode(NodeType[AddScoreConfig]):
    name = "add_score"
    icon = "flame"
    touches_people = True
    config = AddScoreConfig

    def run(self, config: AddScoreConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        return Result(
            [Advance()] * len(travellers),
            [AddScore(traveller, config.points, context.node_id) for traveller in travellers],
        )

    def sentence(self, config: AddScoreConfig, language: str) -> str:
        return f"スコア {config.points:+d}" if language == "ja" else f"Score {config.points:+d}"


NODE = AddScoreNode()
