"""The figures that the demo company tells, each with exactly the people or contracts behind it."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.utils import translation

from tabiji.experiments.contracts import Rate, Verdict
from tabiji.experiments.public import decisions
from tabiji.insights.contracts import MailOutcome, Outline, Who
from tabiji.insights.public import attribution, funnels, home, initiative_report, split_test
from tabiji.insights.tests import story
from tabiji.insights.tests.story import BASICS, CASE, Company
from tabiji.purpose.contracts import KpiLine, Period
from tabiji.purpose.public import initiatives, kpi
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db


@pytest.fixture
def company(workspace: WorkspaceInfo) -> Company:
    return story.company()


def exactly(who: Who, people: list[UUID]) -> bool:
    return who.subjects == who.people == tuple(sorted(people))


def test_the_initiative_s_page(company: Company) -> None:
    told_of = initiative_report.report(company.initiative_id, company.period)

    assert (told_of.entered, told_of.waiting, told_of.early_goal, told_of.left_before) == (206, 11, 9, 0)
    assert (told_of.version, told_of.branch) == (2, company.journey.branch)
    clicked, others = told_of.arms
    assert (clicked.port, clicked.people, clicked.goals) == ("clicked", 79, 17)
    assert clicked.mails == (MailOutcome(CASE, "sent", 78), MailOutcome(CASE, "unsubscribed", 1))
    assert (others.port, others.people, others.goals) == ("else", 107, 5)
    assert others.mails == (MailOutcome(BASICS, "sent", 105), MailOutcome(BASICS, "bounced", 2))
    assert told_of.goals == Rate(31, 206)
    assert round(100 * told_of.goals.value, 1) == 15.0
    assert (told_of.contribution.contracts, told_of.contribution.amount) == (6, 9_840_000)
    assert told_of.contribution.share == Rate(6, 118)
    assert round(100 * told_of.contribution.share.value, 1) == 5.1
    assert (told_of.machine_hits, told_of.reached) == (143, 185)


def test_a_list_of_initiatives_says_what_their_pages_say(company: Company) -> None:
    both = initiatives.list_all()

    counted = initiative_report.outlines(both, company.period)

    assert counted[company.initiative_id] == Outline(206, Rate(31, 206))
    assert counted[company.seminar_id] == Outline(0, Rate(0, 0))
    assert initiative_report.outlines([], company.period) == {}
    short = Period(0, "", ends_at=at(100))
    one = initiative_report.report(company.initiative_id, short)
    assert initiative_report.outlines(both, short)[company.initiative_id] == Outline(one.entered, one.goals)
    assert one.entered == 99


def test_each_number_of_the_page_opens_exactly_its_people(company: Company) -> None:
    asked, people = (company.initiative_id, company.period), company.people

    assert exactly(initiative_report.who_entered(*asked), people)
    assert exactly(initiative_report.who_at(*asked, "waiting"), people[195:])
    assert exactly(initiative_report.who_at(*asked, "early_goal"), people[:9])
    assert exactly(initiative_report.who_at(*asked, "left_before"), [])
    assert exactly(initiative_report.who_at(*asked, "arm", "clicked"), people[9:88])
    assert exactly(initiative_report.who_at(*asked, "arm", "else"), people[88:195])
    assert exactly(initiative_report.who_got_mail(*asked, "clicked", CASE, "sent"), people[10:88])
    assert exactly(initiative_report.who_got_mail(*asked, "clicked", CASE, "unsubscribed"), [people[9]])
    assert exactly(initiative_report.who_got_mail(*asked, "else", BASICS, "sent"), people[90:195])
    assert exactly(initiative_report.who_got_mail(*asked, "else", BASICS, "bounced"), people[88:90])
    assert exactly(initiative_report.who_reached_goal(*asked), people[:9] + people[10:27] + people[90:95])
    assert exactly(initiative_report.who_reached_goal(*asked, "early_goal"), people[:9])
    assert exactly(initiative_report.who_reached_goal(*asked, "arm", "clicked"), people[10:27])
    assert exactly(initiative_report.who_reached_goal(*asked, "arm", "else"), people[90:95])
    assert exactly(initiative_report.who_reached(*asked), people[10:195])
    assert [one.deal_id for one in initiative_report.contracts(*asked)] == [
        story.TOLD + deal for deal in range(10, 16)
    ]
    hits = initiative_report.machine_hits(*asked)
    assert (len(hits), len({hit.event for hit in hits})) == (143, 143)
    assert {hit.person_id for hit in hits} == set(people[:143])


def test_the_funnel_s_bookings_inside_and_after(company: Company) -> None:
    asked = (company.initiative_id, company.funnel_id, 3, company.period)

    told_of = initiative_report.bookings(*asked)

    assert (told_of.total, told_of.inside, told_of.after, told_of.elsewhere) == (47, 31, 16, 0)
    assert exactly(initiative_report.who_booked(*asked, "after"), company.people[27:43])
    assert exactly(
        initiative_report.who_booked(*asked, "inside"),
        company.people[:9] + company.people[10:27] + company.people[90:95],
    )
    assert exactly(initiative_report.who_booked(*asked, "elsewhere"), [])
    assert [step.reached for step in funnels.count(company.funnel_id, company.period).steps] == [
        206,
        206,
        47,
        12,
    ]
    assert exactly(funnels.who(company.funnel_id, company.period, 4), company.people[10:22])


def test_contracts_divide_among_initiatives_and_the_rest(company: Company) -> None:
    told_of = attribution.attribute(company.period)

    assert [(line.initiative_id, line.contracts, line.share) for line in told_of.lines] == [
        (company.initiative_id, 6, Rate(6, 118)),
        (company.seminar_id, 6, Rate(6, 118)),
        (0, 106, Rate(106, 118)),
    ]
    assert (told_of.contracts, told_of.amount) == (118, 12 * 1_640_000 + 106 * 100_000)
    assert [one.person_id for one in attribution.contracts_of(company.seminar_id, company.period)] == (
        company.people[16:22]
    )
    assert len(attribution.contracts_of(0, company.period)) == 106
    assert {one.touch for one in attribution.credit(company.period)} == {"step", "click", ""}


def test_the_kpi_tree_sums_up(company: Company) -> None:
    (root,) = kpi.tree()

    def child(line: KpiLine, label: str) -> KpiLine:
        return next(one for one in line.children if one.kpi.labels["ja"] == label)

    assert (root.actual, root.gap, root.unassigned) == (118, -2, 0)
    assert (child(root, "おまかせ").actual, child(root, "マーケット法人").actual) == (29, 89)
    bookings = child(root, "商談予約")
    assert (bookings.actual, bookings.gap, bookings.unassigned) == (124, -16, 0)
    assert [one.actual for one in bookings.children] == [47, 63, 14]
    shares = [[one.person_id for one in kpi.behind(part.kpi.id)] for part in bookings.children]
    assert set(shares[0]) == set(company.people[:9] + company.people[10:43] + company.people[90:95])
    assert set(shares[1]) == set(told.people(21, "morning") + told.people(42, "evening"))
    assert set(shares[2]) == set(told.people(14, "walk-in"))
    assert len(kpi.behind(company.bookings_kpi)) == 124


def test_the_lesson_of_the_final_goal(company: Company) -> None:
    told_of = split_test.result(company.experiment_id)

    morning, evening = told_of.arms
    assert (morning.n, morning.goal, morning.opens) == (1_204, Rate(21, 1_204), Rate(380, 1_204))
    assert (evening.n, evening.goal, evening.opens) == (1_198, Rate(42, 1_198), Rate(298, 1_198))
    assert [round(100 * arm.goal.value, 1) for arm in told_of.arms] == [1.7, 3.5]
    assert [round(100 * arm.opens.value, 1) for arm in told_of.arms] == [31.6, 24.9]
    (on_goal,) = told_of.on_goal
    assert on_goal.verdict == Verdict.WINNER
    assert on_goal.difference is not None
    points = (on_goal.difference.value, on_goal.difference.low, on_goal.difference.high)
    assert [round(100 * point, 1) for point in points] == [1.8, 0.5, 3.0]
    assert (told_of.winner, told_of.opens_winner, told_of.is_judgeable) == ("evening", "morning", True)
    asked = (company.experiment_id, "evening")
    assert exactly(split_test.who(*asked), told.people(1_198, "evening"))
    assert exactly(split_test.who_reached_goal(*asked), told.people(42, "evening"))
    assert exactly(split_test.who_opened(*asked), told.people(298, "evening"))


def test_the_lesson_in_one_sentence(company: Company, now: datetime) -> None:
    with translation.override("ja"):
        before = split_test.sentence(split_test.result(company.experiment_id))
        decisions.adopt(company.experiment_id, "evening", actor=AUTOMATIC, at=now)
        after = split_test.sentence(split_test.result(company.experiment_id))

    assert before == "開封では朝 8時、商談予約では夜 20時の勝ち"
    assert after == "開封では朝 8時、商談予約では夜 20時の勝ち → 夜 20時を採用"


def test_the_home_page(company: Company) -> None:
    now = at(40) + timedelta(hours=1)
    tiles = {tile.kind: tile for tile in home.tiles(now, home.funnel(now))}

    assert (tiles["kgi"].value, tiles["kgi"].target, tiles["kgi"].ref) == (118, 120, company.kgi)
    assert (tiles["largest_drop"].rate, tiles["largest_drop"].heads) == (Rate(47, 206), 159)
    assert tiles["in_progress"].value == 11
    assert exactly(home.who_in_progress(), company.people[195:])
    assert tiles["sent_today"].value == len(home.sent_today(now)) == 2_402


def test_a_winner_waits_to_be_adopted_until_somebody_does(company: Company, now: datetime) -> None:
    def waiting() -> list[tuple[int, object]]:
        return [
            (one.definition_id, one.values["variant"]) for one in home.attention(now) if one.kind == "adopt"
        ]

    before = waiting()
    decisions.adopt(company.experiment_id, "evening", actor=AUTOMATIC, at=now)

    assert before == [(company.experiment_id, "evening")]
    assert waiting() == []
