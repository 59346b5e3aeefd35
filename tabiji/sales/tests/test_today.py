"""The seller's day, the manager's figures, the packet, and the head of a person's page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tabiji.core.paging import ListQuery
from tabiji.people.public import persons
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import (
    appointments,
    calls,
    deals,
    hand_overs,
    next_person,
    packet,
    person,
    tasks,
    team,
    today,
)
from tabiji.sales.tests.cast import a_person, colleague, staff
from tabiji.scoring.tests import company
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role, definitions

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MORNING = datetime(2026, 5, 7, 1, 0, tzinfo=UTC)  # Thu 10:00 in Tokyo


def test_the_day_stands_in_working_order(workspace: WorkspaceInfo) -> None:
    who = staff()
    colleague("別の 営業", Role.SALES)
    me = who.haru.user_id
    meeting, recall, mine, pooled, done, later, todo = (
        a_person(MORNING - DAY, last_name=name, owner=who.haru if name == "担当" else None)
        for name in ("面談", "再電話", "担当", "共有", "済み", "明日", "用事")
    )
    appointments.book(
        meeting.id, NewAppointment(MORNING + 5 * HOUR, title="初回"), at=MORNING, actor=who.haru
    )
    tasks.add(recall.id, kind="call", due_at=MORNING - HOUR, owner_id=me, at=MORNING - DAY, actor=who.haru)
    tasks.add(later.id, kind="call", due_at=MORNING + DAY, owner_id=me, at=MORNING, actor=who.haru)
    tasks.add(
        todo.id, kind="todo", title="見積", due_at=MORNING + HOUR, owner_id=me, at=MORNING, actor=who.haru
    )
    finished = tasks.add(done.id, kind="call", due_at=MORNING, owner_id=me, at=MORNING, actor=who.haru)
    tasks.finish(finished, at=MORNING, actor=who.haru)
    hand_overs.request([pooled.id], reason="threshold", at=MORNING)
    detail = {"label": "事例メールのクリック", "points": 10, "threshold": 80}
    hand_overs.request([mine.id], reason="threshold", at=MORNING - HOUR, detail={mine.id: detail})

    items = today(me, MORNING)

    assert [(item.kind, item.name[:3]) for item in items] == [
        ("hand_over", "担当 "),
        ("hand_over", "共有 "),
        ("recall", "再電話"),
        ("meeting", "面談 "),
        ("task", "用事 "),
    ]
    assert [item.time_left for item in items[:3]] == [3 * HOUR, 4 * HOUR, None]
    assert [item.is_late for item in items] == [False, False, True, False, False]
    assert "80" in items[0].text and "事例メールのクリック" in items[0].text and "+10" in items[0].text


def test_when_one_is_done_the_next_person_comes(workspace: WorkspaceInfo) -> None:
    who = staff()
    first, second = a_person(MORNING, last_name="一"), a_person(MORNING, last_name="二")
    for number, one in enumerate((first, second)):
        asked = hand_overs.request([one.id], reason="threshold", at=MORNING + number * HOUR)
        if one is first:
            number_of_first = asked.made[one.id]
    me = who.haru.user_id

    assert (found := next_person(me, MORNING)) is not None and found.person_id == first.id
    assert (found := next_person(me, MORNING, after=first.id)) is not None and found.person_id == second.id
    hand_overs.accept(number_of_first, at=MORNING, actor=who.haru)
    calls.log(first.id, result="declined", at=MORNING, actor=who.haru)
    assert (found := next_person(me, MORNING)) is not None and found.person_id == second.id
    assert next_person(who.makoto.user_id, MORNING, after=second.id) is None


def test_time_left_turns_negative_in_open_hours_only(workspace: WorkspaceInfo) -> None:
    who = staff()
    hand_overs.request([a_person(MORNING).id], reason="threshold", at=MORNING)

    next_day = datetime(2026, 5, 8, 1, 0, tzinfo=UTC)
    (item,) = today(who.haru.user_id, next_day)

    assert item.time_left == -(4 * HOUR + HOUR)  # Thu 14–18, Fri 9–10
    assert item.is_late


def test_the_manager_sees_numbers_that_open_exactly_what_they_count(workspace: WorkspaceInfo) -> None:
    who = staff()
    other = colleague("別の 営業", Role.SALES)
    made = [
        hand_overs.request(
            [a_person(MORNING, last_name=f"客{n}", owner=who.haru).id],
            reason="threshold",
            at=MORNING + n * HOUR,
        )
        for n in range(6)
    ]
    ids = [next(iter(one.made.values())) for one in made]
    hand_overs.accept(ids[0], at=MORNING + timedelta(minutes=10), actor=who.haru)
    hand_overs.accept(ids[1], at=MORNING + 2 * HOUR, actor=who.haru)
    hand_overs.accept(ids[2], at=MORNING + 2 * HOUR + timedelta(minutes=20), actor=who.haru)
    hand_overs.return_(ids[3], reason="no_budget", at=MORNING + 4 * HOUR, actor=who.haru)
    for n, amount in ((0, 1_800_000), (1, 500_000)):
        deal = deals.open_(
            hand_overs.get(ids[n]).person_id, name="商談", amount=amount, at=MORNING, actor=who.haru
        )
        if n == 0:
            deals.win(deal.id, at=MORNING + 5 * HOUR, actor=who.haru)
    hand_overs.reassign([ids[5]], to=other.user_id, at=MORNING + 5 * HOUR, actor=who.makoto)
    now = datetime(2026, 5, 8, 0, 30, tzinfo=UTC)

    figures = team.figures(now, since=MORNING)

    assert figures.not_accepted.refs == (ids[4], ids[5])
    assert figures.overdue.refs == (ids[4],)
    assert figures.median_accept == timedelta(minutes=20)
    assert figures.accepted_count == 3
    assert [(one.key, one.figure.refs) for one in figures.returns[:2]] == [
        ("no_budget", (ids[3],)),
        ("too_early", ()),
    ]
    assert figures.handed_over.refs == tuple(ids)
    assert figures.with_deal.refs == (ids[0], ids[1])
    assert (figures.won.refs, figures.won_amount) == ((ids[0],), 1_800_000)
    loads = {one.name: one for one in figures.loads}
    assert loads["小林 陽"].pending.refs == (ids[4],)
    assert loads["小林 陽"].accepted.refs == (ids[1], ids[2])
    assert (loads["小林 陽"].deals, loads["小林 陽"].amount) == (1, 500_000)
    assert loads["別の 営業"].pending.refs == (ids[5],)
    shown = hand_overs.list_hand_overs(ListQuery(), now=now, among=figures.handed_over.refs)
    assert shown.total == figures.handed_over.count


def test_nothing_handed_over_is_nothing_and_no_error(workspace: WorkspaceInfo) -> None:
    who = staff()

    figures = team.figures(MORNING, since=MORNING - DAY)

    assert (figures.handed_over.count, figures.median_accept, figures.won_amount) == (0, None, 0)
    assert {one.name for one in figures.loads} == {"小林 陽", "森 真琴"}
    assert today(who.haru.user_id, MORNING) == []


def test_the_packet_has_the_reasons_and_the_last_ten_own_acts(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    company.count_scores(now)
    who = staff()
    mail = definitions.create("mail", name="事例メール", actor=AUTOMATIC)
    minute = timedelta(minutes=1)
    company.happens(*[company.view("b", f"/cases/{n}", now - (60 - n) * minute) for n in range(12)])
    company.happens(company.submission("b", "misaki@aoba.example", now - 20 * minute), source="form")
    (her,) = persons.search("misaki@aoba.example")
    opened = {
        "type": "track",
        "event": "mail_opened",
        "personId": str(her.id),
        "properties": {"mail_id": mail},
    }
    company.happens(
        company.judged(her.id, mail, now - minute),
        company.judged(her.id, mail, now - minute, verdict="machine"),
        opened | {"timestamp": (now - 2 * minute).isoformat()},
        source="mail",
    )
    asked = hand_overs.request([her.id], reason="threshold", at=now)
    company.happens(company.view("b", "/afterwards", now + minute))

    found = packet.of(asked.made[her.id])

    assert [act.name for act in found.acts[:2]] == ["click_judged", "form_submitted"]
    assert (found.acts[0].what, found.acts[0].at) == ("事例メール", now - 11 * minute)
    assert len(found.acts) == 10
    assert [act.path for act in found.acts[2:4]] == ["/cases/11", "/cases/10"]
    assert (found.score, found.threshold) == (55, 80)
    assert next(reason.label for reason in found.reasons) == "事例メールのクリック"
    assert found.facts == (("予算", "100〜300万円"),)
    assert hand_overs.get(found.hand_over.id).owner_id == who.haru.user_id


def test_the_head_of_a_persons_page_says_what_comes_next(workspace: WorkspaceInfo) -> None:
    who = staff()
    somebody = a_person(MORNING)
    number = hand_overs.request([somebody.id], reason="threshold", at=MORNING).made[somebody.id]

    hand_overs.accept(number, at=MORNING, actor=who.haru)
    calls.log(
        somebody.id, result="booked", appointment=NewAppointment(MORNING + DAY), at=MORNING, actor=who.haru
    )
    deals.open_(somebody.id, name="商談", at=MORNING, actor=who.haru)
    found = person.of(somebody.id, MORNING)

    assert found.hand_over is not None and found.hand_over.id == number
    assert found.next_appointment is not None and found.next_appointment.starts_at == MORNING + DAY
    assert found.next_task is None
    assert [deal.name for deal in found.deals] == ["商談"]


def test_hot_leads_are_over_the_threshold_and_not_yet_accepted(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    from tabiji.scoring.public import scores

    company.count_scores(now)
    who = staff()
    hot, taken, cold = (a_person(now, last_name=name) for name in ("熱", "済", "冷"))
    scores.add([hot.id, taken.id], 90, rule="given", at=now, cause="1")
    scores.add([cold.id], 79, rule="given", at=now, cause="1")
    number = hand_overs.request([taken.id], reason="threshold", at=now).made[taken.id]

    assert set(person.hot_leads()) == {hot.id, taken.id}
    hand_overs.accept(number, at=now, actor=who.haru)
    assert person.hot_leads() == [hot.id]
