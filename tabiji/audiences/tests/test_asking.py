"""Asking: who counts, what a name from outside can do, when an answer must wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from tabiji.audiences.public import asking, conditions, sources
from tabiji.audiences.tests import cast
from tabiji.core import clickhouse, postgres
from tabiji.events.public import inlet, processor, watermark
from tabiji.people.public import exclusions, fields, identity, lists
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

EVERYONE = conditions.everyone()


def who(now: datetime, **data: Any) -> set[str]:
    """The people of a condition, asked in every way that must agree."""
    condition = conditions.parse(data)
    found = asking.people(condition, now=now)
    assert asking.count(condition, now=now) == len(found)
    assert asking.removed_by_line(condition, now=now).total == len(found)
    return cast.names(found)


def viewed(**more: Any) -> dict[str, Any]:
    return {"kind": "event", "name": "page_viewed", **more}


def decided(now: datetime, *people: UUID, **data: Any) -> set[UUID]:
    asked_at = postgres.scalar("SELECT clock_timestamp()")
    return asking.matching(conditions.parse(data), people, now=now, asked_at=asked_at)


def test_a_visitor_is_nobody_until_known_and_then_brings_the_past_along(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    cast.tell([cast.view("b", "/pricing/")] * 3, at=now)
    assert who(now, **viewed()) == set()

    cast.tell([{"type": "identify", "anonymousId": "b", "traits": {"email": "sato@aoba.example"}}], at=now)

    assert who(now, **viewed(count={"op": "exactly", "n": 3})) == {"sato"}
    (sato,) = [cast.find("sato@aoba.example")]
    assert decided(now, sato, **viewed(count={"op": "at_least", "n": 3})) == {sato}


def test_what_two_people_did_counts_together_when_they_are_one(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    kept = cast.person("kept@x.example", now)
    absorbed = cast.person("old@x.example", now)
    cast.tell([cast.act("kept@x.example", "bought"), cast.act("old@x.example", "bought")], at=now)
    twice = {"kind": "event", "name": "bought", "count": {"op": "at_least", "n": 2}}
    assert who(now, **twice) == set()

    cast.tell([{"type": "alias", "userId": "kept@x.example", "previousId": "old@x.example"}], at=now)

    assert who(now, **twice) == {"kept"}
    assert asking.people(EVERYONE, now=now) == [kept]
    assert decided(now, kept, absorbed, **twice) == {kept}


def test_people_excluded_from_numbers_never_count_but_are_decided_about(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    cast.person("sato@aoba.example", now, title="部長")
    staff = cast.person("boss@tanomoa.example", now, title="部長")
    rival = cast.person("spy@rival.example", now, title="部長")
    exclusions.add("domain", "tanomoa.example")
    exclusions.add("email", "spy@rival.example")
    exclusions.add("domain", "aoba.example", from_numbers=False)
    managers = {"kind": "attribute", "field": "title", "op": "is", "value": "部長"}

    assert who(now, **managers) == {"sato"}
    assert asking.count(EVERYONE, now=now) == 1
    assert who(now, kind="none", of=[managers]) == set()
    assert decided(now, staff, rival, **managers) == {staff, rival}
    subjects, condition = identity.subjects_of([staff, rival]), conditions.parse(managers)
    through = watermark.closed_through()
    assert asking.among(condition, subjects, now=now, through=through) == []
    found = asking.among(condition, subjects, now=now, through=through, with_excluded=True)
    assert set(found) == {staff, rival}


def test_machines_count_only_where_they_are_asked_for(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.person("sato@aoba.example", now)
    bot = {"context": {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}}
    cast.tell([cast.act("sato@aoba.example", "bought") | bot], at=now)

    assert who(now, kind="event", name="bought") == set()
    assert who(now, kind="event", name="bought", machines=True) == {"sato"}


def test_nobody_outside_can_claim_an_event_of_our_own(workspace: WorkspaceInfo, now: datetime) -> None:
    for name, source in (("honest", "form"), ("liar", "web"), ("server", "server")):
        cast.person(f"{name}@x.example", now)
        cast.tell([cast.act(f"{name}@x.example", "form_submitted")], at=now, source=source)

    assert who(now, kind="event", name="form_submitted") == {"honest"}


@pytest.mark.parametrize(
    "name",
    [
        "plan') OR 1=1 --",
        "x} {y:String",
        "a' b",
        "日本語 の・名前(税込)",
        "n:Int64",
        "SELECT",
        "a-b/c?d=e&f%20",
        "{p0:Identifier}",
        "*",
        "x;DROP TABLE event",
        "𠮷野家",
    ],
)
def test_a_hostile_name_of_a_property_is_only_a_name(
    workspace: WorkspaceInfo, now: datetime, name: str
) -> None:
    cast.person("with@x.example", now)
    cast.person("without@x.example", now)
    cast.tell(
        [cast.act("with@x.example", "bought", **{name: "yes"}), cast.act("without@x.example", "bought")],
        at=now,
    )
    test = {"prop": "props." + name, "op": "is", "value": "yes"}

    assert who(now, kind="event", name="bought", where=[test]) == {"with"}
    assert who(now, kind="event", name="bought", where=[test | {"op": "is_not"}]) == {"without"}


@pytest.mark.parametrize(
    "name", ["a`b", 'a"b', "a\\", "a\nb", "a\x00", ":String", "a.:Int64", "^a", "a[]", "a.", ".a", "x" * 300]
)
def test_a_name_that_clickhouse_would_read_otherwise_is_refused(
    workspace: WorkspaceInfo, now: datetime, name: str
) -> None:
    with pytest.raises(conditions.BadCondition):
        conditions.parse(
            {
                "kind": "event",
                "name": "bought",
                "where": [{"prop": "props." + name, "op": "is", "value": "x"}],
            }
        )


@pytest.mark.parametrize(
    "value", ["' OR '1'='1", "\\", "\\'", "{ws:UInt32}", "a\tb\nc", "%", "_", "\x01", "𠮷", "'"]
)
def test_a_hostile_value_is_only_a_value(workspace: WorkspaceInfo, now: datetime, value: str) -> None:
    cast.person("other@x.example", now, department="営業部")
    cast.tell([cast.act("other@x.example", "bought", plan="pro")], at=now)
    cast.person("same@x.example", now)
    cast.tell([cast.act("same@x.example", "bought", plan=value)], at=now)

    for op in ("is", "contains", "starts_with", "in"):
        wanted = [value] if op == "in" else value
        test = {"prop": "props.plan", "op": op, "value": wanted}
        assert who(now, kind="event", name="bought", where=[test]) == {"same"}
    if value != "\x01":
        assert who(now, kind="attribute", field="department", op="contains", value=value) == set()


def test_days_are_local_days_and_hours_are_hours(workspace: WorkspaceInfo, now: datetime) -> None:
    midnight = datetime(2026, 4, 20, 15, 0, tzinfo=UTC)  # 4/21 00:00 in Tokyo, seven days before 4/28
    for name, moment in (("in", midnight), ("out", midnight - timedelta(seconds=1))):
        cast.person(f"{name}@x.example", now)
        cast.tell([cast.act(f"{name}@x.example", "bought") | {"timestamp": moment.isoformat()}], at=now)
    bought = {"kind": "event", "name": "bought"}

    assert who(now, **bought, window={"kind": "last", "n": 7, "unit": "days"}) == {"in"}
    assert who(now, **bought, window={"kind": "last", "n": 6, "unit": "days"}) == set()
    assert who(now, **bought, window={"kind": "last", "n": 182, "unit": "hours"}) == {"in"}
    assert who(now, **bought, window={"kind": "last", "n": 181, "unit": "hours"}) == set()
    assert who(now, **bought, window={"kind": "between", "from": "2026-04-21", "to": "2026-04-21"}) == {"in"}
    assert who(now, **bought, window={"kind": "between", "to": "2026-04-20"}) == {"out"}


def test_a_decision_reads_what_was_set_one_statement_before(workspace: WorkspaceInfo, now: datetime) -> None:
    sato = cast.person("sato@aoba.example", now)
    fields.create("budget", label="予算", type="money")
    made = lists.create("名簿", actor=AUTOMATIC)
    from tabiji.core import clock
    from tabiji.people.contracts import FieldUpdate

    fields.write([FieldUpdate(sato, "budget", 100, clock.to_ms(now))], actor="auto")
    lists.add(made, [sato], at=now, actor="auto")

    budget = {"kind": "attribute", "field": "budget", "op": "gte", "value": 100}
    listed = {"kind": "value", "of": "list", "ref": str(made), "op": "member"}
    assert decided(now, sato, kind="all", of=[budget, listed]) == {sato}
    assert asking.count(conditions.parse(budget), now=now) == 0  # the mirror follows


def test_a_question_about_facts_waits_until_they_are_processed(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    sato = cast.person("sato@aoba.example", now)
    inlet.accept([cast.act("sato@aoba.example", "bought")], source="server")

    with pytest.raises(asking.NotYet) as caught:
        decided(now, sato, kind="event", name="bought")
    assert caught.value.people is None
    assert decided(now, sato, kind="attribute", field="email", op="is_not_empty") == {sato}

    processor.process_all()
    assert decided(now, sato, kind="event", name="bought") == {sato}


def test_a_question_about_an_event_that_is_being_judged_waits_for_these_people_only(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    sato, suzuki = cast.person("sato@x.example", now), cast.person("suzuki@x.example", now)
    name = f"judged_{uuid4().hex}"
    sources.unsettled.add(name, lambda people: {sato} & set(people))

    with pytest.raises(asking.NotYet) as caught:
        decided(now, sato, suzuki, kind="event", name=name)
    assert caught.value.people == {sato}
    assert decided(now, suzuki, kind="event", name=name) == set()


def test_since_entry_is_each_persons_own_moment(workspace: WorkspaceInfo, now: datetime) -> None:
    people = [cast.person(f"{name}@x.example", now) for name in ("early", "late")]
    cast.tell(
        [cast.act(f"{name}@x.example", "bought") for name in ("early", "late")], at=now - timedelta(days=2)
    )
    condition = conditions.parse({"kind": "event", "name": "bought", "window": {"kind": "since_entry"}})
    since = {people[0]: now - timedelta(days=2), people[1]: now - timedelta(days=1)}

    found = asking.matching(
        condition, people, now=now, asked_at=datetime(2000, 1, 1, tzinfo=UTC), since=since
    )

    assert found == {people[0]}
    with pytest.raises(conditions.NeedsEntry):
        asking.count(condition, now=now)
    with pytest.raises(conditions.NeedsEntry):
        decided(now, *people, **condition.data())


def test_each_line_says_for_whom_it_holds_and_whom_it_removes(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    for name, title, city in (
        ("a", "部長", "東京"),
        ("b", "部長", "大阪"),
        ("c", "課長", "東京"),
        ("d", "", "大阪"),
    ):
        cast.person(f"{name}@x.example", now, title=title, department=city)
    titled = {"kind": "attribute", "field": "title", "op": "is", "value": "部長"}
    either = [
        {"kind": "attribute", "field": "department", "op": "is", "value": "東京"},
        {"kind": "attribute", "field": "title", "op": "is", "value": "課長"},
    ]
    condition = conditions.parse({"kind": "all", "of": [titled, {"kind": "any", "of": either}]})

    lines = asking.removed_by_line(condition, now=now)

    assert (lines.everyone, lines.total) == (4, 1)
    assert {line.path: (line.holds, line.removes) for line in lines.lines} == {
        "of.0": (2, 1),
        "of.1": (2, 1),
        "of.1.of.0": (2, -1),
        "of.1.of.1": (1, 0),
    }


def test_a_line_in_a_group_of_its_own_is_left_out_with_its_group(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    cast.person("a@x.example", now, title="部長")
    cast.person("b@x.example", now)
    titled = {"kind": "attribute", "field": "title", "op": "is", "value": "部長"}
    condition = conditions.parse({"kind": "all", "of": [{"kind": "none", "of": [titled]}]})

    lines = asking.removed_by_line(condition, now=now)

    assert [(line.path, line.holds, line.removes) for line in lines.lines] == [
        ("of.0", 1, 1),
        ("of.0.of.0", 1, 1),
    ]


def test_pages_of_people_go_through_everyone_once(workspace: WorkspaceInfo, now: datetime) -> None:
    cast.tell([{"type": "identify", "userId": f"u{n}", "traits": {}} for n in range(25)], at=now)
    whole = asking.people(EVERYONE, now=now)

    pages: list[UUID] = []
    while page := asking.people(EVERYONE, now=now, limit=10, after=pages[-1] if pages else None):
        pages += page

    assert len(pages) == 25
    assert set(pages) == set(whole)


def test_another_workspace_sees_nobody_of_this_one(workspace: WorkspaceInfo, now: datetime) -> None:
    sato = cast.person("sato@aoba.example", now)
    cast.tell([cast.act("sato@aoba.example", "bought")], at=now)
    other = workspaces.create(f"ren-{uuid4().hex[:8]}", name="別", is_practice=True)
    bought = conditions.parse({"kind": "event", "name": "bought"})
    postgres.execute("SELECT set_config('app.ws', %s, true)", [str(other.id)])
    token = postgres._scope.set(other.id)
    try:
        assert asking.count(EVERYONE, now=now) == 0
        assert asking.people(bought, now=now) == []
        assert asking.matching(bought, [sato], now=now, asked_at=datetime(2000, 1, 1, tzinfo=UTC)) == set()
        assert identity.subjects_of([sato]) == [(sato, sato)]
    finally:
        postgres._scope.reset(token)
        postgres.execute("SELECT set_config('app.ws', %s, true)", [str(workspace.id)])


def test_counting_that_rests_is_told_apart_from_a_bad_question(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://default@127.0.0.1:1/tabiji"))

    with pytest.raises(asking.CountingRests):
        asking.count(EVERYONE, now=now)
    assert asking.matching(EVERYONE, [uuid4()], now=now, asked_at=now)


@pytest.mark.xfail(reason="the client has ClickHouse guess dates in JSON texts; see README, Doubtful")
def test_a_text_that_looks_like_a_moment_stays_the_text_that_it_was(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    cast.person("sato@aoba.example", now)
    cast.tell([cast.act("sato@aoba.example", "bought", at="2026-04-28T10:00:00Z")], at=now)
    test = {"prop": "props.at", "op": "is", "value": "2026-04-28T10:00:00Z"}

    assert who(now, kind="event", name="bought", where=[test]) == {"sato"}
