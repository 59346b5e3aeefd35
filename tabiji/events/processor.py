"""The event processor: decide (T1), write to ClickHouse, consume (T2), one stream at a time.

A stream is held by a session lock of the database from the first to the last step, so a batch
that a dead process left open is taken up by the next one, from its stored decision.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tabiji.core import postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.events import canary, consuming, deciding, store
from tabiji.events.contracts import Decision
from tabiji.events.holding import Work, held

GATHER_MS: Final = 200
"""A batch waits this long for company: a part that is fsynced costs as much for one row as for all."""


@dataclass(frozen=True, slots=True)
class Stream:
    workspace_id: int
    shard: int
    oldest: datetime
    has_open: bool


def streams_with_work() -> list[Stream]:
    """Streams with an open batch or waiting rows, the longest waiting first."""
    return [
        Stream(*row)
        for row in postgres.rows("SELECT workspace_id, shard, oldest, has_open FROM streams_with_work()")
    ]


def process(stream: Stream) -> int:
    """One batch of this stream, if no other process is at it; the number of events and changes.

    Raises core.clickhouse errors with the batch left open: the next call goes on from there.
    """
    with held(Work.PROCESSING, stream.workspace_id, stream.shard) as mine:
        if not mine:
            return 0
        left = _open_batch(stream)
        found = left or _decide(stream)
        if found is None:
            return 0
        batch_id, decision = found
        # Nobody can have tried to write a number that was given just now, under the lock of the stream.
        store.write(stream.workspace_id, stream.shard, batch_id, decision, fresh=left is None)
        canary.write(stream.workspace_id, stream.shard, batch_id, decision, fresh=left is None)
        crashpoint("processor.after_insert")
        with postgres.workspace_scope(stream.workspace_id):
            consuming.consume(stream.workspace_id, stream.shard, batch_id, decision)
            crashpoint("processor.before_consume_commit")
        crashpoint("processor.after_consume_commit")
        return len(decision.events) + len(decision.changes)


def process_all(limit: int = 1_000) -> int:
    """Everything that waits, batch by batch: for tests, tools and time moves."""
    done = 0
    for _ in range(limit):
        streams = streams_with_work()
        if not streams:
            return done
        done += sum(process(stream) for stream in streams)
    raise RuntimeError(f"{limit} rounds were not enough: facts keep making facts")


def _decide(stream: Stream) -> tuple[int, Decision] | None:
    with postgres.workspace_scope(stream.workspace_id):
        decided = deciding.decide(stream.workspace_id, stream.shard)
        crashpoint("processor.before_decide_commit")
    crashpoint("processor.after_decide_commit")
    return decided


def _open_batch(stream: Stream) -> tuple[int, Decision] | None:
    with postgres.workspace_scope(stream.workspace_id):
        row = postgres.find_row(
            "SELECT batch_id, decision FROM event_batch"
            " WHERE workspace_id = %s AND shard = %s AND is_open ORDER BY batch_id LIMIT 1",
            [stream.workspace_id, stream.shard],
        )
    return None if row is None else (row[0], deciding.decode(row[1]))
