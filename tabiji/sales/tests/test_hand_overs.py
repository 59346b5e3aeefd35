"""Hand-overs: whose they become, how they are accepted and returned, and what happens when they wait."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest

from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import holds, persons
from tabiji.sales.contracts import HandOverState, TaskKind
from tabiji.sales.public import deals, hand_overs, next_due, policy, run_due, tasks
from tabiji.sales.tests.cast import (
    a_person,
    colleague,
    mails_to,
    notices_of,
    people,
    recorded,
    staff,
)
from tabiji.scoring.public import scores
from tabiji.scoring.tests.company import count_scores
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, definitions, members

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
GOLDEN_WEEK = datetime(2026, 5, 7, 3, 18, tzinfo=UTC)
"""Thu 2026-05-07 12:18 in Tokyo, when the heroine reaches the threshold."""


def given(person: PersonInfo, at: datetime, **more: object) -> int:
    return hand_overs.request([person.id], reason="threshold", at=at, **more).made[person.id]  # type: ignore[arg-type]


def test_a_person_goes_to_the_owner_who_has_four_business_hours(workspace: WorkspaceInfo) -> None:
    team = staff()
    colleague("別の 営業", Role.SALES)
    person = a_person(GOLDEN_WEEK, owner=team.haru)
    detail = {"label": "事例メールのクリック", "points": 10, "threshold": 80, "score": 80}

    made = hand_overs.request([person.id], reason="threshold", at=GOLDEN_WEEK, detail={person.id: detail})

    found = hand_overs.get(made.made[person.id])
    assert (found.state, found.owner_id, found.assigned_by) == ("pending", team.haru.user_id, "owner")
    assert found.due_at == GOLDEN_WEEK + 4 * HOUR
    (change,) = recorded(["hand_over"])
    assert (change.ref, change.old, change.new, change.cause) == (str(found.id), "", "pending", "threshold")
    assert change.detail["label"] == "事例メールのクリック"
    assert notices_of(team.haru) == ["hand_over"]
    ((subject, body),) = mails_to(team.haru)
    assert "佐藤 美咲" in subject
    assert f"/w/{workspace.slug}/hand-overs/{found.id}/" in body
    assert notices_of(team.makoto) == []


def test_the_clock_stands_still_at_night_and_on_holidays(workspace: WorkspaceInfo) -> None:
    staff()
    friday_evening = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)  # 17:00; then 憲法記念日 … to Wed 5/6

    found = hand_overs.get(given(a_person(friday_evening), friday_evening))

    assert found.due_at == datetime(2026, 5, 7, 3, 0, tzinfo=UTC)  # Thu 12:00


def test_without_an_owner_it_goes_to_the_owner_of_the_companys_open_deal(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)
    colleague_of_hers = a_person(now, last_name="鈴木")
    deals.open_(colleague_of_hers.id, name="青葉製作所", at=now, actor=other)

    found = hand_overs.get(given(a_person(now), now))

    assert (found.owner_id, found.assigned_by) == (other.user_id, "deal_owner")
    assert notices_of(team.haru) == []


def test_else_it_waits_in_the_pool_and_everybody_who_sells_hears_of_it(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)

    found = hand_overs.get(given(a_person(now), now))

    assert (found.owner_id, found.assigned_by) == (None, "pool")
    assert notices_of(team.haru) == notices_of(other) == ["hand_over"]
    assert notices_of(team.aoi) == []


def test_a_pool_of_one_is_that_one(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()

    found = hand_overs.get(given(a_person(now), now))

    assert (found.owner_id, found.assigned_by) == (team.haru.user_id, "pool")


def test_an_owner_who_left_or_does_not_sell_is_passed_over(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    gone = colleague("大野", Role.SALES)
    left, marketed = a_person(now, owner=gone), a_person(now, last_name="山本", owner=team.aoi)
    members.leave(gone.user_id)

    found = hand_overs.get_many([given(left, now), given(marketed, now)])

    assert {one.owner_id for one in found.values()} == {team.haru.user_id}


def test_an_open_deal_makes_a_notice_instead_once(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    person = a_person(now)
    deal = deals.open_(person.id, name="青葉製作所", at=now, actor=team.haru)

    for _ in range(2):
        asked = hand_overs.request([person.id], reason="threshold", at=now, cause="score:main:1:80")
        assert (asked.made, asked.told) == ({}, {person.id: deal.id})

    assert notices_of(team.haru) == ["open_deal_active"]
    assert hand_overs.list_of_person(person.id) == []
    assert recorded(["hand_over"]) == []


def test_while_one_stands_there_is_no_second_and_the_same_cause_makes_one_for_ever(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    person = a_person(now)
    first = given(person, now, cause="a")

    assert hand_overs.request([person.id], reason="threshold", at=now, cause="b").standing == {
        person.id: first
    }
    hand_overs.return_(first, reason="no_budget", at=now, actor=team.haru)
    assert hand_overs.request([person.id], reason="threshold", at=now, cause="a").made == {}
    second = given(person, now, cause="b")
    assert second != first


def test_accepting_makes_it_ours_holds_marketing_and_asks_for_a_call(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(GOLDEN_WEEK)
    number = given(person, GOLDEN_WEEK)

    accepted = hand_overs.accept(number, at=GOLDEN_WEEK + 13 * MINUTE, actor=team.haru)

    assert (accepted.state, accepted.accepted_by) == ("accepted", team.haru.user_id)
    assert persons.get(person.id).owner_id == team.haru.user_id
    held = holds.standing([person.id], GOLDEN_WEEK + HOUR)[person.id]
    assert held.source == f"hand_over:{number}"
    (task,) = tasks.list_of_person(person.id)
    assert (task.kind, task.owner_id, task.hand_over_id) == (TaskKind.CALL, team.haru.user_id, number)
    change = recorded(["hand_over"])[-1]
    assert (change.old, change.new, change.actor) == ("pending", "accepted", team.haru.label)
    assert change.detail["after_s"] == 13 * 60


def test_the_hold_is_a_switch_of_the_workspace(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    policy.set_policy(
        policy.Policy(hold_marketing=False, phases=(("a", "A"),), lines=(("b", "B"),)), actor=team.makoto
    )
    person = a_person(now)

    hand_overs.accept(given(person, now), at=now, actor=team.haru)

    assert holds.standing([person.id], now + HOUR) == {}


def test_whoever_comes_second_hears_who_was_first(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)
    number = given(a_person(now), now)
    hand_overs.accept(number, at=now + MINUTE, actor=team.haru)

    for late in (other, team.haru, team.makoto):
        with pytest.raises(hand_overs.SettledMeanwhile) as error:
            hand_overs.accept(number, at=now + 2 * MINUTE, actor=late)
        assert (error.value.state, error.value.by) == ("accepted", "小林 陽")
        assert "小林 陽" in str(error.value)
    assert len(tasks.list_of_person(hand_overs.get(number).person_id)) == 1


def test_only_the_owner_and_managers_take_what_was_assigned(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)
    number = given(a_person(now, owner=team.haru), now)

    for stranger in (other, team.aoi, team.nagi):
        with pytest.raises(hand_overs.NotYours):
            hand_overs.accept(number, at=now, actor=stranger)
        with pytest.raises(hand_overs.NotYours):
            hand_overs.return_(number, reason="no_budget", at=now, actor=stranger)

    assert hand_overs.accept(number, at=now, actor=team.makoto).owner_id == team.makoto.user_id


def test_a_return_needs_a_reason_and_too_early_a_day(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    number = given(a_person(now), now)

    for reason, note, day, field in (
        ("bored", "", None, "reason"),
        ("", "", None, "reason"),
        ("too_early", "", None, "restart_on"),
        ("too_early", "", date(2026, 4, 28), "restart_on"),
        ("too_early", "", date(2150, 1, 1), "restart_on"),
        ("no_budget", "", date(2026, 8, 1), "restart_on"),
        ("other", "  ", None, "note"),
        ("other", "x" * 1_001, None, "note"),
        ("other", "a\x00b", None, "note"),
    ):
        with pytest.raises(hand_overs.BadReturn) as error:
            hand_overs.return_(number, reason=reason, note=note, restart_on=day, at=now, actor=team.haru)
        assert error.value.field == field
    assert hand_overs.get(number).state == HandOverState.PENDING


def test_a_return_ends_the_hold_tells_marketing_and_arms_the_threshold_from_its_day(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    count_scores(now)
    person = a_person(now)
    scores.add([person.id], 85, rule="given", at=now, cause="1")
    number = given(person, now)
    hand_overs.accept(number, at=now, actor=team.haru)

    returned = hand_overs.return_(
        number, reason="too_early", restart_on=date(2026, 7, 1), note="夏の予算で", at=now, actor=team.haru
    )

    assert (returned.state, returned.restart_on) == ("returned", date(2026, 7, 1))
    assert holds.standing([person.id], now + HOUR) == {}
    assert [task.state for task in tasks.list_of_person(person.id)] == ["dropped"]
    assert notices_of(team.aoi) == ["hand_over_returned"]
    change = recorded(["hand_over"])[-1]
    assert change.detail == {
        "reason": "too_early",
        "note": "夏の予算で",
        "from": "accepted",
        "restart_on": "2026-07-01",
    }
    june, july = datetime(2026, 6, 30, 14, 59, tzinfo=UTC), datetime(2026, 6, 30, 15, 0, tzinfo=UTC)
    (early,) = scores.add([person.id], 1, rule="given", at=june, cause="2")
    (again,) = scores.add([person.id], 1, rule="given", at=july, cause="3")
    assert ("crossed" in early.detail, "crossed" in again.detail) == (False, True)
    with pytest.raises(hand_overs.SettledMeanwhile):
        hand_overs.return_(number, reason="no_budget", at=now, actor=team.haru)


def test_the_manager_is_told_once_when_nobody_accepts_in_time(workspace: WorkspaceInfo) -> None:
    team = staff()
    waits, taken = a_person(GOLDEN_WEEK), a_person(GOLDEN_WEEK, last_name="鈴木")
    number = given(waits, GOLDEN_WEEK)
    hand_overs.accept(given(taken, GOLDEN_WEEK), at=GOLDEN_WEEK, actor=team.haru)
    due = GOLDEN_WEEK + 4 * HOUR

    assert next_due(GOLDEN_WEEK) == due
    assert run_due(due - MINUTE) == 0
    assert run_due(due) == 1
    assert run_due(due + HOUR) == 0

    assert next_due(due) is None
    assert notices_of(team.makoto) == ["hand_over_overdue"]
    assert len(mails_to(team.makoto)) == 1
    late = hand_overs.list_hand_overs(ListQuery(filters={"late": "1"}), now=due)
    assert [one.id for one in late.rows] == [number]
    assert hand_overs.get(number).is_overdue(due)


def test_a_manager_gives_hand_overs_to_somebody_else_with_a_new_clock(workspace: WorkspaceInfo) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)
    first, second = (a_person(GOLDEN_WEEK, last_name=name, owner=team.haru) for name in ("一", "二"))
    waiting, working = given(first, GOLDEN_WEEK), given(second, GOLDEN_WEEK)
    hand_overs.accept(working, at=GOLDEN_WEEK, actor=team.haru)

    with pytest.raises(hand_overs.NotYours):
        hand_overs.reassign([waiting], to=other.user_id, at=GOLDEN_WEEK, actor=team.haru)
    with pytest.raises(hand_overs.NotYours):
        hand_overs.reassign([waiting], to=team.aoi.user_id, at=GOLDEN_WEEK, actor=team.makoto)
    with pytest.raises(hand_overs.NoSuchHandOver):
        hand_overs.reassign([waiting, 10**12], to=other.user_id, at=GOLDEN_WEEK, actor=team.makoto)
    moved = hand_overs.reassign(
        [waiting, working], to=other.user_id, at=GOLDEN_WEEK + HOUR, actor=team.makoto
    )

    assert sorted(moved) == sorted([waiting, working])
    assert hand_overs.get(waiting).due_at == GOLDEN_WEEK + 5 * HOUR
    assert persons.get(second.id).owner_id == other.user_id
    assert [task.owner_id for task in tasks.list_of_person(second.id)] == [other.user_id]
    assert notices_of(other) == ["hand_over_moved", "hand_over_moved"]


def test_many_at_once_are_told_as_one_number(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    many = people(now, 8)

    made = hand_overs.request([one.id for one in many], reason="journey:0", at=now)

    assert len(made.made) == 8
    assert notices_of(team.haru) == ["hand_overs"]
    assert len(mails_to(team.haru)) == 1


def test_a_journey_gives_its_name_as_reason(workspace: WorkspaceInfo, now: datetime) -> None:
    staff()
    journey = definitions.create("journey", name="資料請求後フォロー", actor=AUTOMATIC)
    first, second = people(now, 2)

    by_journey = hand_overs.request([first.id], reason=f"journey:{journey}", at=now)
    by_hand = hand_overs.request([second.id], reason="展示会で話した", at=now)

    assert hand_overs.get(by_journey.made[first.id]).detail == {"label": "資料請求後フォロー"}
    assert hand_overs.get(by_hand.made[second.id]).reason == "person"


def test_lists_filter_and_page(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    ids = [given(one, now) for one in people(now, 5)]
    hand_overs.accept(ids[0], at=now, actor=team.haru)

    first = hand_overs.list_hand_overs(ListQuery(filters={"state": "pending"}, limit=3), now=now)
    rest = hand_overs.list_hand_overs(
        ListQuery(filters={"state": "pending"}, limit=3, after=first.next), now=now
    )

    assert first.total == 4
    assert [one.id for one in (*first.rows, *rest.rows)] == ids[:0:-1]
    mine = hand_overs.list_hand_overs(ListQuery(filters={"owner": str(team.haru.user_id)}), now=now)
    assert mine.total == 5
    assert hand_overs.list_hand_overs(ListQuery(filters={"owner": "x' OR 1=1"}), now=now).total == 0
    assert hand_overs.list_hand_overs(ListQuery(), now=now, among=ids[:2]).total == 2


def test_nobody_is_handed_over_who_is_not_here(workspace: WorkspaceInfo, now: datetime) -> None:
    asked = hand_overs.request([uuid4()], reason="threshold", at=now)

    assert (asked.made, asked.standing, asked.told) == ({}, {}, {})
    with pytest.raises(hand_overs.NoSuchHandOver):
        hand_overs.get(1)
    assert postgres.scalar("SELECT count(*) FROM hand_over") == 0
