"""The call log: one step writes the call, ends its task, and sets what comes next."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import clock, facts, postgres
from tabiji.core.facts import Change
from tabiji.people.public import persons
from tabiji.sales import appointments, hand_overs, tasks, words
from tabiji.sales.contracts import AppointmentInfo, CallInfo, CallResult, NewAppointment, TaskKind
from tabiji.workspaces.contracts import Actor

_COLUMNS: Final = "id, task_id, person_id, user_id, at, seconds, result, note, appointment_id"
_LONGEST_S: Final = 36_000
_AGAIN: Final = (CallResult.NO_ANSWER, CallResult.CALL_AGAIN, CallResult.CONSIDERING)


class BadCall(ValueError):
    """A call that cannot be logged so: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def log(
    person_id: UUID,
    *,
    result: str,
    at: datetime,
    actor: Actor,
    seconds: int = 0,
    note: str = "",
    appointment: NewAppointment | None = None,
    again_at: datetime | None = None,
    task_id: int | None = None,
    seen: int | None = None,
) -> CallInfo:
    """Write down a call, in the caller's transaction.

    result: a CallResult. 予約 (`booked`) needs the appointment, which is booked with it; `again_at` (for
    no answer, call again, still considering) makes the next call a task. The task that this call was
    (task_id, or the person's open call) is done; where there was none, one is made. seen: the newest
    call of this person that the colleague knew of (0: none); where the same colleague has logged one
    since, the form came twice: that call is the answer and nothing is written.
    Raises BadCall, appointments.BadAppointment, tasks.NoSuchTask.
    """
    kind = _checked(result, seconds, note, appointment, again_at, at)
    where = persons.resolve([person_id]).get(person_id)
    if where is None:
        raise BadCall("person", _("There is no such person here."))
    # The person first, as everywhere in this room: an acceptance at the same moment waits.
    postgres.execute("SELECT 1 FROM person WHERE id = %s FOR UPDATE", [where])
    twice = _logged_since(where, seen, actor)
    if twice is not None:
        return twice
    task = _task_of(where, task_id, at, actor)
    standing = hand_overs.find_standing(where)
    booked = (
        appointments.book(
            where,
            appointment,
            at=at,
            actor=actor,
            initiative_id=standing.initiative_id if standing else 0,
            by="call",
        )
        if appointment is not None
        else None
    )
    call = _insert(where, task, kind, seconds, note.strip(), booked, at, actor)
    tasks.finish(task, at=at, actor=actor, minutes=min(-(-seconds // 60), tasks.MOST_MINUTES))
    if again_at is not None:
        tasks.add(
            where,
            kind=TaskKind.CALL,
            title=words.kept(words.CALL_AGAIN),
            due_at=again_at,
            owner_id=actor.user_id or None,
            hand_over_id=standing.id if standing else None,
            at=at,
            actor=actor,
        )
    _record(call, booked, again_at, actor)
    return call


def list_of_person(person_id: UUID) -> list[CallInfo]:
    """Newest first."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM call WHERE person_id = %s ORDER BY at DESC, id DESC", [person_id]
    )
    return [CallInfo(*row) for row in rows]


def change_of(call: CallInfo, actor: str, detail: dict[str, Any]) -> Change:
    """The fact of a call."""
    return Change(
        call.person_id,
        "call",
        str(call.task_id),
        "",
        call.result,
        float(call.seconds),
        clock.to_ms(call.at),
        actor,
        call.result,
        detail={"call_id": call.id, "note": call.note, "seconds": call.seconds} | detail,
    )


def _checked(
    result: str,
    seconds: int,
    note: str,
    appointment: NewAppointment | None,
    again_at: datetime | None,
    at: datetime,
) -> CallResult:
    try:
        kind = CallResult(result)
    except ValueError:
        raise BadCall("result", _("Choose one of the six results.")) from None
    if not 0 <= seconds <= _LONGEST_S:
        raise BadCall("seconds", _("A call lasts from 0 seconds to 10 hours."))
    if len(note) > 5_000 or "\x00" in note:
        raise BadCall("note", _("The note may have 5,000 characters."))
    if (kind is CallResult.BOOKED) != (appointment is not None):
        raise BadCall(
            "appointment",
            _("Say when the appointment is.")
            if kind is CallResult.BOOKED
            else _("Only “Appointment booked” books an appointment."),
        )
    if again_at is not None and (kind not in _AGAIN or again_at <= at):
        raise BadCall("again_at", _("The next call must lie ahead, and fit the result."))
    return kind


def _logged_since(person_id: UUID, seen: int | None, actor: Actor) -> CallInfo | None:
    if seen is None:
        return None
    row = postgres.find_row(
        "SELECT "
        + _COLUMNS
        + " FROM call WHERE person_id = %s AND user_id = %s AND id > %s ORDER BY id LIMIT 1",
        [person_id, actor.user_id, seen],
    )
    return None if row is None else CallInfo(*row)


def _task_of(person_id: UUID, task_id: int | None, at: datetime, actor: Actor) -> int:
    """The task that this call was; made where nobody had planned it."""
    if task_id is not None:
        found = tasks.get(task_id)
        if found.person_id != person_id or found.kind != TaskKind.CALL:
            raise BadCall("task_id", _("This task is not a call to this person."))
        return task_id
    open_call = tasks.find_open_call(person_id, actor.user_id)
    if open_call is not None:
        return open_call.id
    return tasks.add(
        person_id,
        kind=TaskKind.CALL,
        title=words.kept(words.CALL),
        due_at=at,
        owner_id=actor.user_id or None,
        at=at,
        actor=actor,
    )


def _insert(
    person_id: UUID,
    task_id: int,
    kind: CallResult,
    seconds: int,
    note: str,
    booked: AppointmentInfo | None,
    at: datetime,
    actor: Actor,
) -> CallInfo:
    row = postgres.find_row(
        "INSERT INTO call (workspace_id, task_id, person_id, user_id, at, seconds, result, note, appointment_id)"
        " VALUES (%s, %s, %s, %s::bigint, %s, %s, %s, %s, %s::bigint) RETURNING " + _COLUMNS,
        [
            postgres.workspace_id(),
            task_id,
            person_id,
            actor.user_id or None,
            at,
            seconds,
            kind.value,
            note,
            booked.id if booked else None,
        ],
    )
    assert row is not None
    return CallInfo(*row)


def _record(call: CallInfo, booked: AppointmentInfo | None, again_at: datetime | None, actor: Actor) -> None:
    detail: dict[str, Any] = {}
    if booked is not None:
        detail |= {"appointment_id": booked.id, "appointment_at": clock.to_ms(booked.starts_at)}
    if again_at is not None:
        detail["again_at"] = clock.to_ms(again_at)
    facts.record([change_of(call, actor.label, detail)])
