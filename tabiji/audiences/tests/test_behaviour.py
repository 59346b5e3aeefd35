"""What people did in numbers and in order, one small company at a time: totals, picks, windows, sequences,
rankings, samples. Each is asked of everyone and of some; the property test asks far more.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tabiji.audiences.public import asking, conditions
from tabiji.audiences.tests import cast
from tabiji.events.public import processor, watermark
from tabiji.people.public import companies, identity
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import calendar

pytestmark = pytest.mark.django_db

SATO, KIMURA, ITO = "sato@aoba.example", "kimura@aoba.example", "ito@aoba.example"


@pytest.fixture(autouse=True)
def customers(workspace: WorkspaceInfo, now: datetime) -> None:
    for email in (SATO, KIMURA, ITO):
        cast.person(email, now - timedelta(days=400))


def did(email: str, name: str, at: datetime, **props: Any) -> None:
    cast.tell([cast.act(email, name, **props)], at=at)


def who(data: dict[str, Any], now: datetime) -> set[str]:
    """The same people by all three ways of asking, or the test ends here."""
    condition = conditions.parse(data)
    everyone = set(asking.people(condition, now=now))
    ids = [cast.find(email) for email in (SATO, KIMURA, ITO)]
    some = asking.among(condition, identity.subjects_of(ids), now=now, through=watermark.closed_through())
    assert set(some) == everyone
    assert asking.matching(condition, ids, now=now, asked_at=watermark_moment()) == everyone
    assert asking.count(condition, now=now) == len(everyone)
    return cast.names(everyone)


def watermark_moment() -> datetime:
    from tabiji.core import postgres

    processor.process_all()
    moment: datetime = postgres.rows("SELECT clock_timestamp()")[0][0]
    return moment


def event(name: str, **more: Any) -> dict[str, Any]:
    return {"kind": "event", "name": name, **more}


def total(of: str, op: str, n: float, prop: str | None = "props.amount") -> dict[str, Any]:
    return {"of": of, "prop": prop, "op": op, "n": n}


def test_sums_averages_and_extremes_of_a_property(now: datetime) -> None:
    did(SATO, "bought", now - timedelta(days=5), amount=3_000)
    did(SATO, "bought", now - timedelta(days=3), amount="2000")
    did(SATO, "bought", now - timedelta(days=3), amount="a gift")
    did(KIMURA, "bought", now - timedelta(days=1), amount=1_000)

    assert who(event("bought", total=total("sum", "at_least", 5_000)), now) == {"sato"}
    assert who(event("bought", total=total("sum", "less_than", 5_000)), now) == {"kimura", "ito"}
    assert who(event("bought", total=total("sum", "exactly", 0)), now) == {"ito"}
    assert who(event("bought", total=total("average", "exactly", 2_500)), now) == {"sato"}
    assert who(event("bought", total=total("average", "less_than", 5_000)), now) == {"sato", "kimura"}
    assert who(event("bought", total=total("smallest", "at_most", 1_000)), now) == {"kimura"}
    assert who(event("bought", total=total("largest", "more_than", 2_000)), now) == {"sato"}
    in_two_days = {"kind": "last", "n": 2, "unit": "days"}
    assert who(event("bought", total=total("sum", "at_least", 1), window=in_two_days), now) == {"kimura"}


def test_different_values_and_different_days(now: datetime) -> None:
    midnight = now.replace(hour=15, minute=0)  # in Tokyo
    did(SATO, "read", midnight - timedelta(days=2, minutes=1), topic="dx")
    did(SATO, "read", midnight - timedelta(days=2), topic="dx")
    did(SATO, "read", midnight - timedelta(days=2), topic=5)
    did(KIMURA, "read", midnight - timedelta(days=4), topic="dx")
    did(KIMURA, "read", midnight - timedelta(days=4))

    assert who(event("read", total=total("distinct", "exactly", 2, "props.topic")), now) == {"sato"}
    assert who(event("read", total=total("days", "exactly", 2, None)), now) == {"sato"}
    assert who(event("read", total=total("days", "at_most", 1, None)), now) == {"kimura", "ito"}


def test_the_first_and_the_last_of_all_acts(now: datetime) -> None:
    did(SATO, "bought", now - timedelta(days=300), item="pen")
    did(SATO, "bought", now - timedelta(days=10), item="desk")
    did(KIMURA, "bought", now - timedelta(days=10), item="pen")
    cast.tell(
        [cast.act(ITO, "bought", item="ink"), cast.act(ITO, "bought", item="desk")],
        at=now - timedelta(days=20),
    )
    lately = {"kind": "last", "n": 30, "unit": "days"}
    a_desk = [{"prop": "props.item", "op": "is", "value": "desk"}]

    def picked(n: int, start: str, **more: Any) -> set[str]:
        return who(event("bought", pick={"n": n, "from": start}, **more), now)

    assert picked(1, "start", window=lately) == {"kimura", "ito"}
    assert picked(1, "end", window=lately) == {"sato", "kimura", "ito"}
    assert picked(1, "end", where=a_desk) == {"sato", "ito"}  # at one moment the one that arrived later
    assert picked(2, "start", where=a_desk) == {"sato", "ito"}
    assert picked(2, "end", where=a_desk) == set()
    assert picked(3, "start") == set()


def test_windows_of_the_calendar_and_windows_that_end_in_the_past(now: datetime) -> None:
    did(SATO, "came", now - timedelta(days=30))  # 29 March
    did(KIMURA, "came", now - timedelta(days=2))  # Sunday, 26 April
    did(ITO, "came", now - timedelta(days=120))  # 29 December

    def within(**window: Any) -> set[str]:
        return who(event("came", window=window), now)

    assert within(kind="ago", **{"from": 120, "to": 30}) == {"sato", "ito"}
    assert within(kind="ago", to=31) == {"ito"}
    assert within(kind="calendar", unit="month") == {"kimura"}
    assert within(kind="calendar", unit="month", back=1) == {"sato"}
    assert within(kind="calendar", unit="week") == set()
    assert within(kind="calendar", unit="week", back=1) == {"kimura"}
    assert within(kind="calendar", unit="quarter", back=1) == {"sato"}
    assert within(kind="calendar", unit="year", back=1) == {"ito"}
    assert within(kind="calendar", unit="fiscal_year") == {"kimura"}
    assert within(kind="calendar", unit="fiscal_year", back=1) == {"sato", "ito"}


def test_since_another_event(now: datetime) -> None:
    did(SATO, "asked", now - timedelta(days=20))
    did(SATO, "booked", now - timedelta(days=19))
    did(KIMURA, "booked", now - timedelta(days=30))
    did(KIMURA, "asked", now - timedelta(days=25))
    did(KIMURA, "asked", now - timedelta(days=5))
    did(KIMURA, "booked", now - timedelta(days=5))
    did(ITO, "booked", now - timedelta(days=1))

    def since(count: dict[str, Any], **more: Any) -> set[str]:
        return who(event("booked", count=count, window={"kind": "since_event", "name": "asked", **more}), now)

    once, never = {"op": "at_least", "n": 1}, {"op": "exactly", "n": 0}
    assert since(once) == {"sato"}  # at the same moment is not after it
    assert since(never) == {"kimura"}  # who never asked is not meant
    assert since(once, which="first") == {"sato", "kimura"}
    assert since(once, which="first", **{"for": {"n": 36, "unit": "hours"}}) == {"sato"}
    at_most = total("sum", "at_most", 0)
    window = {"kind": "since_event", "name": "asked"}
    assert who(event("booked", total=at_most, window=window), now) == {"sato", "kimura"}


def test_one_after_the_other(now: datetime) -> None:
    day = timedelta(days=1)
    did(SATO, "looked", now - 10 * day)
    did(SATO, "filled", now - 9 * day)
    did(SATO, "paid", now - 8 * day)
    did(SATO, "filled", now - 2 * day)
    did(KIMURA, "filled", now - 10 * day)
    did(KIMURA, "looked", now - 9 * day)
    cast.tell([cast.act(ITO, "looked"), cast.act(ITO, "filled")], at=now - 5 * day)

    def steps(*steps: dict[str, Any], **more: Any) -> set[str]:
        return who({"kind": "sequence", "steps": list(steps), **more}, now)

    looked, filled, paid = {"name": "looked"}, {"name": "filled"}, {"name": "paid"}
    assert steps(looked, filled) == {"sato", "ito"}
    assert steps(filled, looked) == {"kimura"}
    assert steps(looked, filled | {"within": {"n": 3, "unit": "days"}}) == {"sato", "ito"}
    assert steps(looked, filled | {"within": {"n": 1, "unit": "minutes"}}) == {"ito"}
    assert steps(looked, filled, paid) == {"sato"}
    assert steps(looked, filled, filled) == {"sato"}
    assert steps(filled, filled | {"without": [paid]}) == set()
    assert steps(filled, filled) == {"sato"}
    lately = {"kind": "last", "n": 6, "unit": "days"}
    assert steps(looked, filled, window=lately) == {"ito"}


def test_the_most_active_are_ranked_among_everybody(now: datetime) -> None:
    for email, times in ((SATO, 3), (KIMURA, 1), (ITO, 1)):
        for place in range(times):
            did(email, "came", now - timedelta(days=place), amount=5)
    top = {"kind": "top", "name": "came"}

    assert who(top | {"n": 1}, now) == {"sato"}
    assert who(top | {"n": 2}, now) == {"sato", "kimura", "ito"}  # equal numbers share the second place
    assert who(top | {"percent": 10}, now) == {"sato"}
    assert who(top | {"n": 1, "total": {"of": "sum", "prop": "props.amount"}}, now) == {"sato"}
    assert who(top | {"n": 5, "total": {"of": "sum", "prop": "props.weight"}}, now) == set()
    kimura = cast.find(KIMURA)
    alone = asking.among(
        conditions.parse(top | {"n": 1}),
        identity.subjects_of([kimura]),
        now=now,
        through=watermark.closed_through(),
    )
    assert alone == []


def test_a_sample_stays_the_same_and_all_of_it_is_everyone(now: datetime) -> None:
    assert who({"kind": "sample", "percent": 100, "seed": "a"}, now) == {"sato", "kimura", "ito"}
    half = {"kind": "sample", "percent": 50, "seed": "a"}
    assert who(half, now) == who(half, now)
    assert who({"kind": "none", "of": [half]}, now) == {"sato", "kimura", "ito"} - who(half, now)


def test_days_of_the_calendar_and_days_of_fields(now: datetime) -> None:
    everybody = {"sato", "kimura", "ito"}
    holiday = now + timedelta(days=1)  # 29 April
    assert who({"kind": "today", "is": "business_day"}, now) == everybody
    assert who({"kind": "today", "is": "day_off"}, now) == set()
    assert asking.count(conditions.parse({"kind": "today", "is": "day_off"}), now=holiday) == len(everybody)

    calendar.change(
        opens=calendar.current().opens,
        closes=calendar.current().closes,
        country="JP",
        recurring=[],
        fiscal_month=10,
        actor=AUTOMATIC,
    )
    cast.person("leap@aoba.example", now.replace(year=2024, month=2, day=28, hour=20))  # 29 February in Tokyo

    def known(op: str, value: int, at: datetime = now) -> set[str]:
        condition = conditions.parse({"kind": "attribute", "field": "created_at", "op": op, "value": value})
        return cast.names(set(asking.people(condition, now=at)))

    february = now.replace(month=2, day=26)
    assert "leap" in known("anniversary_in_exactly_days", 2, february)  # 28 February stands for it
    assert "leap" not in known("anniversary_in_exactly_days", 1, february)
    assert "sato" in known("exactly_days_ago", 400)
    assert "sato" not in known("exactly_days_ago", 399)
    assert "sato" in known("in_month", -13)
    assert "sato" in known("in_fiscal_year", -1)  # from October 2024; today is in the year from October 2025
    assert "sato" not in known("in_fiscal_year", 0)


def test_traits_of_the_company_that_somebody_works_for(now: datetime) -> None:
    aoba = companies.ensure({"青葉製作所": now})["青葉製作所"]
    for email in (SATO, KIMURA):
        cast.set_field(cast.find(email), "company", "青葉製作所", now)

    def employed(field: str, op: str, value: Any = None) -> set[str]:
        return who({"kind": "attribute", "field": field, "op": op, "value": value}, now)

    assert employed("company_industry", "is", "製造業") == set()
    companies.describe({aoba: ("製造業", 48)})
    processor.process_all()

    assert employed("company_industry", "is", "製造業") == {"sato", "kimura"}
    assert employed("company_industry", "is_not", "製造業") == {"ito"}
    assert employed("company_employees", "lt", 50) == {"sato", "kimura"}
    assert employed("company_employees", "is_empty") == {"ito"}


def test_percentages_are_exact(now: datetime) -> None:
    """1 in 3 is asked with 33.34 % of three who are ranked, and is rounded up from 1.0002."""
    for email in (SATO, KIMURA, ITO):
        did(email, "came", now - timedelta(days=1))
    did(SATO, "came", now)
    did(KIMURA, "came", now - timedelta(hours=1))
    did(SATO, "came", now - timedelta(hours=2))

    assert who({"kind": "top", "name": "came", "percent": 33.33}, now) == {"sato"}
    assert who({"kind": "top", "name": "came", "percent": 33.34}, now) == {"sato", "kimura"}


def test_a_condition_of_more_than_an_engine_reads_is_refused() -> None:
    test = {"prop": "props.a", "op": "is", "value": "x"}
    without = [{"name": "paid", "where": [test] * 10}] * 10
    steps = [{"name": "looked"}] + [{"name": "filled", "without": without}] * 9

    with pytest.raises(conditions.BadCondition, match=r"too many|多"):
        conditions.parse({"kind": "sequence", "steps": steps})


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (event("x", total=total("sum", "at_least", 1, None)), "total.prop"),
        (event("x", total=total("days", "at_least", 1)), "total.prop"),
        (event("x", total=total("sum", "at_least", 1, "colour")), "total.prop"),
        (event("x", total=total("median", "at_least", 1)), "total.of"),
        (event("x", pick={"n": 0, "from": "start"}), "pick.n"),
        (event("x", pick={"n": 1, "from": "end"}, window={"kind": "since_entry"}), "window"),
        (event("x", pick={"n": 1, "from": "end"}, count={"op": "at_least", "n": 2}), ""),
        (event("x", window={"kind": "ago", "from": 3, "to": 9}), "window"),
        (event("x", window={"kind": "calendar", "unit": "decade"}), "window.unit"),
        (event("x", window={"kind": "since_event"}), "window.name"),
        ({"kind": "sequence", "steps": [{"name": "x"}]}, "steps"),
        ({"kind": "sequence", "steps": [{"name": "x"}] * 11}, "steps"),
        (
            {"kind": "sequence", "steps": [{"name": "x", "within": {"n": 1, "unit": "days"}}, {"name": "y"}]},
            "steps.0",
        ),
        ({"kind": "top", "name": "x"}, ""),
        ({"kind": "top", "name": "x", "n": 1, "percent": 1}, ""),
        ({"kind": "top", "name": "x", "n": 1, "window": {"kind": "since_entry"}}, "window"),
        ({"kind": "sample", "percent": 0, "seed": "a"}, "percent"),
        ({"kind": "today", "is": "rainy"}, "is"),
    ],
)
def test_what_cannot_be_asked_says_where(data: dict[str, Any], path: str) -> None:
    with pytest.raises(conditions.BadCondition) as caught:
        conditions.parse(data)
    assert caught.value.path == path
