"""The loop of this room: managers hear of hand-overs that nobody accepted in time."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.sales import due
from tabiji.workspaces.public import workspace


def tell_overdue() -> int:
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM sales_due()"):
        with postgres.workspace_scope(workspace_id):
            done += due.run_due(workspace.business_now())
    return done


loops.register("sales_due", tell_overdue, idle_s=10.0)
