"""Who gets which variant, once and for ever; and what adopting one does."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from tabiji.core import clickhouse
from tabiji.core.postgres import workspace_scope
from tabiji.experiments.assignment import NothingToAssign
from tabiji.experiments.contracts import Variant
from tabiji.experiments.experiments import BadExperiment, NoSuchExperiment
from tabiji.experiments.public import assignment, decisions, experiments, exposures
from tabiji.purpose.public import conversions
from tabiji.purpose.tests import told
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces

PEOPLE = [UUID(int=place * 7_919 + 1) for place in range(4_000)]
MORNING = Variant("morning", "朝 8時")
EVENING = Variant("evening", "夜 20時", effects={"default_send_hour": "20:00"})


@pytest.fixture
def experiment(workspace: WorkspaceInfo) -> int:
    conversions.create(
        "appointment",
        name="商談予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=AUTOMATIC,
    )
    return experiments.create(
        "send_hour", name="朝と夜", variants=[MORNING, EVENING], goal="appointment", actor=AUTOMATIC
    )


def test_the_same_person_comes_to_the_same_arm_each_time() -> None:
    first = assignment.divide("salt", "split", PEOPLE, {"a": 1, "b": 1})

    assert assignment.divide("salt", "split", reversed(PEOPLE), {"a": 1, "b": 1}) == first


def test_arms_fill_by_their_weights() -> None:
    found = Counter(assignment.divide("salt", "split", PEOPLE, {"a": 3, "b": 1, "none": 0}).values())

    assert found.keys() == {"a", "b"}
    assert found["a"] / len(PEOPLE) == pytest.approx(0.75, abs=0.03)


def test_two_experiments_and_two_salts_divide_independently() -> None:
    one, other, salted = (
        assignment.divide(salt, key, PEOPLE, {"a": 1, "b": 1})
        for salt, key in (("s", "one"), ("s", "other"), ("t", "one"))
    )

    for against in (other, salted):
        same = sum(one[person] == against[person] for person in PEOPLE)
        assert same / len(PEOPLE) == pytest.approx(0.5, abs=0.04)


@settings(max_examples=50)
@given(weights=st.dictionaries(st.sampled_from("abcd"), st.integers(0, 5), min_size=1), person=st.uuids())
def test_only_variants_with_a_share_are_given(weights: dict[str, int], person: UUID) -> None:
    if not sum(weights.values()):
        with pytest.raises(NothingToAssign):
            assignment.divide("salt", "split", [person], weights)
    else:
        (variant,) = assignment.divide("salt", "split", [person], weights).values()
        assert weights[variant] > 0


@pytest.mark.django_db
def test_practice_divides_alike_each_time_and_others_have_a_salt_of_their_own() -> None:
    infos = [
        workspaces.create(f"salt-{uuid4().hex[:8]}", name="x", shards=1, is_practice=place < 2)
        for place in range(4)
    ]
    salts = []
    for info in infos:
        with workspace_scope(info.id):
            salts.append(assignment.salt())
            assert assignment.salt() == salts[-1]

    assert salts[0] == salts[1] == assignment.PRACTICE_SALT
    assert len(set(salts)) == 3


@pytest.mark.django_db
def test_an_exposure_stands_whatever_happens_and_is_recorded_once(
    workspace: WorkspaceInfo, experiment: int, now: datetime
) -> None:
    sato, suzuki = told.people(2)
    first = exposures.expose(experiment, {sato: now})
    again = exposures.expose(experiment, {sato: now + timedelta(days=9), suzuki: now})
    told.record([])

    assert again[sato] == first[sato]
    facts = clickhouse.store().rows(
        "SELECT person_id, ref, new FROM person_change WHERE workspace_id = {ws:UInt32} AND kind = 'experiment'",
        {"ws": workspace.id},
    )
    assert sorted(facts) == sorted((person, str(experiment), again[person]) for person in (sato, suzuki))


@pytest.mark.django_db
def test_adopting_sets_what_the_variant_stands_for_and_says_who_and_when(
    experiment: int, now: datetime
) -> None:
    decisions.adopt(experiment, "evening", actor=AUTOMATIC, at=now, why="予約で夜の勝ち")

    standing = decisions.find_standing(experiment)
    assert standing is not None
    assert (standing.variant, standing.decided_at, standing.why) == ("evening", now, "予約で夜の勝ち")
    assert workspaces.current().settings["default_send_hour"] == "20:00"
    assert experiments.get(experiment).state == "ended"


@pytest.mark.django_db
def test_taking_a_decision_back_returns_the_setting_unless_it_was_changed_since(
    experiment: int, now: datetime
) -> None:
    workspaces.update_settings(default_send_hour="09:00")
    first = decisions.adopt(experiment, "evening", actor=AUTOMATIC, at=now)
    decisions.undo(first, actor=AUTOMATIC, at=now)
    returned = workspaces.current().settings["default_send_hour"]

    second = decisions.adopt(experiment, "evening", actor=AUTOMATIC, at=now)
    workspaces.update_settings(default_send_hour="21:00")
    decisions.undo(second, actor=AUTOMATIC, at=now)

    assert (returned, workspaces.current().settings["default_send_hour"]) == ("09:00", "21:00")
    assert decisions.find_standing(experiment) is None
    with pytest.raises(decisions.NoSuchDecision):
        decisions.undo(second, actor=AUTOMATIC, at=now)


@pytest.mark.django_db
def test_one_decision_stands_and_all_are_kept(experiment: int, now: datetime) -> None:
    decisions.adopt(experiment, "evening", actor=AUTOMATIC, at=now)
    decisions.adopt(experiment, "morning", actor=AUTOMATIC, at=now)

    assert [(one.variant, one.undone_at is None) for one in decisions.list_of(experiment)] == [
        ("morning", True),
        ("evening", False),
    ]


@pytest.mark.django_db
def test_what_cannot_be_judged_or_set_is_refused(experiment: int, now: datetime) -> None:
    def create(*variants: Variant, goal: str = "appointment") -> None:
        experiments.create(f"x{uuid4().hex[:6]}", name="x", variants=variants, goal=goal, actor=AUTOMATIC)

    with translation.override("en"), pytest.raises(BadExperiment, match="two variants"):
        create(MORNING)
    with pytest.raises(BadExperiment, match="cannot set"):
        create(MORNING, Variant("evil", "x", effects={"is_practice": True}))
    with pytest.raises(conversions.NoSuchConversion):
        create(MORNING, EVENING, goal="luck")
    with pytest.raises(BadExperiment, match="no variant"):
        decisions.adopt(experiment, "noon", actor=AUTOMATIC, at=now)
    with pytest.raises(NoSuchExperiment):
        experiments.get(987_654)
