"""Initiative reports, split tests and the home page at their edges."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import translation

from tabiji.core import clickhouse
from tabiji.core.postgres import workspace_scope
from tabiji.experiments.contracts import Rate, Variant, Verdict
from tabiji.experiments.public import experiments, exposures
from tabiji.insights.contracts import InitiativeReport
from tabiji.insights.public import funnels, home, initiative_report, split_test
from tabiji.insights.tests.story import CASE, HOUR, Journey, judged
from tabiji.purpose.contracts import ALWAYS, Period
from tabiji.purpose.initiatives import NoSuchInitiative
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import definitions
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

A, B = Variant("a", "A"), Variant("b", "B")


@pytest.fixture
def goal(workspace: WorkspaceInfo) -> int:
    """A KPI of booked appointments."""
    conversions.create(
        "appointment",
        name="商談予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=AUTOMATIC,
    )
    period = periods.create("90日", starts_at=at(days=-5), actor=AUTOMATIC)
    return kpi.create("商談予約", conversion="appointment", target=1, period_id=period.id, actor=AUTOMATIC)


@pytest.fixture
def journey(goal: int) -> Journey:
    made = initiatives.create("フォロー", why="なぜ", kpi_id=goal, actor=AUTOMATIC)
    return Journey(definitions.create("journey", name="フォロー", actor=AUTOMATIC, state="running"), made)


def report(journey: Journey, period: Period = ALWAYS) -> InitiativeReport:
    told.record(journey.changes)
    journey.changes.clear()
    return initiative_report.report(journey.initiative_id, period)


def test_an_initiative_without_facts_is_a_page_of_noughts(journey: Journey) -> None:
    found = report(journey)

    assert (found.entered, found.waiting, found.arms, found.goals, found.branch) == (0, 0, (), Rate(0, 0), "")
    assert (found.all_contracts, found.machine_hits, found.reached) == (0, 0, 0)
    assert len(initiative_report.who_entered(journey.initiative_id, ALWAYS)) == 0


def test_whoever_enters_twice_counts_once_by_the_last_entry(journey: Journey) -> None:
    (sato,) = told.people(1)
    journey.enter(sato, at(), 1)
    journey.go(sato, "clicked", at(1), 1)
    journey.leave(sato, "no_goal", at(2), 1)
    journey.enter(sato, at(10), 2)

    found = report(journey)

    assert (found.entered, found.waiting, found.arms) == (1, 1, ())
    assert initiative_report.who_at(journey.initiative_id, ALWAYS, "waiting").people == (sato,)
    before = Period(0, "", None, at(10))
    assert [arm.people for arm in report(journey, before).arms] == [1]


def test_leaving_before_the_branch_is_its_own_place(journey: Journey) -> None:
    sato, suzuki = told.people(2)
    for place, person in enumerate((sato, suzuki)):
        journey.enter(person, at(), place)
    journey.leave(sato, "exit_rule", at(5), 0)
    journey.go(suzuki, "clicked", at(6), 1)

    found = report(journey)

    assert (found.entered, found.left_before, [arm.people for arm in found.arms]) == (2, 1, [1])
    assert initiative_report.who_at(journey.initiative_id, ALWAYS, "left_before").people == (sato,)


def test_the_goal_counts_from_entry_to_leaving_both_moments_included(journey: Journey) -> None:
    people = told.people(4)
    moments = [at(), at(20), at(-1), at(21)]
    for place, (person, moment) in enumerate(zip(people, moments, strict=True)):
        journey.enter(person, at(), place)
        journey.leave(person, "no_goal", at(20), place)
        journey.changes.append(told.booked(person, place, moment))

    found = report(journey)

    assert found.goals == Rate(2, 4)
    assert set(initiative_report.who_reached_goal(journey.initiative_id, ALWAYS).people) == set(people[:2])


def test_without_a_kpi_the_journey_s_own_goal_counts(journey: Journey) -> None:
    sato, suzuki = told.people(2)
    initiatives.update(journey.initiative_id, kpi_id=None, actor=AUTOMATIC)
    for place, (person, outcome) in enumerate(((sato, "goal"), (suzuki, "no_goal"))):
        journey.enter(person, at(), place)
        journey.leave(person, outcome, at(5), place)

    found = report(journey)

    assert (found.goals, found.early_goal, found.left_before) == (Rate(1, 2), 1, 1)
    assert initiative_report.who_reached_goal(journey.initiative_id, ALWAYS).people == (sato,)


def test_of_two_branches_the_named_one_divides_else_the_one_that_most_came_to(journey: Journey) -> None:
    people = told.people(3)
    for place, person in enumerate(people):
        journey.enter(person, at(), place)
        journey.go(person, "left", at(1), place, "first")
        if place < 2:
            journey.go(person, "right", at(2), place, "second")

    found = report(journey).branch
    initiatives.update(journey.initiative_id, branch=f"{journey.id}/second", actor=AUTOMATIC)
    named = report(journey)

    assert (found, named.branch) == (f"{journey.id}/first", f"{journey.id}/second")
    assert [(arm.port, arm.people) for arm in named.arms] == [("right", 2)]
    assert named.waiting == 1


def test_only_the_journey_s_mails_after_the_branch_belong_to_an_arm(journey: Journey) -> None:
    (sato,) = told.people(1)
    journey.enter(sato, at(), 1)
    journey.mail(sato, CASE, at(1), "sent")
    journey.go(sato, "clicked", at(10), 1)
    journey.mail(sato, HOUR, at(10), "refused", refusal="capped")
    auto_reply = told.change(
        sato,
        "message",
        999,
        "sent",
        at(11),
        initiative_id=journey.initiative_id,
        cause="auto_reply:1",
        mail_id=CASE,
    )
    journey.changes.append(auto_reply)

    (arm,) = report(journey).arms

    assert [(one.mail_id, one.outcome, one.people) for one in arm.mails] == [(HOUR, "capped", 1)]
    asked = (journey.initiative_id, ALWAYS, "clicked")
    assert initiative_report.who_got_mail(*asked, HOUR, "capped").people == (sato,)
    assert initiative_report.who_got_mail(*asked, CASE, "sent").people == ()


def test_another_workspace_s_initiative_does_not_exist_here() -> None:
    ours, theirs = (workspaces.create(f"report-{uuid4().hex[:8]}", name="x", shards=1) for _ in range(2))
    with workspace_scope(ours.id):
        made = initiatives.create("ours", why="why", actor=AUTOMATIC)
    with workspace_scope(theirs.id), pytest.raises(NoSuchInitiative):
        initiative_report.report(made, ALWAYS)


def split(goal: int, n: int = 40, window_days: int | None = None) -> tuple[int, Journey, list[UUID]]:
    """A split whose first half of people goes to a, and the others to b."""
    del goal
    journey = Journey(definitions.create("journey", name="x", actor=AUTOMATIC, state="running"), 0, "split")
    made = experiments.create(
        "hour",
        name="時刻",
        variants=[A, B],
        goal="appointment",
        step=journey.branch,
        window_days=window_days,
        actor=AUTOMATIC,
    )
    people = told.people(2 * n)
    for place, person in enumerate(people):
        journey.go(person, "a" if place < n else "b", at(), place)
    told.record(journey.changes)
    journey.changes.clear()
    return made, journey, people


def test_fourteen_people_are_too_few_to_say_anything(goal: int) -> None:
    made, _, people = split(goal, 14)
    told.record([told.booked(person, place, at(1)) for place, person in enumerate(people[:14])])

    found = split_test.result(made)

    assert (found.is_judgeable, found.winner, found.smallest_n) == (False, "", 14)
    assert [one.verdict for one in found.on_goal] == [Verdict.TOO_SMALL]
    with translation.override("ja"):
        assert split_test.sentence(found) == "まだ判断できません(n=14)"


def test_the_goal_counts_after_the_split_within_the_window_and_once(goal: int) -> None:
    made, _, people = split(goal, window_days=7)
    moments = [at(-1), at(), at(5), at(days=7) - timedelta(milliseconds=1), at(days=7)]
    told.record([told.booked(people[place], place, moment) for place, moment in enumerate(moments)])
    told.record([told.booked(people[2], 99, at(9))])

    found = split_test.result(made)

    assert [arm.goal for arm in found.arms] == [Rate(3, 40), Rate(0, 40)]
    assert set(split_test.who_reached_goal(made, "a").people) == set(people[1:4])
    assert (found.winner, found.on_goal[0].verdict) == ("", Verdict.NO_DIFFERENCE)


def test_whoever_was_split_twice_stays_where_they_were_first(goal: int) -> None:
    made, journey, people = split(goal)
    journey.go(people[0], "b", at(30), 1_000)
    told.record(journey.changes)

    assert [arm.n for arm in split_test.result(made).arms] == [40, 40]
    assert people[0] in split_test.who(made, "a").people


def test_opens_of_other_mails_do_not_count_for_the_test(goal: int) -> None:
    made, journey, people = split(goal)
    ours = journey.mail(people[0], HOUR, at(1), "sent")
    told.record(journey.changes)
    told.tell(
        told.event("mail_opened", people[0], at(2), message_id=ours),
        told.event("mail_opened", people[1], at(2), message_id=ours + 1),
        source="mail",
    )

    assert split_test.result(made).arms[0].opens == Rate(1, 40)
    assert split_test.who_opened(made, "a").people == (people[0],)


def test_a_test_that_is_divided_here_reads_its_own_exposures(goal: int) -> None:
    made = experiments.create("page", name="x", variants=[A, B], goal="appointment", actor=AUTOMATIC)
    people = told.people(80)
    found = exposures.expose(made, dict.fromkeys(people, at()))
    told.record([])

    told_of = split_test.result(made)

    assert sum(arm.n for arm in told_of.arms) == 80
    assert set(split_test.who(made, "a").people) == {one for one in people if found[one] == "a"}


def test_the_home_page_of_an_empty_workspace_has_no_goal_and_no_funnel(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    assert [(tile.kind, tile.value) for tile in home.tiles(now, home.funnel(now))] == [
        ("in_progress", 0),
        ("sent_today", 0),
    ]
    assert (home.funnel(now), home.attention(now), home.last_human_acts(now)) == (None, [], [])


def test_today_begins_at_local_midnight(journey: Journey) -> None:
    (sato,) = told.people(1)
    midnight = datetime.fromisoformat("2026-02-03T00:00:00+09:00")
    ids = [journey.mail(sato, HOUR, midnight + timedelta(seconds=s), "sent") for s in (-1, 0, 86_399, 86_400)]
    told.record(journey.changes)

    assert home.sent_today(midnight + timedelta(hours=9)) == ids[1:3]


def test_what_wants_a_person_is_listed_with_what_one_needs_to_know(journey: Journey) -> None:
    now = datetime.fromisoformat("2026-04-28T14:00:00+09:00")
    late = definitions.create(
        "journey", name="旧・メルマガ登録お礼", actor=AUTOMATIC, review_on=date(2026, 2, 15), state="running"
    )
    definitions.create("journey", name="草案", actor=AUTOMATIC, review_on=date(2026, 2, 15))
    today = definitions.create(
        "mail", name="今日", actor=AUTOMATIC, review_on=date(2026, 4, 28), state="running"
    )
    sato, suzuki = told.people(2)
    journey.go(sato, "clicked", now - timedelta(days=61), 1)
    journey.go(suzuki, "else", now - timedelta(days=59), 2)
    told.record(journey.changes)

    found = home.attention(now)

    (review,) = [one for one in found if one.kind == "review_late"]
    assert (review.definition_id, review.values["days"]) == (late, 72)
    (forsaken,) = [one for one in found if one.kind == "forsaken_branch"]
    assert (forsaken.definition_id, forsaken.values["node"], forsaken.values["port"]) == (
        journey.id,
        "branch",
        "clicked",
    )
    assert {late, today, journey.id} <= {one.definition_id for one in found if one.kind == "no_responsible"}
    assert {one.kind for one in found} <= set(home.KINDS)


def test_the_last_acts_are_those_of_known_people_and_of_no_machine(journey: Journey, now: datetime) -> None:
    sato, suzuki = told.people(2)
    told.tell(
        told.page("stranger", "/", now), told.page(sato, "/old", now - timedelta(days=15)), source="form"
    )
    told.tell(
        *(told.page(sato, f"/{minute}", now - timedelta(minutes=minute)) for minute in range(2, 10)),
        source="form",
    )
    told.tell(
        judged(suzuki, journey.initiative_id, now - timedelta(minutes=11), "human"),
        judged(suzuki, journey.initiative_id, now - timedelta(minutes=10, seconds=30), "machine"),
        source="mail",
    )

    acts = home.last_human_acts(now)

    assert [(act.person_id, act.name) for act in acts] == [(suzuki, "click_judged")] + [
        (sato, "page_viewed")
    ] * 7
    assert (acts[0].initiative_id, acts[1].path) == (journey.initiative_id, "/2")


def test_while_clickhouse_is_away_every_report_says_that_counting_rests(
    journey: Journey, goal: int, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _, _ = split(goal, 1)
    funnel = funnels.create(
        "x",
        steps=[("a", {"kind": "event", "names": ["a"]}), ("b", {"kind": "event", "names": ["b"]})],
        actor=AUTOMATIC,
    )
    monkeypatch.setattr(clickhouse, "_store", clickhouse.ClickHouse("http://tabiji:x@127.0.0.1:9/tabiji"))

    for ask in (
        lambda: initiative_report.report(journey.initiative_id, ALWAYS),
        lambda: initiative_report.bookings(journey.initiative_id, funnel, 2, ALWAYS),
        lambda: split_test.result(made),
        lambda: home.tiles(now, home.funnel(now)),
        lambda: home.attention(now),
        lambda: home.last_human_acts(now),
    ):
        with pytest.raises(clickhouse.ClickHouseResting):
            ask()
