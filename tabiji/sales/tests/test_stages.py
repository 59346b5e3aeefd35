"""The demo company's whole row of stages, of which sales makes the upper two."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tabiji.audiences.public import asking, conditions
from tabiji.core import clickhouse
from tabiji.people.public import persons
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, deals, next_due, run_due, today
from tabiji.sales.tests.cast import process, staff
from tabiji.scoring.public import run_due as sweep
from tabiji.scoring.public import stage_models, stages
from tabiji.scoring.tests import company
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WON: dict[str, Any] = {"kind": "value", "of": "deal", "op": "is", "value": "won"}
DEALING: dict[str, Any] = {
    "kind": "any",
    "of": [
        {"kind": "value", "of": "deal", "op": "in", "value": ["meeting", "proposal", "quote", "closing"]},
        {"kind": "value", "of": "appointment", "op": "is", "value": "booked"},
    ],
}
ROW: dict[str, Any] = {
    "version": 1,
    "stages": [
        {"key": "contract", "label": "契約", "rule": WON},
        {"key": "dealing", "label": "商談中", "rule": DEALING},
        company.DORMANT,
        company.CONSIDERING,
        company.PROSPECT,
    ],
}


def stage_of(person_id: UUID) -> str:
    return persons.get(person_id).stage


def test_a_person_walks_from_prospect_to_contract(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    company.count_scores(now)
    stage_models.publish(ROW, actor=AUTOMATIC, at=now)
    sweep(now)
    person = company.a_person(at=now)
    assert stage_of(person) == "prospect"

    meeting = appointments.book(person, NewAppointment(now + DAY), at=now, actor=team.haru)
    process()
    assert stage_of(person) == "dealing"
    appointments.settle(meeting.id, "cancelled", at=now, actor=team.haru)
    process()
    assert stage_of(person) == "prospect"
    deal = deals.open_(person, name="商談", amount=1_800_000, at=now, actor=team.haru)
    process()
    assert stage_of(person) == "dealing"
    deals.win(deal.id, at=now, actor=team.haru)
    process()
    assert stage_of(person) == "contract"

    found = stages.explain(person, now=now, language="ja")
    assert [(one.label, one.holds) for one in found.reasons] == [("契約", True)]
    for rule, expected in ((WON, 1), (DEALING, 0)):
        assert asking.count(conditions.parse({"version": 1} | rule), now=now) == expected


def test_an_appointment_is_ahead_until_its_time_has_passed(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    stage_models.publish(ROW, actor=AUTOMATIC, at=now)
    sweep(now)
    person = company.a_person(at=now)
    meeting = appointments.book(person, NewAppointment(now + 2 * HOUR), at=now, actor=team.haru)
    process()
    ends = now + 3 * HOUR

    assert next_due(now) == ends
    assert run_due(ends - timedelta(seconds=1)) == 0
    assert run_due(ends) == 1
    process()

    assert appointments.get(meeting.id).state == "over"
    assert stage_of(person) == "prospect"
    (item,) = today(team.haru.user_id, ends + 5 * DAY)
    assert (item.kind, item.ref, item.is_late) == ("meeting", meeting.id, True)
    appointments.settle(meeting.id, "visited", at=ends + DAY, actor=team.haru)
    assert today(team.haru.user_id, ends + 5 * DAY) == []
    process()
    facts = clickhouse.store().rows(
        "SELECT old, new, occurred_at FROM person_change WHERE workspace_id = {ws:UInt32}"
        " AND kind = 'appointment' ORDER BY batch_id, ordinal",
        {"ws": workspace.id},
    )
    assert facts == [
        ("", "booked", now),
        ("booked", "over", ends),
        ("over", "visited", ends + DAY),
    ]


def test_the_values_of_postgresql_and_of_the_mirror_are_the_same(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    team = staff()
    person = company.a_person(at=now)
    deals.open_(person, name="一", amount=300, at=now, actor=team.haru)
    lost = deals.open_(person, name="二", amount=500, at=now, actor=team.haru)
    deals.lose(lost.id, reason="price", at=now, actor=team.haru)
    appointments.book(person, NewAppointment(now + DAY), at=now, actor=team.haru)
    process()

    for rule in (
        {"kind": "value", "of": "deal", "op": "is", "value": "lost"},
        {"kind": "value", "of": "deal", "op": "is", "value": "won"},
        {"kind": "value", "of": "deal", "op": "not_in", "value": ["won"]},
        {"kind": "value", "of": "deal", "op": "gte", "value": 400},
        {"kind": "value", "of": "deal", "op": "gte", "value": 600},
        {"kind": "value", "of": "appointment", "op": "gte", "value": now.timestamp()},
        {"kind": "value", "of": "hand_over", "op": "is", "value": "pending"},
    ):
        condition = conditions.parse({"version": 1} | rule)
        decided = asking.matching(condition, [person], now=now, asked_at=datetime(2000, 1, 1, tzinfo=UTC))
        assert decided == set(asking.people(condition, now=now)), rule
    said = conditions.sentence(conditions.parse({"version": 1} | WON), "ja")
    assert "受注" in said
