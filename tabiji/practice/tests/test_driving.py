"""Driving a workspace through time: what is due is done in order, at its moment, and nothing is left."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.conf import LazySettings

from tabiji.audiences.public import audience
from tabiji.core import postgres
from tabiji.events.public import inlet
from tabiji.messaging.public import domains, sending, stopping
from tabiji.practice import driving
from tabiji.practice.driving import BackInTime, NotSettled
from tabiji.practice.mailserver import Received
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db

CLICKED = {
    "version": 1,
    "kind": "event",
    "name": "click_judged",
    "where": [{"prop": "props.verdict", "op": "is", "value": "human"}],
    "window": {"kind": "since_entry"},
}


def signs_up(email: str, at: datetime) -> None:
    event = {"type": "track", "event": "signed_up", "userId": email, "timestamp": at.isoformat()}
    identify = {"type": "identify", "userId": email, "traits": {"email": email}, "timestamp": at.isoformat()}
    inlet.accept([identify, event], source="import", is_history=True)


def clicks(message_id: int, person: object, at: datetime) -> None:
    """As the collector accepts a click on the mail's button."""
    properties = {"message_id": message_id, "link_number": 1, "link_kind": "content", "method": "GET"}
    event = {
        "type": "track",
        "event": "mail_clicked",
        "personId": str(person),
        "timestamp": at.isoformat(),
        "properties": properties,
    }
    inlet.accept([event], source="mail", is_history=True)


def sent() -> list[tuple[str, datetime]]:
    """(address, business time) of messages that left, in order."""
    rows = postgres.rows("SELECT address, sent_at FROM message WHERE state = 'sent' ORDER BY sent_at, id")
    return [(row[0], row[1]) for row in rows]


def test_time_stops_at_each_moment_at_which_something_is_due(
    workspace: WorkspaceInfo, now: datetime, sends: int, letters_sent: list[Received]
) -> None:
    mail_id = published_mail("事例", at=now)
    journey("follow").enter_on("signed_up").wait(business_days=3).send(mail_id).wait(days=1).send(
        mail_id
    ).exit().start(now)
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)
    target = datetime(2026, 5, 10, 3, 0, tzinfo=UTC)

    stops = driving.advance(workspace.id, target)

    first, second = datetime(2026, 5, 7, 1, 0, tzinfo=UTC), datetime(2026, 5, 8, 1, 0, tzinfo=UTC)
    assert [moment for moment in stops if moment in (first, target)] == [first, target]
    assert [address for address, _ in sent()] == ["misaki@aoba.example"] * 2
    assert [at - due for (_, at), due in zip(sent(), (first, second), strict=True)] == [
        pytest.approx(timedelta(0), abs=timedelta(seconds=20))
    ] * 2
    assert len(letters_sent) == 2
    assert target <= workspaces.business_now() < target + timedelta(seconds=20)
    assert driving.Driver(workspace.id).waiting() == {}


def test_a_click_between_two_stops_decides_the_branch(
    workspace: WorkspaceInfo, now: datetime, sends: int
) -> None:
    opening, case, basics = (published_mail(name, at=now) for name in ("資料", "事例", "基礎"))
    start = journey("follow").enter_on("signed_up").send(opening).wait(days=1)
    start.branch(CLICKED, then().send(case), then().send(basics)).exit().start(now)
    misaki = customer("misaki@aoba.example", at=now)
    customer("minoru@aoba.example", at=now)
    for email in ("misaki@aoba.example", "minoru@aoba.example"):
        signs_up(email, now)
    played: list[tuple[datetime, datetime]] = []

    def play(since: datetime, until: datetime) -> None:
        if not played:
            message_id = postgres.scalar("SELECT id FROM message WHERE person_id = %s", [misaki])
            clicks(message_id, misaki, since + timedelta(minutes=3))
        played.append((since, until))

    with driving.driving(workspace.id) as driver:
        driver.run_until_idle()
        driver.advance(now + timedelta(days=2), between=play, only_at=(time(8), time(15)))

    mails = dict(
        postgres.rows(
            "SELECT address, d.name FROM message m JOIN definition d ON d.id = m.mail_id WHERE m.mail_id <> %s",
            [opening],
        )
    )
    assert mails == {"misaki@aoba.example": "事例", "minoru@aoba.example": "基礎"}
    stops = [until.astimezone(workspace.zone) for _, until in played]
    assert [(at.day, at.hour, at.minute) for at in stops] == [(29, 15, 0), (30, 14, 0)]
    assert played[0][0] - now < timedelta(minutes=1) < played[1][0] - played[0][0]


def test_windows_of_audiences_move_at_midnight(workspace: WorkspaceInfo, now: datetime) -> None:
    audience_id = audience.create(
        "最近の行動",
        actor=AUTOMATIC,
        condition={
            "version": 1,
            "kind": "event",
            "name": "signed_up",
            "window": {"kind": "last", "n": 2, "unit": "days"},
        },
    )
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)
    driving.run_until_idle(workspace.id)
    assert len(audience.member_ids(audience_id)) == 1

    stops = driving.advance(workspace.id, now + timedelta(days=4))

    midnights = [moment.astimezone(workspace.zone) for moment in stops[:-1]]
    assert [(at.hour, at.minute) for at in midnights] == [(0, 0)] * len(midnights)
    assert len(midnights) >= 3
    assert audience.member_ids(audience_id) == []


def test_time_never_goes_back(workspace: WorkspaceInfo, now: datetime) -> None:
    with driving.driving(workspace.id) as driver:
        driver.set_clock(now - timedelta(days=1))
        assert driver.now() >= now
        with pytest.raises(BackInTime):
            driver.advance(now - timedelta(seconds=1))


def test_what_cannot_be_sent_stops_time_with_a_word_for_it(
    workspace: WorkspaceInfo, now: datetime, sends: int, settings: LazySettings
) -> None:
    mail_id = published_mail("事例", at=now)
    journey("follow").enter_on("signed_up").send(mail_id).exit().start(now)
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)
    settings.PRACTICE_SMTP = ""

    with driving.driving(workspace.id, patience_s=0.3) as driver, pytest.raises(NotSettled) as stuck:
        driver.advance(now + timedelta(days=1))

    assert stuck.value.waiting == {"queue": 1}


def test_while_sending_is_held_time_may_pass(workspace: WorkspaceInfo, now: datetime, sends: int) -> None:
    mail_id = published_mail("事例", at=now)
    journey("follow").enter_on("signed_up").send(mail_id).exit().start(now)
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)
    stopping.stop(actor=AUTOMATIC)

    driving.advance(workspace.id, now + timedelta(days=1))

    assert sent() == []


def test_a_practice_workspace_cannot_send_to_a_real_server(workspace: WorkspaceInfo, sends: int) -> None:
    real: dict[str, Any] = {"from_name": "タノモア", "from_address": "info@tanomoa.example"}
    assert domains.smtp_settings(domains.get()).port == sends

    for host, port in (("smtp.tanomoa.example", 587), ("127.0.0.1", sends + 1)):
        domains.save(actor=AUTOMATIC, host=host, port=port, security="none", **real)
        with pytest.raises(domains.NotPractice):
            domains.smtp_settings(domains.get())


def test_nothing_leaves_a_practice_workspace_whose_server_is_real(
    workspace: WorkspaceInfo, now: datetime, sends: int, letters_sent: list[Received]
) -> None:
    mail_id = published_mail("事例", at=now)
    journey("follow").enter_on("signed_up").send(mail_id).exit().start(now)
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)
    domains.save(
        actor=AUTOMATIC,
        from_name="x",
        from_address="info@tanomoa.example",
        host="localhost",
        port=sends + 1,
        security="none",
    )
    with driving.driving(workspace.id, patience_s=0.2) as driver, pytest.raises(NotSettled):
        driver.run_until_idle()

    sender = sending.Sender()
    with pytest.raises(domains.NotPractice):
        sender.send_due(workspace.id)
    sender.close()
    assert (letters_sent, sent()) == ([], [])
    assert postgres.scalar("SELECT state FROM message") == "queued"


def test_audiences_that_are_left_alone_are_looked_at_by_whoever_drives(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    condition = {"version": 1, "kind": "attribute", "field": "email", "op": "is_not_empty"}
    watched, live = (audience.create(name, actor=AUTOMATIC, condition=condition) for name in ("見る", "動く"))
    customer("misaki@aoba.example", at=now)

    with driving.driving(workspace.id) as driver:
        driver.left_alone = frozenset({watched})
        driver.run_until_idle()
        assert [audience.get(one).size for one in (watched, live)] == [0, 1]

        driver.left_alone = frozenset()
        driver.run_until_idle()
        assert audience.get(watched).size == 1
