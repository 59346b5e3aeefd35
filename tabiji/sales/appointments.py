"""Appointments: booked, then visited, missed or cancelled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import clock, facts, paging, postgres
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.sales import assignment, deals
from tabiji.sales.contracts import AppointmentInfo, AppointmentState, NewAppointment
from tabiji.workspaces.contracts import Actor

_COLUMNS: Final = (
    "a.id, a.person_id, a.owner_id, a.title, a.place, a.starts_at, a.minutes, a.state, a.booked_at, a.deal_id,"
    " a.version"
)
_BY_HAND: Final = frozenset(AppointmentState) - {AppointmentState.OVER}
_FARTHEST: Final = timedelta(days=1_100)


class NoSuchAppointment(LookupError):
    """No appointment of this id in this workspace."""


class BadAppointment(ValueError):
    """An appointment that cannot be: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


class ChangedMeanwhile(RuntimeError):
    """Somebody else changed it after it was read: show it again, then decide."""


def book(
    person_id: UUID,
    wanted: NewAppointment,
    *,
    at: datetime,
    actor: Actor,
    deal_id: int | None = None,
    initiative_id: int = 0,
    by: str = "",
) -> AppointmentInfo:
    """Book; by: `call` where a call did it, for the line.

    Raises BadAppointment, assignment.UnknownColleague, deals.NoSuchDeal.
    """
    check(wanted, at)
    if deal_id is not None:
        deals.get(deal_id)
    row = postgres.find_row(
        "INSERT INTO appointment AS a (workspace_id, person_id, owner_id, title, place, starts_at, minutes, state,"
        " booked_at, deal_id, initiative_id, version)"
        " SELECT %s, p.id, %s::bigint, %s, %s, %s, %s, 'booked', %s, %s::bigint, %s, 1"
        " FROM person p WHERE p.id = %s AND p.merged_into IS NULL RETURNING " + _COLUMNS,
        [
            postgres.workspace_id(),
            wanted.owner_id or actor.user_id or None,
            wanted.title.strip(),
            wanted.place.strip(),
            wanted.starts_at,
            wanted.minutes,
            at,
            deal_id,
            initiative_id,
            person_id,
        ],
    )
    if row is None:
        raise BadAppointment("person", _("There is no such person here."))
    made = AppointmentInfo(*row)
    _record(made, "", at, actor.label, initiative_id, {"by": by} if by else {})
    return made


def settle(
    appointment_id: int, state: str, *, at: datetime, actor: Actor, version: int | None = None
) -> AppointmentInfo:
    """How it ended: `visited`, `no_show` or `cancelled`; `booked` takes that back.

    Raises BadAppointment, NoSuchAppointment, ChangedMeanwhile where `version` is not the present one.
    """
    if state not in _BY_HAND:
        raise BadAppointment("state", _("Choose one of the ways an appointment can end."))
    before = _lock(appointment_id, version)
    if before.state == state:
        return before
    postgres.execute(
        "UPDATE appointment SET state = %s, settled_at = %s, version = version + 1 WHERE id = %s",
        [state, None if state == AppointmentState.BOOKED else at, appointment_id],
    )
    after = get(appointment_id)
    _record(after, before.state, at, actor.label, 0, {})
    return after


def move(
    appointment_id: int, wanted: NewAppointment, *, at: datetime, actor: Actor, version: int | None = None
) -> AppointmentInfo:
    """Another time or place for one that is booked. Raises like `settle`."""
    check(wanted, at)
    before = _lock(appointment_id, version)
    if before.state != AppointmentState.BOOKED:
        raise BadAppointment("state", _("Only a booked appointment can be moved."))
    postgres.execute(
        "UPDATE appointment SET starts_at = %s, minutes = %s, title = %s, place = %s,"
        " owner_id = coalesce(%s::bigint, owner_id), version = version + 1 WHERE id = %s",
        [
            wanted.starts_at,
            wanted.minutes,
            wanted.title.strip(),
            wanted.place.strip(),
            wanted.owner_id,
            appointment_id,
        ],
    )
    after = get(appointment_id)
    _record(after, before.state, at, actor.label, 0, {"moved_from": clock.to_ms(before.starts_at)})
    return after


def lapse(now: datetime) -> int:
    """Booked ones whose time has passed are over, so that "booked" means ahead; how many. For the loop."""
    rows = postgres.rows(
        "UPDATE appointment a SET state = 'over', version = version + 1 WHERE id IN ("
        " SELECT id FROM appointment WHERE state = 'booked'"
        " AND starts_at + make_interval(mins => minutes) <= %s ORDER BY id LIMIT 1000 FOR UPDATE SKIP LOCKED)"
        " RETURNING " + _COLUMNS,
        [now],
    )
    found = sorted((AppointmentInfo(*row) for row in rows), key=lambda one: one.ends_at)
    facts.record([change_of(one, AppointmentState.BOOKED, one.ends_at, facts.AUTOMATIC) for one in found])
    return len(found)


def check(wanted: NewAppointment, at: datetime) -> None:
    """Raises BadAppointment, assignment.UnknownColleague."""
    assignment.check(wanted.owner_id)
    if wanted.starts_at.tzinfo is None:
        raise BadAppointment("starts_at", _("Say the time with its time zone."))
    if not at < wanted.starts_at <= at + _FARTHEST:
        raise BadAppointment("starts_at", _("The appointment must lie ahead, within three years."))
    if not 5 <= wanted.minutes <= 1_440:
        raise BadAppointment("minutes", _("An appointment takes 5 to 1,440 minutes."))
    for name, text in (("title", wanted.title), ("place", wanted.place)):
        if len(text) > 200 or "\x00" in text:
            raise BadAppointment(name, _("This text may have 200 characters."))


def get(appointment_id: int) -> AppointmentInfo:
    """Raises NoSuchAppointment."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM appointment a WHERE a.id = %s", [appointment_id])
    if row is None:
        raise NoSuchAppointment(f"there is no appointment {appointment_id} here")
    return AppointmentInfo(*row)


def find_next(person_id: UUID, now: datetime) -> AppointmentInfo | None:
    """The next booked one that has not ended yet."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM appointment a WHERE a.person_id = %s AND a.state = 'booked'"
        " AND a.starts_at + make_interval(mins => a.minutes) > %s ORDER BY a.starts_at, a.id LIMIT 1",
        [person_id, now],
    )
    return None if row is None else AppointmentInfo(*row)


def with_one_ahead(person_ids: Iterable[UUID], now: datetime) -> set[UUID]:
    """Of these people, those with a booked appointment that has not ended yet."""
    rows = postgres.rows(
        "SELECT DISTINCT person_id FROM appointment WHERE person_id = ANY(%s) AND state = 'booked'"
        " AND starts_at + make_interval(mins => minutes) > %s",
        [list(person_ids), now],
    )
    return {row[0] for row in rows}


def list_of_person(person_id: UUID) -> list[AppointmentInfo]:
    """Newest first."""
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM appointment a WHERE a.person_id = %s ORDER BY a.starts_at DESC, a.id DESC",
        [person_id],
    )
    return [AppointmentInfo(*row) for row in rows]


def list_appointments(
    query: ListQuery, *, start: datetime, end: datetime, among: Iterable[int] | None = None
) -> Page[AppointmentInfo]:
    """Those that begin in [start, end), in order. Filters: `owner` (user id), `state`."""
    where, params = _where(query.filters, start, end, among)
    after = paging.from_cursor(query.after, 2) if query.after else ["-infinity", 0]
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM appointment a"
        + where
        + " AND (a.starts_at, a.id) > (%s::timestamptz, %s::bigint) ORDER BY a.starts_at, a.id LIMIT %s",
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM appointment a" + where, params)
    kept = [AppointmentInfo(*row) for row in rows[: query.limit]]
    return Page(
        kept, paging.to_cursor(kept[-1].starts_at, kept[-1].id) if len(rows) > query.limit else "", total
    )


def change_of(one: AppointmentInfo, old: str, at: datetime, actor: str) -> Change:
    """The fact: `number` is when it begins, in seconds since 1970, so that "ahead" can be asked."""
    return Change(
        one.person_id,
        "appointment",
        str(one.id),
        old,
        one.state,
        float(clock.to_ms(one.starts_at) // 1_000),
        clock.to_ms(at),
        actor,
        one.state,
        detail={
            "at": clock.to_ms(one.starts_at),
            "minutes": one.minutes,
            "title": one.title,
            "owner_id": one.owner_id,
            "deal_id": one.deal_id,
        },
    )


def _record(
    one: AppointmentInfo, old: str, at: datetime, actor: str, initiative_id: int, detail: dict[str, Any]
) -> None:
    change = change_of(one, old, at, actor)
    change.initiative_id = initiative_id
    change.detail |= detail
    facts.record([change])


def _lock(appointment_id: int, version: int | None) -> AppointmentInfo:
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM appointment a WHERE a.id = %s FOR UPDATE", [appointment_id]
    )
    if row is None:
        raise NoSuchAppointment(f"there is no appointment {appointment_id} here")
    found = AppointmentInfo(*row)
    if version is not None and version != found.version:
        raise ChangedMeanwhile(_("Somebody changed this appointment meanwhile. Look at it again."))
    return found


def _where(
    filters: Mapping[str, str], start: datetime, end: datetime, among: Iterable[int] | None
) -> tuple[str, list[Any]]:
    parts = [" WHERE a.starts_at >= %s AND a.starts_at < %s"]
    params: list[Any] = [start, end]
    if among is not None:
        parts.append("a.id = ANY(%s)")
        params.append(list(among))
    owner = filters.get("owner", "")
    if owner:
        parts.append("a.owner_id = %s")
        params.append(int(owner) if owner.isdecimal() and len(owner) < 19 else 0)
    if filters.get("state"):
        parts.append("a.state = %s")
        params.append(filters["state"])
    return " AND ".join(parts), params
