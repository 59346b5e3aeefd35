"""Moving time: a wish is a row; whoever carries it out may die, and whoever asked may change their mind."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import LazySettings
from django.test import Client

from tabiji.core import postgres
from tabiji.practice import time_moves
from tabiji.practice.tests.test_driving import sent, signs_up
from tabiji.practice.tests.test_inbox import colleague, signed_in
from tabiji.practice.time_moves import CannotMove, Mover
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, calendar
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.journey import journey
from tests.builders.mails import published_mail

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tabiji.practice.tests.stand_ins")]


def carry_out(mover: Mover | None = None, most: int = 100) -> int:
    """The worker's ticks until nothing is open; how many."""
    with closing(mover or Mover()) as moving:
        for tick in range(most):
            if not moving.carry_on():
                return tick
    raise AssertionError(f"still moving after {most} ticks")


def follow(now: datetime) -> None:
    """A journey of two mails, 24 hours apart, with one person on it."""
    mail_id = published_mail("事例", at=now)
    journey("follow").enter_on("signed_up").wait(days=1).send(mail_id).wait(days=1).send(
        mail_id
    ).exit().start(now)
    customer("misaki@aoba.example", at=now)
    signs_up("misaki@aoba.example", now)


def test_the_three_buttons_lead_to_the_next_hour_business_day_and_due_moment(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    calendar.close_days([(datetime(2026, 4, 30).date(), "創立記念日")])
    postgres.execute(
        "INSERT INTO enrolment (workspace_id, journey_id, version_id, person_id, cause, node, due_at, entered_at,"
        " arrived_at) VALUES (%s, 1, 1, gen_random_uuid(), 'c', 'n', %s, %s, %s)",
        [workspace.id, now + timedelta(hours=5), now, now],
    )

    targets = time_moves.targets(now)

    assert targets.hour == now + timedelta(hours=1)
    assert targets.business_day == datetime(2026, 5, 1, 0, 0, tzinfo=UTC)  # 4/29 is a holiday, 4/30 ours
    assert targets.next_due == now + timedelta(hours=5, seconds=1)


def test_where_nothing_is_planned_there_is_no_next(workspace: WorkspaceInfo, now: datetime) -> None:
    assert time_moves.targets(now).next_due is None
    with pytest.raises(CannotMove):
        time_moves.targets(now).of("next")


def test_the_worker_moves_in_steps_and_says_how_far(
    workspace: WorkspaceInfo, now: datetime, sends: int
) -> None:
    follow(now)
    target = now + timedelta(days=4)
    time_moves.ask(target, actor=AUTOMATIC, now=now)

    shares = []
    with closing(Mover()) as mover:
        while (move := time_moves.latest()) is not None:
            shares.append(round(move.share, 2))
            mover.carry_on()

    assert shares == sorted(shares)
    assert {0.25, 0.5, 1.0} <= set(shares)
    assert len(sent()) == 2
    assert workspaces.business_now() >= target


def test_another_worker_goes_on_where_one_died(workspace: WorkspaceInfo, now: datetime, sends: int) -> None:
    follow(now)
    move_id = time_moves.ask(now + timedelta(days=4), actor=AUTOMATIC, now=now)
    with closing(Mover()) as dying:
        while not sent():
            dying.carry_on()
    reached = time_moves.find(move_id)
    assert reached is not None and reached.is_running

    carry_out(Mover())

    done = time_moves.find(move_id)
    assert done is not None and not done.is_running
    assert (len(sent()), done.error) == (2, "")


def test_a_cancelled_move_stops_after_its_step(workspace: WorkspaceInfo, now: datetime, sends: int) -> None:
    follow(now)
    time_moves.ask(now + timedelta(days=4), actor=AUTOMATIC, now=now)
    mover = Mover()
    while not sent():
        mover.carry_on()
    assert time_moves.cancel(actor=AUTOMATIC)

    assert carry_out(mover) == 1

    assert len(sent()) == 1
    # The clock stood at the next moment already; what is due there is the ordinary loops' now.
    assert workspaces.business_now() < now + timedelta(days=2, minutes=5)
    assert time_moves.latest() is None
    assert not time_moves.cancel(actor=AUTOMATIC)


def test_a_move_that_stands_still_ends_with_what_it_waits_for(
    workspace: WorkspaceInfo, now: datetime, sends: int, settings: LazySettings
) -> None:
    follow(now)
    settings.PRACTICE_SMTP = ""
    time_moves.ask(now + timedelta(days=4), actor=AUTOMATIC, now=now)

    carry_out(Mover(patience_s=0.2))

    move = time_moves.latest()
    assert move is not None
    assert (move.is_running, move.waiting) == (False, {"queue": 1})
    assert now + timedelta(days=1) <= workspaces.business_now() < now + timedelta(days=1, minutes=5)


@pytest.mark.parametrize("days", [0, -1, 401])
def test_there_is_no_way_back_and_none_too_far(workspace: WorkspaceInfo, now: datetime, days: int) -> None:
    with pytest.raises(CannotMove):
        time_moves.ask(now + timedelta(days=days), actor=AUTOMATIC, now=now)


def test_one_move_at_a_time_and_never_in_a_real_workspace(workspace: WorkspaceInfo, now: datetime) -> None:
    time_moves.ask(now + timedelta(hours=1), actor=AUTOMATIC, now=now)

    with pytest.raises(CannotMove):
        time_moves.ask(now + timedelta(hours=2), actor=AUTOMATIC, now=now)
    carry_out()
    time_moves.ask(now + timedelta(hours=2), actor=AUTOMATIC, now=now)
    carry_out()
    postgres.execute("UPDATE workspace SET is_practice = false")
    with pytest.raises(CannotMove):
        time_moves.ask(now + timedelta(hours=3), actor=AUTOMATIC, now=now)


def test_the_bar_asks_shows_the_way_and_tells_the_time(client: Client, workspace: WorkspaceInfo) -> None:
    aoi = signed_in(client, colleague("aoi@tanomoa.example", Role.MARKETER))
    inbox = f"/w/{workspace.slug}/practice/mail/"
    page = aoi.get(inbox).content.decode()
    assert "2026/4/28(火) 14:" in page
    assert "1時間" in page and "次の営業日" in page and "次の予定まで" in page and "進める" in page

    answered = aoi.post(f"/w/{workspace.slug}/practice/time/", {"to": "business_day", "next": inbox})

    assert (answered.status_code, answered.headers["Location"]) == (302, inbox)
    moving = aoi.get(inbox).content.decode()
    assert 'data-controller="progress"' in moving and 'name="to"' not in moving
    move_id = postgres.scalar("SELECT id FROM time_move")
    step = aoi.get(f"/w/{workspace.slug}/practice/time/{move_id}/").content.decode()
    assert "4/30(木) 09:00" in step and "data-done" not in step
    carry_out()
    assert "data-done" in aoi.get(f"/w/{workspace.slug}/practice/time/{move_id}/").content.decode()
    assert "2026/4/30(木) 09:0" in aoi.get(f"/w/{workspace.slug}/practice/bar/").content.decode()


def test_a_move_that_failed_says_so_in_the_bar(
    client: Client, workspace: WorkspaceInfo, now: datetime
) -> None:
    aoi = signed_in(client, colleague("aoi@tanomoa.example", Role.MARKETER))
    postgres.execute(
        "INSERT INTO time_move (workspace_id, target, started_from, reached, finished_at, cancelled, error)"
        " VALUES (%s, %s, %s, %s, now(), false, '{\"queue\": 12}')",
        [workspace.id, now + timedelta(days=1), now, now],
    )

    page = aoi.get(f"/w/{workspace.slug}/practice/mail/").content.decode()

    assert "送信待ちのメッセージ(12)" in page.replace(" (", "(")


def test_the_bar_is_for_practice_workspaces_and_its_buttons_for_those_who_may(
    client: Client, workspace: WorkspaceInfo
) -> None:
    viewer = signed_in(client, colleague("v@tanomoa.example", Role.VIEWER))
    bar = viewer.get(f"/w/{workspace.slug}/practice/bar/").content.decode()
    assert "2026/4/28(火)" in bar and 'name="to"' not in bar
    assert viewer.post(f"/w/{workspace.slug}/practice/time/", {"to": "hour"}).status_code == 403
    assert viewer.post(f"/w/{workspace.slug}/practice/time/stop/").status_code == 403

    postgres.execute("UPDATE workspace SET is_practice = false")

    assert viewer.get(f"/w/{workspace.slug}/practice/bar/").content == b""


def test_the_way_back_stays_in_the_workspace(client: Client, workspace: WorkspaceInfo) -> None:
    aoi = signed_in(client, colleague("aoi@tanomoa.example", Role.MARKETER))

    for back in ("https://outside.example/", "//outside.example/", f"/w/{workspace.slug}x/", ""):
        answered = aoi.post(f"/w/{workspace.slug}/practice/time/stop/", {"next": back})
        assert answered.headers["Location"] == f"/w/{workspace.slug}/"
