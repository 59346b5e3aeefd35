"""メールを送る: asks the gate to send one mail; the gate says no where it must."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from tabiji.content.public import mails
from tabiji.journeys.contracts import Advance, Effect, Problem, SendIntent, Traveller
from tabiji.journeys.nodes import Config, Context, NodeType, Result


class SendConfig(Config):
    mail_id: int = 0
    mail_version_id: int = 0
    """Fixed when the journey is published."""
    kind: Literal["", "marketing", "transactional"] = ""
    """What the mail is for, fixed with it."""


class Send(NodeType[SendConfig]):
    name = "send"
    icon = "mail"
    config = SendConfig

    def run(self, config: SendConfig, travellers: Sequence[Traveller], context: Context) -> Result:
        effects: list[Effect] = [
            SendIntent(traveller, config.mail_id, config.mail_version_id, config.kind, context.node_id)
            for traveller in travellers
        ]
        return Result([Advance()] * len(travellers), effects)

    def problems(self, config: SendConfig, node_id: str) -> list[Problem]:
        if not config.mail_id:
            return [Problem(node_id, "no_mail")]
        if mails.current_version(config.mail_id) is None:
            return [Problem(node_id, "mail_not_published")]
        return []

    def pin(self, config: SendConfig) -> SendConfig:
        version_id = mails.current_version(config.mail_id)
        assert version_id is not None  # `problems` was asked before
        purpose = mails.get_version(version_id).purpose
        return config.model_copy(update={"mail_version_id": version_id, "kind": purpose})

    def sentence(self, config: SendConfig, language: str) -> str:
        name = mails.name_of(config.mail_id) if config.mail_id else ""
        if language == "ja":
            return f"メール「{name}」を送る" if name else "メールを送る(メールを選んでください)"
        return f"Send mail “{name}”" if name else "Send mail (choose one)"


NODE = Send()
