"""What other rooms may call."""

from tabiji.sales import (
    accepting,
    appointments,
    calls,
    deals,
    hand_overs,
    history,
    packet,
    person,
    policy,
    stopping,
    tasks,
    team,
    words,
)
from tabiji.sales.due import next_due, run_due
from tabiji.sales.today import next_person, today

__all__ = [
    "accepting",
    "appointments",
    "calls",
    "deals",
    "hand_overs",
    "history",
    "next_due",
    "next_person",
    "packet",
    "person",
    "policy",
    "run_due",
    "stopping",
    "tasks",
    "team",
    "today",
    "words",
]
