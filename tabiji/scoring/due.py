"""What becomes due by business time: the sweep of stages. For the loop, and for moving time."""

from __future__ import annotations

from datetime import datetime

from tabiji.scoring import stages


def next_due(now: datetime) -> datetime | None:
    """The next moment at which something is to be done, `now` or before if it is late; None if nothing."""
    del now  # what is late is due at once, and its moment says so
    return stages.next_sweep()


def run_due(now: datetime) -> int:
    """Do what is due at this moment, in the scope's workspace; how many people were looked at."""
    done = 0
    while looked := stages.sweep(now):
        done += looked
    return done
