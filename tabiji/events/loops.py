"""The loops of this room."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

import structlog

from tabiji.core import clickhouse, loops, postgres
from tabiji.events import consuming, processor

_FORGET_EVERY_S: Final = 3_600.0
_next_forget = 0.0
log = structlog.get_logger()


def process() -> int:
    """Every stream with work, one batch each; young work waits a moment for company."""
    done = 0
    for stream in processor.streams_with_work():
        age_ms = (datetime.now(UTC) - stream.oldest).total_seconds() * 1000
        if not stream.has_open and age_ms < processor.GATHER_MS:
            time.sleep((processor.GATHER_MS - max(age_ms, 0)) / 1000)
        try:
            done += processor.process(stream)
        except clickhouse.ClickHouseError as error:
            log.warning("counting_is_resting", workspace=stream.workspace_id, error=str(error)[:300])
    return done


def retry_parked() -> int:
    settled = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM parked_work()"):
        with postgres.workspace_scope(workspace_id):
            settled += consuming.retry_parked()
    _forget_now_and_then()
    return settled


def _forget_now_and_then() -> None:
    global _next_forget
    if time.monotonic() >= _next_forget:
        _next_forget = time.monotonic() + _FORGET_EVERY_S
        postgres.scalar("SELECT forget_seen()")


loops.register("processor", process, idle_s=1.0, channel="tabiji_events")
loops.register("parked", retry_parked, idle_s=5.0)
