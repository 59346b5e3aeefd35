"""The loop of this room: the daily sweep of stages, a chunk in each transaction."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.scoring import stages
from tabiji.workspaces.public import workspace


def sweep_stages() -> int:
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM stage_sweeps_due()"):
        with postgres.workspace_scope(workspace_id):
            done += stages.sweep(workspace.business_now())
    return done


loops.register("stages", sweep_stages, idle_s=10.0)
