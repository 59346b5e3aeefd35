"""終わる: the person leaves the journey here."""

from __future__ import annotations

from collections.abc import Sequence

from tabiji.journeys.contracts import Exit, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class ExitConfig(Config):
    pass


class ExitNode(NodeType[ExitConfig]):
    name = "exit"
    icon = "door-exit"
    config = ExitConfig

    def ports(self, config: ExitConfig) -> list[str]:
        return []

    def run(self, config: ExitConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        return Result([Exit("finished") for _ in travellers])

    def sentence(self, config: ExitConfig, language: str) -> str:
        return "シナリオを終える" if language == "ja" else "Leave the journey"


NODE = ExitNode()
