"""今日やること: what one colleague does next, in working order, and who comes after this person."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.sales import accepting, words
from tabiji.sales.contracts import TodayItem
from tabiji.workspaces.public import calendar, workspace


def today(user_id: int, now: datetime) -> list[TodayItem]:
    """New hand-overs (the shortest time first), re-calls, today's appointments, other tasks.

    With what waits in the pool; calls and tasks as far as they are due by the end of this local day.
    """
    zone = workspace.current().zone
    start = datetime.combine(now.astimezone(zone).date(), time(0), zone)
    rows = postgres.records(
        sql.named("sales", "today"),
        {"user": user_id, "start": start, "end": start + timedelta(days=1)},
    )
    people = persons.get_many({row["person_id"] for row in rows if row["person_id"]})
    opening = calendar.current()
    return [_item(row, people.get(row["person_id"]), opening, now) for row in rows]


def next_person(user_id: int, now: datetime, *, after: UUID | None = None) -> TodayItem | None:
    """The first item about somebody else than `after`: where a colleague lands when one is done."""
    for item in today(user_id, now):
        if item.person_id is not None and item.person_id != after:
            return item
    return None


def _item(
    row: dict[str, object], person: PersonInfo | None, opening: calendar.BusinessCalendar, now: datetime
) -> TodayItem:
    kind, at, ref = row["kind"], row["at"], row["ref"]
    assert isinstance(kind, str) and isinstance(at, datetime) and isinstance(ref, int)
    is_hand_over = kind == "hand_over"
    detail = row["detail"]
    text = (
        words.why_handed_over(str(row["text"]), detail if isinstance(detail, dict) else {})
        if is_hand_over
        else str(row["text"])
    )
    return TodayItem(
        kind,
        ref,
        person.id if person else None,
        person.name or person.email if person else "",
        person.company if person else "",
        person.phone if person else "",
        person.score if person else 0,
        text,
        at,
        accepting.time_left(opening, at, now) if is_hand_over else None,
        at <= now,
    )
