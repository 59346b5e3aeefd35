"""The numbers of a drawing add up, and each has exactly its people behind it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.events.public import processor
from tabiji.journeys.public import counts, engine, enrolment, versions
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import exclusions, fields
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def followed(workspace: WorkspaceInfo, now: datetime) -> int:
    """20 enter: 2 of them waiting, 3 early goals, then 6 with a title and 9 without; 4 of the six book."""
    conversions.create(
        "booked",
        name="商談を予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=AUTOMATIC,
    )
    titled = {"kind": "attribute", "field": "title", "op": "is_not_empty"}
    journey_id = (
        journey("follow-up")
        .enter_on("asked")
        .wait(days=1)
        .branch(titled, then().send(published_mail("case", at=now)), then().add_score(1))
        .goal("booked")
        .start(now)
    )
    version_id = versions.get(journey_id).version_id
    assert version_id is not None
    people = customers(20, at=now)
    moment = int(now.timestamp() * 1000)
    fields.write([FieldUpdate(one, "title", "課長", moment) for one in people[:6]], actor="person")

    enrolment.enrol(version_id, [enrolment.Arrival(one, "asked", now) for one in people[:18]])
    engine.advance_due(now)
    enrolment.finish(people[15:18], outcome="goal", at=now + timedelta(hours=1))
    later = now + timedelta(days=1)
    enrolment.enrol(version_id, [enrolment.Arrival(one, "asked", later) for one in people[18:]])
    processor.process_all()
    engine.advance_due(later)
    processor.process_all()
    engine.advance_due(later + timedelta(seconds=5))
    enrolment.finish(people[:4], outcome="goal", at=later + timedelta(hours=1))
    processor.process_all()
    return journey_id


def everything(now: datetime) -> Period:
    return Period(0, "", now - timedelta(days=1), None)


def test_who_entered_stands_somewhere_went_on_or_left(followed: int, now: datetime) -> None:
    found = counts.of_journey(followed, everything(now))

    wait, branch, send = found.step("n1"), found.step("n2"), found.step("n3")
    assert (found.entered, found.goal) == (20, 7)
    assert (wait.now, wait.passed, wait.goal_here) == (2, 15, 3)
    assert found.entered == wait.now + wait.passed + wait.goal_here
    assert branch.ports == {"yes": 6, "else": 9}
    assert (send.passed, send.goal_after) == (6, 4)


def test_each_number_has_exactly_its_people_behind_it(followed: int, now: datetime) -> None:
    period = everything(now)
    found = counts.of_journey(followed, period)

    def behind(what: str, node: str = "", port: str = "") -> int:
        people = counts.people(followed, period, what, node=node, port=port)
        assert len(set(people)) == len(people)
        return len(people)

    assert behind("entered") == found.entered
    assert behind("goal") == found.goal
    assert behind("now", "n1") == found.step("n1").now
    assert behind("goal_here", "n1") == found.step("n1").goal_here
    assert behind("passed", "n2") == found.step("n2").passed
    assert behind("passed", "n2", "else") == 9
    assert behind("goal_after", "n3") == found.step("n3").goal_after
    with pytest.raises(ValueError, match="no number"):
        counts.people(followed, period, "everyone")


def test_a_period_holds_those_who_entered_in_it_wherever_they_went(followed: int, now: datetime) -> None:
    first_day = Period(0, "", now - timedelta(days=1), now + timedelta(hours=12))

    found = counts.of_journey(followed, first_day)

    assert (found.entered, found.step("n1").passed) == (18, 15)
    assert counts.totals(first_day)[followed] == counts.Totals(18, 7)


def test_mails_are_counted_by_what_became_of_them(followed: int, now: datetime) -> None:
    period = everything(now)

    assert counts.mails(followed, period) == {"n3": {"intent": 2, "withdrawn": 4}}
    assert len(counts.mail_people(followed, period, "n3", ["withdrawn"])) == 4


def test_colleagues_on_the_exclusion_list_are_left_out_of_the_numbers(followed: int, now: datetime) -> None:
    exclusions.add("domain", "many.example", from_sends=False)

    found = counts.of_journey(followed, everything(now))

    assert (found.entered, found.goal, found.step("n2").passed) == (0, 0, 0)


def test_one_persons_way_is_told_step_by_step(followed: int, now: datetime) -> None:
    (person, *_) = counts.people(followed, everything(now), "goal_after", node="n3")

    way = counts.path(followed, person)

    assert [(one.node, one.port) for one in way] == [("n1", "next"), ("n2", "yes"), ("n3", "next")]
    assert counts.where_is(followed, person) == ""
