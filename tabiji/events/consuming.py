"""T2: the consumers of a batch, in their written order.

A consumer that fails is rolled back alone and parked; the queue goes on. Parked work is retried,
then halved down to the one event that it cannot take, which stays visible with its error.
"""

from __future__ import annotations

import traceback
from datetime import timedelta
from typing import Final

import psycopg
import structlog
from django.db import transaction

from tabiji.core import clock, facts, postgres
from tabiji.core.facts import Batch, Consumer
from tabiji.events import deciding
from tabiji.events.contracts import Decision

_WHOLE_TRIES: Final = 3
_DATABASE_AWAY: Final = (psycopg.OperationalError, psycopg.InterfaceError)
"""Then the whole batch is tried again."""
log = structlog.get_logger()


def consume(workspace_id: int, shard: int, batch_id: int, decision: Decision) -> None:
    """Run every consumer and close the batch, in the caller's transaction."""
    batch = batch_of(workspace_id, shard, batch_id, decision)
    failed = _all_take(batch)
    if failed:
        for consumer in facts.in_order():
            error = failed.get(consumer.name) or _try(consumer, batch)
            if error:
                _park(batch, consumer.name, error)
    postgres.execute(
        "UPDATE event_batch SET is_open = false, closed_at = clock_timestamp()"
        " WHERE workspace_id = %s AND shard = %s AND batch_id = %s",
        [workspace_id, shard, batch_id],
    )
    postgres.execute(
        "UPDATE event_stream SET closed_through = %s WHERE workspace_id = %s AND shard = %s",
        [batch_id, workspace_id, shard],
    )


def batch_of(workspace_id: int, shard: int, batch_id: int, decision: Decision) -> Batch:
    """What consumers see: chains of facts that feed each other end at MAX_HOPS."""
    changes = [change for change in decision.changes if change.hops <= facts.MAX_HOPS]
    events = [event for event in decision.events if event.hops <= facts.MAX_HOPS]
    stopped = len(decision.changes) + len(decision.events) - len(changes) - len(events)
    if stopped:
        log.warning("facts_that_feed_each_other", workspace=workspace_id, batch=batch_id, stopped=stopped)
    return Batch(
        workspace_id,
        shard,
        batch_id,
        events,
        changes,
        decision.known,
        clock.from_ms(decision.business_ms),
    )


def retry_parked() -> int:
    """Try what was parked and is due, in the scope's workspace; the number settled."""
    due = postgres.rows(
        "SELECT id, shard, batch_id, consumer, attempts, first_ordinal, last_ordinal FROM parked_batch"
        " WHERE settled_at IS NULL AND next_at <= clock_timestamp() ORDER BY id LIMIT 20 FOR UPDATE SKIP LOCKED"
    )
    return sum(_retry(*row) for row in due)


def _retry(
    parked_id: int, shard: int, batch_id: int, name: str, attempts: int, first: int | None, last: int | None
) -> bool:
    workspace_id = postgres.workspace_id()
    stored = postgres.scalar(
        "SELECT decision FROM event_batch WHERE workspace_id = %s AND shard = %s AND batch_id = %s",
        [workspace_id, shard, batch_id],
    )
    whole = batch_of(workspace_id, shard, batch_id, deciding.decode(stored))
    size = max(len(whole.events), len(whole.changes), len(whole.known))
    low, high = first or 0, size if last is None else last
    part = _slice(whole, low, high)
    error = _try(facts.consumers.get(name), part)
    if not error:
        postgres.execute("UPDATE parked_batch SET settled_at = clock_timestamp() WHERE id = %s", [parked_id])
        return True
    if attempts < _WHOLE_TRIES or high - low <= 1:
        postgres.execute(
            "UPDATE parked_batch SET attempts = attempts + 1, error = %s, next_at = clock_timestamp() + %s"
            " WHERE id = %s",
            [error, timedelta(seconds=min(5 * 2**attempts, 3_600)), parked_id],
        )
        return False
    middle = (low + high) // 2
    postgres.execute(
        "INSERT INTO parked_batch (workspace_id, shard, batch_id, consumer, error, attempts, next_at,"
        " first_ordinal, last_ordinal) SELECT %s, %s, %s, %s, %s, %s, clock_timestamp(), a, b"
        " FROM unnest(%s::integer[], %s::integer[]) AS n(a, b)",
        [workspace_id, shard, batch_id, name, error, _WHOLE_TRIES, [low, middle], [middle, high]],
    )
    postgres.execute("DELETE FROM parked_batch WHERE id = %s", [parked_id])
    return False


def _all_take(batch: Batch) -> dict[str, str]:
    """Every consumer under one savepoint; if one fails, nothing is done, and it is named with its error."""
    taking = ""
    try:
        with transaction.atomic():
            for consumer in facts.in_order():
                taking = consumer.name
                consumer.consume(batch)
    except _DATABASE_AWAY:
        raise
    except Exception as error:
        return {taking: _failed(taking, batch, error)}
    return {}


def _try(consumer: Consumer, batch: Batch) -> str:
    """Empty if it went well; the error, after a rollback of this consumer alone, otherwise."""
    try:
        with transaction.atomic():
            consumer.consume(batch)
    except _DATABASE_AWAY:
        raise
    except Exception as error:
        return _failed(consumer.name, batch, error)
    return ""


def _failed(name: str, batch: Batch, error: Exception) -> str:
    log.exception("consumer_failed", consumer=name, batch=batch.batch_id)
    return "".join(traceback.format_exception_only(error))[:2_000]


def _park(batch: Batch, name: str, error: str) -> None:
    postgres.execute(
        "INSERT INTO parked_batch (workspace_id, shard, batch_id, consumer, error) VALUES (%s, %s, %s, %s, %s)",
        [batch.workspace_id, batch.shard, batch.batch_id, name, error],
    )


def _slice(batch: Batch, low: int, high: int) -> Batch:
    return Batch(
        batch.workspace_id,
        batch.shard,
        batch.batch_id,
        batch.events[low:high],
        batch.changes[low:high],
        batch.known[low:high],
        batch.now,
    )
