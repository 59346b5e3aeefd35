"""From a click to a signed contract: what the stream brings, and what a merge moves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tabiji.core import clickhouse, facts, postgres
from tabiji.core.facts import Batch, Change
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import holds, persons
from tabiji.purpose.contracts import ALWAYS
from tabiji.purpose.public import conversions
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, calls, deals, hand_overs, policy
from tabiji.sales.tests.cast import a_person, notices_of, process, staff
from tabiji.scoring.public import scores
from tabiji.scoring.tests import company
from tabiji.workspaces.contracts import AUTOMATIC, Actor, WorkspaceInfo
from tabiji.workspaces.public import definitions

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def test_the_heroine_is_handed_over_once_accepted_called_and_won(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    company.count_scores(now)
    team = staff()
    auto_reply, case_mail = (
        definitions.create("mail", name=name, actor=AUTOMATIC) for name in ("自動返信メール", "事例メール")
    )
    paths = ("/", "/omakase", "/cases/factory", "/compare", "/pricing")
    company.happens(*[company.view("b", path, now + (3 + n) * MINUTE) for n, path in enumerate(paths)])
    company.happens(company.submission("b", "misaki@aoba.example", now + 20 * MINUTE), source="form")
    (her,) = persons.search("misaki@aoba.example")
    company.happens(company.judged(her.id, auto_reply, now + 41 * MINUTE), source="mail")
    assert (persons.get(her.id).score, hand_overs.list_of_person(her.id)) == (70, [])

    clicked = datetime(2026, 5, 7, 3, 18, tzinfo=UTC)
    company.it_is(clicked)
    company.happens(company.judged(her.id, case_mail, clicked, initiative_id=42), source="mail")
    company.it_is(clicked + 2 * MINUTE)
    company.happens(company.view("b", "/pricing", clicked + 2 * MINUTE))

    (found,) = hand_overs.list_of_person(her.id)
    assert persons.get(her.id).score == 90
    assert (found.owner_id, found.requested_at, found.initiative_id) == (team.haru.user_id, clicked, 42)
    assert found.detail | {"label": "事例メールのクリック", "points": 10, "threshold": 80} == found.detail
    hand_overs.accept(found.id, at=clicked + 13 * MINUTE, actor=team.haru)
    meeting = datetime(2026, 5, 12, 5, 0, tzinfo=UTC)
    calls.log(
        her.id,
        result="booked",
        seconds=372,
        appointment=NewAppointment(meeting),
        at=clicked + 47 * MINUTE,
        actor=team.haru,
    )
    deal = deals.open_(her.id, name="受発注のWeb化", amount=1_800_000, at=meeting, actor=team.haru)
    deals.win(deal.id, at=datetime(2026, 6, 3, 5, 0, tzinfo=UTC), actor=team.haru)
    process()

    story = clickhouse.store().rows(
        "SELECT kind, new, number FROM person_change WHERE workspace_id = {ws:UInt32}"
        " AND kind IN ('hand_over', 'call', 'appointment', 'deal', 'hold') ORDER BY occurred_at, batch_id, ordinal",
        {"ws": workspace.id},
    )
    assert [(kind, new) for kind, new, _ in story] == [
        ("hand_over", "pending"),
        ("hold", "held"),
        ("hand_over", "accepted"),
        ("appointment", "booked"),
        ("call", "booked"),
        ("deal", "meeting"),
        ("deal", "won"),
        ("hold", ""),
        ("hand_over", "closed"),
    ]
    assert postgres.rows("SELECT error FROM parked_batch") == []


def crossing(person: PersonInfo, at: datetime) -> Batch:
    change = Change(
        person.id,
        "score",
        "main",
        "70",
        "80",
        80.0,
        int(at.timestamp() * 1000),
        cause="mail_click",
        detail={"crossed": True, "label": "クリック", "points": 10, "threshold": 80},
    )
    return Batch(postgres.workspace_id(), 0, 1, changes=[change], now=at)


def test_the_same_batch_twice_makes_one_hand_over(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    person = a_person(now)
    consumer = facts.consumers.get("hand_over")

    for _ in range(2):
        consumer.consume(crossing(person, now))
    (found,) = hand_overs.list_of_person(person.id)
    hand_overs.return_(found.id, reason="no_budget", at=now, actor=team.haru)
    consumer.consume(crossing(person, now))

    assert [one.state for one in hand_overs.list_of_person(person.id)] == ["returned"]
    assert notices_of(team.haru) == ["hand_over"]


def test_a_person_with_an_open_deal_is_told_of_once_also_on_replay(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    person = a_person(now)
    deals.open_(person.id, name="商談", at=now, actor=team.haru)
    consumer = facts.consumers.get("hand_over")

    for _ in range(2):
        consumer.consume(crossing(person, now))

    assert notices_of(team.haru) == ["open_deal_active"]


def test_what_sales_had_with_two_people_is_with_the_one_they_are(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    from tabiji.people.public import merging

    team = staff()
    kept, absorbed = a_person(now, last_name="高橋"), a_person(now, last_name="髙橋")
    waiting = hand_overs.request([kept.id], reason="threshold", at=now).made[kept.id]
    working = hand_overs.request([absorbed.id], reason="threshold", at=now).made[absorbed.id]
    hand_overs.accept(working, at=now, actor=team.haru)
    deals.open_(absorbed.id, name="商談", at=now, actor=team.haru)
    appointments.book(absorbed.id, NewAppointment(now + MINUTE), at=now, actor=team.haru)
    scores.disarm([absorbed.id], at=now)

    changes, _subjects = merging.merge(kept.id, absorbed.id, reason="person", at=now, actor=team.haru.label)
    facts.record(changes)
    process()

    assert {one.id: one.state for one in hand_overs.list_of_person(kept.id)} == {
        waiting: "closed",
        working: "accepted",
    }
    assert [one.source for one in holds.list_standing(kept.id, now)] == [hand_overs.hold_source(working)]
    assert holds.list_standing(absorbed.id, now) == []
    assert [deal.name for deal in deals.list_of_person(kept.id)] == ["商談"]
    assert len(appointments.list_of_person(kept.id)) == 1
    assert not scores.is_armed([kept.id])
    asked = hand_overs.request([absorbed.id], reason="threshold", at=now)
    assert list(asked.told) == [kept.id]
    assert postgres.rows("SELECT error FROM parked_batch") == []


def two_lines(actor: Actor) -> None:
    lines = (("market", "マーケット"), ("omakase", "おまかせ"))
    policy.set_policy(policy.Policy(phases=(("talk", "面談"),), lines=lines), actor=actor)


def contracts() -> list[str]:
    """The line under which each contract counts."""
    return [one.line for one in conversions.counted("contract", ALWAYS)]


def test_a_contract_counts_under_the_corrected_line(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    two_lines(team.makoto)
    won = {"kind": "change", "change": "deal", "new": ["won"]}
    conversions.create("contract", name="契約", rule=won, actor=AUTOMATIC, undone_by=["*"])
    conversions.create("omakase", name="おまかせ", rule={**won, "line": "omakase"}, actor=AUTOMATIC)
    deal = deals.open_(a_person(now).id, name="EC", line="market", at=now, actor=team.haru)

    deals.change(deal.id, line="omakase", at=now + MINUTE, actor=team.haru)
    deals.win(deal.id, at=now + 2 * MINUTE, actor=team.haru)
    process()

    assert contracts() == ["omakase"]
    assert [one.line for one in conversions.counted("omakase", ALWAYS)] == ["omakase"]


def test_a_contract_won_under_a_wrong_line_moves_when_reopened_corrected_and_won_again(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    two_lines(team.makoto)
    won = {"kind": "change", "change": "deal", "new": ["won"]}
    conversions.create("contract", name="契約", rule=won, actor=AUTOMATIC, undone_by=["*"])
    deal = deals.open_(a_person(now).id, name="EC", line="market", at=now, actor=team.haru)
    deals.win(deal.id, at=now, actor=team.haru)
    process()
    before = contracts()

    deals.reopen(deal.id, at=now + MINUTE, actor=team.haru)
    process()
    while_open = contracts()
    deals.change(deal.id, line="omakase", at=now + 2 * MINUTE, actor=team.haru)
    deals.win(deal.id, at=now + 3 * MINUTE, actor=team.haru)
    process()

    assert (before, while_open, contracts()) == (["market"], [], ["omakase"])
