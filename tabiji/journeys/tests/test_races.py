"""Engine, events and colleagues at one moment: no step twice, no wake-up lost, no mail after the goal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from uuid import UUID

import pytest

from tabiji.core import postgres
from tabiji.events.public import inlet, processor
from tabiji.journeys.public import engine, enrolment, versions
from tabiji.messaging.public import gate
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.journey import Journey, journey
from tests.builders.mails import published_mail
from tests.builders.races import together

NOW = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
PEOPLE = 40


def prepared(workspace: WorkspaceInfo, drawn: Journey) -> int:
    """PEOPLE are in the journey, before its first step; the journey's id."""
    with postgres.workspace_scope(workspace.id):
        conversions.create(
            "booked", name="予約", rule={"kind": "event", "names": ["booked"]}, actor=AUTOMATIC
        )
        drawn.graph["goal"] = "booked"
        journey_id = drawn.enter_on("signed_up").start(NOW)
        do("signed_up", NOW)
    return journey_id


def do(event: str, at: datetime) -> None:
    """Each of the PEOPLE does this; processed at once."""
    events: list[dict[str, object]] = []
    for number in range(PEOPLE):
        email = f"p{number}@aoba.example"
        said = {"userId": email, "timestamp": at.isoformat()}
        events += [
            {"type": "identify", "traits": {"email": email}, **said},
            {"type": "track", "event": event, **said},
        ]
    inlet.accept(events, source="import", is_history=True)
    processor.process_all()


def history(journey_id: int) -> list[tuple[UUID, str, int]]:
    return postgres.rows(
        "SELECT e.person_id, m.node, count(*) FROM message m JOIN enrolment e ON e.id = m.enrolment_id"
        " WHERE e.journey_id = %s GROUP BY 1, 2",
        [journey_id],
    )


def test_three_engines_at_once_take_each_step_once(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        mail_id = published_mail("お知らせ", at=NOW)
    journey_id = prepared(committed, journey("once").send(mail_id).add_score(10).wait(days=1))

    results = together(committed, *[lambda: engine.advance_due(NOW)] * 3)

    assert not [one for one in results if isinstance(one, Exception)]
    with postgres.workspace_scope(committed.id):
        wishes = history(journey_id)
        assert len(wishes) == PEOPLE
        assert {count for _, _, count in wishes} == {1}
        assert set(postgres.rows("SELECT score FROM person WHERE email <> ''")) == {(10,)}


@pytest.mark.parametrize("round_", range(4))
def test_the_goal_against_the_next_mail_leaves_one_truth(committed: WorkspaceInfo, round_: int) -> None:
    with postgres.workspace_scope(committed.id):
        mail_id = published_mail("お知らせ", at=NOW)
    journey_id = prepared(committed, journey("goal").wait(days=1).send(mail_id).wait(days=3))
    later = NOW + timedelta(days=1)
    with postgres.workspace_scope(committed.id):
        engine.advance_due(NOW)

    def reach() -> None:
        do("booked", later)

    def move() -> None:
        engine.advance_due(later)
        gate.decide_due(later)

    results = together(committed, reach, move)

    assert not [one for one in results if isinstance(one, Exception)]
    with postgres.workspace_scope(committed.id):
        gate.decide_due(later)
        assert postgres.rows("SELECT outcome, count(*) FROM enrolment GROUP BY 1") == [("goal", PEOPLE)]
        # Whoever has reached the goal gets no mail that has not left yet: withdrawn, whichever came first.
        waiting = "SELECT count(*) FROM message WHERE state IN ('intent', 'queued', 'deferred')"
        assert postgres.scalar(waiting) == 0
        assert engine.advance_due(later + timedelta(days=10)) == 0
        assert enrolment.count_at_nodes(journey_id) == {}


@pytest.mark.parametrize("round_", range(4))
def test_who_reaches_the_goal_while_stepping_up_to_it_is_not_lost(
    committed: WorkspaceInfo, round_: int
) -> None:
    journey_id = prepared(committed, journey("wake").add_score(1).goal("booked", wait_days=30))

    results = together(
        committed, lambda: engine.advance_due(NOW), lambda: do("booked", NOW + timedelta(seconds=1))
    )

    assert not [one for one in results if isinstance(one, Exception)]
    with postgres.workspace_scope(committed.id):
        engine.advance_due(NOW + timedelta(seconds=2))
        assert enrolment.count_at_nodes(journey_id) == {}
        assert postgres.rows("SELECT outcome, count(*) FROM enrolment GROUP BY 1") == [("goal", PEOPLE)]


def test_draining_while_people_arrive_lets_nobody_in_afterwards(committed: WorkspaceInfo) -> None:
    journey_id = prepared(committed, journey("drain").wait(days=5))

    def newcomers() -> None:
        for number in range(20):
            person = {"userId": f"new{number}@aoba.example", "timestamp": NOW.isoformat()}
            inlet.accept(
                [{"type": "track", "event": "signed_up", **person}], source="import", is_history=True
            )
            processor.process_all()

    def drain() -> None:
        versions.drain(journey_id, actor=AUTOMATIC)

    results = together(committed, newcomers, drain)

    assert not [one for one in results if isinstance(one, Exception)]
    with postgres.workspace_scope(committed.id):
        inside = postgres.scalar("SELECT count(*) FROM enrolment")
        newcomers()
        person = {"userId": "late@aoba.example", "timestamp": NOW.isoformat()}
        inlet.accept([{"type": "track", "event": "signed_up", **person}], source="import", is_history=True)
        processor.process_all()
        assert postgres.scalar("SELECT count(*) FROM enrolment") == inside
        assert PEOPLE <= inside <= PEOPLE + 20


@pytest.mark.parametrize("round_", range(3))
def test_two_causes_at_once_enter_once(committed: WorkspaceInfo, round_: int) -> None:
    journey_id = prepared(committed, journey("twice").wait(days=5))
    with postgres.workspace_scope(committed.id):
        people = customers(PEOPLE, at=NOW, prefix="twice")
        version_id = versions.get(journey_id).version_id
    assert version_id is not None

    def enter(cause: str) -> int:
        return enrolment.enrol(version_id, [enrolment.Arrival(one, cause, NOW) for one in people])

    results = together(committed, *[partial(enter, cause) for cause in ("form", "page", "audience")])

    assert sorted(results) == [0, 0, PEOPLE]
