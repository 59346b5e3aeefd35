"""The clock of a hand-over: open business hours, by the workspace's calendar."""

from __future__ import annotations

from datetime import datetime, timedelta

from tabiji.workspaces.public import calendar


def due_at(opening: calendar.BusinessCalendar, requested_at: datetime, hours: float) -> datetime:
    """Until when a hand-over requested at this moment should be accepted."""
    return opening.after_business_hours(requested_at, hours)


def elapsed(opening: calendar.BusinessCalendar, start: datetime, end: datetime) -> timedelta:
    """The open business hours between two moments; zero where end is not after start."""
    total = timedelta(0)
    moment = start.astimezone(opening.zone)
    last = end.astimezone(opening.zone)
    day = moment.date()
    while day <= last.date():
        if opening.is_business_day(day):
            opens = datetime.combine(day, opening.opens, opening.zone)
            closes = datetime.combine(day, opening.closes, opening.zone)
            total += max(min(closes, last) - max(opens, moment), timedelta(0))
        day += timedelta(days=1)
    return total


def time_left(opening: calendar.BusinessCalendar, due: datetime, now: datetime) -> timedelta:
    """Open business hours until `due`; below zero: those since then."""
    return elapsed(opening, now, due) if now <= due else -elapsed(opening, due, now)
