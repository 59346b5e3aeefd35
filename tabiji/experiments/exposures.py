"""Exposures: people who were divided here (not by a journey's split), each once, with the fact of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.experiments import assignment, experiments


def expose(
    experiment_id: int, people: Mapping[UUID, datetime], *, actor: str = facts.AUTOMATIC, hops: int = 0
) -> dict[UUID, str]:
    """The variant of each person (id to when); the first assignment stands and is recorded once.

    Raises NoSuchExperiment, and BadExperiment for one that a journey divides.
    """
    experiment = experiments.get(experiment_id)
    if experiment.source != "experiment":
        raise experiments.BadExperiment(f"{experiment.name}: its people are divided by a journey")
    weights = {one.key: one.weight for one in experiment.variants}
    wanted = assignment.assign("experiment:" + experiment.key, sorted(people), weights)
    rows = postgres.rows(
        sql.named("experiments", "expose"),
        {
            "workspace": postgres.workspace_id(),
            "experiment": experiment_id,
            "people": list(wanted),
            "variants": list(wanted.values()),
            "ats": [people[person_id] for person_id in wanted],
        },
    )
    facts.record(
        [
            Change(
                person_id,
                "experiment",
                str(experiment_id),
                "",
                variant,
                0.0,
                clock.to_ms(at),
                actor,
                "experiment:" + experiment.key,
                experiment.initiative_id,
                hops,
            )
            for person_id, variant, at, is_new in rows
            if is_new
        ]
    )
    return {row[0]: row[1] for row in rows}
