"""待つ: a duration, business days (the day of entry is day 0), or until an hour of the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal

from pydantic import Field

from tabiji.journeys.contracts import Advance, Traveller, WaitUntil
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class WaitConfig(Config):
    """kind: minutes/hours/days pass, business days pass, or the next time the clock shows `at`."""

    kind: Literal["minutes", "hours", "days", "business_days", "until_hour"] = "days"
    amount: int = Field(default=1, ge=0, le=10_000)
    at: str = Field(default="10:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$")
    """Local hour: of resuming after business days, or to wait for."""


class Wait(NodeType[WaitConfig]):
    name = "wait"
    icon = "clock"
    waits = True
    config = WaitConfig

    def run(self, config: WaitConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        result = Result()
        known: dict[datetime, WaitUntil] = {}
        over = Advance()
        for traveller in travellers:
            if traveller.has_waited:
                result.outcomes.append(over)
                continue
            since = traveller.arrived_at
            if since not in known:
                known[since] = WaitUntil(self.until(config, since, context))
            result.outcomes.append(known[since])
        return result

    def until(self, config: WaitConfig, since: datetime, context: Context) -> datetime:
        """When somebody who arrived at `since` goes on."""
        at = time.fromisoformat(config.at)
        match config.kind:
            case "minutes":
                return since + timedelta(minutes=config.amount)
            case "hours":
                return since + timedelta(hours=config.amount)
            case "days":
                return since + timedelta(days=config.amount)
            case "business_days":
                return context.business.after_business_days(since, config.amount, at)
            case "until_hour":
                local = since.astimezone(context.business.zone)
                today = datetime.combine(local.date(), at, context.business.zone)
                if today >= since:
                    return today
                return datetime.combine(local.date() + timedelta(days=1), at, context.business.zone)

    def sentence(self, config: WaitConfig, language: str) -> str:
        hour = config.at.lstrip("0").replace(":00", "時") if language == "ja" else config.at
        ja = {
            "minutes": f"{config.amount}分待つ",
            "hours": f"{config.amount}時間待つ",
            "days": f"{config.amount}日待つ",
            "business_days": f"{config.amount}営業日待つ・{hour}に再開",
            "until_hour": f"{hour}まで待つ",
        }
        en = {
            "minutes": f"Wait {config.amount} min",
            "hours": f"Wait {config.amount} h",
            "days": f"Wait {config.amount} days",
            "business_days": f"Wait {config.amount} business days, resume at {hour}",
            "until_hour": f"Wait until {hour}",
        }
        return (ja if language == "ja" else en)[config.kind]


NODE = Wait()
