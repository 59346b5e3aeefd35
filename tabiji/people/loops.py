"""The loop of this room: running imports, a chunk at a time."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.people import imports
from tabiji.workspaces.public import workspace


def carry_on() -> int:
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM running_imports()"):
        with postgres.workspace_scope(workspace_id):
            done += imports.run_chunk(workspace.business_now())
    return done


loops.register("imports", carry_on, idle_s=5.0, channel="tabiji_imports")
