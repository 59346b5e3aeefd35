"""ランダム分割: each person takes one arm, the same each time; an arm may be 送らない群."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from tabiji.experiments.public import assignment
from tabiji.journeys.contracts import Advance, Problem, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class SplitArm(Config):
    port: str = Field(pattern=r"^[a-z][a-z0-9_]{0,19}$")
    label: str = Field(max_length=60)
    weight: int = Field(default=1, ge=1, le=1_000)
    is_control: bool = False
    """送らない群: these people get nothing from here, and are compared."""


class SplitConfig(Config):
    key: str = Field(default="split", pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    arms: list[SplitArm] = Field(min_length=2, max_length=10)


class Split(NodeType[SplitConfig]):
    name = "split"
    icon = "arrows-split"
    config = SplitConfig

    def ports(self, config: SplitConfig) -> list[str]:
        return [arm.port for arm in config.arms]

    def port_label(self, config: SplitConfig, port: str, language: str) -> str:
        return next((arm.label for arm in config.arms if arm.port == port), port)

    def run(self, config: SplitConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        taken = assignment.assign(
            f"journey:{context.journey_id}:{config.key}",
            [traveller.person_id for traveller in travellers],
            {arm.port: arm.weight for arm in config.arms},
        )
        return Result([Advance(taken[traveller.person_id]) for traveller in travellers])

    def problems(self, config: SplitConfig, node_id: str) -> list[Problem]:
        ports = self.ports(config)
        return [Problem(node_id, "duplicate_port")] if len(set(ports)) != len(ports) else []

    def sentence(self, config: SplitConfig, language: str) -> str:
        total = sum(arm.weight for arm in config.arms)
        shares = [f"{arm.label} {round(100 * arm.weight / total)}%" for arm in config.arms]
        return ("ランダムに分ける:" if language == "ja" else "Split at random: ") + " / ".join(shares)


NODE = Split()
