"""The senders: claim a second of work, render, hand over, and know what may have left.

queued → leased (claimed, nothing has left) → sending (DATA is about to be said) → sent | deferred |
bounced | failed | uncertain. A sender holds a session lock under its number; when it dies, what was
leased goes back to the queue, and what was sending is `uncertain` and never resent by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from psycopg import errors

from tabiji.content.contracts import MailVersion, RenderedMail
from tabiji.content.public import mails, merge_fields
from tabiji.core import facts, postgres, sql
from tabiji.core.crashpoints import crashpoint
from tabiji.core.facts import Change
from tabiji.messaging import domains, letters, suppressing
from tabiji.messaging.channels.email import dkim, mime
from tabiji.messaging.channels.email.addresses import Mailbox
from tabiji.messaging.channels.email.delivery import Bounced, Deferred, Delivery, Failed, Sent, Uncertain
from tabiji.messaging.channels.email.smtp import Courier, Outgoing
from tabiji.workspaces.public import workspace

SENDERS: Final = 2
"""Of one worker."""
MANY: Final = 150
"""After so many in one turn, a process of one's own pays."""
_FIRST_LEASE: Final = 50
_MOST: Final = 1_000
_LEASE_S: Final = 1.0
_TURN_S: Final = 5.0
"""So long a workspace is served before the next one has its turn, and before the worker hears of the sender."""
_STORE_AGAIN_S: Final = (0.1, 0.5)
_WAKES_EACH_S: Final = 0.2
"""So often at the most the processor is told of facts while a lease leaves."""
_MAX_ATTEMPTS: Final = 8
_NOBODY: Final[dict[str, Any]] = {"person": {"name": ""}, "company": ""}
_LOCK: Final = 7_464
log = structlog.get_logger()


class SendingStopped(RuntimeError):
    """Somebody pressed the red button: nothing leaves until sending is allowed again."""


class Helper(Protocol):
    """Somebody who sends in a sender's place."""

    @property
    def is_ready(self) -> bool:
        """Whether it costs nothing to begin."""

    def send_due(self, workspace_id: int) -> int: ...


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


@dataclass(slots=True)
class _Lease:
    """A second of work: what was claimed, through whom it leaves, and what is printed of it."""

    workspace_id: int
    shards: int
    now: datetime
    claimed_at: float
    """Monotonic seconds at `now`."""
    leased: dict[int, Leased]
    courier: Courier
    head: letters.Letterhead
    versions: dict[int, MailVersion]
    wanted: list[letters.Letter]
    woke_at: float = 0.0
    """Monotonic seconds at which the processor was last told of facts."""


class Sender:
    """One sender of one thread: its number, its connections to each workspace's server.

    place, among: the how manieth of how many senders that share the connections that a workspace allows (each has
    one at least). helper: who goes on in its place when there is much to send. stops: set, no turn claims any more.
    """

    def __init__(
        self,
        *,
        place: int = 0,
        among: int = 1,
        helper: Helper | None = None,
        stops: threading.Event | None = None,
    ) -> None:
        self._place, self._among = place, among
        self._helper = helper
        self._stops = stops or threading.Event()
        self.number = int(postgres.scalar("SELECT nextval('sender_number')"))
        postgres.execute("SELECT pg_advisory_lock(%s::int, %s::int)", [_LOCK, self.number])
        self._couriers: dict[int, tuple[object, Courier]] = {}
        self._rate = _FIRST_LEASE / _LEASE_S

    def rest(self) -> None:
        """There is nothing to send at present: connections may close."""
        for _, courier in self._couriers.values():
            courier.rest()

    def close(self) -> None:
        for _, courier in self._couriers.values():
            courier.close()
        self._couriers.clear()

    @property
    def is_alive(self) -> bool:
        """Whether the lock still stands: it lives in this thread's connection, and a reconnect loses it."""
        return bool(
            postgres.scalar(
                "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
                " AND objid::bigint = %s)",
                [self.number],
            )
        )

    def send_due(self, workspace_id: int) -> int:
        """Send what is queued in this workspace for one turn of some seconds; the number of messages settled.

        When the turn is over, none is claimed any more. Whoever wants an empty queue calls again until nothing was
        settled. What is held when this fails is let go: never begun goes back to the queue, begun is uncertain.
        """
        try:
            return self._send_turn(workspace_id)
        except Exception:
            with postgres.workspace_scope(workspace_id):
                recover_here(self.number, workspace.business_now())
            raise

    def _send_turn(self, workspace_id: int) -> int:
        if self._helper is not None and self._helper.is_ready:
            return self._hand_on(workspace_id, self._helper)
        settled = 0
        ends_at = time.monotonic() + _TURN_S
        while not self._stops.is_set() and (lease := self._lease(workspace_id)):
            self._deliver(workspace_id, lease)
            settled += len(lease.leased)
            if len(lease.leased) < _FIRST_LEASE or time.monotonic() > ends_at:
                break
            if self._helper is not None and settled >= MANY:
                return settled + self._hand_on(workspace_id, self._helper)
        return settled

    def _hand_on(self, workspace_id: int, helper: Helper) -> int:
        self._disconnect(workspace_id)  # the connections that are allowed are the helper's now
        return helper.send_due(workspace_id)

    def _lease(self, workspace_id: int) -> _Lease | None:
        """Claim about a second of work."""
        with postgres.workspace_scope(workspace_id):
            leased = self._claim(int(max(_FIRST_LEASE, min(self._rate * _LEASE_S, _MOST))))
            if not leased:
                return None
            courier = self._courier(workspace_id)
            versions, wanted = prepare(leased)
            head = letterhead()
            shards, now = workspace.current().shards, workspace.business_now()
        crashpoint("sender.after_claim")
        by_id = {one.id: one for one in leased}
        return _Lease(workspace_id, shards, now, time.monotonic(), by_id, courier, head, versions, wanted)

    def _deliver(self, workspace_id: int, lease: _Lease) -> None:
        started = time.monotonic()

        def on_sending(
            ids: Sequence[Hashable], finished: Sequence[tuple[Hashable, Delivery]]
        ) -> Collection[Hashable]:
            return self._advance(lease, ids, finished)

        printed = letters.print_all(lease.head, lease.versions, lease.wanted)
        lease.courier.deliver_many(printed.outgoing, on_sending, start_within_s=30)
        if printed.unfit:
            with postgres.workspace_scope(workspace_id):
                _settle_unfit(list(lease.leased.values()), printed.unfit)
        self._rate = len(lease.leased) / max(time.monotonic() - started, 0.01)
        crashpoint("sender.after_result_commit")

    def _claim(self, most: int) -> list[Leased]:
        if workspace.current().settings.get("sending_stopped"):
            return []
        chosen = postgres.rows(sql.named("messaging", "choose_queued"), {"most": most})
        if not chosen:
            return []
        rows = postgres.rows(
            sql.named("messaging", "lease_messages"),
            {"ids": [row[0] for row in chosen], "sender": self.number, "now": workspace.business_now()},
        )
        return [Leased(*row) for row in rows]

    def _courier(self, workspace_id: int) -> Courier:
        allowed = domains.smtp_settings(domains.get())
        wanted = replace(allowed, connections=max(1, (allowed.connections + self._place) // self._among))
        known = self._couriers.get(workspace_id)
        if known is not None and known[0] == wanted:
            return known[1]
        self._disconnect(workspace_id)
        courier = Courier(wanted)
        self._couriers[workspace_id] = (wanted, courier)
        return courier

    def _disconnect(self, workspace_id: int) -> None:
        known = self._couriers.pop(workspace_id, None)
        if known is not None:
            known[1].close()

    def _advance(
        self, lease: _Lease, ids: Sequence[Hashable], finished: Sequence[tuple[Hashable, Delivery]]
    ) -> list[Hashable]:
        """One commit: what finished is stored, and what is about to leave is marked before it does."""
        if finished:
            crashpoint("sender.before_result_commit")
        if ids:
            crashpoint("sender.before_data")
        results = [(lease.leased[int(str(key))], delivery) for key, delivery in finished]
        allowed = _store_step_again(lease, results, [int(str(key)) for key in ids], self.number)
        if ids:
            crashpoint("sender.after_data")
        return list(allowed)


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


def store_step(
    lease: _Lease, results: Sequence[tuple[Leased, Delivery]], starting: Sequence[int], sender: int
) -> list[int]:
    """Store results with their facts, and mark what is about to leave; those that may. One transaction."""
    rows = [(one, *_outcome(one, delivery)) for one, delivery in results]
    news = [_News(one.id, state, reason, text[:500], wait) for one, state, reason, text, wait in rows]
    news += [_News(id_, "sending") for id_ in starting]
    now = lease.now + timedelta(seconds=time.monotonic() - lease.claimed_at)
    told = [row for row in rows if row[1] in ("sent", "bounced", "failed", "uncertain")]
    packed = facts.pack(
        [_fact(one, state, reason, text, now) for one, state, reason, text, _ in told], lease.shards
    )
    wakes = bool(told) and (not starting or time.monotonic() - lease.woke_at > _WAKES_EACH_S)
    allowed: list[int] = postgres.scalar(
        "SELECT sending_step(%s, %s, %s::jsonb, %s::smallint[], %s::integer[], %s::bytea[], %s)",
        [lease.workspace_id, sender, msgspec.json.encode(news).decode(), *packed, wakes],
    )
    if wakes:
        lease.woke_at = time.monotonic()
    bounced = [(one.address, reason, now) for one, state, reason, *_ in rows if state == "bounced"]
    if bounced:
        with postgres.workspace_scope(lease.workspace_id):
            suppressing.after_bounces(bounced)
    return allowed


def _store_step_again(
    lease: _Lease, results: Sequence[tuple[Leased, Delivery]], starting: Sequence[int], sender: int
) -> list[int]:
    """What a server has answered must not be forgotten because two transactions stood in each other's way."""
    for wait_s in _STORE_AGAIN_S:
        try:
            return store_step(lease, results, starting, sender)
        except (errors.DeadlockDetected, errors.LockNotAvailable, errors.QueryCanceled) as error:
            log.warning("results_are_stored_again", sender=sender, error=str(error)[:300])
            time.sleep(wait_s)
    return store_step(lease, results, starting, sender)


class _News(msgspec.Struct, gc=False):
    """What a step says of one message: a result, or `sending` for leave to go; None leaves what stands. wait:
    seconds until the next try."""

    id: int
    state: str
    reason: str | None = None
    result: str | None = None
    wait: int = 0


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
        case Failed("withdrawn"):  # not let go: withdrawn by somebody, or sending was stopped
            return "withdrawn", "", "", 0
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


def letterhead() -> letters.Letterhead:
    """What all letters of the scope's workspace share. Raises domains.NoSendingDomain."""
    domain = domains.get()
    return letters.Letterhead(
        postgres.workspace_id(),
        domain.sender,
        domain.reply_to,
        domain.bounce_domain or domain.from_address.rpartition("@")[2],
        domain.dkim_domain,
        domain.dkim_selector,
        domains.dkim_key(),
        postgres.scalar("SELECT clock_timestamp()"),
    )


def prepare(leased: Sequence[Leased]) -> tuple[dict[int, MailVersion], list[letters.Letter]]:
    """All that printing these messages needs, read at once: mail versions and merge values."""
    contexts = merge_fields.contexts({one.person_id for one in leased}, now=workspace.business_now())
    versions = {
        version_id: _version(postgres.workspace_id(), version_id)
        for version_id in {one.mail_version_id for one in leased}
    }
    wanted = [
        letters.Letter(
            one.id,
            one.address,
            one.kind,
            one.source,
            one.mail_version_id,
            contexts.get(one.person_id) or _NOBODY,
        )
        for one in leased
    ]
    return versions, wanted


@lru_cache(maxsize=64)
def _version(workspace_id: int, version_id: int) -> MailVersion:
    return mails.get_version(version_id)


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
    """The same for one sender that is dead, or lets go of what it holds, in the scope's workspace."""
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
