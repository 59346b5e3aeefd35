"""Two at once: real transactions on two connections; one wins, the other hears so."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from tabiji.core import postgres
from tabiji.people.public import persons
from tabiji.sales.public import deals, hand_overs, run_due
from tabiji.sales.tests.cast import Staff, a_person, colleague, notices_of, staff
from tabiji.scoring.public import scores, stage_models, stages
from tabiji.scoring.tests import company
from tabiji.scoring.tests.company import count_scores
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.races import together

NOW = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)


def prepared(workspace: WorkspaceInfo) -> tuple[Staff, Any, int]:
    with postgres.workspace_scope(workspace.id):
        team = staff()
        colleague("別の 営業", Role.SALES)
        person = a_person(NOW)
        number = hand_overs.request([person.id], reason="threshold", at=NOW).made[person.id]
    return team, person, number


def test_two_who_accept_at_once_are_one_who_wins_and_one_who_hears_who(committed: WorkspaceInfo) -> None:
    _team, person, number = prepared(committed)
    with postgres.workspace_scope(committed.id):
        sellers = [colleague(f"営業{n}", Role.SALES) for n in range(4)]

    results = together(
        committed,
        *[lambda actor=actor: hand_overs.accept(number, at=NOW, actor=actor) for actor in sellers],
    )

    won = [one for one in results if not isinstance(one, Exception)]
    lost = [one for one in results if isinstance(one, hand_overs.SettledMeanwhile)]
    assert (len(won), len(lost)) == (1, 3)
    with postgres.workspace_scope(committed.id):
        winner = next(actor for actor in sellers if actor.user_id == won[0].accepted_by)
        assert {error.by for error in lost} == {winner.name}
        assert persons.get(person.id).owner_id == winner.user_id
        assert postgres.scalar("SELECT count(*) FROM hold WHERE released_at IS NULL") == 1
        assert postgres.scalar("SELECT count(*) FROM task") == 1


def test_accepting_and_returning_at_once_leaves_one_truth(committed: WorkspaceInfo) -> None:
    team, _person, number = prepared(committed)

    together(
        committed,
        lambda: hand_overs.accept(number, at=NOW, actor=team.haru),
        lambda: hand_overs.return_(number, reason="no_budget", at=NOW, actor=team.makoto),
    )

    with postgres.workspace_scope(committed.id):
        # Whatever the order, a return is the last word, and nothing is held after it.
        assert hand_overs.get(number).state == "returned"
        assert postgres.scalar("SELECT count(*) FROM hold WHERE released_at IS NULL") == 0
        assert postgres.scalar("SELECT count(*) FROM task WHERE state = 'open'") == 0


def test_two_who_ask_at_once_make_one_hand_over(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        team = staff()
        people = [a_person(NOW, last_name=f"客{n}").id for n in range(20)]

    results = together(
        committed,
        lambda: hand_overs.request(people, reason="threshold", at=NOW, cause="score"),
        lambda: hand_overs.request(people[::-1], reason="journey:1", at=NOW, cause="journey"),
    )

    assert sum(len(one.made) for one in results) == 20
    assert sum(len(one.standing) for one in results) == 20
    with postgres.workspace_scope(committed.id):
        assert postgres.scalar("SELECT count(*) FROM hand_over") == 20
        assert notices_of(team.haru) == ["hand_overs"]


def test_a_deal_opened_at_the_same_moment_gives_a_hand_over_or_a_notice_never_both(
    committed: WorkspaceInfo,
) -> None:
    for _ in range(3):
        with postgres.workspace_scope(committed.id):
            team = staff()
            person = a_person(NOW)

        asked, deal = together(
            committed,
            lambda person=person: hand_overs.request([person.id], reason="threshold", at=NOW),  # type: ignore[misc]
            lambda person=person, team=team: deals.open_(  # type: ignore[misc]
                person.id, name="商談", at=NOW, actor=team.haru
            ),
        )

        assert bool(asked.made) != bool(asked.told)
        assert not isinstance(deal, Exception)


def test_one_deal_is_won_or_lost(committed: WorkspaceInfo) -> None:
    team, person, number = prepared(committed)
    with postgres.workspace_scope(committed.id):
        hand_overs.accept(number, at=NOW, actor=team.haru)
        deal = deals.open_(person.id, name="商談", at=NOW, actor=team.haru)

    results = together(
        committed,
        lambda: deals.win(deal.id, at=NOW, actor=team.haru, version=deal.version),
        lambda: deals.lose(deal.id, reason="price", at=NOW, actor=team.makoto, version=deal.version),
    )

    errors = [one for one in results if isinstance(one, Exception)]
    assert [type(error) for error in errors] == [deals.ChangedMeanwhile]
    with postgres.workspace_scope(committed.id):
        found = deals.get(deal.id)
        assert found.outcome in ("won", "lost")
        assert bool(scores.is_armed([person.id])) == (found.outcome == "lost") or found.outcome == "won"
        assert hand_overs.get(number).state == "closed"


def test_two_workers_tell_the_manager_once(committed: WorkspaceInfo) -> None:
    team, _person, _number = prepared(committed)
    late = NOW + timedelta(days=3)

    told = together(committed, lambda: run_due(late), lambda: run_due(late))

    assert sorted(told) == [0, 1]
    with postgres.workspace_scope(committed.id):
        assert notices_of(team.makoto) == ["hand_over_overdue"]


def test_points_given_at_once_add_up_and_cross_once(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        count_scores(NOW)
        people = [a_person(NOW, last_name=f"客{n}").id for n in range(10)]

    def give(place: int) -> list[Any]:
        ordered = people if place % 2 else people[::-1]
        return scores.add(ordered, 30, rule="given", at=NOW, cause=f"worker {place}")

    results = together(committed, *[lambda place=place: give(place) for place in range(4)])

    assert not [one for one in results if isinstance(one, Exception)]
    crossings = [change.person_id for given in results for change in given if change.detail.get("crossed")]
    assert sorted(crossings) == sorted(people)
    with postgres.workspace_scope(committed.id):
        assert set(scores.of(people).values()) == {120}
        assert {persons.get(one).score for one in people} == {120}


def test_whoever_judges_a_stage_waits_for_whoever_holds_the_person(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        stage_models.publish(
            {"version": 1, "stages": [company.PROSPECT]}, actor=AUTOMATIC, at=NOW, name="ステージ"
        )
        person = a_person(NOW).id
    order: list[str] = []
    is_held = threading.Event()

    def hold() -> None:
        postgres.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", [person])
        is_held.set()
        time.sleep(0.5)
        order.append("held")

    def judge() -> None:
        assert is_held.wait(20)
        stages.judge({person: NOW}, now=NOW)
        order.append("judged")

    results = together(committed, hold, judge)

    assert not [one for one in results if isinstance(one, Exception)]
    assert order == ["held", "judged"]
