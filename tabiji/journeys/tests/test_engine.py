"""Journeys do what they say and nothing else: waits, branches, goals, fences, poison."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tabiji.core import clickhouse, facts, postgres
from tabiji.core.facts import Change
from tabiji.events.public import inlet, processor
from tabiji.journeys.public import engine, enrolment, versions
from tabiji.journeys.versions import CannotPublish, SavedByAnother
from tabiji.people.public import fields, persons
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer, customers
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _booked(workspace: WorkspaceInfo) -> None:
    conversions.create(
        "booked",
        name="商談を予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=AUTOMATIC,
    )


def signs_up(email: str, at: datetime, source: str = "import", is_history: bool = True, **props: Any) -> None:
    """Somebody known does what the journey waits for; processed at once."""
    identify = {"type": "identify", "userId": email, "traits": {"email": email}, "timestamp": at.isoformat()}
    track = {
        "type": "track",
        "event": "signed_up",
        "userId": email,
        "properties": props,
        "timestamp": at.isoformat(),
    }
    inlet.accept([identify, track], source=source, is_history=is_history)
    processor.process_all()


def where(journey_id: int) -> dict[str, int]:
    return enrolment.count_at_nodes(journey_id)


def outcomes() -> list[str]:
    return [row[0] for row in postgres.rows("SELECT outcome FROM enrolment ORDER BY id")]


def test_somebody_enters_by_an_event_and_waits(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = journey("welcome").enter_on("signed_up").wait(days=2).exit().start(now)

    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)

    assert where(journey_id) == {"n1": 1}
    assert engine.next_due(now) == now + timedelta(days=2)
    engine.advance_due(now + timedelta(days=2, seconds=-1))
    assert where(journey_id) == {"n1": 1}
    engine.advance_due(now + timedelta(days=2))
    assert outcomes() == ["finished"]


def test_three_business_days_skip_golden_week_and_resume_at_ten(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    # Entry on Tue 4/28; 4/29 and 5/2 to 5/6 do not count; so Thu 5/7 at 10:00 in Tokyo.
    journey("welcome").enter_on("signed_up").wait(business_days=3).exit().start(now)

    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)

    assert engine.next_due(now) == datetime(2026, 5, 7, 1, 0, tzinfo=UTC)


def test_entry_by_property_lets_in_only_those_who_fit(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = journey("pro").enter_on("signed_up", plan="pro").wait(days=1).exit().start(now)

    signs_up("a@aoba.example", now, plan="free")
    signs_up("b@aoba.example", now, plan="pro")

    (inside,) = enrolment.people_at(journey_id)
    assert persons.get(inside).email == "b@aoba.example"


@pytest.mark.parametrize(
    ("rule", "days", "entered"), [("once", 0, 1), ("every_time", 0, 3), ("after_days", 30, 2)]
)
def test_re_entry_follows_its_rule(
    workspace: WorkspaceInfo, now: datetime, rule: str, days: int, entered: int
) -> None:
    journey("again").enter_on("signed_up").reenter(rule, days).exit().start(now - timedelta(days=31))

    for at in (now - timedelta(days=31), now - timedelta(days=21), now):
        signs_up("misaki@aoba.example", at, source="mail")  # our own act, which is never history
        engine.advance_due(at)

    assert len(outcomes()) == entered


def test_what_happened_before_the_journey_was_started_enters_nobody(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    journey_id = journey("new").enter_on("signed_up").wait(days=1).exit().start(now - timedelta(days=1))

    signs_up("before@aoba.example", now - timedelta(days=1, seconds=1))
    signs_up("after@aoba.example", now - timedelta(days=1))

    (inside,) = enrolment.people_at(journey_id)
    assert persons.get(inside).email == "after@aoba.example"


def test_history_that_is_brought_in_enters_nobody(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = journey("old").enter_on("signed_up").wait(days=1).exit().start(now - timedelta(days=90))

    signs_up("history@aoba.example", now - timedelta(days=60))
    signs_up("moved@aoba.example", now - timedelta(days=60), source="server")  # as /v1/import takes it in
    late = datetime.now(UTC) - timedelta(days=3)
    signs_up("offline@aoba.example", late, source="server", is_history=False)
    signs_up("ours@aoba.example", now - timedelta(days=3), source="mail")
    signs_up("nightly@aoba.example", now - timedelta(days=1))

    inside = persons.get_many(enrolment.people_at(journey_id)).values()
    assert {person.email for person in inside} == {
        f"{name}@aoba.example" for name in ("offline", "ours", "nightly")
    }


def test_a_branch_sees_the_attribute_that_was_set_one_step_before(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    condition = {"version": 1, "kind": "attribute", "field": "title", "op": "is", "value": "部長"}
    journey("fresh").enter_on("signed_up").set_field("title", "部長").branch(
        condition, then().set_field("department", "はい"), then().set_field("department", "いいえ")
    ).exit().start(now)

    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)

    (person,) = persons.search("misaki@aoba.example")
    assert person.department == "はい"


def test_a_branch_on_events_counts_since_entry_only(workspace: WorkspaceInfo, now: datetime) -> None:
    condition = {
        "version": 1,
        "kind": "event",
        "name": "pricing_seen",
        "window": {"kind": "since_entry"},
    }
    journey("curious").enter_on("signed_up").wait(days=1).branch(
        condition, then().set_field("department", "見た"), then().set_field("department", "見ていない")
    ).exit().start(now)
    seen = {"type": "track", "event": "pricing_seen", "userId": "early@aoba.example"}
    inlet.accept(
        [{**seen, "timestamp": (now - timedelta(days=1)).isoformat()}], source="import", is_history=True
    )
    for email in ("early@aoba.example", "late@aoba.example"):
        signs_up(email, now)
    engine.advance_due(now)
    later = {**seen, "userId": "late@aoba.example", "timestamp": (now + timedelta(hours=3)).isoformat()}
    inlet.accept([later], source="import", is_history=True)
    processor.process_all()

    engine.advance_due(now + timedelta(days=1))

    answers = {person.email: person.department for person in persons.get_many(_everybody()).values()}
    assert answers == {"early@aoba.example": "見ていない", "late@aoba.example": "見た"}


def test_a_branch_waits_until_what_was_accepted_before_is_processed(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    condition = {"version": 1, "kind": "event", "name": "pricing_seen", "window": {"kind": "since_entry"}}
    journey_id = (
        journey("patient")
        .enter_on("signed_up")
        .branch(
            condition, then().set_field("department", "見た"), then().set_field("department", "見ていない")
        )
        .exit()
        .start(now)
    )
    signs_up("misaki@aoba.example", now)
    seen = {
        "type": "track",
        "event": "pricing_seen",
        "userId": "misaki@aoba.example",
        "timestamp": now.isoformat(),
    }
    inlet.accept([seen], source="import", is_history=True)

    engine.advance_due(now)
    assert where(journey_id) == {"n1": 1}
    processor.process_all()
    engine.advance_due(now + timedelta(seconds=2))

    (person,) = persons.search("misaki@aoba.example")
    assert person.department == "見た"


def test_a_mail_step_asks_the_gate_once_for_each_person(workspace: WorkspaceInfo, now: datetime) -> None:
    mail_id = published_mail("事例", at=now)
    journey_id = journey("case").enter_on("signed_up").send(mail_id).goal("booked").start(now)

    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)
    engine.advance_due(now)

    rows = postgres.rows("SELECT source, source_id, state, initiative_id FROM message")
    assert rows == [("journey", journey_id, "intent", 0)]
    assert engine.next_due(now) == now + timedelta(days=7)


def test_reaching_the_goal_ends_the_journey_and_keeps_back_what_has_not_left(
    workspace: WorkspaceInfo, now: datetime
) -> None:

    mail_id = published_mail("事例", at=now)
    journey("case").enter_on("signed_up").send(mail_id).goal("booked").start(now)
    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)
    (person,) = persons.search("misaki@aoba.example")

    facts.record([Change(person.id, "appointment", "1", "", "booked", 0.0, int(now.timestamp() * 1000))])
    processor.process_all()

    assert outcomes() == ["goal"]
    assert postgres.rows("SELECT state, reason FROM message") == [("withdrawn", "goal")]


@pytest.mark.parametrize(
    ("state", "after", "outcome"),
    [
        ("counted", timedelta(0), "goal"),
        ("undone", timedelta(hours=1), ""),
        ("counted", timedelta(days=-30), ""),
    ],
)
def test_only_a_conversion_that_counts_since_the_entry_is_the_goal(
    workspace: WorkspaceInfo, now: datetime, state: str, after: timedelta, outcome: str
) -> None:
    journey("case").enter_on("signed_up").wait(days=5).goal("booked").start(now)
    signs_up("misaki@aoba.example", now)
    (person,) = persons.search("misaki@aoba.example")

    moment = int((now + after).timestamp() * 1000)
    facts.record([Change(person.id, "conversion", "booked", "", state, 0.0, moment)])
    processor.process_all()

    assert outcomes() == [outcome]


def test_without_the_goal_people_leave_seven_days_after_the_last_mail(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    mail_id = published_mail("事例", at=now)
    journey("case").enter_on("signed_up").send(mail_id).goal("booked").start(now)
    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)

    engine.advance_due(now + timedelta(days=7))

    assert outcomes() == ["no_goal"]


def test_a_poison_enrolment_parks_alone_and_the_rest_go_on(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey("scores").enter_on("signed_up").set_field("title", "部長").exit().start(now)
    emails = [f"p{number}@aoba.example" for number in range(5)]
    for email in emails:
        signs_up(email, now)
    (poison,) = persons.search("p2@aoba.example")
    original = fields.write

    def fragile(updates: Any, **more: Any) -> Any:
        listed = list(updates)
        if any(update.person_id == poison.id for update in listed):
            raise ValueError("cannot be set")
        return original(listed, **more)

    monkeypatch.setattr(fields, "write", fragile)
    engine.advance_due(now)

    assert sorted(outcomes()) == ["", "finished", "finished", "finished", "finished"]
    (parked,) = enrolment.list_parked()
    assert (parked.person_id, "cannot be set" in parked.error) == (poison.id, True)
    monkeypatch.undo()
    assert engine.retry(parked.id, now=now)
    engine.advance_due(now)
    assert outcomes().count("finished") == 5


def test_a_store_that_is_busy_parks_nobody_for_an_hour(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    journey("busy").enter_on("signed_up").set_field("title", "部長").exit().start(now)
    emails = ["first@aoba.example", "second@aoba.example"]
    for email in emails:
        signs_up(email, now)

    def busy(updates: Any, **more: Any) -> Any:
        raise psycopg.errors.DeadlockDetected("deadlock detected")

    with monkeypatch.context() as patched:
        patched.setattr(fields, "write", busy)
        engine.advance_due(now)
        assert enrolment.list_parked() == []
        assert engine.next_due(now) == now + timedelta(seconds=5)
        postgres.execute(
            "UPDATE enrolment SET asked_at = asked_at - interval '61 minutes' WHERE id = (SELECT min(id) FROM enrolment)"
        )
        engine.advance_due(now + timedelta(seconds=5))
    engine.advance_due(now + timedelta(hours=1))

    (parked,) = enrolment.list_parked()
    assert "deadlock" in parked.error
    assert outcomes() == ["", "finished"]


def test_a_thousand_people_move_in_one_tick(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = (
        journey("many").enter_on("signed_up").wait(days=1).set_field("title", "部長").exit().start(now)
    )
    people = customers(1_000, at=now)
    version_id = versions.get(journey_id).version_id
    assert version_id is not None
    enrolment.enrol(
        version_id, [enrolment.Arrival(one, f"c{place}", now) for place, one in enumerate(people)]
    )
    engine.advance_due(now)

    engine.advance_due(now + timedelta(days=1))

    assert outcomes() == ["finished"] * 1_000
    assert postgres.scalar("SELECT count(*) FROM person WHERE title = '部長'") == 1_000


def test_a_random_split_gives_each_person_the_same_arm_again(workspace: WorkspaceInfo, now: datetime) -> None:
    def run(name: str) -> dict[UUID, str]:
        journey(name).enter_on(name).split(
            a=(1, then().set_field("title", "A")), b=(1, then().set_field("title", "B"))
        ).exit().start(now)
        version_id = versions.list_all()[0].version_id
        assert version_id is not None
        enrolment.enrol(version_id, [enrolment.Arrival(one, name, now) for one in people])
        engine.advance_due(now)
        return {person.id: person.title for person in persons.get_many(people).values()}

    people = customers(400, at=now)
    first = run("one")

    assert 150 < sum(title == "A" for title in first.values()) < 250


def test_every_step_and_the_end_are_facts_in_order(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = journey("told").enter_on("signed_up").set_field("title", "部長").exit().start(now)
    signs_up("misaki@aoba.example", now)
    engine.advance_due(now)
    processor.process_all()

    rows = clickhouse.store().rows(
        "SELECT kind, ref, new FROM person_change WHERE workspace_id = {ws:UInt32} AND kind IN ('step', 'journey')"
        " ORDER BY batch_id, ordinal",
        {"ws": workspace.id},
    )
    assert rows == [
        ("journey", str(journey_id), "active"),
        ("step", f"{journey_id}/n1", "next"),
        ("step", f"{journey_id}/n2", "exit"),
        ("journey", str(journey_id), "finished"),
    ]


def test_a_version_never_changes_and_those_inside_stay_on_theirs(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    journey_id = journey("v").enter_on("signed_up").wait(days=1).set_field("title", "一版").exit().start(now)
    signs_up("first@aoba.example", now)
    engine.advance_due(now)
    draft = versions.get(journey_id)
    changed = {**draft.draft, "nodes": [*draft.draft["nodes"]]}
    changed["nodes"][1] = {**changed["nodes"][1], "config": {"field": "title", "value": "二版"}}
    versions.save_draft(journey_id, changed, actor=AUTOMATIC, revision=draft.draft_revision)
    versions.publish(journey_id, actor=AUTOMATIC, now=now)
    signs_up("second@aoba.example", now)
    engine.advance_due(now)

    engine.advance_due(now + timedelta(days=1))

    titles = {person.email: person.title for person in persons.get_many(_everybody()).values()}
    assert titles == {"first@aoba.example": "一版", "second@aoba.example": "二版"}


def test_a_second_editor_is_told_and_overwrites_nothing(workspace: WorkspaceInfo, now: datetime) -> None:
    journey_id = journey("shared").enter_on("signed_up").exit().start(now)
    draft = versions.get(journey_id)
    versions.save_draft(journey_id, draft.draft, actor=AUTOMATIC, revision=draft.draft_revision)

    with pytest.raises(SavedByAnother):
        versions.save_draft(journey_id, draft.draft, actor=AUTOMATIC, revision=draft.draft_revision)


@pytest.mark.parametrize(
    ("build", "code"),
    [
        (lambda: journey("x").wait(days=1).exit(), "no_entry"),
        (lambda: journey("x").enter_on("e"), "no_start"),
        (lambda: journey("x").enter_on("e").send(0).exit(), "no_mail"),
        (lambda: journey("x").enter_on("e").set_field("no_such", "1").exit(), "unknown_field"),
        (lambda: journey("x").enter_on("e").goal("no_such"), "unknown_goal"),
        (lambda: journey("x").enter_on("e").step("teleport").exit(), "unknown_step"),
        (
            lambda: (
                journey("x")
                .enter_on("e")
                .branch(
                    {"version": 1, "kind": "attribute", "field": "no_such", "op": "is", "value": "x"},
                    then(),
                    then(),
                )
            ),
            "bad_condition",
        ),
    ],
)
def test_a_journey_with_a_problem_cannot_start(
    workspace: WorkspaceInfo, now: datetime, build: Any, code: str
) -> None:
    with pytest.raises(CannotPublish) as refused:
        build().start(now)

    assert code in {problem.code for problem in refused.value.problems}


def test_a_circle_in_which_nobody_waits_cannot_start(workspace: WorkspaceInfo, now: datetime) -> None:
    round_and_round = journey("x").enter_on("e").set_field("title", "a").set_field("title", "b")
    round_and_round.graph["edges"].append({"source": "n2", "port": "next", "target": "n1"})

    with pytest.raises(CannotPublish) as refused:
        round_and_round.start(now)

    assert {problem.code for problem in refused.value.problems} == {"circle_without_wait"}


def test_a_merged_person_leaves_the_journey(workspace: WorkspaceInfo, now: datetime) -> None:
    journey("m").enter_on("signed_up").wait(days=1).exit().start(now)
    kept = customer("kept@aoba.example", at=now)
    signs_up("gone@aoba.example", now)
    inlet.accept(
        [
            {
                "type": "identify",
                "userId": "M-9",
                "traits": {"email": "kept@aoba.example"},
                "timestamp": now.isoformat(),
            },
            {
                "type": "alias",
                "userId": "M-9",
                "previousId": "gone@aoba.example",
                "timestamp": now.isoformat(),
            },
        ],
        source="import",
        is_history=True,
    )
    processor.process_all()

    assert outcomes() == ["merged"]
    assert persons.get(kept).id == kept


def _everybody() -> list[UUID]:
    return [row[0] for row in postgres.rows("SELECT id FROM person")]
