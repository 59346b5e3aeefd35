"""A split test judged on the final goal: the variant that brought more people to it, or no word yet.

A person belongs to the variant got first, whether or not the mail then went out. The goal counts once
a person, from that moment for the experiment's window. Opens are shown for reference and never decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.core import sql
from tabiji.experiments.contracts import Arm, ExperimentInfo, Judgement, Rate, Verdict
from tabiji.experiments.public import decisions, experiments, statistics
from tabiji.insights import funnels
from tabiji.insights.contracts import ArmResult, SplitResult, Who
from tabiji.purpose.public import conversions, reading

_FOR_EVER: Final = timedelta(days=36_500)


def result(experiment_id: int) -> SplitResult:
    """Raises experiments' NoSuchExperiment, ClickHouseResting."""
    experiment = experiments.get(experiment_id)
    rows = _ask(
        experiment,
        "SELECT variant, count() AS n, countIf(reached_goal) AS goals, countIf(opened) AS opens"
        " FROM ({exposed}) GROUP BY variant",
    )
    counted = {row[0]: row[1:] for row in rows}
    arms = [
        _arm(variant.key, variant.label, *counted.get(variant.key, (0, 0, 0)))
        for variant in experiment.variants
    ]
    on_goal = statistics.judge([Arm(one.variant, one.n, one.goal.numerator) for one in arms])
    on_opens = statistics.judge([Arm(one.variant, one.n, one.opens.numerator) for one in arms])
    return SplitResult(
        experiment,
        tuple(arms),
        tuple(on_goal),
        tuple(on_opens),
        winner(on_goal),
        winner(on_opens),
        all(one.verdict != Verdict.TOO_SMALL for one in on_goal),
        min(one.n for one in arms),
        decisions.find_standing(experiment_id),
    )


def sentence(told: SplitResult) -> str:
    """What may be said, in the active language: 「開封では朝、商談予約では夜の勝ち → 夜を採用」."""
    if not told.is_judgeable:
        return _("Cannot be judged yet (n=%(n)d)") % {"n": told.smallest_n}
    if not told.winner:
        return _("No clear difference yet")
    labels = {arm.variant: arm.label for arm in told.arms}
    values = {
        "goal": conversions.get(told.experiment.goal).name,
        "winner": labels[told.winner],
        "opens": labels.get(told.opens_winner, ""),
    }
    if told.opens_winner and told.opens_winner != told.winner:
        said = _("Opens: %(opens)s wins; %(goal)s: %(winner)s wins") % values
    else:
        said = _("%(goal)s: %(winner)s wins") % values
    if told.decision is None:
        return said
    return said + _(" → %(variant)s adopted") % {"variant": labels.get(told.decision.variant, "")}


def who(experiment_id: int, variant: str) -> Who:
    """Exactly the people of a variant."""
    return _who(experiment_id, variant, "1")


def who_reached_goal(experiment_id: int, variant: str) -> Who:
    """Exactly those of a variant who reached the goal."""
    return _who(experiment_id, variant, "reached_goal")


def who_opened(experiment_id: int, variant: str) -> Who:
    """Exactly those of a variant who opened a mail (for reference)."""
    return _who(experiment_id, variant, "opened")


def exposed_at(experiment_id: int) -> dict[Any, int]:
    """When (ms) each person of the experiment was divided."""
    rows = _ask(experiments.get(experiment_id), "SELECT who, at FROM ({exposed})")
    return {row[0]: row[1] for row in rows}


def winner(judgements: Sequence[Judgement]) -> str:
    """The variant that is clearly ahead: of the baseline (the highest of several), or the baseline of all."""
    ahead = [
        one for one in judgements if one.verdict == Verdict.WINNER and one.winner == one.challenger.variant
    ]
    if ahead:
        return max(ahead, key=lambda one: one.challenger.rate.value).challenger.variant
    if judgements and all(one.winner == one.baseline.variant for one in judgements):
        return judgements[0].baseline.variant
    return ""


def _who(experiment_id: int, variant: str, condition: str) -> Who:
    rows = _ask(
        experiments.get(experiment_id),
        "SELECT who FROM ({exposed}) WHERE variant = {variant:String} AND " + condition,
        variant,
    )
    return funnels.known(row[0] for row in rows)


def _ask(experiment: ExperimentInfo, question: str, variant: str = "") -> list[tuple[Any, ...]]:
    window = _FOR_EVER if experiment.window_days is None else timedelta(days=experiment.window_days)
    is_journey = experiment.source == "step"
    params = {
        "source": experiment.source,
        "source_ref": experiment.source_ref,
        "journey_cause": "journey:" + experiment.source_ref.partition("/")[0] if is_journey else "",
        "initiative": experiment.initiative_id,
        "window": window // timedelta(milliseconds=1),
        "variant": variant,
    }
    statement = question.replace("{exposed}", sql.named("insights", "exposed"))
    return reading.rows(statement, params, keys=[experiment.goal])


def _arm(variant: str, label: str, n: int, goals: int, opens: int) -> ArmResult:
    return ArmResult(variant, label, n, Rate(goals, n), Rate(opens, n))
