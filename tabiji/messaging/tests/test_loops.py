"""Loops over workspaces: each has its turn, and what fails in one holds up no other."""

from __future__ import annotations

from datetime import datetime

import pytest

from tabiji.core import postgres
from tabiji.core.loops import for_each
from tabiji.messaging.loops import after
from tabiji.messaging.public import sending
from tabiji.messaging.tests.conftest import Postbox
from tabiji.messaging.tests.test_sending import queue
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.mails import published_mail


@pytest.mark.django_db
def test_what_fails_in_one_workspace_holds_up_no_other() -> None:
    def work(workspace_id: int) -> int:
        if workspace_id == 2:
            postgres.scalar("SELECT 1")
            raise ValueError("a key that cannot be read")
        return workspace_id

    assert for_each("some", [1, 2, 3], work) == 4


def test_whoever_was_served_last_comes_last() -> None:
    assert after(0, [1, 2, 3]) == [1, 2, 3]
    assert after(2, [3, 1, 2]) == [3, 1, 2]
    assert after(3, [1, 2, 3]) == [1, 2, 3]


@pytest.mark.django_db
def test_a_turn_ends_before_the_queue_does(
    sending_workspace: WorkspaceInfo,
    postbox: Postbox,
    real_now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue(customers(120, at=real_now), published_mail("お知らせ", at=real_now), real_now)
    monkeypatch.setattr(sending, "_TURN_S", 0.0)
    sender = sending.Sender()

    try:
        assert 0 < sender.send_due(sending_workspace.id) < 120
        while sender.send_due(sending_workspace.id):
            pass
    finally:
        sender.close()

    assert len(postbox.mails) == 120
