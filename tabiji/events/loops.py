"""The loops of this room."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Final

import structlog
from django.db import connection

from tabiji.core import clickhouse, loops, postgres
from tabiji.events import archive, canary, consuming, processor

_FORGET_EVERY_S: Final = 3_600.0
_ARCHIVE_TURN_S: Final = 60.0
_next_forget = 0.0
log = structlog.get_logger()


def process() -> int:
    """Every stream with work, one batch each; young work waits a moment for company.

    A stream that cannot be processed is said and left for the next tick: the others go on. Only where
    none went well does the loop itself fail, and wait.
    """
    done = 0
    failure: Exception | None = None
    for stream in processor.streams_with_work():
        age_ms = (datetime.now(UTC) - stream.oldest).total_seconds() * 1000
        if not stream.has_open and age_ms < processor.GATHER_MS:
            time.sleep((processor.GATHER_MS - max(age_ms, 0)) / 1000)
        try:
            done += processor.process(stream)
        except clickhouse.ClickHouseError as error:
            log.warning("counting_is_resting", workspace=stream.workspace_id, error=str(error)[:300])
        except Exception as error:
            failure = _said("stream_failed", stream.workspace_id, error, shard=stream.shard)
    if failure is not None and not done:
        raise failure
    return done


def retry_parked() -> int:
    """What is parked and due, workspace by workspace; one that fails is said, and the others go on."""
    settled = 0
    for (workspace_id,) in postgres.rows("SELECT workspace_id FROM parked_work()"):
        try:
            with postgres.workspace_scope(workspace_id):
                settled += consuming.retry_parked()
        except Exception as error:
            _said("parked_work_failed", workspace_id, error)
    _forget_now_and_then()
    return settled


def send_canary() -> int:
    """The test event of this minute. While ClickHouse rests, it stays under way, and health says so."""
    try:
        return canary.tick()
    except clickhouse.ClickHouseError as error:
        log.warning("canary_waits", error=str(error)[:300])
        return 0


def move_to_archive() -> int:
    """One piece of each stream that has finished batches of long ago. What fails in one holds up no other."""
    keep = archive.after()
    done = 0
    until = time.monotonic() + _ARCHIVE_TURN_S
    for workspace_id, shard in archive.due(keep):
        if time.monotonic() > until:  # the rest have their turn at once
            break
        try:
            done += archive.archive_next(workspace_id, shard, keep)
        except clickhouse.ClickHouseError as error:
            log.warning("archive_waits", workspace=workspace_id, error=str(error)[:300])
        except Exception as error:
            _said("archive_failed", workspace_id, error, shard=shard)
    return done


def _said(what: str, workspace_id: int, error: Exception, **more: int) -> Exception:
    log.exception(what, workspace=workspace_id, error=str(error)[:300], **more)
    if postgres.raw_connection().closed:
        # One that broke is opened anew by the next statement.
        connection.close()
    return error


def _forget_now_and_then() -> None:
    global _next_forget
    if time.monotonic() >= _next_forget:
        _next_forget = time.monotonic() + _FORGET_EVERY_S
        postgres.scalar("SELECT forget_seen()")
        postgres.scalar("SELECT forget_rejects()")


loops.register("processor", process, idle_s=1.0, channel="tabiji_events")
loops.register("parked", retry_parked, idle_s=5.0)
loops.register("canary", send_canary, idle_s=60.0)
loops.register("archive", move_to_archive, idle_s=600.0, hangs_after_s=900.0)
