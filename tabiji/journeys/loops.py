"""The loop of this room: the engine, workspace after workspace."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.journeys import engine
from tabiji.workspaces.public import workspace


def advance() -> int:
    due_here = postgres.rows("SELECT workspace_id FROM due_journeys()")
    return loops.for_each("journeys", [row[0] for row in due_here], _advance)


def _advance(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        done = engine.advance_due(workspace.business_now())
    crashpoint("engine.after_commit")
    return done


loops.register("journeys", advance, idle_s=1.0, channel="tabiji_journeys")
