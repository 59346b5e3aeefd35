"""The worker's loops. Rooms register one each; `runtime.worker` runs them in threads.

A loop's tick does one bounded piece of work and says how much it did: something means "again at
once", nothing means "wait for a notification, or for `idle_s`".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tabiji.core.registry import Registry


@dataclass(frozen=True, slots=True)
class Loop:
    name: str
    tick: Callable[[], int]
    idle_s: float = 1.0
    channel: str = ""
    """A PostgreSQL notification that ends the wait early."""


loops: Registry[Loop] = Registry("loop")


def register(name: str, tick: Callable[[], int], *, idle_s: float = 1.0, channel: str = "") -> None:
    loops.add(name, Loop(name, tick, idle_s, channel))
