"""What becomes due by business time: deadlines of hand-overs, ends of appointments.

For the loop, and for moving time.
"""

from __future__ import annotations

from datetime import datetime

from tabiji.core import postgres
from tabiji.sales import appointments, hand_overs


def next_due(now: datetime) -> datetime | None:
    """The next moment at which something is to be done, `now` or before if it is late; None if nothing."""
    del now  # what is late is due at once, and its moment says so
    moment: datetime | None = postgres.scalar(
        "SELECT least("
        " (SELECT min(due_at) FROM hand_over WHERE state = 'pending' AND told_overdue_at IS NULL),"
        " (SELECT min(starts_at + make_interval(mins => minutes)) FROM appointment WHERE state = 'booked'))"
    )
    return moment


def run_due(now: datetime) -> int:
    """Do what is due at this moment, in the scope's workspace; how much that was."""
    done = 0
    for work in (hand_overs.tell_overdue, appointments.lapse):
        while part := work(now):
            done += part
    return done
