"""Hand-overs, tasks, deals and appointments as rows of these pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import pgettext

from tabiji.sales.contracts import (
    AppointmentInfo,
    AppointmentState,
    CallInfo,
    DealInfo,
    HandOverInfo,
    HandOverState,
    Outcome,
    TaskInfo,
    TaskKind,
)
from tabiji.sales.public import accepting, policy, words
from tabiji.sales.public import calls as call_log
from tabiji.web.sales import who
from tabiji.web.sales.who import Who
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission, calendar, members

TASK_ICONS = {TaskKind.CALL: "phone", TaskKind.MAIL: "mail", TaskKind.TODO: "checkbox"}
STATE_TAGS = {
    HandOverState.PENDING: "tag-hot",
    HandOverState.ACCEPTED: "tag-ok",
    HandOverState.RETURNED: "tag-wait",
    HandOverState.CLOSED: "tag-plain",
}
APPOINTMENT_TAGS = {
    AppointmentState.BOOKED: "",
    AppointmentState.OVER: "tag-hot",
    AppointmentState.VISITED: "tag-ok",
    AppointmentState.NO_SHOW: "tag-wait",
    AppointmentState.CANCELLED: "tag-plain",
}


@dataclass(frozen=True, slots=True)
class HandOverRow:
    """clock: 「あと 2時間10分」, 「13分後に受け取り」, 「時期尚早・6/1(月)から」; is_late: beyond the deadline."""

    info: HandOverInfo
    who: Who
    why: str
    state: str
    css: str
    owner: str
    clock: str
    is_late: bool
    note: str


@dataclass(frozen=True, slots=True)
class TaskRow:
    info: TaskInfo
    who: Who | None
    title: str
    kind: str
    icon: str
    owner: str
    is_late: bool
    is_open: bool


@dataclass(frozen=True, slots=True)
class DealRow:
    """name: readable only for those who may read names; next_phase: (key, label) of the one after."""

    info: DealInfo
    who: Who
    name: str
    phase: str
    line: str
    owner: str
    outcome: str
    css: str
    why: str
    next_phase: tuple[str, str] | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    info: AppointmentInfo
    who: Who
    title: str
    state: str
    css: str
    owner: str
    is_ahead: bool
    has_begun: bool


@dataclass(frozen=True, slots=True)
class CallRow:
    info: CallInfo
    by: str
    result: str
    note: str


def hand_overs(request: WorkspaceRequest, found: Sequence[HandOverInfo]) -> list[HandOverRow]:
    people = who.many(request, [one.person_id for one in found])
    names, opening = members.names(), calendar.current()
    may_read = request.actor.may(Permission.SEE_PERSONAL_DATA)
    return [
        HandOverRow(
            one,
            people[one.person_id],
            _why(request, one),
            str(words.HAND_OVER_STATES[HandOverState(one.state)]),
            STATE_TAGS[HandOverState(one.state)],
            names.get(one.owner_id, "") if one.owner_id else pgettext("owner", "The pool"),
            _clock(one, opening, request.now),
            one.is_overdue(request.now),
            one.return_note if may_read else "",
        )
        for one in found
        if one.person_id in people
    ]


def _why(request: WorkspaceRequest, one: HandOverInfo) -> str:
    """The reason; a colleague's own words may name somebody."""
    said = words.why_handed_over(one.reason, one.detail)
    return who.shown(request, said) if one.reason == "person" else said


def _clock(one: HandOverInfo, opening: calendar.BusinessCalendar, now: datetime) -> str:
    match one.state:
        case HandOverState.PENDING:
            left = accepting.time_left(opening, one.due_at, now)
            if left.total_seconds() < 0 or one.is_overdue(now):
                return pgettext("clock", "%(time)s over") % {"time": _minutes(-left)}
            return pgettext("clock", "%(time)s left") % {"time": _minutes(left)}
        case HandOverState.RETURNED:
            reason = next(
                (str(word) for key, word in words.RETURN_REASONS.items() if key == one.return_reason), ""
            )
            if one.restart_on is None:
                return reason
            return pgettext("clock", "%(reason)s, again from %(day)s") % {
                "reason": reason,
                "day": on_screen.day(one.restart_on),
            }
        case _ if one.accepted_at is not None:
            took = one.accepted_at - one.requested_at
            return pgettext("clock", "accepted after %(time)s") % {"time": _minutes(took)}
        case _:
            return ""


def _minutes(length: timedelta) -> str:
    """Whole minutes, one at least: nobody is helped by seconds."""
    return on_screen.length(max(60, int(length.total_seconds()) // 60 * 60))


def tasks(request: WorkspaceRequest, found: Sequence[TaskInfo]) -> list[TaskRow]:
    people = who.many(request, [one.person_id for one in found])
    names = members.names()
    return [
        TaskRow(
            one,
            people.get(one.person_id) if one.person_id else None,
            who.shown(request, one.title) or str(words.TASK_KINDS[TaskKind(one.kind)]),
            str(words.TASK_KINDS[TaskKind(one.kind)]),
            TASK_ICONS[TaskKind(one.kind)],
            names.get(one.owner_id, "") if one.owner_id else pgettext("owner", "Nobody"),
            one.state == "open" and one.due_at <= request.now,
            one.state == "open",
        )
        for one in found
    ]


def deals(request: WorkspaceRequest, found: Sequence[DealInfo]) -> list[DealRow]:
    people = who.many(request, [one.person_id for one in found])
    names, rules = members.names(), policy.current()
    today = timezone.localtime(request.now).date()
    return [
        DealRow(
            one,
            people[one.person_id],
            who.shown(request, one.name),
            rules.phase_label(one.phase),
            rules.line_label(one.line) if len(rules.lines) > 1 else "",
            names.get(one.owner_id, "") if one.owner_id else pgettext("owner", "Nobody"),
            outcome(one.outcome),
            {Outcome.WON: "tag-ok", Outcome.LOST: "tag-plain"}.get(Outcome(one.outcome), ""),
            next((str(word) for key, word in words.LOST_REASONS.items() if key == one.lost_reason), ""),
            _after(one, rules.phases),
            one.outcome == "" and one.expected_on is not None and one.expected_on < today,
        )
        for one in found
        if one.person_id in people
    ]


def outcome(key: str) -> str:
    return {
        Outcome.WON: pgettext("deal", "Won"),
        Outcome.LOST: pgettext("deal", "Lost"),
        Outcome.OPEN: pgettext("deal", "Open"),
    }[Outcome(key)]


def _after(one: DealInfo, phases: Sequence[tuple[str, str]]) -> tuple[str, str] | None:
    keys = [key for key, _label in phases]
    place = keys.index(one.phase) + 1 if one.phase in keys else 0
    return phases[place] if one.outcome == "" and place < len(phases) else None


def appointments(request: WorkspaceRequest, found: Sequence[AppointmentInfo]) -> list[AppointmentRow]:
    people = who.many(request, [one.person_id for one in found])
    names = members.names()
    return [
        AppointmentRow(
            one,
            people[one.person_id],
            who.shown(request, one.title) or pgettext("appointment", "Meeting"),
            str(words.APPOINTMENT_STATES[AppointmentState(one.state)]),
            APPOINTMENT_TAGS[AppointmentState(one.state)],
            names.get(one.owner_id, "") if one.owner_id else pgettext("owner", "Nobody"),
            one.state == AppointmentState.BOOKED,
            one.starts_at <= request.now,
        )
        for one in found
        if one.person_id in people
    ]


def calls(request: WorkspaceRequest, person_id: UUID, limit: int = 5) -> list[CallRow]:
    """The last calls with a person, newest first."""
    names = members.names()
    return [
        CallRow(
            one,
            names.get(one.user_id or 0, ""),
            next((str(word) for key, word in words.CALL_RESULTS.items() if key == one.result), ""),
            who.shown(request, one.note),
        )
        for one in call_log.list_of_person(person_id)[:limit]
    ]


def by_day(rows: Sequence[Any], key: Any) -> list[tuple[date, list[Any]]]:
    """Rows in order, under the local day on which each stands."""
    days: dict[date, list[Any]] = {}
    for row in rows:
        days.setdefault(timezone.localtime(key(row)).date(), []).append(row)
    return list(days.items())
