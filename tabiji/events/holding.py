"""One process at a time works on a stream: session locks of the database, which end with the process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum

from tabiji.core import postgres


class Work(IntEnum):
    """What is done to a stream by one process at a time; the first half of the lock's key."""

    PROCESSING = 7_462
    ARCHIVING = 7_470


class StreamBusy(RuntimeError):
    """Another process did not let the stream go in time."""


@contextmanager
def held(work: Work, workspace_id: int, shard: int) -> Iterator[bool]:
    """Hold the stream for the block; False if another process has it."""
    key = _key(work, workspace_id, shard)
    mine = bool(postgres.scalar("SELECT pg_try_advisory_lock(%s::int, %s::int)", key))
    try:
        yield mine
    finally:
        if mine:
            _let_go(key)


@contextmanager
def waited_for(work: Work, workspace_id: int, shard: int, *, seconds: int = 300) -> Iterator[None]:
    """Hold the stream for the block, in turn after whoever has it. Raises StreamBusy."""
    key = _key(work, workspace_id, shard)
    # A failed statement rolls the setting back with itself.
    taken = postgres.scalar(
        "SELECT stream_waited_for(%s::int, %s::int, make_interval(secs => %s))", [*key, seconds]
    )
    if not taken:
        raise StreamBusy(
            f"Stream {shard} of workspace {workspace_id} has been held by another process for {seconds} s. "
            "See that its worker is well, and run this again."
        )
    try:
        yield
    finally:
        _let_go(key)


def _key(work: Work, workspace_id: int, shard: int) -> list[int]:
    return [int(work), workspace_id << 6 | shard]


def _let_go(key: list[int]) -> None:
    if not postgres.raw_connection().closed:
        postgres.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", key)
