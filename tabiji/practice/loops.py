"""The loops of this room: practice clocks that stand while the stack is down, and moves through time."""

from __future__ import annotations

import threading

from tabiji.core import loops, postgres
from tabiji.practice.time_moves import Mover

_own = threading.local()


def move_time() -> int:
    mover: Mover | None = getattr(_own, "mover", None)
    if mover is None:
        mover = _own.mover = Mover()
    return mover.carry_on()


def keep_clocks() -> int:
    """Practice clocks run only while somebody keeps the stack alive."""
    postgres.execute("SELECT keep_practice_clocks(false)")
    return 0


loops.register("time-moves", move_time, idle_s=2.0, channel="tabiji_time_moves")
loops.register("practice-clocks", keep_clocks, idle_s=2.0)
