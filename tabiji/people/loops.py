"""The loop of this room: running imports, a chunk at a time."""

from __future__ import annotations

import structlog

from tabiji.core import loops, postgres
from tabiji.people import imports
from tabiji.workspaces.public import workspace


def carry_on() -> int:
    done = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM running_imports()"):
        try:
            with postgres.workspace_scope(workspace_id):
                done += imports.run_chunk(workspace.business_now())
        except imports.CannotGoOn as error:
            # A list or a field that is gone since: trying again for ever would help nobody.
            log.exception("import failed", workspace=workspace_id)
            with postgres.workspace_scope(workspace_id):
                imports.fail(error.import_id, error.why, workspace.business_now())
            done += 1
    return done


log = structlog.get_logger()
loops.register("imports", carry_on, idle_s=5.0, channel="tabiji_imports")
