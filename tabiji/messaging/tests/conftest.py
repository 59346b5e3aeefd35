"""A mail server to speak to, and a workspace of real time that sends through it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

import pytest

from tabiji.core import postgres
from tabiji.messaging.public import domains, sending
from tabiji.practice.mailserver import PracticeMailServer, Received, practice_rules, serving
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces


@dataclass
class Postbox:
    """What the mail server took in."""

    port: int = 0
    mails: list[Received] = field(default_factory=list)

    def to(self, address: str) -> list[Received]:
        return [mail for mail in self.mails if mail.rcpt == address]


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Postbox]:
    postbox = Postbox()
    with serving(PracticeMailServer(postbox.mails.append, rules=practice_rules())) as port:
        postbox.port = port
        yield postbox


@pytest.fixture
def postbox(mail_server: Postbox) -> Postbox:
    mail_server.mails.clear()
    return mail_server


@pytest.fixture
def sending_workspace(db: None, postbox: Postbox) -> Iterator[WorkspaceInfo]:
    """A workspace in real time, in whose scope the test runs, without quiet hours."""
    made = workspaces.create(
        f"send-{os.urandom(4).hex()}",
        name="株式会社タノモア",
        shards=1,
        settings={"quiet_hours": {"starts": "00:00", "ends": "00:00"}},
    )
    with postgres.workspace_scope(made.id):
        send_by(postbox)
        yield made


def send_by(postbox: Postbox) -> None:
    """The scope's workspace sends through this server, signed."""
    domains.save(
        actor=AUTOMATIC,
        from_name="タノモア おまかせ",
        from_address="info@tanomoa.example",
        reply_to="haru@tanomoa.example",
        bounce_domain="bounce.tanomoa.example",
        host="127.0.0.1",
        port=postbox.port,
        security="none",
        connections=3,
    )
    domains.make_dkim_key("tanomoa.example", "t1", actor=AUTOMATIC)


def send_all(workspace: WorkspaceInfo) -> None:
    """Turn after turn of one sender, until its queue is empty."""
    sender = sending.Sender()
    try:
        while sender.send_due(workspace.id):
            pass
    finally:
        sender.close()


@pytest.fixture
def real_now(sending_workspace: WorkspaceInfo) -> datetime:
    return workspaces.business_now()
