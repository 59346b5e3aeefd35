"""The loop of this room: what became due by business time."""

from __future__ import annotations

from tabiji.core import loops, postgres
from tabiji.sales import due
from tabiji.workspaces.public import workspace


def run_due() -> int:
    due_here = postgres.rows("SELECT workspace_id FROM sales_due()")
    return loops.for_each("sales_due", [row[0] for row in due_here], _run_due)


def _run_due(workspace_id: int) -> int:
    with postgres.workspace_scope(workspace_id):
        return due.run_due(workspace.business_now())


loops.register("sales_due", run_due, idle_s=10.0)
