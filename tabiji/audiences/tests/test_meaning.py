"""Random trees over random histories: the compiler and plain Python give the same people."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise, product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.plugin import DjangoDbBlocker

from tabiji.audiences import acts, conditions, operators, travelling
from tabiji.audiences.binding import Binder
from tabiji.audiences.columns import DAYS, TEXTS, Type
from tabiji.audiences.conditions import Condition, Group, PropertyTest
from tabiji.audiences.operators import Operator, Takes
from tabiji.audiences.public import asking
from tabiji.audiences.tests import cast
from tabiji.audiences.tests.reference import Act, Person, Place, World, drawn
from tabiji.core import clickhouse, clock, facts, postgres
from tabiji.core.clickhouse import External
from tabiji.core.facts import Change
from tabiji.events.public import processor, subject_of, watermark
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, exclusions, fields, holds, identity, lists, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import calendar
from tests.builders.races import committed_workspace

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 4, 28, 5, tzinfo=UTC)
"""When the played world ends: Tuesday 2026-04-28, 14:00 in Tokyo."""
MS = timedelta(milliseconds=1)
NOWS = [
    NOW,
    datetime(2026, 4, 28, 15, tzinfo=UTC),  # the holiday begins
    datetime(2026, 5, 1, 3, tzinfo=UTC),  # the company's own holiday
    datetime(2026, 4, 1, 15, tzinfo=UTC) - MS,
    datetime(2026, 2, 28, 3, tzinfo=UTC),  # the last day of the fiscal year
    datetime(2026, 2, 28, 15, tzinfo=UTC),
    datetime(2026, 3, 31, 3, tzinfo=UTC),
    datetime(2026, 12, 28, 3, tzinfo=UTC),
    datetime(2027, 2, 27, 3, tzinfo=UTC),
    datetime(2027, 2, 28, 3, tzinfo=UTC),
    datetime(2028, 2, 28, 3, tzinfo=UTC),
    datetime(2028, 2, 29, 3, tzinfo=UTC),
]
"""Also before the world ends: what comes later was told by clocks that ran ahead."""
APART = [
    timedelta(),
    timedelta(),
    MS,
    timedelta(hours=1) - MS,
    timedelta(hours=1),
    timedelta(hours=1) + MS,
    timedelta(days=1),
    timedelta(days=1) + MS,
]
BORDERS = [
    datetime(year, month, day, 15, tzinfo=UTC)
    for year, month, day in (
        (2024, 12, 31), (2025, 2, 28), (2025, 3, 31), (2025, 12, 31), (2026, 1, 31), (2026, 2, 28),
        (2026, 3, 31), (2026, 4, 19), (2026, 4, 26), (2026, 4, 27),
    )
]  # fmt: skip
"""Local midnights with which a month, a week, a fiscal year … begins."""
SOAK = [pytest.mark.soak, pytest.mark.timeout(3_000)]
EVERYONE = {"kind": "everyone"}
pytestmark = pytest.mark.django_db

NAMES = ("page_viewed", "bought", "form_submitted", "click_judged")
PROPS: dict[str, list[Any]] = {
    "plan": ["pro", "Pro", "5", 5, 5.0, 5.5, True, False, "", None, ["pro"], {"pro": 1}, "true"],
    "we ird (税込)": ["はい", "2026-04-20", "2026-04-20x", "-3", -3, "1e2", "1.", "nan", "x" * 40],
    "a.b": [1, 2, "1", "a'b\\c", "2026-04-28", "2026-03-01", "2024-02-29"],
    "amount": [1000, 1000, -1000, 0.5, 2.5, -2.5, "3", "-3", "5.0", 0, "x", None, "", [1], True, 3, 3],
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
JOINED = [
    "2026-04-28", "2026-04-20", "2026-03-29", "2100-01-01", "1971-05-05", "2024-02-29", "1988-02-28", "1990-03-01",
    "2020-12-31", "2021-01-01", "2025-02-28", "2026-03-31", "2026-04-30", "2026-05-07", "2026-05-08", "2027-03-01",
]  # fmt: skip
TYPES = {
    "department": "text", "company": "text", "budget": "number", "grade": "word", "joined": "date",
    "agreed": "yes_no", "owner_id": "reference", "created_at": "moment", "last_act_at": "moment",
}  # fmt: skip


@dataclass(frozen=True)
class Played:
    workspace: WorkspaceInfo
    world: World
    told: list[Act]
    """All events, also of those who do not count."""


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Played]:
    """One world for all tests of this module, which only ask."""
    with django_db_blocker.unblock(), committed_workspace(NOW) as workspace:
        with postgres.workspace_scope(workspace.id):
            made = make_world(workspace, random.Random(7))
        yield made


@pytest.fixture
def world(played: Played, db: None) -> Iterator[World]:
    with postgres.workspace_scope(played.workspace.id):
        yield played.world


@pytest.mark.parametrize(
    ("few", "examples"),
    [
        pytest.param(0, 60, id="as_tables"),
        pytest.param(travelling.FEW, 60, id="as_values"),
        pytest.param(0, 1_000, id="many_as_tables", marks=SOAK),
        pytest.param(travelling.FEW, 1_000, id="many_as_values", marks=SOAK),
    ],
)
def test_every_tree_means_the_same_in_clickhouse_and_in_plain_python(
    world: World, few: int, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(travelling, "FEW", few)
    ids = [person.id for person in world.people]
    since = {person_id: NOW - timedelta(days=place % 20) for place, person_id in enumerate(ids)}
    subjects, through = identity.subjects_of(ids), watermark.closed_through()

    @settings(max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(tree=trees(), now=st.sampled_from(NOWS))
    def asks(tree: dict[str, Any], now: datetime) -> None:
        condition = conditions.parse(tree)
        wanted = world.who(condition, now, since)

        assert asking.matching(condition, ids, now=now, asked_at=LONG_AGO, since=since) == wanted
        if not conditions.needs_entry(condition):
            assert set(asking.people(condition, now=now)) == wanted
            assert set(asking.among(condition, subjects, now=now, through=through)) == wanted

    asks()


@pytest.mark.parametrize("kind", ["event", "total", "pick", "sequence", "top"])
def test_every_kind_of_line_holds_for_as_many_as_in_plain_python(world: World, kind: str) -> None:
    """Each line by itself: in a tree one hides behind another."""
    asked: list[int] = []

    @settings(max_examples=16, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(lines=st.lists(LEAVES[kind], min_size=10, max_size=10), now=st.sampled_from(NOWS))
    def asks(lines: list[dict[str, Any]], now: datetime) -> None:
        asked.append(assert_lines(world, [one for one in lines if has_no_entry(one)], now))

    asks()
    assert any(asked)


HOUR, DAY = {"n": 1, "unit": "hours"}, {"n": 1, "unit": "days"}
ORDERS: list[dict[str, Any]] = [
    {"kind": "sequence", "steps": [{"name": first}, {"name": then, **within, **without}]}
    for first, then in product(("page_viewed", "bought"), repeat=2)
    for within in ({}, {"within": HOUR}, {"within": DAY})
    for without in (
        {},
        {"without": [{"name": "bought"}]},
        {"without": [{"name": "page_viewed"}]},
        {"without": [{"name": "page_viewed", "machines": True}]},
    )
]
THREE: list[dict[str, Any]] = [
    {
        "kind": "sequence",
        "steps": [{"name": one}, {"name": two, "within": HOUR}, {"name": three, "within": span}],
    }
    for one, two, three in product(("page_viewed", "bought"), repeat=3)
    for span in (HOUR, DAY)
]
SINCE: list[dict[str, Any]] = [
    {
        "kind": "event",
        "name": name,
        "count": count,
        "window": {"kind": "since_event", "name": begun, "which": which} | span,
    }
    for name, begun in product(("page_viewed", "bought"), repeat=2)
    for count in ({"op": "at_least", "n": 1}, {"op": "exactly", "n": 0}, {"op": "at_most", "n": 1})
    for which in ("first", "last")
    for span in ({}, {"for": HOUR}, {"for": DAY})
]
PICKS: list[dict[str, Any]] = [
    {
        "kind": "event",
        "name": name,
        "pick": {"n": n, "from": start},
        "where": [{"prop": "props.amount", "op": op, "value": 3}],
    }
    for name in ("page_viewed", "bought")
    for n in (1, 2, 3)
    for start in ("start", "end")
    for op in ("is", "gt", "lt", "is_not")
]
UNITS: list[dict[str, Any]] = [
    {"kind": "event", "name": name, "window": {"kind": "calendar", "unit": unit, "back": back}}
    for name in ("page_viewed", "bought")
    for unit in ("day", "week", "month", "quarter", "year", "fiscal_year")
    for back in (0, 1, 2)
]
DAYS_AGO: list[dict[str, Any]] = [
    {"kind": "event", "name": "page_viewed", "window": window}
    for n in (1, 2, 3, 5, 14)
    for window in (
        {"kind": "ago", "from": n, "to": n},
        {"kind": "ago", "from": 20, "to": n},
        {"kind": "ago", "to": n},
        {"kind": "last", "n": n, "unit": "days"},
        {"kind": "last", "n": n, "unit": "hours"},
    )
]


@pytest.mark.parametrize(
    "lines",
    [ORDERS, THREE, SINCE, PICKS, UNITS, DAYS_AGO],
    ids=["orders", "three", "since", "picks", "units", "ago"],
)
def test_every_short_question_about_acts_means_the_same(world: World, lines: list[dict[str, Any]]) -> None:
    assert assert_lines(world, lines, NOW) > len(lines)


def test_a_sample_begins_and_ends_exactly_at_its_percentage(world: World) -> None:
    leaves = [
        {"kind": "sample", "percent": place / 100, "seed": seed}
        for person in world.people
        for seed in ("a", "春の 20%")
        for place in (drawn(seed, person.id), drawn(seed, person.id) + 1)
        if place
    ]

    assert_lines(world, leaves, NOW)


def test_what_people_did_and_stopped_doing_means_the_same_however_it_is_grouped(world: World) -> None:
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
                {"kind": "all", "of": [often, {"kind": "all", "of": zero}, EVERYONE]},
            ):
                condition = conditions.parse(tree)
                wanted = world.who(condition, NOW)
                assert set(asking.people(condition, now=NOW)) == wanted
                asked += bool(wanted)
    assert asked > 20


def test_every_comparison_of_fields_means_the_same_in_clickhouse_and_in_plain_python(world: World) -> None:
    leaves = [
        {"kind": "attribute", "field": key, "op": operator.name, "value": value}
        for key, kind in TYPES.items()
        for operator, value in comparisons({Type(kind)}, OPERANDS[kind])
    ]

    assert_lines(world, leaves, NOW)


@pytest.mark.parametrize("now", NOWS[1:], ids=str)
def test_every_comparison_of_days_means_the_same_on_every_day(world: World, now: datetime) -> None:
    leaves = [
        {"kind": "attribute", "field": "joined", "op": operator.name, "value": value}
        for operator, value in comparisons({Type.DATE}, DATES[:1])
        if operator.takes in (Takes.DAYS, Takes.UNITS)
    ]

    assert_lines(world, leaves, now)


def test_every_comparison_of_properties_means_the_same_in_clickhouse_and_in_plain_python(
    played: Played, world: World
) -> None:
    tests = [
        PropertyTest(prop=prop, op=operator.name, value=value)
        for prop in (*(f"props.{name}" for name in PROPS), "path", "source", "props.missing")
        for types, values in PROPERTY_OPERANDS
        for operator, value in comparisons(types, values)
    ]
    moment = asking.moment_of(NOW)

    for start in range(0, len(tests), 200):
        part = tests[start : start + 200]
        binder = Binder()
        counted = ", ".join("countIf(" + acts.holds_of_event(test, binder, moment) + ")" for test in part)
        found = clickhouse.store().rows(
            "SELECT " + counted + " FROM event AS e WHERE workspace_id = {ws:UInt32} AND type = 'track'",
            {**binder.values, "ws": played.workspace.id},
        )[0]
        for test, number in zip(part, found, strict=True):
            wanted = sum(
                world.property_holds(test.prop, test.op, test.value, act, NOW) for act in played.told
            )
            assert number == wanted, test


def assert_lines(world: World, leaves: list[dict[str, Any]], now: datetime) -> int:
    """Each line holds for as many people as in plain Python. Returns for how many, added up."""
    found = 0
    for start in range(0, len(leaves), 100):
        root = conditions.parse({"kind": "any", "of": leaves[start : start + 100]}).root
        assert isinstance(root, Group)
        lines = asking.removed_by_line(Condition(root), now=now).lines
        for leaf, line in zip(root.of, lines, strict=True):
            assert line.holds == len(world.meant(leaf, now, {})), leaf
            found += line.holds
    return found


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
                yield from ((operator, days) for days in (1, 2, 3, 8, 30, 365, 366))
            case Takes.UNITS:
                yield from ((operator, units) for units in (-13, -2, -1, 0, 1, 2))


def make_world(workspace: WorkspaceInfo, rng: random.Random) -> Played:
    """Thirty people with fields, lists, consent, holds; visitors of whom some became known; a merge;
    somebody excluded from numbers, who is no part of the world.
    """
    days_of_the_company()
    fields.create("budget", label="予算", type="money")
    fields.create("grade", label="適合度", type="choice", choices=[{"value": v} for v in WORDS["grade"]])
    fields.create("joined", label="入社日", type="date")
    fields.create("agreed", label="同意", type="yes_no")
    exclusions.add("domain", "staff.example")
    list_ids = [lists.create(name, actor=AUTOMATIC) for name in ("名簿", "来場者")]
    emails = [f"p{place}@x.example" for place in range(30)]
    introduce(rng, emails)
    done = some_history(rng, emails)
    for source, half in product(("web", "form"), (0, 1)):
        part = [
            raw_of(place, one)
            for place, one in enumerate(done)
            if place % 2 == half and one[1].source == source
        ]
        cast.tell(part, at=NOW, source=source)
    browsers = {f"visitor-{place}": emails[place] for place in range(6)}
    cast.tell([{"type": "identify", "anonymousId": v, "userId": e} for v, e in browsers.items()], at=NOW)
    ids = {email: cast.find(email) for email in emails}
    kept, absorbed = emails[28], emails[29]
    cast.tell([{"type": "alias", "userId": kept, "previousId": absorbed}], at=NOW)
    people = [email for email in emails if email != absorbed]
    give_values(rng, [ids[email] for email in people], list_ids, NOW)
    processor.process_all()
    return played_of(workspace, {email: ids[email] for email in people}, done, ids)


def days_of_the_company() -> None:
    """The fiscal year begins in March; closed on 1 May, and each year on 28 and 29 December."""
    kept = calendar.current()
    calendar.change(
        opens=kept.opens,
        closes=kept.closes,
        country=kept.country,
        recurring=[(12, 28), (12, 29)],
        fiscal_month=3,
        actor=AUTOMATIC,
    )
    calendar.close_days([(date(2026, 5, 1), "創立記念日")])


def introduce(rng: random.Random, emails: list[str]) -> None:
    told: list[dict[str, Any]] = [
        {
            "type": "identify",
            "userId": email,
            "traits": {"email": email, **some_fields(rng)},
            "timestamp": ago(rng, 400).isoformat(),
        }
        for email in emails
    ]
    told.append({"type": "identify", "userId": "boss", "traits": {"email": "boss@staff.example"}})
    cast.tell(told, at=NOW)


def some_history(rng: random.Random, emails: list[str]) -> list[tuple[str, Act]]:
    """(who, act) in no order: single acts, acts at the borders of months and years, and bursts in which one
    person, under several identities, does much at the same milliseconds or spans apart.
    """
    visitors = [f"visitor-{place}" for place in range(12)]
    done = [
        (rng.choice(emails if rng.random() < 0.6 else visitors), some_act(rng, ago(rng, 60)))
        for _ in range(200)
    ]
    done += [
        (rng.choice(emails), some_act(rng, border + rng.choice([-MS, timedelta(), MS])))
        for border in BORDERS
        for _ in range(5)
    ]
    alone = [(email,) for email in emails[6:28]]
    selves = [*zip(emails, visitors[:6], strict=False), (emails[28], emails[29]), *rng.sample(alone, 10)]
    for who in selves:
        for _ in range(2):
            begun = ago(rng, 20)
            for _ in range(6):
                act = some_act(rng, begun + rng.choice(APART))
                act.name = rng.choice(["page_viewed", "bought", act.name])
                done.append((rng.choice(who), act))
    loud = [("boss", some_act(rng, ago(rng, 20))) for _ in range(12)]
    for _owner, act in loud:
        act.props["amount"] = 1_000_000
    done += loud
    rng.shuffle(done)
    return done


def raw_of(place: int, told: tuple[str, Act]) -> dict[str, Any]:
    owner, act = told
    raw: dict[str, Any] = {
        "type": "track",
        "messageId": f"act-{place}",
        "event": act.name,
        "properties": act.props,
        "timestamp": act.at.isoformat(),
    }
    raw |= {"anonymousId": owner} if owner.startswith("visitor-") else {"userId": owner}
    if act.machine:
        raw["context"] = {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}
    return raw


def some_fields(rng: random.Random) -> dict[str, Any]:
    made: dict[str, Any] = {
        "department": rng.choice(WORDS["department"]),
        "company": rng.choice(["株式会社青葉", "㈱青葉", "Aoba Inc.", ""]),
        "budget": rng.choice([None, 0, 100, 1_000_000, 2.5, -1]),
        "grade": rng.choice([None, *WORDS["grade"]]),
        "joined": rng.choice([None, *JOINED]),
        "agreed": rng.choice([None, True, False]),
    }
    return {key: value for key, value in made.items() if value not in (None, "")}


def some_act(rng: random.Random, at: datetime) -> Act:
    props = {name.split(".")[0]: rng.choice(values) for name, values in PROPS.items() if rng.random() < 0.7}
    if "a" in props:
        props["a"] = {"b": props["a"]}
    props["path"] = rng.choice(["/", "/pricing/", "/Pricing/", "5"])
    machine = "crawler" if rng.random() < 0.1 else ""
    return Act(UUID(int=0), min(at, NOW), rng.choice(NAMES), machine, rng.choice(["web", "form"]), props)


def ago(rng: random.Random, days: int) -> datetime:
    """A past moment, often close to a local midnight or to a whole number of hours ago."""
    back = timedelta(
        days=rng.randrange(days), hours=rng.choice([0, 1, 5, 14]), seconds=rng.choice([-1, 0, 1])
    )
    return min(NOW - back, NOW)


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


def played_of(
    workspace: WorkspaceInfo, people: dict[str, UUID], done: list[tuple[str, Act]], ids: dict[str, UUID]
) -> Played:
    """What the rooms say that there is, in plain objects."""
    stored = places_of(workspace)
    for place, (owner, act) in enumerate(done):
        act.who, at, act.place = stored[f"act-{place}"]
        assert at == act.at
        assert owner == "boss" or act.who == (ids.get(owner) or subject_of(workspace.id, owner))
    told = [act for _owner, act in done]
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
    return Played(workspace, World(made, told + changes_of(), calendar.current()), told)


def places_of(workspace: WorkspaceInfo) -> dict[str, tuple[UUID, datetime, Place]]:
    """Under whom, when and at which place in the stream each act was stored, by its message."""
    rows = clickhouse.store().rows(
        "SELECT message_id, subject_id, occurred_at, batch_id, ordinal FROM event"
        " WHERE workspace_id = {ws:UInt32}",
        {"ws": workspace.id},
    )
    return {message: (who, at, Place(*place)) for message, who, at, *place in rows}


def changes_of() -> list[Act]:
    """The changes as they were decided, read back from the stored decisions."""
    from tabiji.events import deciding

    found = []
    for batch, stored in postgres.rows("SELECT batch_id, decision FROM event_batch"):
        decision = deciding.decode(stored)
        for one in decision.changes:
            act = Act(
                one.person_id,
                clock.from_ms(one.occurred_ms),
                "",
                place=Place(batch, one.ordinal),
            )
            act.kind, act.ref, act.old, act.new = one.kind, one.ref, one.old, one.new
            found.append(act)
    return found


@st.composite
def trees(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    if depth < 3 and draw(st.integers(0, 2 + depth)) < 2 - depth:
        children = draw(st.lists(trees(depth + 1), min_size=1, max_size=4))
        return {"kind": draw(st.sampled_from(["all", "any", "none"])), "of": children}
    return draw(LEAVES[draw(st.sampled_from(sorted(LEAVES)))])


def has_no_entry(leaf: dict[str, Any]) -> bool:
    return leaf.get("window") != {"kind": "since_entry"}


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
            return st.sampled_from([1, 2, 3, 7, 30, 365, 366])
        case Takes.UNITS:
            return st.sampled_from([-13, -2, -1, 0, 1, 2])


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


amount_test = st.fixed_dictionaries(
    {
        "prop": st.just("props.amount"),
        "op": st.sampled_from(["is", "is_not", "gt", "lte"]),
        "value": st.sampled_from([0, 3, 1000]),
    }
)


def deed(**more: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    return {
        "name": st.sampled_from([*NAMES, *NAMES[:2], *NAMES[:2], "never_heard_of"]),
        "where": st.just([]) | st.just([]) | st.lists(amount_test | property_test(), min_size=1, max_size=2),
        "machines": st.booleans(),
        **more,
    }


spans = st.sampled_from(
    [
        {"n": 60, "unit": "minutes"},
        {"n": 1, "unit": "hours"},
        {"n": 1, "unit": "days"},
        {"n": 7, "unit": "days"},
    ]
)
days_windows = st.one_of(
    st.just({"kind": "ever"}),
    st.fixed_dictionaries({"kind": st.just("last"), "n": st.sampled_from([1, 2, 5, 14, 24]), "unit": st.sampled_from(["days", "hours"])}),
    st.tuples(st.sampled_from(DATES), st.sampled_from(DATES)).map(lambda pair: {"kind": "between", "from": min(pair), "to": max(pair)}),
    st.sampled_from(DATES).map(lambda day: {"kind": "between", "from": day}),
    st.sampled_from(DATES).map(lambda day: {"kind": "between", "to": day}),
    st.lists(st.sampled_from([0, 1, 2, 14, 28, 60]), min_size=2, max_size=2).map(lambda pair: {"kind": "ago", "from": max(pair), "to": min(pair)}),
    st.sampled_from([0, 1, 28]).map(lambda days: {"kind": "ago", "to": days}),
    st.fixed_dictionaries({
        "kind": st.just("calendar"),
        "unit": st.sampled_from(["day", "week", "month", "quarter", "year", "fiscal_year"]),
        "back": st.sampled_from([0, 0, 1, 2]),
    }),
)  # fmt: skip
since_entry = st.just({"kind": "since_entry"})
since_event = st.fixed_dictionaries(
    deed(kind=st.just("since_event"), which=st.sampled_from(["first", "last"])), optional={"for": spans}
)
windows = st.one_of(days_windows, days_windows, since_entry, since_event)
events = deed(kind=st.just("event"))
event = st.fixed_dictionaries(events | {"count": counts, "window": windows})
measured = st.sampled_from(
    ["props.amount"] * 4 + ["props.plan", "props.a.b", "props.missing", "path", "source"]
)


@st.composite
def total(draw: st.DrawFn) -> dict[str, Any]:
    of = draw(st.sampled_from(["sum", "average", "smallest", "largest", "distinct", "days"]))
    numbers = [0, 1, 2, 3] if of in ("distinct", "days") else [-1000, -3, 0, 0.5, 2.5, 3, 1000, 1003]
    made = {
        "of": of,
        "op": draw(st.sampled_from(["at_least", "at_most", "more_than", "less_than", "exactly"])),
        "n": draw(st.sampled_from(numbers)),
    }
    if of != "days":
        made["prop"] = draw(measured)
    return draw(st.fixed_dictionaries(events | {"total": st.just(made), "window": windows}))


pick = st.fixed_dictionaries(
    events
    | {
        "pick": st.fixed_dictionaries(
            {"n": st.sampled_from([1, 1, 2, 3]), "from": st.sampled_from(["start", "end"])}
        ),
        "window": days_windows,
    }
)
without: st.SearchStrategy[list[dict[str, Any]]] = st.just([]) | st.lists(
    st.fixed_dictionaries(deed()), min_size=1, max_size=2
)
next_step = st.fixed_dictionaries(deed(), optional={"within": spans, "without": without})
sequence = st.fixed_dictionaries(
    {
        "kind": st.just("sequence"),
        "steps": st.tuples(st.fixed_dictionaries(deed()), st.lists(next_step, min_size=1, max_size=3)).map(
            lambda steps: [steps[0], *steps[1]]
        ),
        "window": st.just({"kind": "ever"}) | days_windows | since_entry,
    }
)


@st.composite
def top(draw: st.DrawFn) -> dict[str, Any]:
    of = draw(st.sampled_from(["count", "sum", "sum", "distinct", "days"]))
    measure = {"of": of} if of in ("count", "days") else {"of": of, "prop": draw(measured)}
    most = draw(
        st.fixed_dictionaries({"n": st.sampled_from([1, 2, 3, 5, 10])})
        | st.fixed_dictionaries({"percent": st.sampled_from([0.01, 7, 10, 14, 28, 33.33, 50, 55, 100])})
    )
    return (
        draw(st.fixed_dictionaries(deed(kind=st.just("top"), total=st.just(measure), window=days_windows)))
        | most
    )


sample = st.fixed_dictionaries(
    {
        "kind": st.just("sample"),
        "percent": st.sampled_from([0.01, 0.07, 1.1, 10, 33.33, 50, 100]),
        "seed": st.sampled_from(["a", "春の 20%", "A:b"]),
    }
)
today = st.fixed_dictionaries({"kind": st.just("today"), "is": st.sampled_from(["business_day", "day_off"])})
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
    "total": total(),
    "pick": pick,
    "change": change,
    "sequence": sequence,
    "top": top(),
    "value": value(),
    "sample": sample,
    "today": today,
    "everyone": st.just(EVERYONE),
}


def test_long_columns_travel_as_a_table_however_few_their_rows() -> None:
    def fields(*texts: str) -> External:
        return External("asked_person", {"fields": ("JSON(max_dynamic_paths=512)", list(texts))})

    assert travelling.is_few(fields('{"note": "short"}', "{}"))
    assert not travelling.is_few(fields(*['{"note": "' + "長" * 100 + '"}'] * 400))
