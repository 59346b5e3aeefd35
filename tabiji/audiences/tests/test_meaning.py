"""Random trees over random histories: the compiler and plain Python give the same people."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise, product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.audiences import acts, conditions, operators, travelling
from tabiji.audiences.binding import Binder
from tabiji.audiences.columns import DAYS, TEXTS, Type
from tabiji.audiences.conditions import PropertyTest
from tabiji.audiences.operators import Operator, Takes
from tabiji.audiences.public import asking
from tabiji.audiences.tests import cast
from tabiji.audiences.tests.reference import Act, Person, World
from tabiji.core import clickhouse, clock, facts, postgres
from tabiji.core.clickhouse import External
from tabiji.core.facts import Change
from tabiji.events.public import processor, subject_of, watermark
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, exclusions, fields, holds, identity, lists, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db

NAMES = ("page_viewed", "bought", "form_submitted", "click_judged")
PROPS: dict[str, list[Any]] = {
    "plan": ["pro", "Pro", "5", 5, 5.0, 5.5, True, False, "", None, ["pro"], {"pro": 1}, "true"],
    "we ird (税込)": ["はい", "2026-04-20", "2026-04-20x", "-3", -3, "1e2", "1.", "nan", "x" * 40],
    "a.b": [1, 2, "1", "a'b\\c", "2026-04-28", "2026-03-01"],
}
TEXTS_TO_ASK: list[Any] = [
    "営業部",
    "DX推進部",
    "ｄｘ推進部",
    "部",
    "pro",
    "PRO",
    "5",
    "true",
    "2026-04-20",
    "a'b\\c",
    "/pricing/",
    "はい",
    "%",
    "x",
]
WORDS = {
    "department": ["営業部", "ＤＸ推進部", "DX推進部", "ｶｲﾊﾂ部", "", "Straße"],
    "grade": ["a", "b", "2026-04-20"],
}
TYPES = {
    "department": "text", "company": "text", "budget": "number", "grade": "word", "joined": "date",
    "agreed": "yes_no", "owner_id": "reference", "created_at": "moment", "last_act_at": "moment",
}  # fmt: skip


@pytest.mark.parametrize("few", [0, travelling.FEW], ids=["as_tables", "as_values"])
def test_every_tree_means_the_same_in_clickhouse_and_in_plain_python(
    workspace: WorkspaceInfo, now: datetime, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travelling, "FEW", few)
    world = make_world(workspace, now, random.Random(7))
    ids = [person.id for person in world.people]
    since = {person_id: now - timedelta(days=place % 20) for place, person_id in enumerate(ids)}

    subjects, through = identity.subjects_of(ids), watermark.closed_through()

    @settings(max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(tree=trees())
    def asks(tree: dict[str, Any]) -> None:
        condition = conditions.parse(tree)
        wanted = world.who(condition, now, since)

        assert asking.matching(condition, ids, now=now, asked_at=LONG_AGO, since=since) == wanted
        if not conditions.needs_entry(condition):
            assert set(asking.people(condition, now=now)) == wanted
            assert set(asking.among(condition, subjects, now=now, through=through)) == wanted

    asks()


def test_what_people_did_and_stopped_doing_means_the_same_however_it_is_grouped(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    world = make_world(workspace, now, random.Random(17))
    recent = {"kind": "last", "n": 20, "unit": "days"}
    counts: list[dict[str, Any]] = [
        {"op": op, "n": n} for op in ("at_least", "exactly", "at_most") for n in (1, 3)
    ]
    asked = 0
    for name, count in product(NAMES[:2], counts):
        often = {"kind": "event", "name": name, "count": count}
        never = [{"kind": "event", "name": other, "window": recent} for other in NAMES]
        for absent in (never, never[:1], never[2:]):
            zero = [one | {"count": {"op": "exactly", "n": 0}} for one in absent]
            for tree in (
                {"kind": "all", "of": [often, {"kind": "none", "of": absent}]},
                {"kind": "all", "of": [often, {"kind": "all", "of": zero}, {"kind": "everyone"}]},
            ):
                condition = conditions.parse(tree)
                wanted = world.who(condition, now)
                assert set(asking.people(condition, now=now)) == wanted
                asked += bool(wanted)
    assert asked > 20


def test_every_comparison_of_fields_means_the_same_in_clickhouse_and_in_plain_python(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    world = make_world(workspace, now, random.Random(11))
    leaves = [
        {"kind": "attribute", "field": key, "op": operator.name, "value": value}
        for key, kind in TYPES.items()
        for operator, value in comparisons({Type(kind)}, OPERANDS[kind])
    ]

    for start in range(0, len(leaves), 100):
        part = leaves[start : start + 100]
        lines = asking.removed_by_line(conditions.parse({"kind": "any", "of": part}), now=now)
        for leaf, line in zip(part, lines.lines, strict=True):
            assert line.holds == len(world.who(conditions.read(leaf), now)), leaf


def test_every_comparison_of_properties_means_the_same_in_clickhouse_and_in_plain_python(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    world = make_world(workspace, now, random.Random(13))
    acts_told = [act for told in world.acts_of.values() for act in told if not act.kind]
    tests = [
        PropertyTest(prop=prop, op=operator.name, value=value)
        for prop in (*(f"props.{name}" for name in PROPS), "path", "source", "props.missing")
        for types, values in PROPERTY_OPERANDS
        for operator, value in comparisons(types, values)
    ]
    moment = asking.moment_of(now)

    for start in range(0, len(tests), 200):
        part = tests[start : start + 200]
        binder = Binder()
        counted = ", ".join("countIf(" + acts.holds_of_event(test, binder, moment) + ")" for test in part)
        found = clickhouse.store().rows(
            "SELECT " + counted + " FROM event AS e WHERE workspace_id = {ws:UInt32} AND type = 'track'",
            {**binder.values, "ws": workspace.id},
        )[0]
        for test, number in zip(part, found, strict=True):
            wanted = sum(world.property_holds(test.prop, test.op, test.value, act, now) for act in acts_told)
            assert number == wanted, test


def comparisons(types: set[Type], values: Sequence[Any]) -> Iterator[tuple[Operator, Any]]:
    """Every operator of these types with each of the values."""
    for operator in operators.registry:
        if not operator.types & types:
            continue
        match operator.takes:
            case Takes.NOTHING:
                yield operator, None
            case Takes.ONE:
                yield from ((operator, value) for value in values)
            case Takes.MANY:
                yield operator, list(values[:2])
            case Takes.TWO:
                yield from ((operator, sorted(pair)) for pair in pairwise(values))
            case Takes.DAYS:
                yield from ((operator, days) for days in (1, 8, 30, 365))


def make_world(workspace: WorkspaceInfo, now: datetime, rng: random.Random) -> World:
    """Thirty people with fields, lists, consent, holds; visitors of whom some became known; a merge;
    somebody excluded from numbers, who is no part of the world.
    """
    fields.create("budget", label="予算", type="money")
    fields.create("grade", label="適合度", type="choice", choices=[{"value": v} for v in WORDS["grade"]])
    fields.create("joined", label="入社日", type="date")
    fields.create("agreed", label="同意", type="yes_no")
    exclusions.add("domain", "staff.example")
    list_ids = [lists.create(name, actor=AUTOMATIC) for name in ("名簿", "来場者")]
    emails = [f"p{place}@x.example" for place in range(30)]
    told: list[dict[str, Any]] = []
    done: list[tuple[str, Act]] = []
    for email in emails:
        traits = {"email": email, **some_fields(rng, now)}
        told.append(
            {
                "type": "identify",
                "userId": email,
                "traits": traits,
                "timestamp": ago(rng, now, 400).isoformat(),
            }
        )
    told.append({"type": "identify", "userId": "boss", "traits": {"email": "boss@staff.example"}})
    cast.tell(told, at=now)
    told = []
    for _ in range(350):
        owner = rng.choice(emails) if rng.random() < 0.6 else f"visitor-{rng.randrange(12)}"
        act = some_act(rng, now)
        raw = {"type": "track", "event": act.name, "properties": act.props, "timestamp": act.at.isoformat()}
        raw |= {"userId": owner} if "@" in owner else {"anonymousId": owner}
        if act.machine:
            raw["context"] = {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
        told.append(raw | {"source": act.source})
        done.append((owner, act))
    for source in ("web", "form"):
        part = [{k: v for k, v in raw.items() if k != "source"} for raw in told if raw["source"] == source]
        cast.tell(part, at=now, source=source)
    browsers = {f"visitor-{place}": emails[place] for place in range(6)}
    cast.tell([{"type": "identify", "anonymousId": v, "userId": e} for v, e in browsers.items()], at=now)
    ids = {email: cast.find(email) for email in emails}
    kept, absorbed = emails[28], emails[29]
    cast.tell([{"type": "alias", "userId": kept, "previousId": absorbed}], at=now)
    people = [email for email in emails if email != absorbed]
    give_values(rng, [ids[email] for email in people], list_ids, now)
    processor.process_all()
    return world_of(workspace, {email: ids[email] for email in people}, done, ids)


def some_fields(rng: random.Random, now: datetime) -> dict[str, Any]:
    made: dict[str, Any] = {
        "department": rng.choice(WORDS["department"]),
        "company": rng.choice(["株式会社青葉", "㈱青葉", "Aoba Inc.", ""]),
        "budget": rng.choice([None, 0, 100, 1_000_000, 2.5, -1]),
        "grade": rng.choice([None, *WORDS["grade"]]),
        "joined": rng.choice([None, "2026-04-28", "2026-04-20", "2026-03-29", "2100-01-01", "1971-05-05"]),
        "agreed": rng.choice([None, True, False]),
    }
    return {key: value for key, value in made.items() if value not in (None, "")}


def some_act(rng: random.Random, now: datetime) -> Act:
    props = {name.split(".")[0]: rng.choice(values) for name, values in PROPS.items() if rng.random() < 0.7}
    if "a" in props:
        props["a"] = {"b": props["a"]}
    props["path"] = rng.choice(["/", "/pricing/", "/Pricing/", "5"])
    machine = "crawler" if rng.random() < 0.1 else ""
    return Act(UUID(int=0), ago(rng, now, 60), rng.choice(NAMES), machine, rng.choice(["web", "form"]), props)


def ago(rng: random.Random, now: datetime, days: int) -> datetime:
    """A past moment, often close to a local midnight or to a whole number of hours ago."""
    back = timedelta(
        days=rng.randrange(days), hours=rng.choice([0, 1, 5, 14]), seconds=rng.choice([-1, 0, 1])
    )
    return min(now - back, now)


def give_values(rng: random.Random, ids: list[UUID], list_ids: list[int], now: datetime) -> None:
    for list_id in list_ids:
        lists.add(list_id, rng.sample(ids, 12), at=now, actor="auto")
        lists.remove(list_id, rng.sample(ids, 8), at=now, actor="auto")
    told = rng.sample(ids, 20)
    consent.record(
        [ConsentAct(one, "mail", rng.choice(["grant", "withdraw"]), "consent", now, "test") for one in told],
        actor="auto",
    )
    for source in ("user:1", "user:2"):
        holds.place(rng.sample(ids, 6), source=source, reason="", at=now, actor="auto")
    holds.release(rng.sample(ids, 6), source="user:1", at=now, actor="auto")
    moment = clock.to_ms(now)
    for person_id in rng.sample(ids, 15):
        score, stage = rng.randrange(100), rng.choice(["lead", "mql"])
        postgres.execute(
            "UPDATE person SET score = %s, stage = %s, version = version + 1 WHERE id = %s",
            [score, stage, person_id],
        )
        facts.record(
            [
                Change(person_id, "score", "main", "0", str(score), score, moment),
                Change(person_id, "stage", "", "", stage, 0, moment - 86_400_000 * rng.randrange(5)),
            ]
        )


def world_of(
    workspace: WorkspaceInfo, people: dict[str, UUID], done: list[tuple[str, Act]], ids: dict[str, UUID]
) -> World:
    """What the rooms say that there is, in plain objects."""
    for owner, act in done:
        act.who = ids[owner] if "@" in owner else subject_of(workspace.id, owner)
    changes = changes_of()
    made = []
    for info in persons.get_many(people.values()).values():
        values = {
            **{key: getattr(info, key, "") for key in TYPES},
            **info.fields,
            "score": info.score,
            "stage": info.stage,
        }
        subjects = {subject for subject, _person in identity.subjects_of([info.id])}
        made.append(
            Person(info.id, {key: values.get(key) for key in [*TYPES, "score", "stage"]}, TYPES, subjects)
        )
    by_id = {person.id: person for person in made}
    for query in (
        "SELECT person_id, 'list', list_id::text, '1', 1.0 FROM list_member",
        "SELECT person_id, 'consent', channel || '/' || topic, state, 0.0 FROM consent",
        "SELECT person_id, 'hold', source, 'held', 0.0 FROM hold WHERE released_at IS NULL",
    ):
        for person_id, *value in postgres.rows(query):
            by_id[person_id].values.append(tuple(value))
    return World(made, [act for _owner, act in done] + changes, workspace.zone)


def changes_of() -> list[Act]:
    """The changes as they were decided, read back from the stored decisions."""
    from tabiji.events import deciding

    found = []
    for (stored,) in postgres.rows("SELECT decision FROM event_batch"):
        for one in deciding.decode(stored).changes:
            moment = clock.from_ms(one.occurred_ms)
            found.append(Act(one.person_id, moment, "", kind=one.kind, ref=one.ref, old=one.old, new=one.new))
    return found


@st.composite
def trees(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and draw(st.integers(0, 2 + depth)) < 2 - depth:
        children = draw(st.lists(trees(depth + 1), min_size=1, max_size=4))
        return {"kind": draw(st.sampled_from(["all", "any", "none"])), "of": children}
    kind = draw(st.sampled_from(["attribute", "event", "event", "change", "value", "everyone"]))
    return draw(LEAVES[kind])


def operators_for(types: set[Type]) -> st.SearchStrategy[Operator]:
    return st.sampled_from([one for one in operators.registry if one.types & types])


def operand(operator: Operator, one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    match operator.takes:
        case Takes.NOTHING:
            return st.none()
        case Takes.ONE:
            return one
        case Takes.MANY:
            return st.lists(one, min_size=1, max_size=3)
        case Takes.TWO:
            return st.tuples(one, one).map(sorted)
        case Takes.DAYS:
            return st.sampled_from([1, 2, 7, 30, 365])


NUMBERS: list[Any] = [-3, -1, 0, 2.5, 5, 5.5, 100, 1_000_000]
DATES: list[Any] = [
    "1900-01-01",
    "2026-03-29",
    "2026-04-20",
    "2026-04-27",
    "2026-04-28",
    "2026-05-01",
    "2200-01-01",
]
OPERANDS: dict[str, list[Any]] = {
    "text": TEXTS_TO_ASK,
    "word": ["a", "b", "2026-04-20", "lead", "mql", "granted", "withdrawn"],
    "number": NUMBERS,
    "date": DATES,
    "moment": DATES,
    "yes_no": [True, False],
    "reference": [1, 2, 3],
}
PROPERTY_OPERANDS: list[tuple[set[Type], list[Any]]] = [
    ({Type.WORD}, TEXTS_TO_ASK),
    ({Type.NUMBER}, NUMBERS),
    ({Type.DATE}, DATES),
    ({Type.YES_NO}, [True, False]),
]


@st.composite
def attribute(draw: st.DrawFn) -> dict[str, Any]:
    key = draw(st.sampled_from(sorted(TYPES)))
    operator = draw(operators_for({Type(TYPES[key])}))
    value = draw(operand(operator, st.sampled_from(OPERANDS[TYPES[key]])))
    return {"kind": "attribute", "field": key, "op": operator.name, "value": value}


@st.composite
def property_test(draw: st.DrawFn) -> dict[str, Any]:
    prop = draw(st.sampled_from([*(f"props.{name}" for name in PROPS), "path", "source", "props.missing"]))
    operator = draw(operators_for({Type.WORD, Type.NUMBER, Type.DATE}))
    if operator.types <= DAYS:
        values: list[Any] = DATES
    elif operator.types & TEXTS:
        values = [*TEXTS_TO_ASK, *NUMBERS, "web", "1", *([True] if operator.name in ("is", "is_not") else [])]
    else:
        values = draw(st.sampled_from([NUMBERS, DATES])) if operator.name == "between" else NUMBERS
    one = st.sampled_from(values)
    return {"prop": prop, "op": operator.name, "value": draw(operand(operator, one))}


counts = st.fixed_dictionaries(
    {"op": st.sampled_from(["at_least", "at_most", "exactly"]), "n": st.sampled_from([1, 1, 1, 2, 3, 5])}
) | st.just({"op": "exactly", "n": 0})
windows = st.one_of(
    st.just({"kind": "ever"}),
    st.just({"kind": "since_entry"}),
    st.fixed_dictionaries({"kind": st.just("last"), "n": st.sampled_from([1, 2, 5, 14, 24]), "unit": st.sampled_from(["days", "hours"])}),
    st.tuples(st.sampled_from(DATES), st.sampled_from(DATES)).map(lambda pair: {"kind": "between", "from": min(pair), "to": max(pair)}),
    st.sampled_from(DATES).map(lambda day: {"kind": "between", "from": day}),
    st.sampled_from(DATES).map(lambda day: {"kind": "between", "to": day}),
)  # fmt: skip
event = st.fixed_dictionaries(
    {
        "kind": st.just("event"),
        "name": st.sampled_from([*NAMES, "never_heard_of"]),
        "where": st.lists(property_test(), max_size=2),
        "count": counts,
        "window": windows,
        "machines": st.booleans(),
    }
)
change = st.fixed_dictionaries(
    {
        "kind": st.just("change"),
        "change": st.sampled_from(["field", "stage", "consent", "list", "merge"]),
        "ref": st.sampled_from([None, "budget", "mail/marketing", ""]),
        "old": st.sampled_from([[], [""], ["100"]]),
        "new": st.sampled_from([[], ["1"], ["mql", "granted"], ["1000000"]]),
        "count": counts,
        "window": windows,
    }
)


VALUES: list[tuple[str, Type, list[str | None]]] = [
    ("hold", Type.MEMBERSHIP, [None, "user:1"]),
    ("consent", Type.WORD, ["mail/marketing"]),
    ("stage", Type.WORD, [None]),
    ("score", Type.NUMBER, [None, "main"]),
]


@st.composite
def value(draw: st.DrawFn) -> dict[str, Any]:
    of, kind, refs = draw(st.sampled_from(VALUES))
    operator = draw(operators_for({kind}))
    one = st.sampled_from(OPERANDS["number" if kind is Type.NUMBER else "word"])
    ref = draw(st.sampled_from(refs))
    return {"kind": "value", "of": of, "ref": ref, "op": operator.name, "value": draw(operand(operator, one))}


LEAVES = {
    "attribute": attribute(),
    "event": event,
    "change": change,
    "value": value(),
    "everyone": st.just({"kind": "everyone"}),
}


def test_long_columns_travel_as_a_table_however_few_their_rows() -> None:
    def fields(*texts: str) -> External:
        return External("asked_person", {"fields": ("JSON(max_dynamic_paths=512)", list(texts))})

    assert travelling.is_few(fields('{"note": "short"}', "{}"))
    assert not travelling.is_few(fields(*['{"note": "' + "長" * 100 + '"}'] * 400))
