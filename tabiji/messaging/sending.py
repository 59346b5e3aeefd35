"""The senders: claim a second of work, render, hand over, and know what may have left.

queued → leased (claimed, nothing has left) → sending (DATA is about to be said) → sent | deferred |
bounced | failed | uncertain. A sender holds a session lock under its number; when it dies, what was
leased goes back to the queue, and what was sending is `uncertain` and never resent by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from tabiji.content.contracts import RenderedMail
from tabiji.content.public import CannotRender, mails, merge_fields
from tabiji.core import crypto, facts, postgres, sql
from tabiji.core.crashpoints import crashpoint
from tabiji.core.facts import Change
from tabiji.messaging import domains, rendering, suppressing
from tabiji.messaging.channels.email import dkim, mime, verp
from tabiji.messaging.channels.email.addresses import BadAddress, Mailbox
from tabiji.messaging.channels.email.delivery import Bounced, Deferred, Delivery, Failed, Sent, Uncertain
from tabiji.messaging.channels.email.mime import UnsafeHeader
from tabiji.messaging.channels.email.smtp import Courier, Outgoing
from tabiji.workspaces.public import workspace

LEASE: Final = 300
_MAX_ATTEMPTS: Final = 8
_LOCK: Final = 7_464
log = structlog.get_logger()


class SendingStopped(RuntimeError):
    """Somebody pressed the red button: nothing leaves until sending is allowed again."""


@dataclass(slots=True)
class Leased:
    id: int
    person_id: UUID
    mail_id: int
    mail_version_id: int
    kind: str
    source: str
    source_id: int
    initiative_id: int
    node: str
    address: str
    attempts: int
    hops: int


class Sender:
    """One sender of one worker thread: its number, its connections to each workspace's server."""

    def __init__(self) -> None:
        self.number = int(postgres.scalar("SELECT nextval('sender_number')"))
        postgres.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [_LOCK, self.number])
        self._couriers: dict[int, tuple[object, Courier]] = {}

    def close(self) -> None:
        for _, courier in self._couriers.values():
            courier.close()
        self._couriers.clear()

    def send_due(self, workspace_id: int) -> int:
        """Send up to one lease of this workspace's queue; the number of messages settled."""
        with postgres.workspace_scope(workspace_id):
            leased = self._claim()
            if not leased:
                return 0
            courier = self._courier(workspace_id)
            outgoing, unfit = prepare(workspace_id, leased)
            _settle_unfit(leased, unfit)
        crashpoint("sender.after_claim")
        by_id = {one.id: one for one in leased}

        def on_sending(
            ids: Sequence[Hashable], finished: Sequence[tuple[Hashable, Delivery]]
        ) -> Collection[Hashable]:
            return self._advance(workspace_id, by_id, ids, finished)

        courier.deliver_many(outgoing, on_sending, start_within_s=30)
        crashpoint("sender.after_result_commit")
        return len(leased)

    def _claim(self) -> list[Leased]:
        if workspace.current().settings.get("sending_stopped"):
            return []
        chosen = postgres.rows(sql.named("messaging", "choose_queued"), {"most": LEASE})
        if not chosen:
            return []
        # An unsubscribe that is on its way holds the person; wait for it, then look again.
        postgres.execute(
            "SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR SHARE",
            [sorted({row[1] for row in chosen})],
        )
        rows = postgres.rows(
            sql.named("messaging", "lease_messages"),
            {"ids": [row[0] for row in chosen], "sender": self.number, "now": workspace.business_now()},
        )
        return [Leased(*row) for row in rows]

    def _courier(self, workspace_id: int) -> Courier:
        wanted = domains.smtp_settings(domains.get())
        known = self._couriers.get(workspace_id)
        if known is not None and known[0] == wanted:
            return known[1]
        if known is not None:
            known[1].close()
        courier = Courier(wanted)
        self._couriers[workspace_id] = (wanted, courier)
        return courier

    def _advance(
        self,
        workspace_id: int,
        leased: dict[int, Leased],
        ids: Sequence[Hashable],
        finished: Sequence[tuple[Hashable, Delivery]],
    ) -> list[Hashable]:
        """One commit: what finished is stored, and what is about to leave is marked before it does."""
        with postgres.workspace_scope(workspace_id):
            if finished:
                now = workspace.business_now()
                store_results([(leased[int(str(key))], delivery) for key, delivery in finished], now)
                crashpoint("sender.before_result_commit")
            allowed: list[Hashable] = []
            if ids:
                allowed = [
                    row[0]
                    for row in postgres.rows(
                        "UPDATE message SET state = 'sending' WHERE id = ANY(%s) AND state = 'leased' AND sender = %s"
                        " RETURNING id",
                        [list(ids), self.number],
                    )
                ]
            crashpoint("sender.before_data")
        if ids:
            crashpoint("sender.after_data")
        return allowed


def recover() -> int:
    """Settle what senders that no longer live were holding; the number of messages touched."""
    settled = 0
    for workspace_id, number in postgres.rows("SELECT workspace_id, sender FROM held_senders()"):
        if not postgres.scalar("SELECT pg_try_advisory_lock(%s::int, %s::int)", [_LOCK, number]):
            continue
        try:
            with postgres.workspace_scope(workspace_id):
                settled += recover_here(number, workspace.business_now())
        finally:
            postgres.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", [_LOCK, number])
    return settled


def resend(message_id: int) -> bool:
    """A colleague's decision on a message of unknown fate: send it (again)."""
    return bool(
        postgres.execute(
            "UPDATE message SET state = 'queued', next_at = NULL WHERE id = %s AND state = 'uncertain'",
            [message_id],
        )
    )


def leave(message_id: int) -> bool:
    """A colleague's decision on a message of unknown fate: leave it as it is."""
    return bool(
        postgres.execute(
            "UPDATE message SET state = 'failed', reason = 'left' WHERE id = %s AND state = 'uncertain'",
            [message_id],
        )
    )


def store_results(results: Sequence[tuple[Leased, Delivery]], now: datetime) -> None:
    """Write what became of messages, with facts and suppressions, in the caller's transaction."""
    rows = [(one, *_outcome(one, delivery)) for one, delivery in results]
    postgres.execute(
        sql.named("messaging", "store_results"),
        {
            "ids": [one.id for one, *_ in rows],
            "states": [state for _, state, *_ in rows],
            "reasons": [reason for _, _, reason, *_ in rows],
            "results": [text[:500] for _, _, _, text, _ in rows],
            "waits": [wait for *_, wait in rows],
            "now": now,
        },
    )
    bounced = [(one.address, reason) for one, state, reason, *_ in rows if state == "bounced"]
    suppressing.after_bounces(bounced, at=now)
    told = [row for row in rows if row[1] in ("sent", "bounced", "failed", "uncertain")]
    facts.record([_fact(one, state, reason, text, now) for one, state, reason, text, _ in told])


def _outcome(one: Leased, delivery: Delivery) -> tuple[str, str, str, int]:
    """(state, reason, what the server said, seconds to wait) of one delivery."""
    match delivery:
        case Sent(text):
            return "sent", "", text, 0
        case Uncertain(text):
            return "uncertain", "", text, 0
        case Bounced():
            return "bounced", delivery.kind, delivery.text, 0
        case Deferred():
            if one.attempts + 1 >= _MAX_ATTEMPTS:
                return "failed", "gave_up", delivery.text, 0
            return "deferred", delivery.kind, delivery.text, max(delivery.retry_after_s, 60 * 2**one.attempts)
        case Failed("withdrawn"):
            return "withdrawn", "withdrawn", "", 0
        case Failed("not_started"):
            return "queued", "", "", 0
        case Failed("bad_address" | "unsafe_wire" | "too_large" as reason, text):
            return "failed", reason, text, 0
        case Failed(reason, text):
            if one.attempts + 1 >= _MAX_ATTEMPTS:
                return "failed", reason, text, 0
            return "deferred", reason, text, 15 * 2**one.attempts


def _fact(one: Leased, state: str, reason: str, text: str, now: datetime) -> Change:
    return Change(
        one.person_id,
        "message",
        str(one.id),
        "queued",
        state,
        0.0,
        int(now.timestamp() * 1000),
        facts.AUTOMATIC,
        f"{one.source}:{one.source_id}",
        one.initiative_id,
        one.hops + 1,
        {
            "mail_id": one.mail_id,
            "mail_version_id": one.mail_version_id,
            "kind": one.kind,
            "node": one.node,
            "reason": reason,
            "domain": one.address.rpartition("@")[2],
            **({"said": text[:300]} if state != "sent" else {}),
        },
    )


def prepare(workspace_id: int, leased: Sequence[Leased]) -> tuple[list[Outgoing], dict[int, str]]:
    """Wire bytes of these messages; those that cannot be written, with the reason."""
    domain = domains.get()
    signers = domains.signers()
    contexts = merge_fields.contexts({one.person_id for one in leased}, now=workspace.business_now())
    skeletons: dict[tuple[int, str], mime.Skeleton] = {}
    sent_on = postgres.scalar("SELECT clock_timestamp()")
    bounce_domain = domain.bounce_domain or domain.from_address.rpartition("@")[2]
    outgoing: list[Outgoing] = []
    unfit: dict[int, str] = {}
    for one in leased:
        try:
            compiled = mails.compiled(one.mail_version_id)
            key = (one.mail_version_id, one.kind)
            if key not in skeletons:
                skeletons[key] = mime.prepare(
                    domain.sender,
                    reply_to=Mailbox(domain.reply_to) if domain.reply_to else None,
                    feedback_id=f"{one.mail_id}:{one.source}:{workspace_id}:tabiji",
                    auto_submitted="auto-replied" if one.source == "auto_reply" else None,
                )
            context = contexts[one.person_id]
            urls = rendering.urls(workspace_id, one.id, compiled.links)
            mail = compiled.render(context, urls)
            personal = mime.Personal(
                to=Mailbox(one.address, rendering.display_name(context)),
                subject=mail.subject,
                text=mail.text,
                html=rendering.with_tracking(workspace_id, one.id, mail.html),
                date=sent_on,
                message_id=f"{crypto.sign('open', workspace_id, one.id)}@{bounce_domain}",
                one_click_url=rendering.unsubscribe_url(workspace_id, one.id)
                if one.kind == "marketing"
                else None,
                unsubscribe_mailto=None,
            )
            wire = dkim.sign(mime.personalise(skeletons[key], personal), signers)
        except (UnsafeHeader, BadAddress, CannotRender) as error:
            unfit[one.id] = str(error)[:300]
            continue
        token = crypto.sign("bounce", workspace_id, one.id)
        outgoing.append(Outgoing(one.id, verp.make(token, bounce_domain), one.address, wire))
    return outgoing, unfit


def _settle_unfit(leased: Sequence[Leased], unfit: dict[int, str]) -> None:
    failed = [one for one in leased if one.id in unfit]
    if not failed:
        return
    now = workspace.business_now()
    with transaction.atomic():
        postgres.execute(
            "UPDATE message m SET state = 'failed', reason = 'not_rendered', result = n.why, sender = NULL"
            " FROM unnest(%s::bigint[], %s::text[]) AS n(id, why) WHERE m.id = n.id",
            [list(unfit), list(unfit.values())],
        )
        facts.record([_fact(one, "failed", "not_rendered", unfit[one.id], now) for one in failed])


def recover_here(number: int, now: datetime) -> int:
    """The same for one sender, known to be dead, in the scope's workspace."""
    lost = postgres.rows(
        "UPDATE message SET state = CASE state WHEN 'sending' THEN 'uncertain' ELSE 'queued' END, sender = NULL"
        " WHERE sender = %s AND state IN ('leased', 'sending')"
        " RETURNING id, person_id, mail_id, mail_version_id, kind, source, source_id, initiative_id, node, address,"
        " attempts, hops, state",
        [number],
    )
    uncertain = [Leased(*row[:12]) for row in lost if row[12] == "uncertain"]
    facts.record([_fact(one, "uncertain", "sender_died", "", now) for one in uncertain])
    if lost:
        log.warning(
            "sender_died", sender=number, requeued=len(lost) - len(uncertain), uncertain=len(uncertain)
        )
    return len(lost)


def test_mail(mail_version_id: int, person_id: UUID, to: str) -> Delivery:
    """Send one test copy to a colleague, as this person would get it. On nobody's line, without tracking."""
    compiled = mails.compiled(mail_version_id)
    context = merge_fields.contexts({person_id}, now=workspace.business_now())[person_id]
    urls = {link.number: link.url or settings.PUBLIC_URL for link in compiled.links}
    return test_copy(compiled.render(context, urls), to)


def test_copy(mail: RenderedMail, to: str) -> Delivery:
    """Send one test copy of a mail that is filled in already, such as a draft's."""
    domain = domains.get()
    personal = mime.Personal(
        to=Mailbox(to),
        subject=f"【テスト】{mail.subject}",
        text=mail.text,
        html=mail.html,
        date=postgres.scalar("SELECT clock_timestamp()"),
        message_id=f"test-{postgres.scalar('SELECT gen_random_uuid()')}@{domain.from_address.rpartition('@')[2]}",
    )
    wire = dkim.sign(mime.personalise(mime.prepare(domain.sender), personal), domains.signers())
    with Courier(domains.smtp_settings(domain)) as courier:
        return courier.deliver_many([Outgoing(0, domain.from_address, to, wire)])[0]


def is_sent(delivery: Delivery) -> bool:
    """Whether the mail server took it."""
    return isinstance(delivery, Sent)
