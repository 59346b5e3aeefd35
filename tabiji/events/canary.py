"""The canary: a test event that goes the whole way, so that the lag is measured and not guessed.

One a minute for the whole installation, to its workspaces in turn: through the inlet, T1, the store and
T2. It is decided beside the events of its batch and stored in a table of its own, so that it is nobody's
act and in no number.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tabiji.core import clickhouse, postgres, sql
from tabiji.events import inlet, watermark
from tabiji.events.contracts import Decision
from tabiji.events.normalising import CANARY

EVERY: Final = timedelta(seconds=55)
_LOOKS_S: Final = (0.6, 1.4)
"""It is mostly there after half a second; what takes longer is found with the next one."""
_TYPES: Final = {
    "workspace_id": "UInt32",
    "shard": "UInt8",
    "batch_id": "UInt64",
    "ordinal": "UInt32",
    "message_id": "String",
}
_READ: Final = """
SELECT shard, batch_id FROM event_canary
WHERE workspace_id = {workspace:UInt32} AND message_id = {message:String} LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class State:
    """Of the whole installation, by the database's clock.

    lag: of the last one that came through, None before the first; came: how long ago that was;
    waits: the age of the oldest that is still under way.
    """

    lag: timedelta | None
    came: timedelta | None
    waits: timedelta | None

    @property
    def worst(self) -> timedelta | None:
        """The lag as it stands: at least what the one under way has taken already."""
        return max((one for one in (self.lag, self.waits) if one is not None), default=None)


def tick() -> int:
    """Look for those under way, send the next one if it is time, and see it come through."""
    look()
    if send_next(EVERY):
        for pause in _LOOKS_S:
            time.sleep(pause)
            if not look():
                break
    return 0


def send_next(every: timedelta) -> int | None:
    """Send one to the workspace whose turn it is; which, or None where the last is younger than this."""
    workspace_id: int | None = postgres.scalar("SELECT canary_due(%s)", [every])
    if workspace_id is None:
        return None
    with postgres.workspace_scope(workspace_id):
        message_id = f"canary-{uuid.uuid4().hex}"
        taken = postgres.execute(
            sql.named("events", "send_canary"),
            {"workspace": workspace_id, "message": message_id, "every": every},
        )
        if not taken:
            return None  # another worker was quicker
        event = {"type": "track", "event": CANARY, "anonymousId": message_id, "messageId": message_id}
        inlet.accept([event], source=CANARY)
    return workspace_id


def look() -> int:
    """Which of those under way can be read by now; how many are left."""
    waiting = [row[0] for row in postgres.rows("SELECT workspace_id FROM canaries_under_way()")]
    left = 0
    for workspace_id in waiting:
        with postgres.workspace_scope(workspace_id):
            left += not _came_through(workspace_id)
    return left


def state() -> State:
    lag_ms, came, waits = postgres.rows("SELECT lag_ms, came, waits FROM canary_state()")[0]
    return State(None if lag_ms is None else timedelta(milliseconds=lag_ms), came, waits)


def write(workspace_id: int, shard: int, batch_id: int, decision: Decision, *, fresh: bool) -> None:
    """Store the canaries of a decided batch, as `store.write` does with the rest of it."""
    rows = len(decision.canaries)
    if not rows:
        return
    columns = {
        "workspace_id": [workspace_id] * rows,
        "shard": [shard] * rows,
        "batch_id": [batch_id] * rows,
        "ordinal": range(rows),
        "message_id": decision.canaries,
    }
    clickhouse.store().insert_batch(
        "event_canary",
        columns,
        _TYPES,
        workspace_id=workspace_id,
        shard=shard,
        batch_id=batch_id,
        fresh=fresh,
    )


def _came_through(workspace_id: int) -> bool:
    """Whether it stands in the store, at or below the watermark."""
    message_id = postgres.scalar("SELECT message_id FROM event_canary WHERE read_at IS NULL")
    params = {"workspace": workspace_id, "message": message_id}
    found = clickhouse.store().rows(_READ, params, lane="decision")
    if not found:
        return False
    ((shard, batch_id),) = found
    if batch_id > watermark.closed_through().get(shard, 0):
        return False
    closed_at: datetime | None = postgres.scalar(
        "SELECT closed_at FROM event_batch WHERE workspace_id = %s AND shard = %s AND batch_id = %s",
        [workspace_id, shard, batch_id],
    )
    postgres.execute(
        sql.named("events", "canary_came"),
        {"workspace": workspace_id, "message": message_id, "closed_at": closed_at},
    )
    return True
