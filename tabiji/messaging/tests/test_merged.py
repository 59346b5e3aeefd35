"""Mails from before a merge: who leaves through one has left, and nothing goes to whom it may not."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tabiji.core import postgres
from tabiji.events.public import processor
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import gate, intents, returns
from tabiji.messaging.tests.conftest import Postbox, send_all
from tabiji.people.contracts import ConsentAct, FieldUpdate
from tabiji.people.public import consent, fields, holds, merging
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def queue(people: list[UUID], at: datetime, cause: str = "c") -> list[int]:
    """Decided mails, not sent yet; their ids."""
    from tabiji.content.public import mails

    mail_id = published_mail(f"お知らせ {cause}", at=at)
    version_id = mails.current_version(mail_id)
    assert version_id is not None
    asked = [Intent(one, mail_id, version_id, "marketing", "person", 0, cause, at) for one in people]
    intents.request(asked)
    gate.decide_due(at)
    return [row[0] for row in postgres.rows("SELECT id FROM message WHERE cause = %s ORDER BY id", [cause])]


def two(at: datetime) -> tuple[UUID, UUID]:
    return customer("kept@aoba.example", at=at), customer("absorbed@aoba.example", at=at)


def merge(kept: UUID, absorbed: UUID, at: datetime) -> None:
    merging.merge(kept, absorbed, reason="person", at=at, actor="user:1")


def states() -> set[tuple[str, str]]:
    return set(postgres.rows("SELECT state, reason FROM message"))


def standing(person: UUID) -> str:
    return consent.states([person], "mail")[person].state


def test_leaving_through_a_mail_from_before_the_merge_is_leaving(
    sending_workspace: WorkspaceInfo, real_now: datetime
) -> None:
    kept, absorbed = two(real_now)
    (message_id,) = queue([absorbed], real_now)
    queue([kept], real_now, cause="kept")
    merge(kept, absorbed, real_now)

    assert returns.unsubscribe(message_id, via="one_click", at=real_now)

    assert standing(kept) == "withdrawn"
    assert states() == {("withdrawn", "unsubscribed")}
    assert not returns.unsubscribe(message_id, via="one_click", at=real_now)


def test_asking_again_through_such_a_mail_is_asking_again(
    sending_workspace: WorkspaceInfo, real_now: datetime
) -> None:
    kept, absorbed = two(real_now - 2 * MINUTE)
    (message_id,) = queue([absorbed], real_now)
    merge(kept, absorbed, real_now)
    returns.unsubscribe(message_id, via="page", at=real_now - MINUTE)

    assert returns.subscribe(message_id, at=real_now, text="メールを受け取る")

    assert standing(kept) == "granted"


def test_a_complaint_about_such_a_mail_is_the_keepers(
    sending_workspace: WorkspaceInfo, postbox: Postbox, real_now: datetime
) -> None:
    from tabiji.events.public import inlet

    kept, absorbed = two(real_now - MINUTE)
    (message_id,) = queue([absorbed], real_now)
    send_all(sending_workspace)
    merge(kept, absorbed, real_now)
    complaint = {
        "type": "track",
        "event": returns.COMPLAINED,
        "messageId": "complaint-1",
        "personId": str(absorbed),
        "properties": {"message_id": message_id},
    }

    inlet.accept([complaint], source=returns.SOURCE)
    processor.process_all()

    assert standing(kept) == "withdrawn"
    assert consent.suppressed(["absorbed@aoba.example"], "mail") == {"absorbed@aoba.example": "complaint"}


@pytest.mark.parametrize(("what", "reason"), [("leaves", "unsubscribed:"), ("is held", "on_hold:")])
def test_what_speaks_against_the_keeper_speaks_against_a_queued_mail_to_the_absorbed(
    sending_workspace: WorkspaceInfo, postbox: Postbox, real_now: datetime, what: str, reason: str
) -> None:
    kept, absorbed = two(real_now - MINUTE)
    queue([absorbed], real_now)
    merge(kept, absorbed, real_now)
    if what == "leaves":
        act = ConsentAct(kept, "mail", "withdraw", "request", real_now, "page")
        consent.record([act], actor="person")
    else:
        holds.place([kept], source="deal:1", reason="商談中", at=real_now, actor="auto")

    send_all(sending_workspace)

    assert (postbox.mails, states()) == ([], {("refused", reason)})


def test_a_queued_mail_to_an_address_that_somebody_left_meanwhile_stays(
    sending_workspace: WorkspaceInfo, postbox: Postbox, real_now: datetime
) -> None:
    leaver, other = two(real_now - 2 * MINUTE)
    shared = FieldUpdate(other, "email", "kept@aoba.example", int(real_now.timestamp() * 1000))
    fields.write([shared], actor="auto")
    queue([other], real_now)
    act = ConsentAct(leaver, "mail", "withdraw", "request", real_now, "page")
    consent.record([act], actor="person")

    send_all(sending_workspace)

    assert (postbox.mails, states()) == ([], {("refused", "unsubscribed:")})
