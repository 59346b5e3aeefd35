"""Senders over a real SMTP conversation: what arrives, what is known of it, what dies with a process."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import policy
from typing import Any
from uuid import UUID

import dkim
import pytest
from psycopg import errors

from tabiji.core import crypto, postgres
from tabiji.events.public import processor
from tabiji.messaging.channels.email.delivery import Sent
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import domains, gate, intents, returns, sending, stopping
from tabiji.messaging.tests.conftest import Postbox, send_all
from tabiji.people.public import consent
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer, customers
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def mail_id(sending_workspace: WorkspaceInfo, real_now: datetime) -> int:
    return published_mail("お知らせ", at=real_now)


def queue(people: list[UUID], mail_id: int, at: datetime, kind: str = "marketing") -> None:
    from tabiji.content.public import mails

    version_id = mails.current_version(mail_id)
    assert version_id is not None
    intents.request([Intent(one, mail_id, version_id, kind, "person", 0, "c", at) for one in people])
    gate.decide_due(at)


@contextmanager
def holding(workspace: WorkspaceInfo) -> Iterator[None]:
    """Inside, a sender has claimed what is due; afterwards it lets it go."""
    sender = sending.Sender()
    try:
        lease = sender._lease(workspace.id)
        assert lease is not None
        yield
        sender._deliver(workspace.id, lease)
    finally:
        sender.close()


def state_of(person: UUID) -> tuple[str, str]:
    return postgres.rows("SELECT state, reason FROM message WHERE person_id = %s", [person])[0]


def test_a_mail_arrives_signed_personal_and_with_one_click_unsubscribe(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    person = customer("misaki@aoba.example", at=real_now, last_name="佐藤", first_name="美咲")
    queue([person], mail_id, real_now)

    send_all(sending_workspace)

    (received,) = postbox.to("misaki@aoba.example")
    mail = email.message_from_bytes(received.wire, policy=policy.SMTP)
    assert mail["Subject"] == "佐藤 様へのお知らせ"
    assert mail["From"] == "タノモア おまかせ <info@tanomoa.example>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert b"\r\nList-Unsubscribe: <http" in received.wire
    record = domains.dns_record()
    assert record is not None
    assert dkim.verify(received.wire, dnsfunc=lambda name, timeout=5: record.value.encode())
    assert state_of(person) == ("sent", "")


def test_a_domain_may_choose_a_key_that_signs_faster(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    record = domains.make_dkim_key("tanomoa.example", "fast", actor=AUTOMATIC, algorithm="ed25519-sha256")
    queue([customer("misaki@aoba.example", at=real_now)], mail_id, real_now)

    send_all(sending_workspace)

    (received,) = postbox.to("misaki@aoba.example")
    assert b"a=ed25519-sha256" in received.wire
    assert dkim.verify(received.wire, dnsfunc=lambda name, timeout=5: record.value.encode())


def test_what_was_sent_is_a_fact_on_the_line(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    from tabiji.core import clickhouse

    person = customer("misaki@aoba.example", at=real_now)
    queue([person], mail_id, real_now)
    send_all(sending_workspace)

    processor.process_all()

    rows = clickhouse.store().rows(
        "SELECT new FROM person_change WHERE workspace_id = {ws:UInt32} AND kind = 'message'",
        {"ws": sending_workspace.id},
    )
    assert rows == [("sent",)]


def test_an_address_that_the_server_refuses_is_never_written_to_again(
    sending_workspace: WorkspaceInfo, mail_id: int, real_now: datetime
) -> None:
    person = customer("minoru@unknown.example", at=real_now)
    queue([person], mail_id, real_now)

    send_all(sending_workspace)

    assert state_of(person)[0] == "bounced"
    assert "minoru@unknown.example" in consent.suppressed(["minoru@unknown.example"], "mail")


def test_a_server_that_is_busy_is_asked_again_later(
    sending_workspace: WorkspaceInfo, mail_id: int, real_now: datetime
) -> None:
    person = customer("a@busy.example", at=real_now)
    queue([person], mail_id, real_now)

    send_all(sending_workspace)

    assert state_of(person)[0] == "deferred"
    assert postgres.scalar("SELECT next_at > clock_timestamp() FROM message")


def test_a_connection_lost_after_the_dot_is_uncertain_and_waits_for_a_colleague(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    person = customer("a@drop.example", at=real_now)
    queue([person], mail_id, real_now)

    send_all(sending_workspace)
    send_all(sending_workspace)

    assert state_of(person)[0] == "uncertain"
    (message_id,) = postgres.rows("SELECT id FROM message")[0]
    assert sending.leave(message_id)
    assert not sending.resend(message_id)


def test_an_unsubscribe_between_gate_and_claim_is_heard(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    stays, leaves = customer("stays@aoba.example", at=real_now), customer("leaves@aoba.example", at=real_now)
    queue([stays, leaves], mail_id, real_now)
    (message_id,) = postgres.rows("SELECT id FROM message WHERE person_id = %s", [leaves])[0]

    assert returns.unsubscribe(message_id, via="one_click", at=real_now + timedelta(seconds=1))
    send_all(sending_workspace)

    assert len(postbox.to("stays@aoba.example")) == 1
    assert postbox.to("leaves@aoba.example") == []
    assert state_of(leaves) == ("withdrawn", "unsubscribed")


def test_the_red_button_stops_what_was_already_decided(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    people = customers(20, at=real_now)
    queue(people, mail_id, real_now)

    stopping.stop(actor=AUTOMATIC)
    send_all(sending_workspace)
    assert postbox.mails == []
    stopping.allow(actor=AUTOMATIC, reason="確かめた")
    send_all(sending_workspace)

    assert len(postbox.mails) == 20


def test_the_red_button_stops_what_a_sender_already_holds(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    queue(customers(20, at=real_now), mail_id, real_now)
    with holding(sending_workspace):
        stopping.stop(actor=AUTOMATIC)

    assert postbox.mails == []
    assert postgres.rows("SELECT DISTINCT state, reason FROM message") == [("queued", "")]
    stopping.allow(actor=AUTOMATIC)
    send_all(sending_workspace)
    assert len(postbox.mails) == 20


def test_what_is_cancelled_while_a_sender_holds_it_does_not_leave(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    queue(customers(20, at=real_now), mail_id, real_now)
    with holding(sending_workspace):
        assert intents.withdraw_source("person", 0, "cancelled") == 20

    assert postbox.mails == []
    assert postgres.rows("SELECT DISTINCT state, reason FROM message") == [("withdrawn", "cancelled")]


def test_what_came_back_while_the_answer_was_on_its_way_stays_bounced(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    person = customer("minoru@aoba.example", at=real_now)
    queue([person], mail_id, real_now)
    sender = sending.Sender()
    try:
        lease = sender._lease(sending_workspace.id)
        assert lease is not None
        (one,) = lease.leased.values()
        postgres.execute("UPDATE message SET state = 'bounced', reason = 'hard', sender = NULL")

        sending.store_step(lease, [(one, Sent("250 ok"))], [], sender.number)
    finally:
        sender.close()

    assert state_of(person) == ("bounced", "hard")


def test_an_answer_is_kept_though_its_storing_met_a_deadlock(
    sending_workspace: WorkspaceInfo, mail_id: int, real_now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (person,) = customers(1, at=real_now)
    queue([person], mail_id, real_now)
    met: list[Any] = []
    real = sending.store_step

    def storing(lease: Any, results: Any, starting: Any, sender: int) -> list[int]:
        if results and not met:
            met.append(results)
            raise errors.DeadlockDetected("two transactions in each other's way")
        return real(lease, results, starting, sender)

    monkeypatch.setattr(sending, "store_step", storing)
    send_all(sending_workspace)

    assert len(met) == 1
    assert state_of(person)[0] == "sent"


def test_what_a_dead_sender_held_goes_back_unless_it_may_have_left(
    sending_workspace: WorkspaceInfo, mail_id: int, real_now: datetime
) -> None:
    first, second = customer("a@aoba.example", at=real_now), customer("b@aoba.example", at=real_now)
    queue([first, second], mail_id, real_now)
    postgres.execute("UPDATE message SET state = 'leased', sender = 999001 WHERE person_id = %s", [first])
    postgres.execute("UPDATE message SET state = 'sending', sender = 999001 WHERE person_id = %s", [second])

    sending.recover_here(999_001, real_now)

    assert (state_of(first)[0], state_of(second)[0]) == ("queued", "uncertain")


def test_a_bounce_report_settles_the_message_and_the_address(
    sending_workspace: WorkspaceInfo, postbox: Postbox, mail_id: int, real_now: datetime
) -> None:
    from tabiji.practice.mailserver import compose_bounce

    person = customer("minoru@aoba.example", at=real_now)
    queue([person], mail_id, real_now)
    send_all(sending_workspace)
    (received,) = postbox.to("minoru@aoba.example")
    report = compose_bounce(received, at=real_now, status="5.1.1", diagnostic="550 5.1.1 user unknown")

    returns.receive_mail(report, envelope_to=received.envelope_from)
    processor.process_all()
    returns.receive_mail(report, envelope_to=received.envelope_from)
    processor.process_all()

    assert state_of(person)[0] == "bounced"
    assert consent.suppressed(["minoru@aoba.example"], "mail") == {"minoru@aoba.example": "bounce"}


def test_a_return_address_that_we_did_not_sign_is_nobodys(sending_workspace: WorkspaceInfo) -> None:
    with pytest.raises(returns.NotOurs):
        returns.receive_mail(b"Subject: x\r\n\r\nx", envelope_to="bounce+forged@bounce.tanomoa.example")
    with pytest.raises(crypto.BadToken):
        crypto.read("unsubscribe", crypto.sign("click", sending_workspace.id, 1, 1))
