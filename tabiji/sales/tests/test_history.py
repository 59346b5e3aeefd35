"""Histories from elsewhere: thousands of rows at once, with their own past times, loaded once."""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from tabiji.core import clickhouse, ids, postgres
from tabiji.people.public import holds, persons
from tabiji.sales.contracts import PastAppointment, PastCall, PastDeal, PastHandOver
from tabiji.sales.public import calls, deals, hand_overs, history, next_due, policy, tasks
from tabiji.sales.tests.cast import a_person, notices_of, process, recorded, staff
from tabiji.scoring.public import scores
from tabiji.workspaces.contracts import WorkspaceInfo

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def test_a_year_of_selling_is_loaded_once_with_its_own_times(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    person = a_person(now - 300 * DAY)
    start, owner = now - 200 * DAY, team.haru.user_id
    given = [
        PastHandOver(
            "H-1", person.id, start, owner, "threshold", "資料請求", start + HOUR, closed_at=start + 40 * DAY
        )
    ]
    sold = [
        PastDeal(
            "D-1",
            person.id,
            "商談",
            "main",
            1_200_000,
            (("meeting", start + DAY), ("quote", start + 9 * DAY)),
            owner,
            "won",
            start + 40 * DAY,
            hand_over_key="H-1",
        )
    ]
    met = [
        PastAppointment(
            "A-1", person.id, start, start + DAY, 60, "初回", "", owner, "visited", start + DAY + HOUR, "D-1"
        )
    ]
    called = [PastCall("C-1", person.id, start + HOUR, 372, "booked", owner, "会う")]

    for _ in range(2):
        hand_over = history.load_hand_overs(given, now=now)["H-1"]
        deal = history.load_deals(sold)["D-1"]
        history.load_appointments(met)
        history.load_calls(called)

    assert hand_overs.get(hand_over).state == "closed"
    found = deals.get(deal)
    assert (found.outcome, found.phase, found.hand_over_id) == ("won", "quote", hand_over)
    assert [(one.result, one.seconds) for one in calls.list_of_person(person.id)] == [("booked", 372)]
    assert [(one.state, one.minutes) for one in tasks.list_of_person(person.id)] == [("done", 7)]
    assert notices_of(team.haru) == notices_of(team.makoto) == []
    changes = recorded(["hand_over", "deal", "appointment", "call"])
    assert sorted((one.kind, one.new, one.occurred_at - start) for one in changes) == [
        ("appointment", "booked", timedelta(0)),
        ("appointment", "visited", DAY + HOUR),
        ("call", "booked", HOUR),
        ("deal", "meeting", DAY),
        ("deal", "quote", 9 * DAY),
        ("deal", "won", 40 * DAY),
        ("hand_over", "accepted", HOUR),
        ("hand_over", "closed", 40 * DAY),
        ("hand_over", "pending", timedelta(0)),
    ]
    assert {one.actor for one in changes} == {"auto", team.haru.label}
    process()
    values = clickhouse.store().rows(
        "SELECT kind, value FROM person_value FINAL WHERE workspace_id = {ws:UInt32} AND kind = 'deal'",
        {"ws": workspace.id},
    )
    assert values == [("deal", "won")]


def test_history_leaves_the_threshold_as_it_would_be(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    owner = team.haru.user_id
    working, early, lost, waiting = (a_person(now, last_name=name) for name in ("一", "二", "三", "四"))
    past = now - 30 * DAY
    history.load_hand_overs(
        [
            PastHandOver("1", working.id, past, owner, accepted_at=past + HOUR),
            PastHandOver(
                "2",
                early.id,
                past,
                owner,
                returned_at=past + DAY,
                return_reason="too_early",
                restart_on=date(2026, 8, 1),
            ),
            PastHandOver("3", lost.id, past, owner, accepted_at=past + HOUR, closed_at=past + 9 * DAY),
            PastHandOver("4", waiting.id, past, owner),
        ],
        now=now,
    )
    history.load_deals(
        [
            PastDeal(
                "3", lost.id, "商談", "main", 1, (("meeting", past),), owner, "lost", past + 9 * DAY, "price"
            )
        ]
    )

    armed = scores.is_armed([working.id, early.id, lost.id, waiting.id])
    assert armed == {early.id, lost.id}
    assert holds.standing([working.id, early.id, lost.id], now).keys() == {working.id}
    assert next_due(now) is None  # what was late before is known already


@pytest.mark.parametrize(
    "wrong",
    [
        {"owner_id": 10**9},
        {"return_reason": "no_budget"},
        {"return_reason": "bored", "returned_at": datetime(2026, 1, 1, 9).astimezone()},
        {"key": ""},
        {"key": "k" * 101},
        {"person_id": uuid4()},
    ],
)
def test_a_wrong_hand_over_loads_nothing(
    workspace: WorkspaceInfo, now: datetime, wrong: dict[str, Any]
) -> None:
    values: dict[str, Any] = {"key": "1", "person_id": a_person(now).id, "requested_at": now} | wrong

    with pytest.raises(history.BadHistory):
        history.load_hand_overs([PastHandOver(**values)], now=now)

    assert postgres.scalar("SELECT count(*) FROM hand_over") == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": -1},
        {"phases": ()},
        {"outcome": "won"},
        {"outcome": "perhaps", "closed_at": datetime(2026, 1, 1, 9).astimezone()},
        {"line": "other"},
        {"phases": (("sleeping", datetime(2026, 1, 1, 9).astimezone()),)},
        {"owner_id": -1},
    ],
)
def test_a_wrong_deal_loads_nothing(workspace: WorkspaceInfo, now: datetime, wrong: dict[str, Any]) -> None:
    values: dict[str, Any] = {
        "key": "1",
        "person_id": a_person(now).id,
        "name": "商談",
        "line": "main",
        "amount": 1,
        "phases": (("meeting", now),),
    } | wrong

    with pytest.raises((history.BadHistory, policy.UnknownWord)):
        history.load_deals([PastDeal(**values)])

    assert postgres.scalar("SELECT count(*) FROM deal") == 0


def test_thousands_load_in_a_few_seconds(workspace: WorkspaceInfo, now: datetime) -> None:
    team = staff()
    people = [ids.new_id() for _ in range(2_000)]
    persons.create(dict.fromkeys(people, now - 300 * DAY))
    start, owner = now - 250 * DAY, team.haru.user_id

    began = time.monotonic()
    history.load_hand_overs(
        [
            PastHandOver(
                str(n), one, start + n * HOUR, owner, accepted_at=start + (n + 1) * HOUR, closed_at=now
            )
            for n, one in enumerate(people)
        ],
        now=now,
    )
    history.load_deals(
        [
            PastDeal(
                str(n),
                one,
                "商談",
                "main",
                500_000,
                (("meeting", start), ("quote", start + DAY)),
                owner,
                "won" if n % 3 else "lost",
                now - DAY,
                "" if n % 3 else "price",
                hand_over_key=str(n),
            )
            for n, one in enumerate(people)
        ]
    )
    history.load_appointments(
        [
            PastAppointment(
                str(n), one, start, start + DAY, owner_id=owner, state="visited", settled_at=start + DAY
            )
            for n, one in enumerate(people)
        ]
    )
    history.load_calls([PastCall(str(n), one, start, 60, "booked", owner) for n, one in enumerate(people)])
    took = time.monotonic() - began

    assert postgres.scalar("SELECT count(*) FROM deal WHERE outcome = 'won'") == 1_333
    assert len(recorded(["hand_over", "deal", "appointment", "call"])) == 2_000 * (3 + 3 + 2 + 1)
    assert took < 20, f"loading 8,000 rows took {took:.1f} s"
