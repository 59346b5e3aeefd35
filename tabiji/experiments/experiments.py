"""Experiments (A/Bテスト): variants, the conversion that decides, and where people are divided."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.experiments.contracts import ExperimentInfo, Variant
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import definitions

KIND: Final = "experiment"
EFFECTS: Final = frozenset({"default_send_hour"})
"""Settings of the workspace that a variant may set when it is adopted. Closed."""
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,19}")
_COLUMNS: Final = (
    "e.definition_id, e.key, d.name, d.why, d.kpi_id, d.responsible_id, d.review_on, d.state, e.variants,"
    " e.goal, e.window_days, e.source, e.source_ref, e.initiative_id"
)
_FROM: Final = " FROM experiment e JOIN definition d ON d.id = e.definition_id"


class NoSuchExperiment(LookupError):
    """No experiment of this id in this workspace."""


class BadExperiment(ValueError):
    """An experiment that could not be judged: what was wrong."""


def create(
    key: str,
    *,
    name: str,
    variants: Sequence[Variant],
    goal: str,
    actor: Actor,
    why: str = "",
    step: str = "",
    window_days: int | None = None,
    initiative_id: int = 0,
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: date | None = None,
    state: str = "running",
) -> int:
    """Define an experiment; its first variant is the baseline.

    step: the journey's split that divides people, `journey/node`, whose ports are the variants' keys;
    without one, people are divided by `exposures.expose`. Raises BadExperiment,
    purpose's NoSuchConversion.
    """
    conversions.get(goal)
    _check(variants)
    made = definitions.create(
        KIND,
        name=name,
        actor=actor,
        why=why,
        kpi_id=kpi_id,
        responsible_id=responsible_id,
        review_on=review_on,
        state=state,
    )
    postgres.execute(
        "INSERT INTO experiment (definition_id, workspace_id, key, variants, goal, window_days, source,"
        " source_ref, initiative_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            made,
            postgres.workspace_id(),
            key,
            Jsonb([_stored(one) for one in variants]),
            goal,
            window_days,
            "step" if step else "experiment",
            step or str(made),
            initiative_id,
        ],
    )
    return made


def get(experiment_id: int) -> ExperimentInfo:
    """Raises NoSuchExperiment."""
    found = get_many([experiment_id])
    if not found:
        raise NoSuchExperiment(f"there is no experiment {experiment_id} here")
    return found[experiment_id]


def get_many(experiment_ids: Iterable[int]) -> dict[int, ExperimentInfo]:
    rows = postgres.rows(
        "SELECT " + _COLUMNS + _FROM + " WHERE e.definition_id = ANY(%s)", [list(experiment_ids)]
    )
    return {row[0]: _info(row) for row in rows}


def list_all() -> list[ExperimentInfo]:
    """Newest first, archived ones left out."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY e.definition_id DESC"
    )
    return [_info(row) for row in rows]


def _check(variants: Sequence[Variant]) -> None:
    keys = [one.key for one in variants]
    if len(keys) < 2 or len(set(keys)) != len(keys):
        raise BadExperiment(_("A test needs two variants or more, each with a key of its own."))
    for one in variants:
        if not _KEY.fullmatch(one.key) or one.weight < 0:
            raise BadExperiment(
                f"{one.key!r}: a key is lower-case letters and digits, a share is not negative"
            )
        unknown = set(one.effects or {}) - EFFECTS
        if unknown:
            raise BadExperiment(f"adopting a variant cannot set {', '.join(sorted(unknown))}")
    if not any(one.weight for one in variants):
        raise BadExperiment(_("No variant has a share."))


def _stored(variant: Variant) -> dict[str, Any]:
    return {
        "key": variant.key,
        "label": variant.label,
        "weight": variant.weight,
        "is_control": variant.is_control,
        "effects": dict(variant.effects or {}),
    }


def _info(row: Sequence[Any]) -> ExperimentInfo:
    values = list(row)
    values[8] = tuple(Variant(**one) for one in values[8])
    return ExperimentInfo(*values)
