"""The loop of this room: the engine, workspace after workspace."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.journeys import engine
from tabiji.workspaces.public import workspace


def advance() -> int:
    steps = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM due_journeys()"):
        with postgres.workspace_scope(workspace_id):
            steps += engine.advance_due(workspace.business_now())
        crashpoint("engine.after_commit")
    return steps


loops.register("journeys", advance, idle_s=1.0, channel="tabiji_journeys")
