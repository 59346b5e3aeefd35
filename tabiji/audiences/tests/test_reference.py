"""Sentences of docs/reference/conditions.md that one could read in two ways: how they are meant, one example each."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tabiji.audiences import conditions
from tabiji.audiences.tests.reference import Act, Person, Place, World, drawn
from tabiji.workspaces.calendar import BusinessCalendar

TOKYO = ZoneInfo("Asia/Tokyo")
CALENDAR = BusinessCalendar(zone=TOKYO, closed=frozenset({date(2026, 5, 1)}))
"""The holidays of Golden Week are 29 April and 3 to 6 May; 1 May is the company's own."""
NOW = "2026-04-28 14:00"
TYPES = {"born": "date", "seen": "moment"}
AOI, HARU, REN, SATO = (UUID(int=number) for number in range(1, 5))


def local(text: str, zone: ZoneInfo = TOKYO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def act(name: str, at: str, who: UUID = AOI, **more: Any) -> Act:
    return Act(who, local(at), name, **more)


def bought(at: str, amount: Any = 100, who: UUID = AOI) -> Act:
    return act("bought", at, who, props={"amount": amount})


def meant(
    node: dict[str, Any],
    acts: list[Act],
    people: tuple[UUID, ...] = (AOI,),
    *,
    now: str = NOW,
    since: str = "",
    calendar: BusinessCalendar = CALENDAR,
    **fields: Any,
) -> set[UUID]:
    """Who is meant, of people who did these things; the acts arrived in the order of the list."""
    for ordinal, one in enumerate(acts):
        one.place = Place(ordinal=ordinal)
    world = World([Person(one, fields, TYPES, {one}) for one in people], acts, calendar)
    entered = {one: local(since) for one in people} if since else None
    return world.who(conditions.read(node), local(now, calendar.zone), entered)


def holds(node: dict[str, Any], *acts: Act, **more: Any) -> bool:
    return bool(meant(node, list(acts), **more))


def event(name: str = "bought", **more: Any) -> dict[str, Any]:
    return {"kind": "event", "name": name, **more}


def total(of: str, op: str, n: float, **more: Any) -> dict[str, Any]:
    prop = {} if of == "days" else {"prop": "props.amount"}
    return event(total={"of": of, "op": op, "n": n, **prop}, **more)


def born(op: str, value: Any) -> dict[str, Any]:
    return {"kind": "attribute", "field": "born", "op": op, "value": value}


def in_turn(*steps: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "sequence", "steps": list(steps), **more}


TODAY = {"kind": "last", "n": 1, "unit": "days"}


# -- totals ------------------------------------------------------------------------------------------------------


def test_the_sum_of_nothing_is_0_and_is_compared() -> None:
    assert holds(total("sum", "less_than", 10_000))
    assert holds(total("sum", "exactly", 0))
    assert not holds(total("sum", "more_than", 0))


def test_acts_without_a_number_are_passed_over_and_do_not_count_as_0() -> None:
    acts = [bought(NOW, amount) for amount in ("3", 5, "five", None, True, [7], "")]

    assert holds(total("sum", "exactly", 8), *acts)
    assert holds(total("average", "exactly", 4), *acts)
    assert holds(total("smallest", "exactly", 3), *acts)


@pytest.mark.parametrize("of", ["average", "smallest", "largest"])
@pytest.mark.parametrize("op", ["at_least", "at_most", "less_than", "more_than", "exactly"])
def test_no_value_compares_with_nothing_but_none_of_it_holds(of: str, op: str) -> None:
    without_numbers = [bought(NOW, "much"), bought(NOW, None)]

    for acts in ([], without_numbers):
        assert not holds(total(of, op, 0), *acts)
        assert holds({"kind": "none", "of": [total(of, op, 0)]}, *acts)


def test_a_sum_may_come_to_0_and_below() -> None:
    acts = [bought(NOW, 2.5), bought(NOW, -2.5)]

    assert holds(total("sum", "exactly", 0), *acts)
    assert holds(total("sum", "less_than", 0), *acts, bought(NOW, -0.5))


def test_values_differ_as_texts_and_the_empty_one_is_none() -> None:
    acts = [bought(NOW, amount) for amount in (5, "5", 5.0, "5.0", True, "true", "", None, [5])]

    assert holds(total("distinct", "exactly", 3), *acts)


def test_days_are_local_days_on_which_something_matched() -> None:
    acts = [bought("2026-04-27 23:59"), bought("2026-04-28 00:00"), bought("2026-04-28 08:59")]

    assert holds(total("days", "exactly", 2), *acts)


def test_a_total_is_made_only_of_acts_that_match() -> None:
    acts = [bought("2026-04-20 12:00", 1), bought(NOW, 2), bought(NOW, 4), act("viewed", NOW)]
    acts.append(act("bought", NOW, props={"amount": 8}, machine="crawler"))
    large = [{"prop": "props.amount", "op": "gt", "value": 2}]

    assert holds(total("sum", "exactly", 4, window=TODAY, where=large), *acts)
    assert holds(total("sum", "exactly", 12, window=TODAY, where=large, machines=True), *acts)


# -- picks and the order of acts ---------------------------------------------------------------------------------


def test_the_picked_act_is_the_first_of_all_and_not_the_first_in_the_window() -> None:
    first = event(pick={"n": 1, "from": "start"}, window=TODAY)

    assert holds(first, bought(NOW))
    assert not holds(first, bought("2020-01-01 00:00"), bought(NOW))


def test_the_picked_act_is_the_last_of_all_and_not_the_last_that_passes_its_tests() -> None:
    last = event("viewed", pick={"from": "end"}, where=[{"prop": "path", "op": "is", "value": "/pricing/"}])
    pricing = act("viewed", "2026-04-27 12:00", props={"path": "/pricing/"})

    assert holds(last, pricing)
    assert not holds(last, pricing, act("viewed", NOW, props={"path": "/"}))


def test_machines_are_not_picked_and_do_not_take_a_place_unless_asked_for() -> None:
    acts = [act("bought", "2026-04-01 12:00", machine="crawler"), bought(NOW)]
    second = {"n": 2, "from": "start"}

    assert holds(event(pick={"n": 1}, window=TODAY), *acts)
    assert not holds(event(pick=second), *acts)
    assert holds(event(pick=second, window=TODAY, machines=True), *acts)


def test_names_of_our_own_told_from_outside_take_no_place() -> None:
    acts = [
        act("form_submitted", "2026-04-01 12:00", source="web"),
        act("form_submitted", NOW, source="form"),
    ]

    assert holds(event("form_submitted", pick={"n": 1}, window=TODAY), *acts)
    assert not holds(event("form_submitted", pick={"n": 2}), *acts)


def test_acts_of_one_millisecond_stand_as_they_arrived() -> None:
    last = event(pick={"from": "end"}, where=[{"prop": "props.amount", "op": "is", "value": 2}])

    assert holds(last, bought(NOW, 1), bought(NOW, 2))
    assert not holds(last, bought(NOW, 2), bought(NOW, 1))


def test_the_batch_decides_before_the_place_in_it() -> None:
    assert Place(1, 9) < Place(2, 0)
    assert Place(1, 0) < Place(1, 1)


# -- windows -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "first", "last"),
    [
        ({"kind": "last", "n": 2, "unit": "days"}, "2026-04-26", "2027-01-01"),
        ({"kind": "ago", "from": 3, "to": 1}, "2026-04-25", "2026-04-27"),
        ({"kind": "ago", "from": 2, "to": 2}, "2026-04-26", "2026-04-26"),
        ({"kind": "ago", "to": 0}, "2000-01-01", "2026-04-28"),
        ({"kind": "calendar", "unit": "day"}, "2026-04-28", "2026-04-28"),
        ({"kind": "calendar", "unit": "week"}, "2026-04-27", "2026-05-03"),
        ({"kind": "calendar", "unit": "week", "back": 1}, "2026-04-20", "2026-04-26"),
        ({"kind": "calendar", "unit": "month", "back": 2}, "2026-02-01", "2026-02-28"),
        ({"kind": "calendar", "unit": "month", "back": 26}, "2024-02-01", "2024-02-29"),
        ({"kind": "calendar", "unit": "quarter"}, "2026-04-01", "2026-06-30"),
        ({"kind": "calendar", "unit": "quarter", "back": 2}, "2025-10-01", "2025-12-31"),
        ({"kind": "calendar", "unit": "year", "back": 1}, "2025-01-01", "2025-12-31"),
        ({"kind": "calendar", "unit": "fiscal_year"}, "2026-04-01", "2027-03-31"),
        ({"kind": "between", "from": "2026-04-01", "to": "2026-04-02"}, "2026-04-01", "2026-04-02"),
    ],
)
def test_a_window_of_days_holds_its_first_and_its_last_local_day_whole(
    window: dict[str, Any], first: str, last: str
) -> None:
    before = date.fromisoformat(first) - timedelta(days=1)
    after = date.fromisoformat(last) + timedelta(days=1)
    node = event(window=window)

    assert holds(node, bought(f"{first} 00:00"))
    assert holds(node, bought(f"{last} 23:59:59.999"))
    if window != {"kind": "ago", "to": 0}:
        assert not holds(node, bought(f"{before} 23:59:59.999"))
    if window["kind"] != "last":
        assert not holds(node, bought(f"{after} 00:00"))


def test_on_the_last_day_before_it_begins_the_present_fiscal_year_is_the_old_one() -> None:
    window = {"kind": "calendar", "unit": "fiscal_year"}

    assert holds(event(window=window), bought("2025-04-01 00:00"), now="2026-03-31 23:59")
    assert not holds(event(window=window), bought("2026-03-31 23:59"), now="2026-04-01 00:00")


def test_a_day_on_which_clocks_are_set_is_one_day_and_hours_are_hours() -> None:
    berlin = BusinessCalendar(zone=ZoneInfo("Europe/Berlin"), country="DE")
    spring = Act(AOI, local("2026-03-29 00:30", berlin.zone), "bought")
    hours = event(window={"kind": "last", "n": 14, "unit": "hours"})

    assert holds(event(window=TODAY), spring, now="2026-03-30 23:59", calendar=berlin)
    assert not holds(event(window=TODAY), spring, now="2026-03-31 00:00", calendar=berlin)
    assert holds(hours, spring, now="2026-03-29 15:30", calendar=berlin)
    assert not holds(hours, spring, now="2026-03-29 15:31", calendar=berlin)


def test_since_entry_begins_with_the_moment_of_the_entry() -> None:
    node = event(window={"kind": "since_entry"})

    assert holds(node, bought("2026-04-27 12:00"), since="2026-04-27 12:00")
    assert not holds(node, bought("2026-04-27 11:59:59.999"), since="2026-04-27 12:00")


def test_since_an_event_begins_after_its_moment_and_ends_with_the_span() -> None:
    def node(**more: Any) -> dict[str, Any]:
        return event(window={"kind": "since_event", "name": "asked", **more})

    asked = act("asked", "2026-04-20 12:00")
    span = {"n": 1, "unit": "days"}

    assert not holds(node(), asked, bought("2026-04-20 12:00"))
    assert holds(node(), asked, bought("2026-04-20 12:00:00.001"))
    assert holds(node(**{"for": span}), asked, bought("2026-04-21 12:00"))
    assert not holds(node(**{"for": span}), asked, bought("2026-04-21 12:00:00.001"))


def test_the_first_or_last_act_of_the_anchor_is_one_that_passes_its_tests() -> None:
    def node(which: str) -> dict[str, Any]:
        tests = [{"prop": "props.plan", "op": "is", "value": "pro"}]
        return event(window={"kind": "since_event", "name": "asked", "where": tests, "which": which})

    acts = [
        act("asked", "2026-04-01 12:00", props={"plan": "pro"}),
        act("asked", "2026-04-10 12:00", props={"plan": "pro"}),
        act("asked", "2026-04-20 12:00", props={"plan": "free"}),
    ]

    assert holds(node("first"), *acts, bought("2026-04-02 12:00"))
    assert not holds(node("last"), *acts, bought("2026-04-02 12:00"))
    assert holds(node("last"), *acts, bought("2026-04-11 12:00"))


@pytest.mark.parametrize(
    "asked",
    [
        {"count": {"op": "exactly", "n": 0}},
        {"count": {"op": "at_most", "n": 3}},
        {"total": {"of": "sum", "prop": "props.amount", "op": "less_than", "n": 1}},
    ],
)
def test_who_never_did_the_anchor_is_not_meant_though_the_number_of_nothing_fits(
    asked: dict[str, Any],
) -> None:
    node = event(window={"kind": "since_event", "name": "asked"}, **asked)

    assert not holds(node)
    assert holds(node, act("asked", "2026-04-20 12:00"))
    assert holds({"kind": "none", "of": [node]})


def test_a_change_can_be_asked_since_an_event_too() -> None:
    window = {"kind": "since_event", "name": "asked"}
    never = {"kind": "change", "change": "stage", "count": {"op": "exactly", "n": 0}, "window": window}

    assert not holds(never)
    assert holds(never, act("asked", NOW))
    assert not holds(never, act("asked", "2026-04-20 12:00"), act("", NOW, kind="stage", new="mql"))


# -- sequences ---------------------------------------------------------------------------------------------------


def test_one_act_serves_one_step() -> None:
    twice = in_turn({"name": "bought"}, {"name": "bought"})

    assert not holds(twice, bought(NOW))
    assert holds(twice, bought(NOW), bought(NOW))


def test_steps_of_one_millisecond_follow_each_other_as_they_arrived() -> None:
    node = in_turn({"name": "viewed"}, {"name": "bought"})

    assert holds(node, act("viewed", NOW), bought(NOW))
    assert not holds(node, bought(NOW), act("viewed", NOW))


def test_within_is_elapsed_time_from_the_act_of_the_step_before_its_end_included() -> None:
    node = in_turn({"name": "viewed"}, {"name": "bought", "within": {"n": 1, "unit": "days"}})

    assert holds(node, act("viewed", "2026-04-27 12:00"), bought("2026-04-28 12:00"))
    assert not holds(node, act("viewed", "2026-04-27 12:00"), bought("2026-04-28 12:00:00.001"))


def test_any_acts_may_serve_not_only_the_first_that_fit() -> None:
    """The first view is too early for the cart, the first cart too early for the order."""
    hour = {"n": 1, "unit": "hours"}
    node = in_turn({"name": "viewed"}, {"name": "filled", "within": hour}, {"name": "bought", "within": hour})
    acts = [
        act("viewed", "2026-04-28 08:00"),
        act("viewed", "2026-04-28 09:30"),
        act("filled", "2026-04-28 09:45"),
        act("filled", "2026-04-28 10:30"),
    ]

    assert holds(node, *acts, bought("2026-04-28 11:30"))
    assert not holds(node, *acts, bought("2026-04-28 11:31"))


def test_between_the_two_means_after_the_one_and_before_the_other_in_order() -> None:
    """What stands at the moment of a step but arrived outside of the two is not between them."""
    node = in_turn({"name": "filled"}, {"name": "left", "without": [{"name": "bought"}]})
    filled, left = act("filled", "2026-04-28 10:00"), act("left", "2026-04-28 11:00")

    assert holds(node, bought("2026-04-28 10:00"), filled, left, bought("2026-04-28 11:00"))
    assert not holds(node, filled, bought("2026-04-28 10:00"), left)
    assert not holds(node, filled, bought("2026-04-28 11:00"), left)


def test_the_acts_of_the_steps_themselves_stand_not_between() -> None:
    again = in_turn({"name": "bought"}, {"name": "bought", "without": [{"name": "bought"}]})

    assert holds(again, bought("2026-04-01 10:00"), bought("2026-04-02 10:00"), bought("2026-04-03 10:00"))


def test_without_belongs_to_the_way_from_the_step_before_and_to_no_other() -> None:
    node = in_turn({"name": "viewed"}, {"name": "filled", "without": [{"name": "bought"}]}, {"name": "left"})
    viewed, filled = act("viewed", "2026-04-28 09:00"), act("filled", "2026-04-28 10:00")

    assert holds(node, viewed, filled, bought("2026-04-28 10:30"), act("left", "2026-04-28 11:00"))
    assert not holds(node, viewed, bought("2026-04-28 09:30"), filled, act("left", "2026-04-28 11:00"))


def test_only_acts_in_the_window_are_looked_at_also_those_of_without() -> None:
    node = in_turn(
        {"name": "viewed"},
        {"name": "bought", "without": [{"name": "left"}]},
        window={"kind": "between", "to": "2026-04-10"},
    )
    viewed, left = act("viewed", "2026-04-09 12:00"), act("left", "2026-04-10 11:00")

    assert not holds(node, viewed, bought("2026-04-11 00:00"))
    assert not holds(node, viewed, left, bought("2026-04-10 12:00"))
    assert holds(node, viewed, bought("2026-04-10 12:00"), act("left", "2026-04-11 00:00"))


def test_a_machine_neither_takes_a_step_nor_stands_between() -> None:
    node = in_turn({"name": "viewed"}, {"name": "bought", "without": [{"name": "left"}]})
    viewed = act("viewed", "2026-04-28 09:00")

    assert holds(node, viewed, act("left", "2026-04-28 10:00", machine="crawler"), bought(NOW))
    assert not holds(node, act("viewed", "2026-04-28 09:00", machine="crawler"), bought(NOW))


# -- the most active ---------------------------------------------------------------------------------------------

FOUR = (AOI, HARU, REN, SATO)


def top(**more: Any) -> dict[str, Any]:
    return {"kind": "top", "name": "bought", **more}


def test_equal_numbers_share_a_place_and_the_next_one_is_left_out() -> None:
    acts = [bought(NOW, who=who) for who in (AOI, AOI, AOI, HARU, HARU, REN, REN, SATO)]

    assert meant(top(n=1), acts, FOUR) == {AOI}
    assert meant(top(n=2), acts, FOUR) == {AOI, HARU, REN}
    assert meant(top(n=3), acts, FOUR) == {AOI, HARU, REN}
    assert meant(top(n=4), acts, FOUR) == set(FOUR)


def test_who_has_0_or_less_is_not_ranked_and_is_no_part_of_the_percentage() -> None:
    acts = [bought(NOW, 5), bought(NOW, 3, HARU), bought(NOW, 1, HARU), bought(NOW, -1, REN)]
    most = {"of": "sum", "prop": "props.amount"}

    assert meant(top(n=10, total=most), acts, FOUR) == {AOI, HARU}
    assert meant(top(percent=50, total=most), acts, FOUR) == {AOI}
    assert meant(top(percent=50.01, total=most), acts, FOUR) == {AOI, HARU}
    assert meant(top(percent=0.01, total=most), acts, FOUR) == {AOI}


def test_a_percentage_is_rounded_up_from_what_was_written_and_not_from_what_a_machine_makes_of_it() -> None:
    people = tuple(UUID(int=number) for number in range(1, 26))
    acts = [bought(NOW, who=who) for place, who in enumerate(people) for _ in range(place + 1)]

    assert len(meant(top(percent=28), acts, people)) == 7  # 0.28 * 25 is 7.000000000000001
    assert len(meant(top(percent=28.01), acts, people)) == 8


def test_nobody_is_the_most_active_where_nobody_did_it() -> None:
    assert meant(top(percent=100), [act("viewed", NOW)], FOUR) == set()


# -- samples and days of the company -----------------------------------------------------------------------------


def test_a_sample_ends_below_its_percentage_exactly() -> None:
    for person in (UUID(int=number) for number in range(200)):
        place = drawn("春", person)
        for percent, is_in in ((place / 100, False), ((place + 1) / 100, True)):
            if percent:
                node = {"kind": "sample", "percent": percent, "seed": "春"}
                assert bool(meant(node, [], (person,))) is is_in, percent


def test_a_sample_is_drawn_by_the_first_8_bytes_of_md5_highest_first() -> None:
    """MD5 of "a:00000000-0000-0000-0000-00000000abcd" begins with these bytes."""
    assert drawn("a", UUID(int=0xABCD)) == int("a2217038819a926e", 16) % 10_000


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2026-04-28 23:59", True),
        ("2026-04-29 00:00", False),
        ("2026-05-01 12:00", False),
        ("2026-05-02 12:00", False),
        ("2026-05-07 00:00", True),
    ],
)
def test_today_is_a_business_day_or_a_day_off_also_outside_of_business_hours(now: str, is_open: bool) -> None:
    assert holds({"kind": "today", "is": "business_day"}, now=now) is is_open
    assert holds({"kind": "today", "is": "day_off"}, now=now) is not is_open


# -- days of people ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("op", "value", "now", "first", "last"),
    [
        ("within_last_days", 1, NOW, "2026-04-27", "2026-04-28"),
        ("longer_ago_than_days", 1, NOW, "1900-01-01", "2026-04-26"),
        ("within_next_days", 1, NOW, "2026-04-28", "2026-04-29"),
        ("in_exactly_days", 3, NOW, "2026-05-01", "2026-05-01"),
        ("exactly_days_ago", 28, NOW, "2026-03-31", "2026-03-31"),
        ("within_next_business_days", 1, NOW, "2026-04-28", "2026-04-30"),
        ("within_next_business_days", 2, NOW, "2026-04-28", "2026-05-07"),
        ("within_next_business_days", 1, "2026-05-02 12:00", "2026-05-02", "2026-05-07"),
        ("in_month", 0, NOW, "2026-04-01", "2026-04-30"),
        ("in_month", -2, NOW, "2026-02-01", "2026-02-28"),
        ("in_month", 9, NOW, "2027-01-01", "2027-01-31"),
        ("in_fiscal_year", 0, NOW, "2026-04-01", "2027-03-31"),
        ("in_fiscal_year", -1, NOW, "2025-04-01", "2026-03-31"),
        ("in_fiscal_year", 1, "2026-03-31 23:59", "2026-04-01", "2027-03-31"),
    ],
)
def test_a_comparison_of_days_holds_from_its_first_to_its_last_day(
    op: str, value: int, now: str, first: str, last: str
) -> None:
    days = {first: True, last: True}
    if op != "longer_ago_than_days":
        days[str(date.fromisoformat(first) - timedelta(days=1))] = False
    days[str(date.fromisoformat(last) + timedelta(days=1))] = False

    assert {day: holds(born(op, value), born=day, now=now) for day in days} == days


def test_a_moment_is_compared_by_its_local_day() -> None:
    node = {"kind": "attribute", "field": "seen", "op": "in_month", "value": 0}

    assert holds(node, seen=local("2026-04-01 00:00"))
    assert not holds(node, seen=local("2026-03-31 23:59:59.999"))


def test_a_fiscal_year_that_begins_in_january_is_the_year() -> None:
    calendar = BusinessCalendar(zone=TOKYO, fiscal_month=1)

    assert holds(born("in_fiscal_year", 0), born="2026-01-01", calendar=calendar)
    assert not holds(born("in_fiscal_year", 0), born="2025-12-31", calendar=calendar)


@pytest.mark.parametrize(
    ("born_on", "n", "now", "within", "exactly"),
    [
        ("1990-04-28", 1, NOW, True, False),
        ("1990-04-29", 1, NOW, True, True),
        ("1990-04-27", 1, NOW, False, False),
        ("2026-04-28", 1, NOW, True, False),
        ("2100-04-29", 1, NOW, True, True),
        ("1990-04-27", 364, NOW, True, True),
        ("1990-01-02", 5, "2026-12-28 12:00", True, True),
        ("1990-01-03", 5, "2026-12-28 12:00", False, False),
        ("1992-02-29", 1, "2026-02-27 12:00", True, True),
        ("1992-02-29", 1, "2026-02-28 12:00", True, False),
        ("1992-02-29", 1, "2026-03-01 12:00", False, False),
        ("1992-02-29", 1, "2028-02-27 12:00", False, False),
        ("1992-02-29", 1, "2028-02-28 12:00", True, True),
        ("1992-02-28", 1, "2028-02-28 12:00", True, False),
        ("1992-02-28", 1, "2028-02-29 12:00", False, False),
        ("1992-02-29", 62, "2027-12-29 12:00", True, True),
        ("1992-03-01", 1, "2026-02-28 12:00", True, True),
    ],
)
def test_an_anniversary_comes_every_year_and_that_of_29_february_on_28_where_there_is_no_29(
    born_on: str, n: int, now: str, within: bool, exactly: bool
) -> None:
    assert holds(born("anniversary_within_next_days", n), born=born_on, now=now) is within
    assert holds(born("anniversary_in_exactly_days", n), born=born_on, now=now) is exactly


@pytest.mark.parametrize(
    "op", ["in_month", "in_exactly_days", "anniversary_within_next_days", "in_fiscal_year"]
)
def test_an_empty_day_is_in_no_month_and_has_no_anniversary(op: str) -> None:
    assert not holds(born(op, 1), born=None)


def test_a_property_is_a_day_where_its_text_begins_with_one_that_exists() -> None:
    def node(op: str) -> dict[str, Any]:
        return event(where=[{"prop": "props.amount", "op": op, "value": 1}])

    assert holds(node("in_exactly_days"), bought(NOW, "2026-04-29 10:00"))
    assert not holds(node("in_exactly_days"), bought(NOW, "on 2026-04-29"))
    assert not holds(node("longer_ago_than_days"), bought(NOW, "2026-02-30"))
