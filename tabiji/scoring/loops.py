"""The loop of this room: the daily sweep of stages, a chunk in each transaction."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.scoring import stages
from tabiji.workspaces.public import workspace


def sweep_stages() -> int:
    due_here = postgres.rows("SELECT workspace_id FROM stage_sweeps_due()")
    return loops.for_each("stages", [row[0] for row in due_here], _sweep_stages)


def _sweep_stages(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        return stages.sweep(workspace.business_now())


loops.register("stages", sweep_stages, idle_s=10.0)
