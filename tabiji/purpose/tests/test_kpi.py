"""The KPI tree: actual, target and gap, and exactly the conversions behind each line."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from tabiji.core import clickhouse, clock
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import exclusions, fields
from tabiji.purpose.contracts import KpiLine, Period
from tabiji.purpose.kpi import BadKpi, NoSuchKpi
from tabiji.purpose.periods import BadPeriod
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import definitions

pytestmark = pytest.mark.django_db

TOKYO = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def ninety_days(workspace: WorkspaceInfo) -> Period:
    conversions.create(
        "contract",
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        worth={"kind": "number"},
        undone_by=["lost"],
        actor=AUTOMATIC,
    )
    conversions.create(
        "member", name="会員登録", rule={"kind": "event", "names": ["signed_up"]}, actor=AUTOMATIC
    )
    return periods.create("90日", starts_at=at(), actor=AUTOMATIC)


def line_of(kpi_id: int) -> KpiLine:
    def search(lines: list[KpiLine]) -> KpiLine | None:
        for line in lines:
            found = line if line.kpi.id == kpi_id else search(list(line.children))
            if found:
                return found
        return None

    found = search(kpi.tree())
    assert found is not None
    return found


def add(label: str, period: Period, target: float = 1, conversion: str = "contract", **more: object) -> int:
    return kpi.create(
        label,
        conversion=conversion,
        target=target,
        period_id=period.id,
        actor=AUTOMATIC,
        **more,  # type: ignore[arg-type]
    )


def test_the_kgi_is_the_sum_over_its_lines_of_business(ninety_days: Period) -> None:
    people = told.people(6)
    told.record(
        [
            told.won(people[place], place, at(place), 100.0, "omakase" if place < 2 else "market")
            for place in range(5)
        ]
        + [told.won(people[5], 5, at(-1))]
    )
    kgi = add("全契約", ninety_days, 6, label_en="All contracts")
    omakase = add("おまかせ", ninety_days, 2, parent_id=kgi, part={"kind": "line", "line": "omakase"})
    market = add("マーケット法人", ninety_days, 4, parent_id=kgi, part={"kind": "line", "line": "market"})

    (root,) = kpi.tree()

    assert (root.actual, root.kpi.target, root.gap, root.unassigned) == (5, 6, -1, 0)
    assert [(child.kpi.labels["ja"], child.actual, child.gap) for child in root.children] == [
        ("おまかせ", 2, 0),
        ("マーケット法人", 3, -1),
    ]
    assert (root.kpi.label("en"), root.children[0].kpi.label("en")) == ("All contracts", "おまかせ")
    assert [one.cause for one in kpi.behind(kgi)] == [f"deal:{place}" for place in range(5)]
    assert [one.person_id for one in kpi.behind(omakase)] == people[:2]
    assert [one.person_id for one in kpi.behind(market)] == people[2:5]


def test_a_contract_of_no_known_line_stands_beside_the_parts(ninety_days: Period) -> None:
    (sato,) = told.people(1)
    told.record([told.won(sato, 1, at(), line="")])
    kgi = add("全契約", ninety_days)
    add("おまかせ", ninety_days, parent_id=kgi, part={"kind": "line", "line": "omakase"})

    (root,) = kpi.tree()

    assert (root.actual, root.unassigned, root.children[0].actual) == (1, 1, 0)
    assert [one.person_id for one in kpi.unassigned(kgi)] == [sato]


def test_parts_never_overlap_and_the_rest_is_what_is_left(ninety_days: Period) -> None:
    people = told.people(4)
    told.record(
        [
            told.change(people[0], "deal", 1, "won", at(1), line="omakase", initiative_id=9),
            told.change(people[1], "deal", 2, "won", at(2), line="market", initiative_id=9),
            told.won(people[2], 3, at(3)),
            told.won(people[3], 4, at(4), line=""),
        ]
    )
    kgi = add("全契約", ninety_days)
    parts = [
        add("施策", ninety_days, parent_id=kgi, part={"kind": "initiative", "initiative_id": 9}),
        add("おまかせ", ninety_days, parent_id=kgi, part={"kind": "line", "line": "omakase"}),
        add("その他", ninety_days, parent_id=kgi, part={"kind": "rest"}),
    ]

    (root,) = kpi.tree()

    assert [child.actual for child in root.children] == [2, 1, 1]
    assert (root.actual, root.unassigned) == (4, 0)
    assert [[one.person_id for one in kpi.behind(part)] for part in parts] == [
        people[:2],
        [people[2]],
        [people[3]],
    ]


def test_people_and_yen_are_measured_too(ninety_days: Period) -> None:
    sato, suzuki = told.people(2)
    told.record(
        [told.won(sato, 1, at(), 100.0), told.won(sato, 2, at(1), 200.0), told.won(suzuki, 3, at(2), 50.0)]
    )
    heads = add("契約した人", ninety_days, measure="people")
    yen = add("契約額", ninety_days, 500, measure="value")

    assert (line_of(heads).actual, [one.person_id for one in kpi.behind(heads)]) == (2, [sato, suzuki])
    assert (line_of(yen).actual, line_of(yen).gap, sum(one.value for one in kpi.behind(yen))) == (
        350,
        -150,
        350,
    )


def test_lines_of_other_conversions_and_periods_hang_below_the_kgi(ninety_days: Period) -> None:
    people = told.people(3)
    told.tell(*(told.event("signed_up", person, at(place * 60)) for place, person in enumerate(people)))
    first_hour = periods.create("最初の1時間", starts_at=at(), ends_at=at(60), actor=AUTOMATIC)
    kgi = add("全契約", ninety_days)
    members = add("会員登録", ninety_days, 3, "member", parent_id=kgi)
    early = add("会員登録(最初)", first_hour, 1, "member", parent_id=kgi)

    assert (line_of(kgi).actual, line_of(members).actual, line_of(early).actual) == (0, 3, 1)
    assert [one.person_id for one in kpi.behind(early)] == people[:1]


def test_people_left_out_of_numbers_are_behind_none_of_them(ninety_days: Period) -> None:
    sato, rival = told.people(2)
    moment = clock.to_ms(at())
    fields.write([FieldUpdate(rival, "email", "ito@rival.example", moment)], actor="auto")
    told.record([told.won(sato, 1, at()), told.won(rival, 2, at())])
    kgi = add("全契約", ninety_days)
    before = line_of(kgi).actual

    exclusions.add("domain", "rival.example")

    assert (before, line_of(kgi).actual, [one.person_id for one in kpi.behind(kgi)]) == (2, 1, [sato])


def test_without_facts_every_line_is_nought_and_nobody_is_behind_it(ninety_days: Period) -> None:
    kgi = add("全契約", ninety_days, 120)
    part = add("おまかせ", ninety_days, 30, parent_id=kgi, part={"kind": "line", "line": "omakase"})

    (root,) = kpi.tree()

    assert (root.actual, root.gap, root.children[0].actual) == (0, -120, 0)
    assert (kpi.behind(kgi), kpi.behind(part)) == ([], [])


def test_while_clickhouse_is_away_counting_rests(
    ninety_days: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    kgi = add("全契約", ninety_days)
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://tabiji:x@127.0.0.1:9/tabiji"))

    for ask in (kpi.tree, lambda: kpi.behind(kgi)):
        with pytest.raises(clickhouse.ClickHouseResting):
            ask()


def test_a_kpi_needs_a_conversion_a_known_part_and_an_id_of_this_workspace(ninety_days: Period) -> None:
    with pytest.raises(conversions.NoSuchConversion):
        add("謎", ninety_days, conversion="nothing")
    with pytest.raises(BadKpi, match="moon"):
        add("謎", ninety_days, part={"kind": "moon"})
    with pytest.raises(NoSuchKpi):
        kpi.behind(987_654)


def test_local_days_begin_and_end_at_midnight_of_the_workspace() -> None:
    late = datetime.fromisoformat("2026-04-28T15:30:00+00:00")  # half past midnight in Tokyo

    today = periods.last_days(1, late, TOKYO)

    assert today.starts_at == datetime(2026, 4, 29, tzinfo=TOKYO)
    assert today.ends_at == datetime(2026, 4, 30, tzinfo=TOKYO)
    assert [today.holds(moment) for moment in (today.starts_at, today.ends_at)] == [True, False]


def test_a_period_that_ends_before_it_begins_is_refused(workspace: WorkspaceInfo) -> None:
    with pytest.raises(BadPeriod):
        periods.create("逆", starts_at=at(1), ends_at=at(), actor=AUTOMATIC)


def test_an_initiative_keeps_its_header_its_members_and_what_was_learnt(ninety_days: Period) -> None:
    goal = add("契約", ninety_days)
    made = initiatives.create(
        "資料請求後フォロー(おまかせ)",
        why="資料を読んだだけで止まる人が8割",
        from_state="資料を持っている",
        to_state="商談を予約した",
        kpi_id=goal,
        review_on=date(2026, 6, 1),
        period_id=ninety_days.id,
        actor=AUTOMATIC,
    )
    journey = definitions.create("journey", name="シナリオ", actor=AUTOMATIC)
    initiatives.add_members(made, [journey], actor=AUTOMATIC)

    initiatives.judge(made, "rejected", "開封は増え、予約は減った", actor=AUTOMATIC, at=at())

    found = initiatives.get(made)
    assert (found.from_state, found.to_state, found.goal) == (
        "資料を持っている",
        "商談を予約した",
        "contract",
    )
    assert (found.verdict, found.learning, found.judged_at) == ("rejected", "開封は増え、予約は減った", at())
    assert [one.id for one in initiatives.members(made)] == [journey]
    assert initiatives.of_definitions([journey, made]) == {journey: made}
    with pytest.raises(initiatives.NothingLearnt):
        initiatives.judge(made, "rejected", "  ", actor=AUTOMATIC, at=at())


def test_a_definition_works_for_one_initiative_at_a_time(ninety_days: Period) -> None:
    first, second = (initiatives.create(name, why="なぜ", actor=AUTOMATIC) for name in ("一", "二"))
    form = definitions.create("form", name="フォーム", actor=AUTOMATIC)

    initiatives.add_members(first, [form], actor=AUTOMATIC)
    initiatives.add_members(second, [form], actor=AUTOMATIC)

    assert (initiatives.get(first).members, initiatives.get(second).members) == ((), (form,))
