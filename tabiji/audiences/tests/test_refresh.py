"""Refreshing: only differences, only when something came or a window moved, and never a lost touch."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tabiji.audiences import asking, dependencies, loops, refreshing
from tabiji.audiences import members as writing
from tabiji.audiences.moments import Moment
from tabiji.audiences.public import audience as audiences
from tabiji.audiences.public import conditions
from tabiji.audiences.tests import cast
from tabiji.core import clickhouse, facts, postgres
from tabiji.core.facts import Batch, Change
from tabiji.events.public import inlet, processor
from tabiji.people.public import exclusions, fields, lists
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import calendar
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

BOUGHT = {"kind": "event", "name": "bought"}


def made(condition: dict[str, Any]) -> int:
    return audiences.create("熱い人", actor=AUTOMATIC, condition=condition)


def members(audience_id: int) -> set[str]:
    return cast.names(audiences.member_ids(audience_id))


def recorded(audience_id: int) -> list[tuple[str, str, str, str]]:
    """(who, old, new, cause) of the audience's facts, in order."""
    rows = clickhouse.store().rows(
        "SELECT person_id, old, new, cause FROM person_change"
        " WHERE workspace_id = {ws:UInt32} AND kind = 'audience' AND ref = {ref:String} ORDER BY batch_id, ordinal",
        {"ws": postgres.workspace_id(), "ref": str(audience_id)},
    )
    return [(cast.names([row[0]]).pop(), *row[1:]) for row in rows]


def refresh(audience_id: int, now: datetime) -> tuple[int, int] | None:
    """(entered, left); None where ClickHouse was not asked."""
    difference = refreshing.refresh(audience_id, now=now)
    return (difference.entered, difference.left) if difference.was_asked else None


@pytest.fixture
def no_clickhouse(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Any question to ClickHouse fails."""

    def cut() -> None:
        monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://default@127.0.0.1:1/tabiji"))

    return cut


def test_people_come_and_go_with_an_episode_and_a_fact_each(workspace: WorkspaceInfo, now: datetime) -> None:
    sato = cast.person("sato@x.example", now, title="部長")
    audience_id = made({"kind": "attribute", "field": "title", "op": "is", "value": "部長"})
    assert refresh(audience_id, now) == (1, 0)

    cast.set_field(sato, "title", "課長", now + timedelta(days=1))
    assert refresh(audience_id, now + timedelta(days=1)) == (0, 1)
    assert audiences.stays(audience_id) == []
    cast.set_field(sato, "title", "部長", now + timedelta(days=2))
    assert refresh(audience_id, now + timedelta(days=2)) == (1, 0)

    processor.process_all()
    (stay,) = audiences.stays(audience_id)
    assert (stay.episode, stay.entered_at) == (2, now + timedelta(days=2))
    assert recorded(audience_id) == [
        ("sato", "", "1", "first"),
        ("sato", "1", "", "change"),
        ("sato", "", "1", "change"),
    ]
    assert audiences.get(audience_id).size == 1
    assert [(name, since) for _id, name, since in audiences.audiences_of(sato)] == [
        ("熱い人", stay.entered_at)
    ]


def test_nothing_changed_asks_nothing(workspace: WorkspaceInfo, now: datetime, no_clickhouse: Any) -> None:
    cast.person("sato@x.example", now)
    audience_id = made(
        {"kind": "all", "of": [BOUGHT, {"kind": "attribute", "field": "title", "op": "is_empty"}]}
    )
    refresh(audience_id, now)
    cast.tell([cast.act("sato@x.example", "something_else")], at=now)

    no_clickhouse()

    assert refresh(audience_id, now) is None
    assert refresh(audience_id, now + timedelta(days=400)) is None


def test_what_an_audience_depends_on_brings_it_back(workspace: WorkspaceInfo, now: datetime) -> None:
    sato = cast.person("sato@x.example", now)
    list_id = lists.create("名簿", actor=AUTOMATIC)
    by_event, by_list = (
        made(BOUGHT),
        made({"kind": "value", "of": "list", "ref": str(list_id), "op": "member"}),
    )
    assert (refresh(by_event, now), refresh(by_list, now)) == ((0, 0), (0, 0))

    cast.tell([cast.act("sato@x.example", "bought")], at=now)
    assert (refresh(by_event, now), refresh(by_list, now)) == ((1, 0), None)

    lists.add(list_id, [sato], at=now, actor="auto")
    processor.process_all()
    assert (refresh(by_event, now), refresh(by_list, now)) == (None, (1, 0))


def test_a_change_is_followed_without_asking_of_everyone(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sato", "suzuki", "tanaka"):
        cast.person(f"{name}@x.example", now)
    cast.tell([cast.act("suzuki@x.example", "bought")], at=now)
    audience_id = made(BOUGHT)
    refresh(audience_id, now)
    cast.tell([cast.act("sato@x.example", "bought"), cast.view("b", "/")], at=now)

    asked: list[str] = []
    rows = clickhouse.ClickHouse.rows

    def listening(self: clickhouse.ClickHouse, sql: str, *args: Any, **more: Any) -> Any:
        asked.append(sql)
        return rows(self, sql, *args, **more)

    monkeypatch.setattr(clickhouse.ClickHouse, "rows", listening)
    assert refresh(audience_id, now) == (1, 0)

    assert all("asked_subject" in sql or "UNION ALL" in sql for sql in asked)
    assert members(audience_id) == {"sato", "suzuki"}


def test_becoming_known_and_being_merged_move_people_in_and_out(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    audience_id = made(BOUGHT)
    refresh(audience_id, now)
    cast.tell([{"type": "track", "event": "bought", "anonymousId": "b"}], at=now)
    assert refresh(audience_id, now) == (0, 0)

    cast.tell(
        [{"type": "identify", "anonymousId": "b", "userId": "old", "traits": {"email": "old@x.example"}}],
        at=now,
    )
    assert refresh(audience_id, now) == (1, 0)

    cast.person("kept@x.example", now)
    cast.tell([{"type": "alias", "userId": "kept@x.example", "previousId": "old"}], at=now)
    assert refresh(audience_id, now) == (1, 1)
    assert members(audience_id) == {"kept"}


def test_a_window_of_days_moves_at_local_midnight(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("sato@x.example", now)
    cast.tell([cast.act("sato@x.example", "bought")], at=now)  # 4/28 in Tokyo
    audience_id = made(BOUGHT | {"window": {"kind": "last", "n": 2, "unit": "days"}})
    assert refresh(audience_id, now) == (1, 0)
    midnight = now.astimezone(workspace.zone).replace(hour=0, minute=0, second=0) + timedelta(days=1)

    assert refresh(audience_id, midnight - timedelta(seconds=1)) is None
    assert refresh(audience_id, midnight) == (0, 0)
    assert refresh(audience_id, midnight + timedelta(days=1)) == (0, 0)
    assert refresh(audience_id, midnight + timedelta(days=2)) == (0, 1)


def test_a_window_of_hours_moves_each_five_minutes() -> None:
    from zoneinfo import ZoneInfo

    now = datetime.fromisoformat("2026-04-28T14:02:10+09:00")
    condition = conditions.read(BOUGHT | {"window": {"kind": "last", "n": 3, "unit": "hours"}})

    moved = dependencies.next_window(condition, Moment(now, ZoneInfo("Asia/Tokyo")))

    assert moved == datetime.fromisoformat("2026-04-28T14:05:00+09:00")
    assert dependencies.next_window(conditions.read(BOUGHT), Moment(now, ZoneInfo("Asia/Tokyo"))) is None


def test_excluding_somebody_from_numbers_takes_them_out(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("spy@rival.example", now)
    audience_id = made({"kind": "everyone"})
    refresh(audience_id, now)

    exclusions.add("domain", "rival.example")

    assert refresh(audience_id, now) == (0, 1)
    assert refresh(audience_id, now) is None


def test_another_condition_changes_the_members(workspace: WorkspaceInfo, now: datetime) -> None:
    for name, title in (("a", "部長"), ("b", "課長")):
        cast.person(f"{name}@x.example", now, title=title)
    titled = {"kind": "attribute", "field": "title", "op": "is", "value": "部長"}
    audience_id = made(titled)
    refresh(audience_id, now)

    audiences.save(audience_id, actor=AUTOMATIC, condition={"kind": "none", "of": [titled]})

    assert refresh(audience_id, now) == (1, 1)
    assert members(audience_id) == {"b"}
    assert audiences.get(audience_id).version == 2


def test_a_touch_that_comes_while_the_question_runs_is_not_lost(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.person("sato@x.example", now)
    audience_id = made(BOUGHT)
    write = writing.write

    def late(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(writing, "write", write)
        cast.tell([cast.act("sato@x.example", "bought")], at=now)
        return write(*args, **more)

    monkeypatch.setattr(writing, "write", late)

    assert refresh(audience_id, now) == (0, 0)
    assert refresh(audience_id, now) == (1, 0)


def test_people_of_a_batch_that_is_not_closed_stay_where_they_are(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    """Their rows are in ClickHouse already, what they did does not count yet."""
    from tabiji.events import deciding, store

    audience_id = made({"kind": "event", "name": "bought", "count": {"op": "exactly", "n": 0}})
    cast.person("old@x.example", now)
    assert refresh(audience_id, now) == (1, 0)
    inlet.accept([{"type": "track", "event": "bought", "anonymousId": "b"}], source="web")
    inlet.accept(
        [{"type": "identify", "anonymousId": "b", "traits": {"email": "new@x.example"}}], source="web"
    )
    decided = deciding.decide(workspace.id, 0)
    assert decided is not None
    store.write(workspace.id, 0, *decided)

    assert audiences.refresh_now(audience_id, now=now).entered == 0
    processor.process_all()

    assert refresh(audience_id, now) == (0, 0)
    assert members(audience_id) == {"old"}


def test_a_slow_batch_held_open_while_later_ones_close_loses_nobody(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    """One stream stands at a batch that is stored and not closed; the other goes on closing."""
    from tabiji.events import consuming, deciding, store

    for name in ("slow", "quick", "later"):
        cast.person(f"{name}@x.example", now)
    bought, never = made(BOUGHT), made(BOUGHT | {"count": {"op": "exactly", "n": 0}})
    assert (refresh(bought, now), refresh(never, now)) == ((0, 0), (3, 0))
    postgres.execute("UPDATE workspace SET shards = 2")

    def decide(name: str, shard: int) -> tuple[int, Any]:
        inlet.accept([cast.act(f"{name}@x.example", "bought")], source="server", is_history=True)
        postgres.execute("UPDATE event_inbox SET shard = %s WHERE batch_id IS NULL", [shard])
        decided = deciding.decide(workspace.id, shard)
        assert decided is not None
        store.write(workspace.id, shard, *decided)
        return decided

    slow = decide("slow", 0)
    for name in ("quick", "later"):
        consuming.consume(workspace.id, 1, *decide(name, 1))
        refresh(bought, now), refresh(never, now)
        assert "slow" not in members(bought)
        assert "slow" in members(never)
    assert members(bought) == {"quick", "later"}

    consuming.consume(workspace.id, 0, *slow)

    assert (refresh(bought, now), refresh(never, now)) == ((1, 0), (0, 1))
    assert (members(bought), members(never)) == ({"slow", "quick", "later"}, set())


def test_an_archived_audience_lets_everybody_go(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("sato@x.example", now)
    audience_id = made({"kind": "everyone"})
    refresh(audience_id, now)

    audiences.archive(audience_id, actor=AUTOMATIC, now=now)
    processor.process_all()

    assert audiences.list_all() == []
    assert recorded(audience_id)[-1] == ("sato", "1", "", "archived")
    assert (workspace.id, audience_id) not in refreshing.due()


def test_the_loop_asks_due_audiences_once_and_then_rests(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("sato@x.example", now)
    audience_id = made({"kind": "everyone"})

    loops.refresh_due()

    assert members(audience_id) == {"sato"}
    assert refreshing.due() == []
    cast.person("suzuki@x.example", now)
    assert refreshing.due() == []  # it rests
    postgres.execute("UPDATE audience SET not_before = clock_timestamp()")
    assert refreshing.due() == [(workspace.id, audience_id)]


def test_an_audience_that_cannot_be_asked_any_more_stands_still_and_says_why(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    fields.create("budget", label="予算", type="money")
    audience_id = made({"kind": "attribute", "field": "budget", "op": "is_empty"})
    cast.person("sato@x.example", now)
    loops.refresh_due()
    postgres.execute("UPDATE person_field SET archived_at = now()")
    postgres.execute("UPDATE audience SET touches = touches + 1, not_before = clock_timestamp()")

    loops.refresh_due()

    assert "budget" in audiences.get(audience_id).error
    assert members(audience_id) == {"sato"}
    assert refreshing.due() == []


def test_counting_that_rests_puts_a_refresh_off(
    workspace: WorkspaceInfo, now: datetime, no_clickhouse: Any
) -> None:
    audience_id = made({"kind": "everyone"})
    no_clickhouse()

    assert loops.refresh_due() == 0

    assert refreshing.due() == []
    assert audiences.get(audience_id).refreshed_at is None


def test_moving_the_practice_clock_makes_windows_due(workspace: WorkspaceInfo, now: datetime) -> None:
    audience_id = made(BOUGHT | {"window": {"kind": "last", "n": 2, "unit": "days"}})
    loops.refresh_due()
    postgres.execute("UPDATE audience SET not_before = clock_timestamp()")
    assert refreshing.due() == []

    workspaces.set_clock_offset(workspace.clock_offset + timedelta(days=3))

    assert refreshing.due() == [(workspace.id, audience_id)]


def test_every_state_kind_and_name_has_a_key_that_audiences_wait_for() -> None:
    person = UUID(int=1)
    batch = Batch(
        1,
        0,
        1,
        changes=[
            Change(person, "list", "7"),
            Change(person, "deal", "123"),
            Change(person, "field", "budget"),
            Change(person, "merge", "x"),
        ],
    )

    keys = dependencies.keys_of(batch)

    assert {"value:list", "value:list/7", "value:deal", "field:budget", "person", "change:merge"} <= keys
    assert "value:deal/123" not in keys
    for condition, wanted in (
        ({"kind": "value", "of": "deal", "ref": "123", "op": "is", "value": "won"}, "value:deal"),
        ({"kind": "value", "of": "list", "ref": "7", "op": "member"}, "value:list/7"),
        ({"kind": "attribute", "field": "last_act_at", "op": "is_empty"}, "act"),
        ({"kind": "attribute", "field": "company_id", "op": "is_empty"}, "field:company"),
    ):
        assert wanted in dependencies.of(conditions.read(condition))
    assert dependencies.Notice.name in facts.CONSUMER_ORDER


def test_a_question_that_the_engine_refuses_stops_no_other_audience(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.person("sato@aoba.example", now)
    broken, whole = made(BOUGHT), made({"kind": "everyone"})
    ask = asking.ask

    def refused(statement: Any, lane: Any) -> Any:
        if "bought" in str(statement.params.values()):
            raise clickhouse.ClickHouseError(62, "Max query size exceeded")
        return ask(statement, lane)

    monkeypatch.setattr(asking, "ask", refused)
    loops.refresh_due()

    assert members(whole) == {"sato"}
    assert "Max query size" in audiences.get(broken).error


def test_another_calendar_makes_audiences_look_again(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("sato@aoba.example", now)
    open_today = made({"kind": "today", "is": "business_day"})
    assert refresh(open_today, now) == (1, 0)
    assert refresh(open_today, now) is None

    calendar.close_days([(now.date(), "創立記念日")])
    audiences.look_again_at_days(now)

    assert refresh(open_today, now) == (0, 1)
