"""ゴール: the flag at the bottom. Whoever gets here waits for the goal a while, then leaves without."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pydantic import Field

from tabiji.journeys.contracts import Exit, Traveller, WaitUntil
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class GoalConfig(Config):
    wait_days: int = Field(default=7, ge=0, le=365)
    """Days after the last mail during which the goal still counts for this journey."""


class Goal(NodeType[GoalConfig]):
    name = "goal"
    icon = "flag"
    waits = True
    config = GoalConfig

    def ports(self, config: GoalConfig) -> list[str]:
        return []

    def run(self, config: GoalConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        result = Result()
        for traveller in travellers:
            until = (traveller.last_message_at or traveller.arrived_at) + timedelta(days=config.wait_days)
            over = traveller.has_waited or until <= context.now
            result.outcomes.append(Exit("no_goal") if over else WaitUntil(until))
        return result

    def sentence(self, config: GoalConfig, language: str) -> str:
        return "ゴール" if language == "ja" else "Goal"


NODE = Goal()
