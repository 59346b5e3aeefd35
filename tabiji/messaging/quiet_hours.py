"""When marketing may reach people: outside the workspace's quiet hours, in its own time zone."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


def next_allowed(moment: datetime, zone: ZoneInfo, starts: time, ends: time) -> datetime:
    """`moment` itself, or the end of the quiet hours into which it falls.

    starts and ends are local; quiet hours may pass midnight (21:00 to 08:00). Equal means none.
    """
    if starts == ends:
        return moment
    local = moment.astimezone(zone)
    is_quiet = (
        starts <= local.time() < ends if starts < ends else local.time() >= starts or local.time() < ends
    )
    if not is_quiet:
        return moment
    day = local.date() + timedelta(days=1) if starts > ends and local.time() >= starts else local.date()
    return datetime.combine(day, ends, zone)
