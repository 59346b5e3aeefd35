"""The loop of this room: what became due by business time."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.sales import due
from tabiji.workspaces.public import workspace


def run_due() -> int:
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM sales_due()"):
        with postgres.workspace_scope(workspace_id):
            done += due.run_due(workspace.business_now())
    return done


loops.register("sales_due", run_due, idle_s=10.0)
