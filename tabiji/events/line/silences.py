"""Silences: days without a touchpoint, and how many of them were business days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from tabiji.events.line.entries import Entry, Silence
from tabiji.workspaces.public import calendar

LEAST_DAYS: Final = 3


def between(
    after: datetime, until: datetime, business: calendar.BusinessCalendar, *, is_open: bool = False
) -> Silence | None:
    """The silence between two moments, if three or more whole days lie between them."""
    first, last = after.astimezone(business.zone).date(), until.astimezone(business.zone).date()
    days = (last - first) // timedelta(days=1) - 1
    if days < LEAST_DAYS:
        return None
    return Silence(after, until, days, business.business_days_between(first, last), is_open)


def woven(
    entries: Sequence[Entry],
    business: calendar.BusinessCalendar,
    *,
    newer: datetime | None,
    is_open: bool,
) -> list[Entry | Silence]:
    """Entries (newest first) with the silences between them. newer: what came after the first of them.

    is_open: `newer` is now, not an entry. Records neither break a silence nor begin one.
    """
    out: list[Entry | Silence] = []
    later, later_is_now = newer, is_open
    for entry in entries:
        if not entry.is_record:
            if later is not None:
                gap = between(entry.until, later, business, is_open=later_is_now)
                if gap:
                    out.append(gap)
            later, later_is_now = entry.at, False
        out.append(entry)
    return out
