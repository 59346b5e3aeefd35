"""Gate, senders and those who leave, at one moment: real transactions on connections of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import UUID

import pytest
import pytest_django
from django.db import transaction

from tabiji.content.public import mails
from tabiji.core import postgres
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import gate, intents, returns
from tabiji.messaging.tests.conftest import Postbox, send_all, send_by
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.mails import published_mail
from tests.builders.races import committed_workspace, together

SETTINGS = {
    "quiet_hours": {"starts": "00:00", "ends": "00:00"},
    "frequency_cap": {"messages": 2, "days": 7},
}


@pytest.fixture
def committed(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker, postbox: Postbox
) -> Iterator[WorkspaceInfo]:
    with django_db_blocker.unblock(), committed_workspace(None, SETTINGS) as workspace:
        with postgres.workspace_scope(workspace.id):
            send_by(postbox)
        yield workspace


def wish(people: list[UUID], mail_id: int, cause: str, at: datetime) -> None:
    version_id = mails.current_version(mail_id)
    assert version_id is not None
    intents.request([Intent(one, mail_id, version_id, "marketing", "person", 0, cause, at) for one in people])


def states() -> dict[str, int]:
    return dict(postgres.rows("SELECT state, count(*) FROM message GROUP BY 1"))


def test_two_gates_at_once_never_pass_the_frequency_cap(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        now = datetime.now(UTC)
        people = customers(50, at=now, prefix="cap")
        mail_id = published_mail("お知らせ", at=now)
        for cause in "abcdef":
            wish(people, mail_id, cause, now)

    together(committed, *[lambda: gate.decide_due(datetime.now(UTC))] * 4)

    with postgres.workspace_scope(committed.id):
        gate.decide_due(datetime.now(UTC))
        queued = postgres.rows("SELECT person_id, count(*) FROM message WHERE state = 'queued' GROUP BY 1")
        assert dict(queued) == dict.fromkeys(people, 2)
        assert states() == {"queued": 100, "refused": 200}


def test_an_unsubscribe_that_is_under_way_is_waited_for(committed: WorkspaceInfo, postbox: Postbox) -> None:
    with postgres.workspace_scope(committed.id):
        now = datetime.now(UTC)
        (person,) = customers(1, at=now, prefix="under-way")
        wish([person], published_mail("お知らせ", at=now), "once", now)
        gate.decide_due(now)
        message_id = postgres.scalar("SELECT id FROM message")
    is_open = threading.Event()

    def leave() -> None:
        with transaction.atomic():
            act = ConsentAct(person, "mail", "withdraw", "request", datetime.now(UTC), "page")
            consent.record([act], actor="person")
            is_open.set()
            time.sleep(0.5)

    def send() -> None:
        assert is_open.wait(20)
        send_all(committed)

    assert [one for one in together(committed, leave, send) if one is not None] == []

    with postgres.workspace_scope(committed.id):
        send_all(committed)
        assert postgres.rows("SELECT id, state, reason FROM message") == [
            (message_id, "refused", "unsubscribed:")
        ]
    assert postbox.to("under-way0@many.example") == []


def test_nobody_who_has_left_is_claimed_afterwards(committed: WorkspaceInfo, postbox: Postbox) -> None:
    """Sixty people leave one after the other while two senders work: each left before or after the claim."""
    with postgres.workspace_scope(committed.id):
        now = datetime.now(UTC)
        people = customers(60, at=now, prefix="leaving")
        wish(people, published_mail("お知らせ", at=now), "once", now)
        gate.decide_due(now)
        messages = [row[0] for row in postgres.rows("SELECT id FROM message ORDER BY id DESC")]
    left_at: dict[int, float] = {}
    first_left = threading.Event()

    def leave() -> None:
        for message_id in messages:
            assert returns.unsubscribe(message_id, via="one_click", at=datetime.now(UTC))
            left_at[message_id] = time.time()
            first_left.set()

    def send() -> None:
        assert first_left.wait(20)
        send_all(committed)

    results = together(committed, leave, send, send)
    assert [one for one in results if one is not None] == []

    with postgres.workspace_scope(committed.id):
        send_all(committed)
        found = postgres.rows("SELECT id, state, address, extract(epoch FROM sent_at) FROM message")
    sent = {message_id: float(at) for message_id, state, _address, at in found if state == "sent"}
    assert {state for _, state, _, _ in found} <= {"sent", "withdrawn", "refused"}
    assert len(found) == 60
    assert sent
    assert len(sent) < 60
    assert sorted(mail.rcpt for mail in postbox.mails) == sorted(
        address for _, state, address, _ in found if state == "sent"
    )
    # What was claimed before may still leave: within the second that a lease holds, never later.
    assert [one for one, at in sent.items() if at > left_at[one] + 1.0] == []


def test_two_senders_send_each_mail_once(committed: WorkspaceInfo, postbox: Postbox) -> None:
    with postgres.workspace_scope(committed.id):
        now = datetime.now(UTC)
        people = customers(80, at=now, prefix="once")
        wish(people, published_mail("お知らせ", at=now), "once", now)
        gate.decide_due(now)

    results = together(committed, *[lambda: send_all(committed)] * 3)

    assert [one for one in results if one is not None] == []
    with postgres.workspace_scope(committed.id):
        assert states() == {"sent": 80}
    assert len(postbox.mails) == len({mail.rcpt for mail in postbox.mails}) == 80


def test_those_who_leave_while_the_gate_decides_get_nothing(
    committed: WorkspaceInfo, postbox: Postbox
) -> None:
    with postgres.workspace_scope(committed.id):
        now = datetime.now(UTC)
        people = customers(60, at=now, prefix="deciding")
        wish(people, published_mail("お知らせ", at=now), "once", now)
        messages = [row[0] for row in postgres.rows("SELECT id FROM message ORDER BY id DESC")]

    def leave() -> None:
        for message_id in messages:
            returns.unsubscribe(message_id, via="page", at=datetime.now(UTC))

    def decide() -> None:
        for _ in range(10):
            gate.decide_due(datetime.now(UTC))

    assert [one for one in together(committed, leave, decide, decide) if one is not None] == []

    with postgres.workspace_scope(committed.id):
        decide()
        send_all(committed)
        assert set(states()) <= {"withdrawn", "refused"}
    assert postbox.mails == []
