"""The demo's figures as its story tells them, before the heroine walks in and after.

Tests ask the product's own reports for them; nothing here is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tabiji.insights.contracts import InitiativeReport
from tabiji.insights.public import funnels, home, initiative_report
from tabiji.purpose.contracts import InitiativeInfo, KpiLine
from tabiji.purpose.public import initiatives, kpi

FOLLOW_UP: Final = "資料請求後フォロー(おまかせ)"
STEPS: Final = ("訪問", "料金/事例", "フォーム表示", "送信", "商談予約", "契約")


@dataclass(frozen=True, slots=True)
class Told:
    """kpis: (actual, target) by label. arms: (people, mail sent, goals, mails that did not arrive, and why)."""

    funnel: tuple[int, ...]
    largest_drop: tuple[str, str, int]
    """Step, share in per cent, heads."""
    kpis: dict[str, tuple[int, int]]
    entered: int
    waiting: int
    early_goal: int
    clicked: tuple[int, int, int]
    clicked_lost: dict[str, int]
    plain: tuple[int, int, int]
    plain_lost: dict[str, int]
    goals: int
    goal_share: str
    contracts: int
    amount: int
    all_contracts: int
    share: str
    machine_hits: int
    bookings: tuple[int, int, int]
    """Of the funnel: all, inside the journey, after it."""


BEFORE: Final = Told(
    funnel=(18_420, 6_130, 1_284, 206, 47, 12),
    largest_drop=("送信", "84.0", 1_078),
    kpis={
        "全契約": (118, 120),
        "おまかせ": (29, 30),
        "マーケット法人": (89, 90),
        "資料請求": (206, 240),
        "商談予約": (124, 140),
        "Webファネル": (47, 55),
        "配信時刻テスト": (63, 60),
        "その他": (14, 25),
        "会員登録": (812, 900),
        "初回依頼": (231, 270),
    },
    entered=206,
    waiting=11,
    early_goal=9,
    clicked=(79, 78, 17),
    clicked_lost={"unsubscribed": 1},
    plain=(107, 105, 5),
    plain_lost={"bounced": 2},
    goals=31,
    goal_share="15.0",
    contracts=6,
    amount=9_840_000,
    all_contracts=118,
    share="5.1",
    machine_hits=143,
    bookings=(47, 31, 16),
)
AFTER: Final = Told(
    funnel=(18_421, 6_131, 1_285, 207, 48, 13),
    largest_drop=("送信", "83.9", 1_078),
    kpis={
        **BEFORE.kpis,
        "全契約": (119, 120),
        "おまかせ": (30, 30),
        "資料請求": (207, 240),
        "商談予約": (125, 140),
        "Webファネル": (48, 55),
    },
    entered=207,
    waiting=0,
    early_goal=9,
    clicked=(84, 83, 18),
    clicked_lost={"unsubscribed": 1},
    plain=(114, 112, 5),
    plain_lost={"bounced": 2},
    goals=32,
    goal_share="15.5",
    contracts=7,
    amount=11_640_000,
    all_contracts=119,
    share="5.9",
    machine_hits=155,
    bookings=(48, 32, 16),
)


def initiative(name: str) -> InitiativeInfo:
    (found,) = [one for one in initiatives.list_all() if one.name == name]
    return found


def kpi_lines() -> dict[str, KpiLine]:
    """Every line of the tree, by its label."""
    found: dict[str, KpiLine] = {}
    waiting = list(kpi.tree())
    while waiting:
        line = waiting.pop()
        found[line.kpi.label("ja")] = line
        waiting += line.children
    return found


def funnel_id() -> int:
    (found,) = [one for one in funnels.list_all() if one.name == "おまかせ"]
    return found.id


def funnel_tells(told: Told) -> None:
    counted = funnels.count(funnel_id(), home.period())
    assert tuple(step.label for step in counted.steps) == STEPS
    assert tuple(step.reached for step in counted.steps) == told.funnel
    worst = counted.worst
    assert worst is not None
    assert (worst.label, f"{100 * worst.drop:.1f}", worst.lost) == told.largest_drop


def kpi_tree_tells(told: Told) -> None:
    lines = kpi_lines()
    assert {label: (line.actual, line.kpi.target) for label, line in lines.items()} == told.kpis
    for line in lines.values():
        assert line.gap == line.actual - line.kpi.target
        assert line.unassigned == 0
        assert line.kpi.responsible_id is not None
        assert line.kpi.period == home.period()


def report_tells(report: InitiativeReport, told: Told) -> None:
    assert (report.version, report.entered, report.waiting, report.early_goal, report.left_before) == (
        *(2, told.entered, told.waiting, told.early_goal),
        0,
    )
    clicked, plain = report.arms
    for arm, (people, sent, goals), lost in (
        (clicked, told.clicked, told.clicked_lost),
        (plain, told.plain, told.plain_lost),
    ):
        assert (arm.people, arm.goals) == (people, goals)
        assert {mail.outcome: mail.people for mail in arm.mails} == {"sent": sent, **lost}
    assert (report.goals.numerator, f"{100 * report.goals.value:.1f}") == (told.goals, told.goal_share)
    ours = report.contribution
    assert (ours.contracts, ours.amount, report.all_contracts) == (
        told.contracts,
        told.amount,
        told.all_contracts,
    )
    assert f"{100 * ours.share.value:.1f}" == told.share
    assert report.machine_hits == told.machine_hits


def all_told(told: Told) -> None:
    """The funnel, the KPI tree and the follow-up's report, in the demo company's scope."""
    funnel_tells(told)
    kpi_tree_tells(told)
    report_tells(initiative_report.report(initiative(FOLLOW_UP).id, home.period()), told)
