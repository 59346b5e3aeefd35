"""The real rooms tell the facts: journeys, messaging and sales; the reports read them as they come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.events.public import processor
from tabiji.experiments.contracts import Rate, Variant
from tabiji.experiments.public import assignment, experiments
from tabiji.insights.public import attribution, home, initiative_report, split_test
from tabiji.journeys.public import engine, enrolment, versions
from tabiji.purpose.contracts import CONTRACT, Period
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, deals
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.journey import journey, then

pytestmark = pytest.mark.django_db


@pytest.fixture
def everything(workspace: WorkspaceInfo, now: datetime) -> Period:
    conversions.create(
        CONTRACT,
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        worth={"kind": "number"},
        undone_by=["*"],
        actor=AUTOMATIC,
    )
    conversions.create(
        "appointment",
        name="商談予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        undone_by=["cancelled"],
        actor=AUTOMATIC,
    )
    return periods.create("全期間", starts_at=now - timedelta(days=1), actor=AUTOMATIC)


def initiative(period: Period) -> int:
    goal = kpi.create("商談予約", conversion="appointment", target=1, period_id=period.id, actor=AUTOMATIC)
    return initiatives.create("フォロー", why="なぜ", kpi_id=goal, period_id=period.id, actor=AUTOMATIC)


def test_a_journey_its_booking_and_its_contract_are_on_the_initiative_s_page(
    everything: Period, now: datetime
) -> None:
    follow = initiative(everything)
    titled = {"kind": "attribute", "field": "title", "op": "is_not_empty"}
    journey_id = (
        journey("follow-up")
        .enter_on("asked")
        .branch(titled, then().add_score(2), then().add_score(1))
        .goal("appointment")
        .start(now, initiative_id=follow)
    )
    sato, suzuki = customers(2, at=now)
    version_id = versions.get(journey_id).version_id
    assert version_id is not None
    enrolment.enrol(version_id, [enrolment.Arrival(one, "asked", now) for one in (sato, suzuki)])
    engine.advance_due(now)
    processor.process_all()

    later = now + timedelta(hours=1)
    appointments.book(sato, NewAppointment(later + timedelta(days=1)), at=later, actor=AUTOMATIC)
    deal = deals.open_(sato, name="業務改善", at=later, actor=AUTOMATIC, amount=1_800_000)
    deals.win(deal.id, at=later + timedelta(days=3), actor=AUTOMATIC)
    processor.process_all()

    told_of = initiative_report.report(follow, everything)
    (arm,) = told_of.arms
    assert (told_of.entered, arm.port, arm.people, told_of.goals) == (2, "else", 2, Rate(1, 2))
    assert (told_of.contribution.contracts, told_of.contribution.amount) == (1, 1_800_000)
    assert initiative_report.who_reached_goal(follow, everything).people == (sato,)
    assert [one.deal_id for one in attribution.contracts_of(follow, everything)] == [deal.id]
    assert home.who_in_progress().people == (suzuki,)

    deals.reopen(deal.id, at=later + timedelta(days=4), actor=AUTOMATIC)
    processor.process_all()

    assert initiative_report.report(follow, everything).contribution.contracts == 0
    assert attribution.contracts_of(follow, everything) == []


def test_a_journey_s_split_is_a_test_judged_on_its_bookings(everything: Period, now: datetime) -> None:
    journey_id = (
        journey("hour")
        .enter_on("asked")
        .split("hour", morning=(1, then().add_score(1)), evening=(1, then().add_score(2)))
        .exit()
        .start(now)
    )
    made = experiments.create(
        "hour",
        name="朝と夜",
        variants=[Variant("morning", "朝"), Variant("evening", "夜")],
        goal="appointment",
        step=f"{journey_id}/n1",
        actor=AUTOMATIC,
    )
    people = customers(80, at=now)
    version_id = versions.get(journey_id).version_id
    assert version_id is not None
    enrolment.enrol(version_id, [enrolment.Arrival(one, "asked", now) for one in people])
    engine.advance_due(now)
    processor.process_all()
    expected = assignment.assign(f"journey:{journey_id}:hour", people, {"morning": 1, "evening": 1})
    evening = [one for one in people if expected[one] == "evening"]
    for person in evening[:20]:
        appointments.book(
            person, NewAppointment(now + timedelta(days=2)), at=now + timedelta(hours=1), actor=AUTOMATIC
        )
    processor.process_all()

    told_of = split_test.result(made)

    assert told_of.winner == "evening"
    assert told_of.arm("evening").goal == Rate(20, len(evening))
    assert told_of.arm("morning").goal == Rate(0, 80 - len(evening))
    assert set(split_test.who(made, "evening").people) == set(evening)
    assert set(split_test.who_reached_goal(made, "evening").people) == set(evening[:20])
