"""How far each stream has been processed: what readers of facts may read, and how late they are."""

from __future__ import annotations

from datetime import datetime, timedelta

from tabiji.core import postgres


def closed_through() -> dict[int, int]:
    """By shard, the last batch whose facts may be read, in the scope's workspace."""
    return dict(postgres.rows("SELECT shard, closed_through FROM event_stream"))


def by_shard() -> list[int]:
    """The same for a statement to bind: `batch_id <= {through:Array(UInt64)}[shard + 1]`."""
    through = closed_through()
    return [through.get(shard, 0) for shard in range(max(through, default=0) + 1)]


def has_passed(moment: datetime) -> bool:
    """Whether all that was accepted or changed before this moment (database clock) is processed."""
    waiting: bool = postgres.scalar(
        "SELECT EXISTS (SELECT 1 FROM event_inbox WHERE batch_id IS NULL AND received_at < %s)"
        " OR EXISTS (SELECT 1 FROM fact_outbox WHERE batch_id IS NULL AND created_at < %s)"
        " OR EXISTS (SELECT 1 FROM event_batch WHERE is_open AND oldest < %s)",
        [moment, moment, moment],
    )
    return not waiting


def lag() -> timedelta:
    """The age of the oldest thing not yet processed, in the scope's workspace."""
    age: timedelta = postgres.scalar(
        "SELECT coalesce(clock_timestamp() - least("
        " (SELECT min(received_at) FROM event_inbox WHERE batch_id IS NULL),"
        " (SELECT min(created_at) FROM fact_outbox WHERE batch_id IS NULL),"
        " (SELECT min(oldest) FROM event_batch WHERE is_open)), interval '0')"
    )
    return age


def is_drained() -> bool:
    """Nothing waits and no batch is open: a practice clock may move."""
    return lag() == timedelta(0)
