"""The loop of this room."""

from __future__ import annotations

import structlog

from tabiji.audiences import asking, dependencies, refreshing
from tabiji.audiences.conditions import BadCondition
from tabiji.core import loops, postgres
from tabiji.core.clickhouse import ClickHouseError

log = structlog.get_logger()


def refresh_due() -> int:
    """Every audience that is due, once; the number of those asked."""
    asked = 0
    for workspace_id, audience_id in refreshing.due():
        try:
            with postgres.workspace_scope(workspace_id):
                asked += refreshing.refresh(audience_id).was_asked
        except asking.CountingRests as error:
            log.warning(
                "counting_is_resting", workspace=workspace_id, audience=audience_id, error=str(error)[:300]
            )
            with postgres.workspace_scope(workspace_id):
                refreshing.rest_while_counting_rests(audience_id)
        except (BadCondition, ClickHouseError) as error:  # one audience's fault is nobody else's
            log.warning(
                "audience_stands_still", workspace=workspace_id, audience=audience_id, error=str(error)
            )
            with postgres.workspace_scope(workspace_id):
                refreshing.rest_after_failure(audience_id, str(error))
    return asked


loops.register("audiences", refresh_due, idle_s=2.0, channel=dependencies.CHANNEL)
