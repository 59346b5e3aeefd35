"""Parts of KPIs that only this room can tell: those who came by a funnel, those of a split test."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tabiji.core import clock
from tabiji.experiments.public import experiments
from tabiji.insights import funnels, split_test
from tabiji.purpose.contracts import Counted, Period
from tabiji.purpose.public import parts


def by_funnel(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    """Conversions with which somebody reached a step of a funnel: `funnel_id`, `step`."""
    reached = funnels.reached_at(parts.stated(part, "funnel_id"), period, parts.stated(part, "step"))
    return {
        place
        for place, one in enumerate(conversions)
        if one.person_id in reached and clock.to_ms(reached[one.person_id]) == one.at_ms
    }


def by_experiment(part: dict[str, Any], conversions: Sequence[Counted], period: Period) -> set[int]:
    """Conversions of the people of a split test, from their split for its window: `experiment_id`."""
    experiment_id = parts.stated(part, "experiment_id")
    days = experiments.get(experiment_id).window_days
    window_ms = timedelta(days=36_500 if days is None else days) // timedelta(milliseconds=1)
    exposed = split_test.exposed_at(experiment_id)
    return {
        place
        for place, one in enumerate(conversions)
        if one.person_id in exposed and 0 <= one.at_ms - exposed[one.person_id] < window_ms
    }


parts.parts.add("funnel", by_funnel)
parts.parts.add("experiment", by_experiment)
