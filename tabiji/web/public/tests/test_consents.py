"""Unsubscribing by the wire and by the page: POST does, GET never does, and nobody else can."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from django.test import Client

from tabiji.content.public import mails
from tabiji.core import crypto, postgres
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import gate, intents
from tabiji.people.public import consent
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer
from tests.builders.mails import published_mail
from tests.builders.scopes import outside

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(workspace: WorkspaceInfo, now: datetime) -> UUID:
    return customer("misaki@aoba.example", at=now)


@pytest.fixture
def message_id(workspace: WorkspaceInfo, person: UUID, now: datetime) -> int:
    mail_id = published_mail("お知らせ", at=now)
    version_id = mails.current_version(mail_id)
    assert version_id is not None
    intents.request([Intent(person, mail_id, version_id, "marketing", "person", 0, "c", now)])
    gate.decide_due(now)
    return int(postgres.scalar("SELECT id FROM message"))


def state(person: UUID) -> str:
    return consent.states([person], "mail")[person].state


def test_one_click_by_the_wire_unsubscribes_at_once(
    workspace: WorkspaceInfo, person: UUID, message_id: int
) -> None:
    address = f"/u/{crypto.sign('unsubscribe', workspace.id, message_id)}"

    with outside():
        answer = Client().post(address, {"List-Unsubscribe": "One-Click"})

    assert (answer.status_code, answer.content) == (200, b"unsubscribed")
    assert answer.cookies == {}
    assert state(person) == "withdrawn"
    assert postgres.rows("SELECT state FROM message") == [("withdrawn",)]
    (newest, *_) = consent.history(person)
    assert (newest["source"], newest["evidence"]["message_id"]) == ("one_click", message_id)


@pytest.mark.parametrize("method", ["get", "head"])
def test_following_the_link_changes_nothing(
    workspace: WorkspaceInfo, person: UUID, message_id: int, method: str
) -> None:
    for kind in ("unsubscribe", "preferences"):
        token = crypto.sign(kind, workspace.id, message_id)
        with outside():
            answer = getattr(Client(), method)(f"/{'u' if kind == 'unsubscribe' else 'm'}/{token}")
        assert answer.status_code == 200

    assert state(person) == "granted"


def test_preferences_stop_and_start_again_with_evidence(
    workspace: WorkspaceInfo, person: UUID, message_id: int
) -> None:
    address = f"/m/{crypto.sign('preferences', workspace.id, message_id)}"
    with outside():
        Client().post(address, {})
    assert state(person) == "withdrawn"
    with outside():
        answer = Client().post(address, {"marketing": "1"})

    assert state(person) == "granted"
    assert "保存しました" in answer.content.decode()
    assert "受け取ります" in consent.history(person)[0]["evidence"]["text"]


@pytest.mark.parametrize("forged", ["", "x", "AAAA", "%00", "ü", "A" * 5_000])
def test_a_link_that_we_did_not_sign_leads_nowhere(
    workspace: WorkspaceInfo, person: UUID, forged: str
) -> None:
    with outside():
        assert Client().post(f"/u/{forged}", {"List-Unsubscribe": "One-Click"}).status_code == 404

    assert state(person) == "granted"


def test_a_link_of_one_kind_is_no_link_of_another(
    workspace: WorkspaceInfo, person: UUID, message_id: int
) -> None:
    click = crypto.sign("click", workspace.id, message_id)

    with outside():
        assert Client().post(f"/u/{click}", {"List-Unsubscribe": "One-Click"}).status_code == 404

    assert state(person) == "granted"
