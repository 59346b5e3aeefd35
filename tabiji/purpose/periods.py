"""Periods: stored ones that reports share, and those that a screen makes on the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from tabiji.core import postgres
from tabiji.purpose.contracts import Period
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit

_COLUMNS: Final = "id, name, starts_at, ends_at"


class NoSuchPeriod(LookupError):
    """No stored period of this id in this workspace."""


class BadPeriod(ValueError):
    """A period that ends before it begins."""


def create(name: str, *, starts_at: datetime | None, ends_at: datetime | None = None, actor: Actor) -> Period:
    """Store a period under a name; one of the same name is changed. Raises BadPeriod."""
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise BadPeriod(_("The period ends before it begins."))
    stored = postgres.rows(
        "INSERT INTO period (workspace_id, name, starts_at, ends_at) VALUES (%s, %s, %s, %s)"
        " ON CONFLICT (workspace_id, name) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at"
        " RETURNING " + _COLUMNS,
        [postgres.workspace_id(), name, starts_at, ends_at],
    )[0]
    audit.record(actor, "save", "period", stored[0], values={"starts_at": starts_at, "ends_at": ends_at})
    return Period(*stored)


def get(period_id: int) -> Period:
    """Raises NoSuchPeriod."""
    found = get_many([period_id])
    if not found:
        raise NoSuchPeriod(f"there is no period {period_id} here")
    return found[period_id]


def get_many(period_ids: Iterable[int]) -> dict[int, Period]:
    rows = postgres.rows("SELECT " + _COLUMNS + " FROM period WHERE id = ANY(%s)", [list(period_ids)])
    return {row[0]: Period(*row) for row in rows}


def list_all() -> list[Period]:
    """In the order in which they were stored: the first is the one that screens open with."""
    return [Period(*row) for row in postgres.rows("SELECT " + _COLUMNS + " FROM period ORDER BY id")]


def of_days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Whole local days, both included. Raises BadPeriod."""
    if last < first:
        raise BadPeriod(_("The period ends before it begins."))
    return Period(0, "", _midnight(first, zone), _midnight(last + timedelta(days=1), zone))


def last_days(days: int, now: datetime, zone: ZoneInfo) -> Period:
    """So many local days up to and with today."""
    today = now.astimezone(zone).date()
    return of_days(today - timedelta(days=days - 1), today, zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(0), zone)
