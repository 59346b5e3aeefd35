"""Stages: read from the top, the first that holds; judged when something happens, and every midnight."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tabiji.audiences.public import asking, conditions
from tabiji.core import clickhouse, clock, facts, ids, postgres
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery
from tabiji.events.public import inlet, processor
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import companies, exclusions, fields, lists, persons
from tabiji.scoring.contracts import PastStage
from tabiji.scoring.public import next_due, rules, run_due, scores, stage_models, stages
from tabiji.scoring.tests import company
from tabiji.scoring.tests.company import STAGES, a_person, count_scores, happens, it_is, submission, view
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import audit

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MIDNIGHT = datetime(2026, 4, 28, 15, 0, tzinfo=UTC)
"""The midnight after the demo's opening, in Tokyo."""


def stage_of(person_id: UUID) -> str:
    return persons.get(person_id).stage


def published(now: datetime) -> None:
    count_scores(now)
    stage_models.publish(STAGES, actor=AUTOMATIC, at=now, name="ステージ")
    run_due(now)


def test_what_a_person_does_moves_them_down_the_row(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)

    happens(view("b", "/", now, userId="sato@aoba.example"))
    (person,) = persons.search("sato@aoba.example") or [persons.get(_only())]
    assert person.stage == "prospect"
    scores.add([person.id], 40, rule="given", at=now, cause="1")
    processor.process_all()
    assert stage_of(person.id) == "considering"
    scores.add([person.id], -1, rule="given", at=now, cause="2")
    processor.process_all()
    assert stage_of(person.id) == "prospect"

    moves = clickhouse.store().rows(
        "SELECT old, new FROM person_change WHERE workspace_id = {ws:UInt32} AND kind = 'stage'"
        " ORDER BY batch_id, ordinal",
        {"ws": workspace.id},
    )
    assert moves == [("", "prospect"), ("prospect", "considering"), ("considering", "prospect")]


def _only() -> UUID:
    found: UUID = postgres.scalar("SELECT id FROM person")
    return found


def test_the_act_that_comes_with_the_batch_counts_at_once(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    # No rule on the score: only the event of this very batch makes it true.
    stage_models.publish(
        {"version": 1, "stages": [{"key": "asked", "label": "請求", "rule": company.REQUESTED}]},
        actor=AUTOMATIC,
        at=now,
    )

    happens(submission("b", "misaki@aoba.example", now), source="form")

    (her,) = persons.search("misaki@aoba.example")
    assert her.stage == "asked"


def test_the_stage_is_dated_by_what_made_it_so(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    earlier = now - 3 * DAY

    happens(view("b", "/", earlier, userId="sato@aoba.example"))

    (since,) = postgres.rows("SELECT since FROM person_stage")[0]
    assert since == earlier


def test_whoever_has_no_stage_yet_is_judged_whatever_comes(workspace: WorkspaceInfo, now: datetime) -> None:
    stage_models.publish(
        {"version": 1, "stages": [{"key": "all", "label": "全員", "rule": {"kind": "everyone"}}]},
        actor=AUTOMATIC,
        at=now,
    )
    run_due(now)
    person = ids.new_id()
    persons.create({person: now})

    lists.add(lists.create("名刺", actor=AUTOMATIC), [person], at=now, actor="auto")
    fields.write([FieldUpdate(person, "last_name", "佐藤", 1)], actor="auto")
    processor.process_all()

    assert stage_of(person) == "all"


def test_time_alone_moves_people_at_the_next_midnight(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    happens(submission("b", "misaki@aoba.example", now - 90 * DAY, budget="-100"), source="form")
    (her,) = persons.search("misaki@aoba.example")
    assert stage_of(her.id) == "considering"
    assert next_due(now) == MIDNIGHT

    assert run_due(MIDNIGHT - timedelta(seconds=1)) == 0
    it_is(MIDNIGHT)
    assert run_due(MIDNIGHT) > 0
    assert stage_of(her.id) == "prospect"
    assert next_due(MIDNIGHT) == MIDNIGHT + DAY

    far = MIDNIGHT + 91 * DAY
    it_is(far)
    run_due(far)
    assert stage_of(her.id) == "dormant"
    processor.process_all()
    # Back after half a year: an act of her own, and she is no sleeper any more.
    happens(view("b", "/", far), source="web")
    assert stage_of(her.id) == "prospect"


def test_stages_that_do_not_move_with_time_are_never_swept_again(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    stage_models.publish({"version": 1, "stages": [company.PROSPECT]}, actor=AUTOMATIC, at=now)

    assert next_due(now) == now
    run_due(now)

    assert next_due(now) is None
    assert run_due(now + 365 * DAY) == 0


def test_what_came_and_went_between_two_sweeps_is_noticed(workspace: WorkspaceInfo, now: datetime) -> None:
    window = {"kind": "last", "n": 6, "unit": "hours"}
    hot = {"kind": "event", "name": "page_viewed", "window": window}
    stage_models.publish(
        {"version": 1, "stages": [{"key": "hot", "label": "熱い", "rule": hot}, company.PROSPECT]},
        actor=AUTOMATIC,
        at=now,
    )
    run_due(now)
    it_is(now + timedelta(minutes=1))
    happens(view("b", "/", now + timedelta(minutes=1), userId="sato@aoba.example"))
    assert stage_of(_only()) == "hot"

    it_is(MIDNIGHT)
    run_due(MIDNIGHT)

    assert stage_of(_only()) == "prospect"


def test_after_a_long_pause_everybody_is_judged(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    happens(submission("b", "misaki@aoba.example", now, budget="-100"), source="form")
    (her,) = persons.search("misaki@aoba.example")
    assert stage_of(her.id) == "considering"

    far = now + 120 * DAY
    it_is(far)
    run_due(far)

    assert stage_of(her.id) == "prospect"


def test_publishing_judges_everybody_and_the_exceptions_are_counted(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    count_scores(now)
    happens(
        view("a", "/", now, userId="a@aoba.example"), view("b", "/", now - 200 * DAY, userId="b@aoba.example")
    )
    card = ids.new_id()
    persons.create({card: now})
    assert {one.key: one.people for one in stages.distribution()} == {"": 3}

    stage_models.publish(STAGES, actor=AUTOMATIC, at=now)
    processor.process_all()
    run_due(now)

    counted = {one.key: (one.label, one.people) for one in stages.distribution()}
    assert counted == {
        "dormant": ("休眠", 1),
        "considering": ("検討中", 0),
        "prospect": ("見込み", 1),
        "": ("", 1),
    }
    assert stages.people_in("") == [card]
    assert sum(people for _, people in counted.values()) == persons.count()


def test_a_sweep_goes_on_where_it_stood(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    happens(*[view(f"v{n}", "/", now, userId=f"p{n}@aoba.example") for n in range(7)])
    stage_models.publish(STAGES, actor=AUTOMATIC, at=now)
    monkeypatch.setattr(stages, "CHUNK", 3)

    looked = [stages.sweep(now) for _ in range(3)]

    assert looked == [3, 3, 1]
    assert stages.sweep(now) == 0
    assert len(stages.people_in("prospect")) == 7


def test_why_a_person_stands_there(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    person = a_person(at=now)

    found = stages.explain(person, now=now, language="ja")

    assert (found.key, found.label, found.version) == ("prospect", "見込み", 1)
    assert found.since == now
    assert [(one.label, one.holds) for one in found.reasons] == [
        ("休眠", False),
        ("検討中", False),
        ("見込み", True),
    ]
    assert all(one.sentence for one in found.reasons)
    with pytest.raises(persons.NoSuchPerson):
        stages.explain(ids.new_id(), now=now, language="ja")


def test_an_excluded_person_has_a_stage_too(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    exclusions.add("domain", "rival.example")
    happens(
        {"type": "identify", "userId": "x", "traits": {"email": "ito@rival.example"}},
        view("b", "/", now, userId="x"),
    )

    (ito,) = persons.search("ito@rival.example")
    assert ito.stage == "prospect"


def test_what_audiences_count_as_a_stage_is_what_stands_there(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    published(now)
    happens(*[view(f"v{n}", "/", now, userId=f"p{n}@aoba.example") for n in range(4)])
    rule = conditions.parse({"version": 1, "kind": "value", "of": "stage", "op": "is", "value": "prospect"})

    assert asking.count(rule, now=now) == len(stages.people_in("prospect")) == 4


def test_a_rule_that_is_no_condition_is_refused_with_its_place(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    def with_rule(rule: Any) -> dict[str, Any]:
        document = copy.deepcopy(STAGES)
        document["stages"][1]["rule"] = rule
        return document

    for rule, place in (
        ({"kind": "everybody"}, "stages.1.rule"),
        ({"kind": "attribute", "field": "shoe_size", "op": "is", "value": 1}, "stages.1.rule.field"),
        ({"kind": "value", "of": "score", "op": "roughly", "value": 1}, "stages.1.rule.op"),
        ({"kind": "event", "name": "x", "window": {"kind": "since_entry"}}, "stages.1.rule.window"),
    ):
        with pytest.raises(rules.BadRules) as error:
            stage_models.publish(with_rule(rule), actor=AUTOMATIC, at=now)
        assert error.value.path == place
    for broken in (
        {"version": 1, "stages": []},
        {"version": 2, "stages": STAGES["stages"]},
        {"version": 1, "stages": STAGES["stages"][:1] * 2},
        {"version": 1, "stages": STAGES["stages"], "more": 1},
        None,
    ):
        with pytest.raises(rules.BadRules):
            stage_models.publish(broken, actor=AUTOMATIC, at=now)  # type: ignore[arg-type]
    assert stage_models.find() is None


def test_versions_are_kept_and_drafts_do_not_count(workspace: WorkspaceInfo, now: datetime) -> None:
    assert stage_models.publish(STAGES, actor=AUTOMATIC, at=now) == 1
    assert stage_models.publish(STAGES, actor=AUTOMATIC, at=now) == 1
    fewer = {"version": 1, "stages": [company.PROSPECT]}
    stage_models.save_draft(fewer, actor=AUTOMATIC)
    assert [one.key for one in stage_models.get().stages] == ["dormant", "considering", "prospect"]
    assert stage_models.get().draft == fewer
    assert stage_models.get().stages[0].change_to == "もう一度サイトに来る"

    assert stage_models.publish(fewer, actor=AUTOMATIC, at=now) == 2

    assert stage_models.get().draft is None
    lines = audit.list_entries(ListQuery(filters={"object_kind": "stage_model"})).rows
    assert [line.action for line in lines].count("publish") == 2


def test_stages_of_the_past_are_facts_and_move_nobody(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    person = a_person(at=now)
    past = [
        PastStage(person, "prospect", now - 200 * DAY),
        PastStage(person, "considering", now - 100 * DAY),
        PastStage(person, "considering", now - 90 * DAY),
    ]

    stages.load(past)
    processor.process_all()

    moves = clickhouse.store().rows(
        "SELECT old, new, occurred_at FROM person_change WHERE workspace_id = {ws:UInt32} AND kind = 'stage'"
        " AND occurred_at < {now:DateTime64(3, 'UTC')} ORDER BY occurred_at",
        {"ws": workspace.id, "now": now},
    )
    assert moves == [
        ("", "prospect", now - 200 * DAY),
        ("prospect", "considering", now - 100 * DAY),
    ]
    assert stage_of(person) == "prospect"


def test_a_batch_of_thousands_is_judged_in_sets(workspace: WorkspaceInfo, now: datetime) -> None:
    published(now)
    inlet.accept(
        [view(f"v{n}", "/pricing", now, userId=f"p{n}@aoba.example") for n in range(3_000)],
        source="web",
        is_history=True,
    )

    processor.process_all()

    assert len(stages.people_in("prospect")) == 3_000
    assert postgres.rows("SELECT error FROM parked_batch") == []


def test_a_chain_that_ends_at_one_person_lengthens_nobody_elses(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    published(now)
    happens(view("a", "/", now, userId="ito@aoba.example"))
    (other,) = [UUID(str(_only()))]

    facts.record([Change(other, "field", "title", "", "主任", 0.0, clock.to_ms(now), hops=facts.MAX_HOPS)])
    happens(view("b", "/", now, userId="sato@aoba.example"))

    moves = clickhouse.store().rows(
        "SELECT new, hops FROM person_change WHERE workspace_id = {ws:UInt32} AND kind = 'stage'",
        {"ws": workspace.id},
    )
    assert moves == [("prospect", 1), ("prospect", 1)]


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "top", "name": "page_viewed", "n": 1},
        {"kind": "change", "change": "stage", "new": ["prospect"]},
        {"kind": "change", "change": "task", "new": ["done"]},
    ],
)
def test_what_would_go_stale_or_round_in_circles_is_no_stage(
    workspace: WorkspaceInfo, now: datetime, rule: dict[str, Any]
) -> None:
    document = copy.deepcopy(STAGES)
    document["stages"][1]["rule"] = rule
    with pytest.raises(rules.BadRules):
        stage_models.publish(document, actor=AUTOMATIC, at=now, name="ステージ")


def test_a_trait_of_the_company_judges_its_people_again(workspace: WorkspaceInfo, now: datetime) -> None:
    document = copy.deepcopy(STAGES)
    document["stages"][0]["rule"] = {
        "kind": "attribute", "field": "company_industry", "op": "is", "value": "製造業",
    }  # fmt: skip
    count_scores(now)
    stage_models.publish(document, actor=AUTOMATIC, at=now, name="ステージ")
    run_due(now)
    person = a_person("sato@aoba.example", now)
    fields.write([FieldUpdate(person, "company", "青葉製作所", clock.to_ms(now))], actor="auto")
    processor.process_all()
    key = document["stages"][0]["key"]
    assert stage_of(person) != key

    company_id = companies.ensure({"青葉製作所": now})["青葉製作所"]
    companies.describe({company_id: ("製造業", 48)})
    processor.process_all()

    assert stage_of(person) == key
