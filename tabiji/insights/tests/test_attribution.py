"""The printed rule, at its edges: the window, ties, who is judged human, and the denominator."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tabiji.core import clickhouse
from tabiji.experiments.contracts import Rate
from tabiji.insights.public import attribution
from tabiji.insights.tests.story import Journey, judged
from tabiji.people.public import merging
from tabiji.purpose.contracts import ALWAYS, Period
from tabiji.purpose.public import conversions
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db

OLDER, YOUNGER = 11, 12
SIGNED = at(days=100)


@pytest.fixture
def sato(workspace: WorkspaceInfo) -> UUID:
    """Somebody with one contract, signed at SIGNED."""
    conversions.create(
        "contract",
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        worth={"kind": "number"},
        undone_by=["lost"],
        actor=AUTOMATIC,
    )
    (person,) = told.people(1)
    told.record([told.won(person, 1, SIGNED, 1_800_000)])
    return person


def step(person: UUID, initiative_id: int, moment: datetime) -> None:
    journey = Journey(5, initiative_id)
    journey.go(person, "next", moment, 1)
    told.record(journey.changes)


def click(person: UUID, initiative_id: int, moment: datetime, verdict: str = "human", **more: Any) -> None:
    source = more.pop("source", "mail")
    told.tell(judged(person, initiative_id, moment, verdict, **more), source=source)


def credited(period: Period = ALWAYS) -> list[tuple[int, str, datetime | None]]:
    return [(one.initiative_id, one.touch, one.touched_at) for one in attribution.credit(period)]


def test_a_contract_without_a_touch_counts_for_nobody_and_stays_in_the_denominator(sato: UUID) -> None:
    told_of = attribution.attribute(ALWAYS)

    assert credited() == [(0, "", None)]
    assert (told_of.contracts, told_of.amount, told_of.of(OLDER).share) == (1, 1_800_000, Rate(0, 1))
    assert [one.deal_id for one in attribution.contracts_of(0, ALWAYS)] == [1]
    assert attribution.contracts_of(OLDER, ALWAYS) == []


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        (timedelta(days=90), True),
        (timedelta(days=90, milliseconds=1), False),
        (timedelta(0), True),
        (timedelta(milliseconds=-1), False),
    ],
)
def test_the_window_is_ninety_days_with_both_its_ends(sato: UUID, before: timedelta, counts: bool) -> None:
    step(sato, OLDER, SIGNED - before)

    assert credited() == ([(OLDER, "step", SIGNED - before)] if counts else [(0, "", None)])
    assert len(attribution.contracts_of(OLDER, ALWAYS)) == counts


def test_the_last_touch_takes_the_contract_whichever_kind_it_is(sato: UUID) -> None:
    step(sato, OLDER, SIGNED - timedelta(days=10))
    click(sato, YOUNGER, SIGNED - timedelta(days=9))
    first = credited()
    step(sato, OLDER, SIGNED - timedelta(days=8))

    assert first == [(YOUNGER, "click", SIGNED - timedelta(days=9))]
    assert credited() == [(OLDER, "step", SIGNED - timedelta(days=8))]


def test_at_one_moment_a_click_goes_before_a_step_and_the_younger_before_the_older(sato: UUID) -> None:
    moment = SIGNED - timedelta(days=3)
    step(sato, YOUNGER, moment)
    step(sato, OLDER, moment)
    of_steps = credited()
    click(sato, OLDER, moment)

    assert of_steps == [(YOUNGER, "step", moment)]
    assert credited() == [(OLDER, "click", moment)]


def test_a_click_is_dated_by_itself_not_by_its_judgement(sato: UUID) -> None:
    click(sato, OLDER, SIGNED - timedelta(minutes=5))

    assert credited() == [(OLDER, "click", SIGNED - timedelta(minutes=5))]


@pytest.mark.parametrize(
    "more",
    [
        {"verdict": "machine"},
        {"link_kind": "unsubscribe"},
        {"source": "web"},
        {"initiative_id": 0},
    ],
)
def test_machines_unsubscribing_and_claims_of_strangers_are_no_touch(
    sato: UUID, more: dict[str, Any]
) -> None:
    initiative_id = more.pop("initiative_id", OLDER)

    click(sato, initiative_id, SIGNED - timedelta(days=1), **more)

    assert credited() == [(0, "", None)]


def test_somebody_else_s_touch_is_no_touch(sato: UUID) -> None:
    (suzuki,) = told.people(1, "other")

    step(suzuki, OLDER, SIGNED - timedelta(days=1))

    assert credited() == [(0, "", None)]


def test_the_touch_of_a_merged_person_counts_for_the_one_who_remains(
    workspace: WorkspaceInfo, sato: UUID
) -> None:
    (absorbed,) = told.people(1, "absorbed")
    step(absorbed, OLDER, SIGNED - timedelta(days=1))

    changes, subjects = merging.merge(sato, absorbed, reason="same", at=SIGNED, actor="auto")
    told.record(changes)
    clickhouse.store().insert(
        "identity_override",
        {
            "workspace_id": [workspace.id] * len(subjects),
            "subject_id": subjects,
            "person_id": [sato] * len(subjects),
            "version": [1] * len(subjects),
        },
    )

    assert [one[0] for one in credited()] == [OLDER]


def test_two_contracts_of_one_person_are_each_credited_by_their_own_window(sato: UUID) -> None:
    step(sato, OLDER, SIGNED - timedelta(days=2))
    step(sato, YOUNGER, SIGNED + timedelta(days=2))
    told.record([told.won(sato, 2, SIGNED + timedelta(days=3), 200_000)])

    told_of = attribution.attribute(ALWAYS)

    assert [one[0] for one in credited()] == [OLDER, YOUNGER]
    assert [(line.initiative_id, line.amount) for line in told_of.lines] == [
        (OLDER, 1_800_000),
        (YOUNGER, 200_000),
    ]


def test_only_contracts_of_the_period_are_divided_and_a_cancelled_one_is_none(sato: UUID) -> None:
    told.record(
        [told.won(sato, 2, SIGNED + timedelta(days=1)), told.won(sato, 3, SIGNED + timedelta(days=2))]
    )
    told.record([told.change(sato, "deal", 3, "lost", SIGNED + timedelta(days=4))])

    period = Period(0, "", SIGNED + timedelta(days=1))

    assert attribution.attribute(period).contracts == 1
    assert [one.deal_id for one in attribution.contracts_of(0, period)] == [2]


def test_without_contracts_there_is_nothing_to_divide(workspace: WorkspaceInfo) -> None:
    told_of = attribution.attribute(ALWAYS)

    assert (told_of.contracts, told_of.lines, told_of.of(OLDER).share) == (0, (), Rate(0, 0))


def test_the_rule_is_printed_in_one_sentence_that_names_its_window(workspace: WorkspaceInfo) -> None:
    assert f"{attribution.WINDOW.days} " in str(attribution.RULE) or "90日" in str(attribution.RULE)
