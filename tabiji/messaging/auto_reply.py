"""Auto-replies: a form of ours was submitted, and its mail goes out at once (transactional)."""

from __future__ import annotations

from tabiji.content.public import mails
from tabiji.core import clock, facts
from tabiji.core.facts import Batch
from tabiji.messaging import intents
from tabiji.messaging.contracts import Intent


class AutoReply:
    """Consumer. Only our own form inlet may name a mail: a visitor's event of that name may not."""

    name = "auto_reply"

    def consume(self, batch: Batch) -> None:
        wanted = []
        current: dict[int, int | None] = {}
        for event in batch.events:
            mail_id = event.props.get("auto_reply_mail_id")
            if (
                event.source != "form"
                or event.person_id is None
                or not isinstance(mail_id, int)
                or not mail_id
            ):
                continue
            if mail_id not in current:
                current[mail_id] = mails.current_version(mail_id)
            version_id = current[mail_id]
            if version_id is None:
                continue
            wanted.append(
                Intent(
                    event.person_id,
                    mail_id,
                    version_id,
                    "transactional",
                    "auto_reply",
                    int(event.props.get("form_id") or 0),
                    event.message_id,
                    clock.from_ms(event.occurred_ms),
                    int(event.props.get("initiative_id") or 0),
                    priority=1,
                    hops=event.hops + 1,
                )
            )
        intents.request(wanted)


facts.consumers.add("auto_reply", AutoReply())
