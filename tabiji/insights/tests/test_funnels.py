"""Funnels: how many reached each step, exactly who, and who was lost on the way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tabiji.core import clickhouse, clock
from tabiji.core.postgres import workspace_scope
from tabiji.insights.contracts import FunnelCount
from tabiji.insights.funnels import BadFunnel, NoSuchFunnel
from tabiji.insights.public import funnels
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import exclusions, fields, persons
from tabiji.purpose.contracts import ALWAYS, Period
from tabiji.purpose.public import conversions
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at, page, visitor
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

VISIT = {"kind": "event", "names": ["page_viewed"]}
LOOK = {"kind": "event", "names": ["page_viewed"], "paths": ["/pricing*", "/cases*"]}
SENT = {"kind": "event", "names": ["form_submitted"]}
BOOKED = {"kind": "change", "change": "appointment", "new": ["booked"]}
WON = {"kind": "change", "change": "deal", "new": ["won"], "line": "omakase"}
SHORT = [("訪問", VISIT), ("料金/事例", LOOK), ("送信", SENT)]
LONG = [*SHORT, ("商談予約", BOOKED), ("契約", WON)]


def make(steps: Sequence[tuple[str, dict[str, Any]]] = SHORT) -> int:
    return funnels.create("おまかせ", steps=steps, actor=AUTOMATIC)


def reached(counted: FunnelCount) -> list[int]:
    return [step.reached for step in counted.steps]


def everyone(funnel_id: int, period: Period = ALWAYS) -> list[set[UUID]]:
    return [
        set(funnels.who(funnel_id, period, step.position).subjects)
        for step in funnels.count(funnel_id, period).steps
    ]


def assert_twins(funnel_id: int, period: Period = ALWAYS) -> None:
    """Every number and every loss opens exactly as many ids."""
    counted = funnels.count(funnel_id, period)
    for step in counted.steps:
        assert len(funnels.who(funnel_id, period, step.position)) == step.reached
        if step.position > 1:
            assert len(funnels.who_dropped(funnel_id, period, step.position)) == step.lost


def test_visitors_and_people_are_counted_once_each_at_the_step_they_reached(workspace: WorkspaceInfo) -> None:
    (sato,) = told.people(1)
    told.tell(
        page("a", "/", at()),
        page("a", "/", at(1)),
        page("b", "/", at()),
        page("b", "/pricing/", at(1)),
        page(sato, "/cases/1", at()),
    )
    told.tell(told.event("form_submitted", sato, at(2)), source="form")
    funnel = make()

    counted = funnels.count(funnel, ALWAYS)

    assert reached(counted) == [3, 2, 1]
    assert everyone(funnel) == [{visitor("a"), visitor("b"), sato}, {visitor("b"), sato}, {sato}]
    who = funnels.who(funnel, ALWAYS, 1)
    assert (who.people, who.anonymous) == ((sato,), 2)
    assert funnels.who_dropped(funnel, ALWAYS, 2).subjects == (visitor("a"),)
    assert funnels.who_dropped(funnel, ALWAYS, 3).subjects == (visitor("b"),)


def test_who_becomes_known_is_one_with_the_visitor_that_they_were(workspace: WorkspaceInfo) -> None:
    told.tell(page("b", "/", at()), page("b", "/pricing/", at(1)), source="web")
    told.tell(told.known("b", "sato@aoba.example", at(2)), page("b", "/", at(3)), source="web")
    (sato,) = persons.search("sato@aoba.example")
    told.tell(told.event("form_submitted", sato.id, at(4)), source="form")
    funnel = make()

    assert reached(funnels.count(funnel, ALWAYS)) == [1, 1, 1]
    assert everyone(funnel) == [{sato.id}] * 3
    assert funnels.who(funnel, ALWAYS, 1).people == (sato.id,)


def test_steps_count_in_their_order_in_time(workspace: WorkspaceInfo) -> None:
    sato, suzuki = told.people(2)
    told.tell(page(sato, "/", at(5)), page(sato, "/pricing/", at(6)), page(suzuki, "/pricing/", at(1)))
    told.tell(
        told.event("form_submitted", sato, at(3)), told.event("form_submitted", suzuki, at(2)), source="form"
    )
    funnel = make()

    assert reached(funnels.count(funnel, ALWAYS)) == [2, 2, 1]
    assert everyone(funnel)[2] == {suzuki}
    assert funnels.who_dropped(funnel, ALWAYS, 3).people == (sato,)


def test_a_later_second_try_reaches_a_step_that_came_too_early_at_first(workspace: WorkspaceInfo) -> None:
    (sato,) = told.people(1)
    told.tell(told.event("form_submitted", sato, at(0)), source="form")
    told.tell(page(sato, "/pricing/", at(1)))
    told.tell(told.event("form_submitted", sato, at(2)), source="form")

    assert reached(funnels.count(make(), ALWAYS)) == [1, 1, 1]


def test_what_happens_in_one_moment_counts_in_the_order_of_the_steps(workspace: WorkspaceInfo) -> None:
    (sato,) = told.people(1)
    told.record([told.won(sato, 1, at()), told.booked(sato, 1, at())])
    told.tell(told.event("form_submitted", sato, at()), source="form")
    told.tell(page(sato, "/pricing/", at()))
    funnel = make(LONG)

    assert reached(funnels.count(funnel, ALWAYS)) == [1, 1, 1, 1, 1]
    assert funnels.reached_at(funnel, ALWAYS, 5) == {sato: at()}


def test_one_millisecond_too_early_is_too_early(workspace: WorkspaceInfo) -> None:
    (sato,) = told.people(1)
    told.tell(page(sato, "/pricing/", at()))
    told.tell(told.event("form_submitted", sato, at() - timedelta(milliseconds=1)), source="form")

    assert reached(funnels.count(make(), ALWAYS)) == [1, 1, 0]


def test_only_deals_of_the_line_of_business_are_contracts_of_the_funnel(workspace: WorkspaceInfo) -> None:
    sato, suzuki = told.people(2)
    for person in (sato, suzuki):
        told.tell(page(person, "/pricing/", at()))
    told.record([told.won(sato, 1, at(9), line="omakase"), told.won(suzuki, 2, at(9), line="market")])
    funnel = make([("訪問", VISIT), ("契約", WON)])

    assert reached(funnels.count(funnel, ALWAYS)) == [2, 1]
    assert funnels.who(funnel, ALWAYS, 2).people == (sato,)


def test_a_step_may_be_a_conversion_and_one_taken_back_is_no_step(workspace: WorkspaceInfo) -> None:
    conversions.create(
        "contract",
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        undone_by=["lost"],
        actor=AUTOMATIC,
    )
    sato, suzuki = told.people(2)
    told.tell(page(sato, "/", at()), page(suzuki, "/", at()))
    told.record([told.won(sato, 1, at(1)), told.won(suzuki, 2, at(1))])
    told.record([told.change(suzuki, "deal", 2, "lost", at(2))])
    funnel = make(
        [("訪問", VISIT), ("契約", {"kind": "change", "change": "conversion", "refs": ["contract"]})]
    )

    assert reached(funnels.count(funnel, ALWAYS)) == [2, 1]
    assert funnels.who(funnel, ALWAYS, 2).people == (sato,)


def test_all_steps_lie_in_the_period_its_first_moment_in_and_its_last_out(workspace: WorkspaceInfo) -> None:
    told.tell(
        *(page(name, "/", at(minute)) for name, minute in (("a", 0), ("b", 10), ("c", 19.999), ("d", 20)))
    )
    told.tell(page("b", "/pricing/", at(19)), page("c", "/pricing/", at(20)))
    funnel, period = make(), Period(0, "", at(10), at(20))

    assert reached(funnels.count(funnel, period)) == [2, 1, 0]
    assert everyone(funnel, period)[0] == {visitor("b"), visitor("c")}
    assert_twins(funnel, period)


def test_machines_and_people_left_out_of_numbers_are_not_counted(workspace: WorkspaceInfo) -> None:
    (rival,) = told.people(1)
    fields.write([FieldUpdate(rival, "email", "ito@rival.example", clock.to_ms(at()))], actor="auto")
    crawler = page("bot", "/pricing/", at())
    crawler["context"] = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
    told.tell(crawler, page("a", "/", at()), page(rival, "/", at()))
    funnel = make()
    before = everyone(funnel)[0]

    exclusions.add("domain", "rival.example")

    assert before == {visitor("a"), rival}
    assert everyone(funnel)[0] == {visitor("a")}
    assert reached(funnels.count(funnel, ALWAYS)) == [1, 0, 0]


def test_the_largest_drop_is_by_rate_and_small_numbers_are_not_judged(workspace: WorkspaceInfo) -> None:
    told.tell(*(page(f"v{place}", "/", at()) for place in range(100)))
    told.tell(*(page(f"v{place}", "/pricing/", at(1)) for place in range(40)))
    told.tell(*(told.event("form_submitted", f"v{place}", at(2)) for place in range(10)), source="form")
    told.tell(told.event("opened_door", "v0", at(3)))
    door = {"kind": "event", "names": ["opened_door"]}
    funnel = make([*SHORT, ("扉", door)])

    counted = funnels.count(funnel, ALWAYS)

    assert reached(counted) == [100, 40, 10, 1]
    assert [round(step.drop, 3) for step in counted.steps] == [0.0, 0.6, 0.75, 0.9]
    assert counted.worst is not None
    assert (counted.largest_drop, counted.worst.lost) == (3, 30)
    assert_twins(funnel)


def test_without_anybody_every_step_is_nought_and_no_drop_is_the_largest(workspace: WorkspaceInfo) -> None:
    funnel = make(LONG)

    counted = funnels.count(funnel, ALWAYS)

    assert (reached(counted), counted.largest_drop, counted.worst) == ([0] * 5, 0, None)
    assert everyone(funnel) == [set()] * 5


def test_another_workspace_is_in_no_number_of_this_one() -> None:
    ours, theirs = (
        workspaces.create(f"funnel-{name}-{uuid4().hex[:8]}", name=name, shards=1)
        for name in ("ours", "theirs")
    )
    with workspace_scope(ours.id):
        told.tell(page("a", "/pricing/", at()))
        funnel = make()
        mine = reached(funnels.count(funnel, ALWAYS))
    with workspace_scope(theirs.id):
        other = reached(funnels.count(make(), ALWAYS))
        with pytest.raises(NoSuchFunnel):
            funnels.count(funnel, ALWAYS)

    assert (mine, other) == ([1, 1, 0], [0, 0, 0])


def test_while_clickhouse_is_away_counting_rests(
    workspace: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    funnel = make()
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://tabiji:x@127.0.0.1:9/tabiji"))

    with pytest.raises(clickhouse.ClickHouseResting):
        funnels.count(funnel, ALWAYS)
    with pytest.raises(clickhouse.ClickHouseResting):
        funnels.who(funnel, ALWAYS, 1)


def test_a_step_that_does_not_exist_is_refused(workspace: WorkspaceInfo) -> None:
    funnel = make()

    for wrong in (0, 4):
        with pytest.raises(BadFunnel):
            funnels.who(funnel, ALWAYS, wrong)
    with pytest.raises(BadFunnel):
        funnels.who_dropped(funnel, ALWAYS, 1)
    with pytest.raises(BadFunnel):
        make(SHORT[:1])


def test_changed_steps_count_the_past_too(workspace: WorkspaceInfo) -> None:
    told.tell(page("a", "/", at()), page("a", "/cases/1", at(1)))
    funnel = make([("訪問", VISIT), ("料金", {**LOOK, "paths": ["/pricing*"]})])
    before = reached(funnels.count(funnel, ALWAYS))

    funnels.change(funnel, steps=[("訪問", VISIT), ("料金/事例", LOOK)], actor=AUTOMATIC)

    assert (before, reached(funnels.count(funnel, ALWAYS))) == ([1, 0], [1, 1])


def test_random_stories_agree_with_clickhouse_s_own_window_funnel(workspace: WorkspaceInfo) -> None:
    chance = random.Random(4_711)
    names = ["one", "two", "three", "four"]
    events = [
        told.event(
            chance.choice(names),
            f"v{chance.randrange(150)}",
            at(chance.randrange(12)),
            message_id_=f"m{place}",
        )
        for place in range(1_500)
    ]
    told.tell(*events)
    funnel = make([(name, {"kind": "event", "names": [name]}) for name in names])

    rows = clickhouse.store().rows(
        "SELECT level, count() FROM (SELECT windowFunnel(1000000000)(toUInt64(toUnixTimestamp64Milli(occurred_at)),"
        " name = 'one', name = 'two', name = 'three', name = 'four') AS level FROM event"
        " WHERE workspace_id = {ws:UInt32} GROUP BY subject_id) GROUP BY level",
        {"ws": workspace.id},
    )
    levels = dict(rows)

    assert reached(funnels.count(funnel, ALWAYS)) == [
        sum(count for level, count in levels.items() if level >= step) for step in (1, 2, 3, 4)
    ]
    assert len(levels) == 5
    assert_twins(funnel)


def test_time_zones_are_only_another_way_to_write_a_moment(workspace: WorkspaceInfo) -> None:
    told.tell(page("a", "/", datetime.fromisoformat("2026-02-02T00:30:00+09:00")))
    funnel = make()
    in_tokyo = Period(0, "", datetime.fromisoformat("2026-02-02T00:00:00+09:00"))
    in_london = Period(0, "", datetime.fromisoformat("2026-02-01T15:31:00+00:00"))

    assert reached(funnels.count(funnel, in_tokyo))[0] == 1
    assert reached(funnels.count(funnel, in_london))[0] == 0
