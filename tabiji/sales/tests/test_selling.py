"""Calls, appointments, deals, tasks and stops: what a colleague does with a person."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import translation

from tabiji.core import clock
from tabiji.core.paging import ListQuery
from tabiji.people.public import holds
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, calls, deals, hand_overs, policy, stopping, tasks
from tabiji.sales.tests.cast import Staff, a_person, colleague, recorded, staff
from tabiji.scoring.public import scores
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import Role, audit

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CALLED = datetime(2026, 5, 7, 4, 5, tzinfo=UTC)
MEETING = datetime(2026, 5, 12, 5, 0, tzinfo=UTC)


def accepted(team: Staff, at: datetime) -> tuple[Any, int]:
    person = a_person(at)
    number = hand_overs.request([person.id], reason="threshold", at=at).made[person.id]
    hand_overs.accept(number, at=at, actor=team.haru)
    return person, number


def test_a_call_that_books_writes_everything_at_once(workspace: WorkspaceInfo) -> None:
    team = staff()
    person, _number = accepted(team, CALLED - HOUR)

    call = calls.log(
        person.id,
        result="booked",
        seconds=372,
        note="来週火曜に会う",
        appointment=NewAppointment(MEETING, title="初回面談"),
        at=CALLED,
        actor=team.haru,
    )

    (task,) = tasks.list_of_person(person.id)
    assert (task.id, task.state, task.minutes) == (call.task_id, "done", 7)
    (meeting,) = appointments.list_of_person(person.id)
    assert (meeting.starts_at, meeting.owner_id, meeting.state) == (MEETING, team.haru.user_id, "booked")
    assert call.appointment_id == meeting.id
    facts = {change.kind: change for change in recorded(["call", "appointment", "task"])}
    assert (facts["call"].new, facts["call"].number, facts["call"].ref) == ("booked", 372.0, str(task.id))
    assert facts["call"].detail["appointment_at"] == clock.to_ms(MEETING)
    assert facts["call"].actor == team.haru.label
    assert (facts["appointment"].old, facts["appointment"].new) == ("", "booked")
    assert facts["appointment"].number == MEETING.timestamp()
    assert (facts["task"].old, facts["task"].new, facts["task"].number) == ("open", "done", 7.0)


def test_a_call_nobody_planned_makes_its_task_and_the_next_one(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)

    calls.log(person.id, result="no_answer", again_at=CALLED + DAY, at=CALLED, actor=team.haru)

    again, first = tasks.list_of_person(person.id)
    assert (first.state, again.state, again.due_at) == ("done", "open", CALLED + DAY)
    calls.log(person.id, result="declined", seconds=30, at=CALLED + DAY, actor=team.haru)
    assert [task.state for task in tasks.list_of_person(person.id)] == ["done", "done"]
    assert [call.result for call in calls.list_of_person(person.id)] == ["declined", "no_answer"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"result": "shouted"}, "result"),
        ({"result": "booked"}, "appointment"),
        ({"result": "declined", "appointment": NewAppointment(MEETING)}, "appointment"),
        ({"result": "declined", "again_at": MEETING}, "again_at"),
        ({"result": "no_answer", "again_at": CALLED - MINUTE}, "again_at"),
        ({"result": "declined", "seconds": -1}, "seconds"),
        ({"result": "declined", "seconds": 10**9}, "seconds"),
        ({"result": "declined", "note": "a\x00b"}, "note"),
        ({"result": "declined", "note": "x" * 5_001}, "note"),
    ],
)
def test_a_call_that_cannot_be_is_refused_whole(
    workspace: WorkspaceInfo, wrong: dict[str, Any], field: str
) -> None:
    team = staff()
    person = a_person(CALLED)

    with pytest.raises(calls.BadCall) as error:
        calls.log(person.id, at=CALLED, actor=team.haru, **wrong)

    assert error.value.field == field
    assert calls.list_of_person(person.id) == []
    assert tasks.list_of_person(person.id) == []


def test_a_call_to_nobody_or_for_another_task_is_refused(workspace: WorkspaceInfo) -> None:
    team = staff()
    first, second = a_person(CALLED), a_person(CALLED, last_name="鈴木")
    task = tasks.add(second.id, kind="call", due_at=CALLED, at=CALLED, actor=team.haru)

    with pytest.raises(calls.BadCall):
        calls.log(uuid4(), result="declined", at=CALLED, actor=team.haru)
    with pytest.raises(calls.BadCall):
        calls.log(first.id, result="declined", task_id=task, at=CALLED, actor=team.haru)
    with pytest.raises(tasks.NoSuchTask):
        calls.log(first.id, result="declined", task_id=10**12, at=CALLED, actor=team.haru)


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (NewAppointment(CALLED), "starts_at"),
        (NewAppointment(CALLED + timedelta(days=2_000)), "starts_at"),
        (NewAppointment(datetime(2026, 5, 12, 14, 0)), "starts_at"),
        (NewAppointment(MEETING, minutes=0), "minutes"),
        (NewAppointment(MEETING, title="x" * 201), "title"),
        (NewAppointment(MEETING, place="a\x00"), "place"),
    ],
)
def test_an_appointment_that_cannot_be_is_refused(
    workspace: WorkspaceInfo, wanted: NewAppointment, field: str
) -> None:
    team = staff()
    person = a_person(CALLED)

    with pytest.raises(appointments.BadAppointment) as error:
        appointments.book(person.id, wanted, at=CALLED, actor=team.haru)

    assert error.value.field == field


def test_an_appointment_ends_moves_and_is_taken_back(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)
    first = appointments.book(person.id, NewAppointment(MEETING), at=CALLED, actor=team.haru)

    moved = appointments.move(
        first.id, NewAppointment(MEETING + DAY), at=CALLED, actor=team.haru, version=first.version
    )
    with pytest.raises(appointments.ChangedMeanwhile):
        appointments.settle(first.id, "cancelled", at=CALLED, actor=team.haru, version=first.version)
    settled = appointments.settle(first.id, "no_show", at=MEETING + DAY, actor=team.haru)
    assert (moved.starts_at, settled.state) == (MEETING + DAY, "no_show")
    assert appointments.find_next(person.id, CALLED) is None
    with pytest.raises(appointments.BadAppointment):
        appointments.move(first.id, NewAppointment(MEETING), at=CALLED, actor=team.haru)

    back = appointments.settle(first.id, "booked", at=MEETING + DAY, actor=team.haru)
    assert appointments.find_next(person.id, CALLED) == back
    assert appointments.with_one_ahead([person.id], MEETING + DAY + HOUR) == set()
    assert [(one.old, one.new) for one in recorded(["appointment"])] == [
        ("", "booked"),
        ("booked", "booked"),
        ("booked", "no_show"),
        ("no_show", "booked"),
    ]


def test_a_deal_moves_and_winning_it_ends_the_hold(workspace: WorkspaceInfo) -> None:
    team = staff()
    person, number = accepted(team, CALLED)
    deal = deals.open_(
        person.id,
        name="受発注のWeb化",
        amount=1_500_000,
        at=MEETING,
        actor=team.haru,
        expected_on=date(2026, 6, 3),
    )
    assert (deal.phase, deal.hand_over_id, deal.company_id) == ("meeting", number, person.company_id)

    moved = deals.move(deal.id, "quote", at=MEETING + DAY, actor=team.haru, version=deal.version)
    with pytest.raises(deals.ChangedMeanwhile):
        deals.win(deal.id, at=MEETING, actor=team.haru, version=deal.version)
    deals.change(deal.id, amount=1_800_000, at=MEETING + DAY, actor=team.haru)
    assert holds.standing([person.id], MEETING + 2 * DAY) != {}
    won = deals.win(deal.id, at=MEETING + 2 * DAY, actor=team.haru)

    assert (moved.phase, won.outcome, won.amount) == ("quote", "won", 1_800_000)
    assert holds.standing([person.id], MEETING + 3 * DAY) == {}
    assert hand_overs.get(number).state == "closed"
    assert [(one.old, one.new, one.number) for one in recorded(["deal"])] == [
        ("", "meeting", 1_500_000.0),
        ("meeting", "quote", 1_500_000.0),
        ("quote", "quote", 1_800_000.0),
        ("quote", "won", 1_800_000.0),
    ]
    with pytest.raises(deals.BadDeal):
        deals.move(deal.id, "proposal", at=MEETING, actor=team.haru)

    reopened = deals.reopen(deal.id, at=MEETING + 3 * DAY, actor=team.haru)
    assert (reopened.outcome, reopened.phase, hand_overs.get(number).state) == ("", "quote", "accepted")
    assert holds.standing([person.id], MEETING + 4 * DAY) != {}


def test_two_open_deals_hold_until_the_second_is_closed(workspace: WorkspaceInfo) -> None:
    team = staff()
    person, _number = accepted(team, CALLED)
    one = deals.open_(person.id, name="一つ目", at=CALLED, actor=team.haru)
    two = deals.open_(person.id, name="二つ目", at=CALLED, actor=team.haru)

    deals.win(one.id, at=CALLED, actor=team.haru)
    assert holds.standing([person.id], CALLED + DAY) != {}
    deals.lose(two.id, reason="price", at=CALLED, actor=team.haru)
    assert holds.standing([person.id], CALLED + DAY) == {}


def test_a_lost_deal_arms_the_threshold_again(workspace: WorkspaceInfo) -> None:
    team = staff()
    person, number = accepted(team, CALLED)
    scores.disarm([person.id], at=CALLED)
    deal = deals.open_(person.id, name="商談", at=CALLED, actor=team.haru)

    with pytest.raises(deals.BadDeal):
        deals.lose(deal.id, reason="whatever", at=CALLED, actor=team.haru)
    deals.lose(deal.id, reason="competitor", at=CALLED, actor=team.haru)

    assert scores.is_armed([person.id]) == {person.id}
    assert hand_overs.get(number).state == "closed"
    deals.reopen(deal.id, at=CALLED, actor=team.haru)
    assert scores.is_armed([person.id]) == set()


@pytest.mark.parametrize("amount", [-1, 10**13, True, 1.5])
def test_an_amount_is_whole_yen(workspace: WorkspaceInfo, amount: Any) -> None:
    team = staff()
    person = a_person(CALLED)

    with pytest.raises(deals.BadDeal):
        deals.open_(person.id, name="商談", amount=amount, at=CALLED, actor=team.haru)


def test_phases_and_lines_are_closed_lists_of_the_workspace(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)
    policy.set_policy(
        policy.Policy(
            phases=(("talk", "面談"), ("offer", "見積")),
            lines=(("market", "マーケット"), ("omakase", "おまかせ")),
        ),
        actor=team.makoto,
    )

    deal = deals.open_(person.id, name="商談", line="omakase", at=CALLED, actor=team.haru)
    assert (deal.phase, deal.line) == ("talk", "omakase")
    with pytest.raises(policy.UnknownWord):
        deals.open_(person.id, name="商談", line="other", at=CALLED, actor=team.haru)
    with pytest.raises(policy.UnknownWord):
        deals.move(deal.id, "won", at=CALLED, actor=team.haru)
    for broken in (
        policy.Policy(phases=(), lines=(("a", "A"),)),
        policy.Policy(phases=(("won", "x"),), lines=(("a", "A"),)),
        policy.Policy(phases=(("a", "x"), ("a", "y")), lines=(("a", "A"),)),
        policy.Policy(accept_hours=0, phases=(("a", "x"),), lines=(("a", "A"),)),
    ):
        with pytest.raises(policy.BadPolicy):
            policy.set_policy(broken, actor=team.makoto)


def two_lines(team: Staff) -> None:
    policy.set_policy(
        policy.Policy(
            phases=(("talk", "面談"), ("offer", "見積")),
            lines=(("market", "マーケット"), ("omakase", "おまかせ")),
        ),
        actor=team.makoto,
    )


def test_the_line_of_an_open_deal_is_corrected_told_and_audited(workspace: WorkspaceInfo) -> None:
    team = staff()
    two_lines(team)
    deal = deals.open_(a_person(CALLED).id, name="商談", amount=100, at=CALLED, actor=team.haru)

    corrected = deals.change(deal.id, line="omakase", amount=200, at=CALLED + HOUR, actor=team.haru)
    deals.change(deal.id, line="omakase", name="同じ事業", at=CALLED + 2 * HOUR, actor=team.haru)

    assert (deal.line, corrected.line, deals.get(deal.id).name) == ("market", "omakase", "同じ事業")
    _opened, told = recorded(["deal"])
    assert (told.old, told.new, told.number, told.actor) == ("talk", "talk", 200.0, team.haru.label)
    assert told.detail["line"] == "omakase"
    assert (told.detail["old_line"], told.detail["old_amount"]) == ("market", 100)
    (entry,) = audit.list_entries(ListQuery(filters={"object_kind": "deal"})).rows
    assert (entry.action, entry.object_id, entry.actor) == ("change", str(deal.id), team.haru.label)
    assert entry.fields == ["line", "old_line"]


def test_a_line_that_is_unknown_or_of_an_ended_deal_is_refused(workspace: WorkspaceInfo) -> None:
    team = staff()
    two_lines(team)
    deal = deals.open_(a_person(CALLED).id, name="商談", at=CALLED, actor=team.haru)

    with pytest.raises(policy.UnknownWord):
        deals.change(deal.id, line="other", at=CALLED, actor=team.haru)
    deals.win(deal.id, at=CALLED, actor=team.haru)
    with pytest.raises(deals.BadDeal) as error, translation.override("ja"):
        deals.change(deal.id, line="omakase", at=CALLED, actor=team.haru)

    assert error.value.why == "この商談は終わっています。先に進行中に戻してください。"
    assert deals.get(deal.id).line == "market"
    assert [one.new for one in recorded(["deal"])] == ["talk", "won"]


def test_a_deal_keeps_a_line_that_the_policy_gave_up(workspace: WorkspaceInfo) -> None:
    team = staff()
    two_lines(team)
    deal = deals.open_(a_person(CALLED).id, name="商談", line="omakase", at=CALLED, actor=team.haru)
    policy.set_policy(
        policy.Policy(phases=(("talk", "面談"),), lines=(("market", "マーケット"),)), actor=team.makoto
    )

    kept = deals.change(deal.id, line="omakase", amount=300, at=CALLED, actor=team.haru)

    assert (kept.line, kept.amount) == ("omakase", 300)


def test_open_deals_by_phase_in_yen_open_exactly_their_people(workspace: WorkspaceInfo) -> None:
    team = staff()
    other = colleague("別の 営業", Role.SALES)
    made = [
        deals.open_(
            a_person(CALLED, last_name=f"客{n}").id, name=f"商談{n}", amount=n * 100_000, at=CALLED, actor=who
        )
        for n, who in enumerate((team.haru, team.haru, other), start=1)
    ]
    deals.move(made[1].id, "proposal", at=CALLED, actor=team.haru)

    mine = {one.phase: one for one in deals.by_phase(team.haru.user_id)}
    everybody = deals.by_phase()

    assert list(mine) == ["meeting", "proposal", "quote", "closing"]
    assert (mine["meeting"].count, mine["meeting"].amount, mine["proposal"].amount) == (1, 100_000, 200_000)
    assert mine["proposal"].person_ids == (made[1].person_id,)
    assert sum(one.amount for one in everybody) == 600_000
    shown = deals.list_deals(ListQuery(filters={"outcome": "open"}), among=everybody[0].deal_ids)
    assert shown.total == everybody[0].count == 2


def test_deals_are_listed_in_pages(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)
    made = [
        deals.open_(person.id, name=f"商談{n}", at=CALLED + n * MINUTE, actor=team.haru).id for n in range(5)
    ]

    first = deals.list_deals(ListQuery(limit=3))
    rest = deals.list_deals(ListQuery(limit=3, after=first.next))

    assert [one.id for one in (*first.rows, *rest.rows)] == made[::-1]
    assert (first.total, rest.next) == (5, "")


def test_a_task_keeps_its_minutes_and_can_be_taken_back(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)
    task = tasks.add(
        person.id,
        kind="todo",
        title="見積を送る",
        due_at=MEETING,
        minutes=30,
        at=CALLED,
        actor=team.haru,
        owner_id=team.haru.user_id,
    )

    tasks.change(task, due_at=MEETING + DAY)
    assert tasks.get(task).due_at == MEETING + DAY
    assert [
        one.id for one in tasks.list_tasks(ListQuery(filters={"owner": str(team.haru.user_id)})).rows
    ] == [task]
    assert tasks.finish(task, minutes=45, at=CALLED, actor=team.haru).minutes == 45
    assert tasks.finish(task, minutes=50, at=CALLED, actor=team.haru).minutes == 45
    assert tasks.reopen(task, at=CALLED, actor=team.haru).state == "open"
    for wrong in ({"minutes": -1}, {"minutes": 100_000}, {"title": "x" * 201}, {"kind": "party"}):
        values: dict[str, Any] = {"kind": "todo", "title": "", "minutes": None} | wrong
        with pytest.raises(tasks.BadTask):
            tasks.add(person.id, due_at=MEETING, at=CALLED, actor=team.haru, **values)


def test_sales_stops_marketing_with_a_reason_and_an_end(workspace: WorkspaceInfo) -> None:
    team = staff()
    person = a_person(CALLED)

    stopping.stop(person.id, reason="出張中", until=CALLED + DAY, at=CALLED, actor=team.haru)
    assert holds.standing([person.id], CALLED + HOUR)[person.id].reason == "出張中"
    assert holds.standing([person.id], CALLED + 2 * DAY) == {}
    stopping.stop(person.id, reason="長期出張", until=CALLED + 9 * DAY, at=CALLED + 2 * DAY, actor=team.haru)
    assert holds.standing([person.id], CALLED + 3 * DAY)[person.id].reason == "長期出張"
    stopping.resume(person.id, at=CALLED + 4 * DAY, actor=team.haru)
    assert holds.standing([person.id], CALLED + 5 * DAY) == {}

    for reason, until in (("", None), ("x" * 201, None), ("理由", CALLED)):
        with pytest.raises(stopping.BadStop):
            stopping.stop(person.id, reason=reason, until=until, at=CALLED, actor=team.haru)
