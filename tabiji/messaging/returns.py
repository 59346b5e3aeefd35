"""What comes back by mail and link: bounces, complaints, unsubscribes.

Inbound mail becomes events through the inbox like everything else, so nothing is lost and nothing
counts twice; the consumer settles the message, the address and the consent.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog

from tabiji.core import clock, crypto, facts, postgres
from tabiji.core.facts import Batch, Change, Event
from tabiji.events.public import inlet
from tabiji.messaging import intents, suppressing, tracking
from tabiji.messaging.channels.email import bounces
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, identity, persons

BOUNCED: Final = "mail_bounced"
COMPLAINED: Final = "mail_complained"
REPLIED: Final = "mail_replied"
SOURCE: Final = "mail_result"
log = structlog.get_logger()


class NotOurs(ValueError):
    """An inbound mail that answers no message of ours."""


def receive_mail(raw: bytes, *, envelope_to: str, envelope_from: str = "") -> int:
    """Read one inbound mail and accept what it says as an event; the workspace's id. Raises NotOurs.

    Opens the scope of the workspace that the signed return address names.
    """
    domain = envelope_to.rpartition("@")[2]
    read = bounces.read(raw, domain=domain, envelope_to=envelope_to, envelope_from=envelope_from)
    token = getattr(read, "token", None)
    if token is None:
        raise NotOurs("this mail names no message of ours")
    try:
        workspace_id, message_id = crypto.read("bounce", token)
    except (crypto.BadToken, ValueError):
        raise NotOurs("the return address was not signed by us") from None
    name, props = _event_of(read)
    if not name:
        return workspace_id
    with postgres.workspace_scope(workspace_id):
        row = postgres.find_row(
            "SELECT person_id, mail_id, initiative_id FROM message WHERE id = %s", [message_id]
        )
        if row is None:
            raise NotOurs("the message is not known (any more)")
        event = {
            "type": "track",
            "event": name,
            "messageId": f"{name}-{message_id}",
            "personId": str(row[0]),
            "properties": {"message_id": message_id, "mail_id": row[1], "initiative_id": row[2], **props},
        }
        inlet.accept([event], source=SOURCE)
    return workspace_id


def unsubscribe(message_id: int, *, via: str, at: datetime) -> bool:
    """Withdraw the consent of the person of this message, at once; False if it was withdrawn already.

    via: `one_click` (RFC 8058) or `page`. What has not left yet stays here, also what was meant for
    somebody who was merged into this person, or for another person with the same address.
    """
    row = postgres.find_row("SELECT person_id, mail_id, address FROM message WHERE id = %s", [message_id])
    if row is None:
        return False
    act = ConsentAct(
        row[0],
        "mail",
        "withdraw",
        "request",
        at,
        via,
        {"message_id": message_id, "mail_id": row[1], "via": via},
    )
    changed = consent.record([act], actor=facts.PERSON)
    intents.withdraw_people(_readers(row[0], row[2]), "unsubscribed")
    return bool(changed)


def subscribe(message_id: int, *, at: datetime, text: str) -> bool:
    """The person of this message asks for mails (again), on the page whose words were `text`."""
    row = postgres.find_row("SELECT person_id FROM message WHERE id = %s", [message_id])
    if row is None:
        return False
    evidence = {"message_id": message_id, "text": text}
    act = ConsentAct(row[0], "mail", "grant", "consent", at, "preferences", evidence)
    return bool(consent.record([act], actor=facts.PERSON))


class UnsubscribeAndBounce:
    """Consumer: settles bounced and complained messages, and puts clicks on the judge's list."""

    name = "unsubscribe_and_bounce"

    def consume(self, batch: Batch) -> None:
        tracking.note_clicks(batch)
        returned = [
            event
            for event in batch.events
            if event.source == SOURCE and event.name in (BOUNCED, COMPLAINED) and event.person_id
        ]
        if returned:
            _settle(returned)


def _readers(person_id: UUID, address: str) -> list[UUID]:
    """Under whom mails may be kept that this person would read: merged people, and a shared address."""
    here = persons.resolve([person_id]).get(person_id, person_id)
    sharing = persons.with_email(address)
    return sorted({subject for subject, _person in identity.subjects_of({here, *sharing})})


def _settle(events: list[Event]) -> None:
    by_message = {event.props["message_id"]: event for event in events}
    rows = postgres.rows(
        "UPDATE message m SET state = CASE WHEN n.is_bounce THEN 'bounced' ELSE m.state END, reason = n.reason,"
        " result = n.said FROM unnest(%s::bigint[], %s::boolean[], %s::text[], %s::text[]) AS n(id, is_bounce, reason, said)"
        " WHERE m.id = n.id AND m.state IN ('sent', 'uncertain', 'sending')"
        " RETURNING m.id, m.person_id, m.address, m.source, m.source_id, m.initiative_id, m.mail_id, m.node",
        [
            list(by_message),
            [event.name == BOUNCED for event in by_message.values()],
            [str(event.props.get("kind", event.name)) for event in by_message.values()],
            [str(event.props.get("said", ""))[:500] for event in by_message.values()],
        ],
    )
    moved = persons.resolve({row[1] for row in rows})
    changes: list[Change] = []
    withdrawals: list[ConsentAct] = []
    bounced: list[tuple[str, str, datetime]] = []
    complained: list[tuple[str, str, datetime]] = []
    for message_id, person_id, address, source, source_id, initiative_id, mail_id, node in rows:
        event = by_message[message_id]
        person_id = moved.get(person_id, person_id)
        at = clock.from_ms(event.occurred_ms)
        kind = str(event.props.get("kind", ""))
        if event.name == BOUNCED:
            bounced.append((address, kind, at))
        else:
            complained.append((address, "complaint", at))
            withdrawals.append(
                ConsentAct(
                    person_id, "mail", "withdraw", "request", at, "complaint", {"message_id": message_id}
                )
            )
        state = "bounced" if event.name == BOUNCED else "complained"
        changes.append(
            Change(
                person_id,
                "message",
                str(message_id),
                "sent",
                state,
                0.0,
                event.occurred_ms,
                facts.AUTOMATIC,
                f"{source}:{source_id}",
                initiative_id,
                event.hops + 1,
                {"mail_id": mail_id, "node": node, "reason": kind, "domain": address.rpartition("@")[2]},
            )
        )
    suppressing.after_bounces(bounced)
    if complained:
        consent.suppress(complained, channel="mail")
    facts.record(changes)
    consent.record(withdrawals, actor=facts.PERSON)


def _event_of(read: bounces.Inbound) -> tuple[str, dict[str, Any]]:
    match read:
        case bounces.Bounce(action="failed"):
            return BOUNCED, {"kind": read.kind, "said": read.diagnostic[:500], "enhanced": read.enhanced}
        case bounces.Complaint():
            return COMPLAINED, {}
        case bounces.Reply():
            return REPLIED, {}
        case _:
            log.info("inbound_mail_noted", kind=type(read).__name__)
            return "", {}


facts.consumers.add("unsubscribe_and_bounce", UnsubscribeAndBounce())
