"""Decisions: a variant was adopted, by whom, when and why; what it set can be set back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.experiments import experiments
from tabiji.experiments.contracts import DecisionInfo
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions, workspace

_COLUMNS: Final = "id, experiment_id, variant, decided_by_id, decided_at, why, effects, undone_at"


class NoSuchDecision(LookupError):
    """No decision of this id that still stands, in this workspace."""


def adopt(experiment_id: int, variant: str, *, actor: Actor, at: datetime, why: str = "") -> int:
    """採用: end the experiment and set what the variant stands for; the decision's id.

    Another variant's standing decision is taken back first. Raises NoSuchExperiment, BadExperiment.
    """
    experiment = experiments.get(experiment_id)
    try:
        effects = dict(experiment.variant(variant).effects or {})
    except KeyError:
        raise experiments.BadExperiment(f"{experiment.name} has no variant {variant!r}") from None
    standing = find_standing(experiment_id)
    if standing is not None:
        undo(standing.id, actor=actor, at=at)
    settings = workspace.current().settings
    before = {name: settings.get(name) for name in effects}
    made: int = postgres.scalar(
        "INSERT INTO experiment_decision (workspace_id, experiment_id, variant, decided_by_id, decided_at, why,"
        " effects, before) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            postgres.workspace_id(),
            experiment_id,
            variant,
            actor.user_id or None,
            at,
            why,
            Jsonb(effects),
            Jsonb(before),
        ],
    )
    workspace.update_settings(**effects)
    definitions.update(experiment_id, actor=actor, state="ended")
    audit.record(actor, "adopt", experiments.KIND, experiment_id, values={"variant": variant, **effects})
    return made


def undo(decision_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a decision back: settings return to what they were, unless somebody changed them since.

    Raises NoSuchDecision.
    """
    row = postgres.find_row(
        "UPDATE experiment_decision SET undone_at = %s WHERE id = %s AND undone_at IS NULL"
        " RETURNING experiment_id, effects, before",
        [at, decision_id],
    )
    if row is None:
        raise NoSuchDecision("this decision does not stand any more")
    experiment_id, effects, before = row
    settings = workspace.current().settings
    workspace.update_settings(
        **{name: before[name] for name, value in effects.items() if settings.get(name) == value}
    )
    definitions.update(experiment_id, actor=actor, state="running")
    audit.record(actor, "undo_adopt", experiments.KIND, experiment_id, values=dict(before))


def find_standing(experiment_id: int) -> DecisionInfo | None:
    """The decision that stands for this experiment."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM experiment_decision WHERE experiment_id = %s AND undone_at IS NULL",
        [experiment_id],
    )
    return None if row is None else _info(row)


def list_of(experiment_id: int) -> list[DecisionInfo]:
    """All that was ever decided, newest first."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM experiment_decision WHERE experiment_id = %s ORDER BY id DESC",
        [experiment_id],
    )
    return [_info(row) for row in rows]


def _info(row: Sequence[Any]) -> DecisionInfo:
    return DecisionInfo(*row)
