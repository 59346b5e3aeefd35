"""The worker's loops. Rooms register one each; `runtime.worker` runs them in threads.

A loop's tick does one bounded piece of work and says how much it did: something means "again at
once", nothing means "wait for a notification, or for `idle_s`". Bounded means seconds: the worker takes a
loop that does not come back within `hangs_after_s` for hanging.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog
from django.db import connection

from tabiji.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Loop:
    name: str
    tick: Callable[[], int]
    idle_s: float = 1.0
    channel: str = ""
    """A PostgreSQL notification that ends the wait early."""
    hangs_after_s: float = 180.0


loops: Registry[Loop] = Registry("loop")
log = structlog.get_logger()


def register(
    name: str,
    tick: Callable[[], int],
    *,
    idle_s: float = 1.0,
    channel: str = "",
    hangs_after_s: float = 180.0,
) -> None:
    loops.add(name, Loop(name, tick, idle_s, channel, hangs_after_s))


def for_each(loop: str, workspace_ids: Iterable[int], work: Callable[[int], int]) -> int:
    """Do one loop's work for each workspace; how much was done. What fails in one holds up no other.

    Raises only when the database itself is gone: then nobody can be worked for.
    """
    done = 0
    for workspace_id in workspace_ids:
        try:
            done += work(workspace_id)
        except Exception as error:
            log.exception("workspace_failed", loop=loop, workspace=workspace_id, error=str(error)[:300])
            if not connection.is_usable():
                raise
    return done
