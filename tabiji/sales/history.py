"""Histories brought from elsewhere: thousands of hand-overs, deals, appointments and calls at once.

Every row has the key that it had there and is loaded once; its facts carry its own past times.
Nobody is told, nothing is assigned by rule, and no hand-over comes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Protocol, TypeVar
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.people.public import holds, persons
from tabiji.sales import accepting, appointments, calls, deals, hand_overs, policy, words
from tabiji.sales.contracts import (
    AppointmentInfo,
    AppointmentState,
    CallInfo,
    CallResult,
    DealInfo,
    HandOverState,
    LostReason,
    PastAppointment,
    PastCall,
    PastDeal,
    PastHandOver,
    ReturnReason,
)
from tabiji.scoring.public import scores
from tabiji.workspaces.public import calendar, members, workspace


class BadHistory(ValueError):
    """A row that cannot be loaded: (its key, what was wrong). Nothing was loaded."""

    def __init__(self, key: str, why: str) -> None:
        super().__init__(f"{key}: {why}")
        self.key = key
        self.why = why


class _Row(Protocol):
    @property
    def key(self) -> str: ...
    @property
    def person_id(self) -> UUID: ...


R = TypeVar("R", bound=_Row)


def load_hand_overs(rows: Sequence[PastHandOver], *, now: datetime) -> dict[str, int]:
    """Hand-overs by key; those that were there stay as they are. Raises BadHistory.

    The threshold has had its effect for these people, and counts again after a return.
    """
    fresh, where, known = _begin("hand_over", rows)
    users = members.names()
    for row in fresh:
        _check(row.key, row.return_reason, {"", *(one.value for one in ReturnReason)}, "return reason")
        _check(row.key, row.owner_id, {None, *users}, "colleague")
        if bool(row.returned_at) != bool(row.return_reason):
            raise BadHistory(row.key, "a return has a moment and a reason")
    if not fresh:
        return known
    opening, hours = calendar.current(), policy.current().accept_hours
    due = [accepting.due_at(opening, row.requested_at, hours) for row in fresh]
    states = [_hand_over_state(row) for row in fresh]
    ids = _ids("hand_over", len(fresh))
    postgres.execute(
        sql.named("sales", "load_hand_overs"),
        {
            "workspace": postgres.workspace_id(),
            "now": now,
            "ids": ids,
            "keys": [row.key for row in fresh],
            "people": [where[row.person_id] for row in fresh],
            "states": [state.value for state in states],
            "reasons": [row.reason for row in fresh],
            "details": [Jsonb({"label": row.label}) for row in fresh],
            "owners": [row.owner_id for row in fresh],
            "requested": [row.requested_at for row in fresh],
            "due": due,
            "accepted": [row.accepted_at for row in fresh],
            "took": [
                int(accepting.elapsed(opening, row.requested_at, row.accepted_at).total_seconds())
                if row.accepted_at
                else None
                for row in fresh
            ],
            "returned": [row.returned_at for row in fresh],
            "return_reasons": [row.return_reason for row in fresh],
            "notes": [row.return_note for row in fresh],
            "restarts": [row.restart_on for row in fresh],
            "closed": [row.closed_at for row in fresh],
            "initiatives": [row.initiative_id for row in fresh],
        },
    )
    _arm(fresh, where, now)
    _hold(zip(ids, fresh, states, strict=True), where)
    _record(
        change
        for number, row, until in zip(ids, fresh, due, strict=True)
        for change in _hand_over_changes(number, where[row.person_id], row, until)
    )
    return known | {row.key: number for number, row in zip(ids, fresh, strict=True)}


def load_deals(rows: Sequence[PastDeal]) -> dict[str, int]:
    """Deals by key, with every phase as a fact of its own. Raises BadHistory, policy.UnknownWord."""
    fresh, where, known = _begin("deal", rows)
    rules = policy.current()
    users = members.names()
    for row in fresh:
        _check_deal(row, rules, users)
    if not fresh:
        return known
    hand_over_ids = _keys("hand_over", [row.hand_over_key for row in fresh if row.hand_over_key])
    ids = _ids("deal", len(fresh))
    companies = {one.id: one.company_id for one in persons.get_many(set(where.values())).values()}
    made = [
        DealInfo(
            number,
            where[row.person_id],
            companies[where[row.person_id]],
            row.name,
            row.line,
            row.phases[-1][0],
            row.amount,
            row.owner_id,
            row.phases[0][1],
            row.phases[-1][1],
            row.expected_on,
            row.outcome,
            row.closed_at,
            row.lost_reason,
            hand_over_ids.get(row.hand_over_key),
            1,
        )
        for number, row in zip(ids, fresh, strict=True)
    ]
    postgres.execute(
        sql.named("sales", "load_deals"),
        {
            "workspace": postgres.workspace_id(),
            "keys": [row.key for row in fresh],
            **{name: [getattr(one, name) for one in made] for name in _DEAL_COLUMNS},
        },
    )
    for one in made:
        if one.outcome == "lost" and one.closed_at is not None:
            scores.rearm([one.person_id], at=one.closed_at)
    _record(change for one, row in zip(made, fresh, strict=True) for change in _deal_changes(one, row))
    return known | {row.key: number for number, row in zip(ids, fresh, strict=True)}


def load_appointments(rows: Sequence[PastAppointment]) -> dict[str, int]:
    """Appointments by key. Raises BadHistory."""
    fresh, where, known = _begin("appointment", rows)
    users = members.names()
    for row in fresh:
        _check(row.key, row.state, set(AppointmentState) - {AppointmentState.OVER}, "state")
        _check(row.key, row.owner_id, {None, *users}, "colleague")
        if (row.state == AppointmentState.BOOKED) == bool(row.settled_at):
            raise BadHistory(row.key, "what is not booked any more has a moment at which that was settled")
    if not fresh:
        return known
    deal_ids = _keys("deal", [row.deal_key for row in fresh if row.deal_key])
    ids = _ids("appointment", len(fresh))
    made = [
        AppointmentInfo(
            number,
            where[row.person_id],
            row.owner_id,
            row.title,
            row.place,
            row.starts_at,
            row.minutes,
            row.state,
            row.booked_at,
            deal_ids.get(row.deal_key),
            1,
        )
        for number, row in zip(ids, fresh, strict=True)
    ]
    postgres.execute(
        sql.named("sales", "load_appointments"),
        {
            "workspace": postgres.workspace_id(),
            "keys": [row.key for row in fresh],
            "settled_at": [row.settled_at for row in fresh],
            "initiative_id": [row.initiative_id for row in fresh],
            **{name: [getattr(one, name) for one in made] for name in _APPOINTMENT_COLUMNS},
        },
    )
    _record(change for one, row in zip(made, fresh, strict=True) for change in _appointment_changes(one, row))
    return known | {row.key: number for number, row in zip(ids, fresh, strict=True)}


def load_calls(rows: Sequence[PastCall]) -> dict[str, int]:
    """Calls by key, each with its (done) task. Raises BadHistory."""
    fresh, where, known = _begin("call", rows)
    users = members.names()
    for row in fresh:
        _check(row.key, row.result, {one.value for one in CallResult}, "result")
        _check(row.key, row.user_id, {None, *users}, "colleague")
    if not fresh:
        return known
    ids, task_ids = _ids("call", len(fresh)), _ids("task", len(fresh))
    made = [
        CallInfo(
            number,
            task,
            where[row.person_id],
            row.user_id,
            row.at,
            row.seconds,
            row.result,
            row.note,
            None,
        )
        for number, task, row in zip(ids, task_ids, fresh, strict=True)
    ]
    postgres.execute(
        sql.named("sales", "load_calls"),
        {
            "workspace": postgres.workspace_id(),
            "keys": [row.key for row in fresh],
            **{name: [getattr(one, name) for one in made] for name in _CALL_COLUMNS},
        },
    )
    _record(calls.change_of(one, _actor(one.user_id), {}) for one in made)
    return known | {row.key: number for number, row in zip(ids, fresh, strict=True)}


_DEAL_COLUMNS = (
    "id",
    "person_id",
    "company_id",
    "name",
    "line",
    "phase",
    "amount",
    "owner_id",
    "opened_at",
    "phase_since",
    "expected_on",
    "outcome",
    "closed_at",
    "lost_reason",
    "hand_over_id",
)
_APPOINTMENT_COLUMNS = (
    "id",
    "person_id",
    "owner_id",
    "title",
    "place",
    "starts_at",
    "minutes",
    "state",
    "booked_at",
    "deal_id",
)
_CALL_COLUMNS = ("id", "task_id", "person_id", "user_id", "at", "seconds", "result", "note")


def _begin(table: str, rows: Sequence[R]) -> tuple[list[R], dict[UUID, UUID], dict[str, int]]:
    """(rows not loaded yet, where their people are now, ids of those that were). Raises BadHistory."""
    known = _keys(table, [row.key for row in rows])
    fresh = list({row.key: row for row in rows if row.key not in known}.values())
    where = persons.resolve({row.person_id for row in fresh})
    for row in fresh:
        if not row.key or len(row.key) > 100:
            raise BadHistory(row.key, "a key has 1 to 100 characters")
        if row.person_id not in where:
            raise BadHistory(row.key, "there is no such person here")
    return fresh, where, known


def _keys(table: str, keys: Sequence[str]) -> dict[str, int]:
    return dict(postgres.rows(_BY_KEY[table], [list(keys)]))


_BY_KEY: Mapping[str, str] = {
    "hand_over": "SELECT external_key, id FROM hand_over WHERE external_key = ANY(%s)",
    "deal": "SELECT external_key, id FROM deal WHERE external_key = ANY(%s)",
    "appointment": "SELECT external_key, id FROM appointment WHERE external_key = ANY(%s)",
    "call": "SELECT external_key, id FROM call WHERE external_key = ANY(%s)",
}


def _ids(table: str, count: int) -> list[int]:
    """Numbers taken ahead, so that rows and their facts know each other."""
    return [
        row[0]
        for row in postgres.rows(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [table, count]
        )
    ]


def _check(key: str, value: object, allowed: set[Any], what: str) -> None:
    if value not in allowed:
        raise BadHistory(key, f"there is no {what} {value!r}")


def _check_deal(row: PastDeal, rules: policy.Policy, users: Mapping[int, str]) -> None:
    rules.check_line(row.line)
    for phase, _at in row.phases:
        rules.check_phase(phase)
    _check(row.key, row.owner_id, {None, *users}, "colleague")
    _check(row.key, row.outcome, {"", "won", "lost"}, "outcome")
    _check(row.key, row.lost_reason, {"", *(one.value for one in LostReason)}, "reason")
    if not row.phases:
        raise BadHistory(row.key, "a deal begins in a phase")
    if bool(row.outcome) != bool(row.closed_at):
        raise BadHistory(row.key, "a deal that is won or lost has a moment at which it was")
    if not 0 <= row.amount <= deals.MOST_YEN:
        raise BadHistory(row.key, "the amount is whole yen, from 0 to a trillion")


def _hand_over_state(row: PastHandOver) -> HandOverState:
    if row.returned_at:
        return HandOverState.RETURNED
    if row.closed_at:
        return HandOverState.CLOSED
    return HandOverState.ACCEPTED if row.accepted_at else HandOverState.PENDING


def _arm(rows: Sequence[PastHandOver], where: Mapping[UUID, UUID], now: datetime) -> None:
    """Each person's last hand-over says whether the threshold counts again, and from when."""
    last: dict[UUID, PastHandOver] = {}
    for row in sorted(rows, key=lambda one: one.requested_at):
        last[where[row.person_id]] = row
    scores.disarm([one for one, row in last.items() if row.returned_at is None], at=now)
    by_moment: dict[datetime, list[UUID]] = {}
    for one, row in last.items():
        if row.returned_at is not None:
            by_moment.setdefault(_restart(row.restart_on) or row.returned_at, []).append(one)
    for since, people in by_moment.items():
        scores.rearm(people, at=now, since=since)


def _restart(day: date | None) -> datetime | None:
    return datetime.combine(day, time(0), workspace.current().zone) if day else None


def _hold(rows: Iterable[tuple[int, PastHandOver, HandOverState]], where: Mapping[UUID, UUID]) -> None:
    if not policy.current().hold_marketing:
        return
    for number, row, state in rows:
        if state is HandOverState.ACCEPTED and row.accepted_at is not None:
            holds.place(
                [where[row.person_id]],
                source=hand_overs.hold_source(number),
                reason=words.kept(words.HOLD_REASON),
                at=row.accepted_at,
                actor=_actor(row.owner_id),
            )


def _hand_over_changes(number: int, person_id: UUID, row: PastHandOver, due: datetime) -> list[Change]:
    requested = {
        "reason": row.reason,
        "label": row.label,
        "owner_id": row.owner_id,
        "due_at": clock.to_ms(due),
    }
    steps: list[tuple[HandOverState, datetime | None, str, dict[str, Any]]] = [
        (HandOverState.PENDING, row.requested_at, facts.AUTOMATIC, requested),
        (
            HandOverState.ACCEPTED,
            row.accepted_at,
            _actor(row.owner_id),
            {
                "after_s": int((row.accepted_at - row.requested_at) / timedelta(seconds=1))
                if row.accepted_at
                else 0,
                "owner_id": row.owner_id,
            },
        ),
        (
            HandOverState.RETURNED,
            row.returned_at,
            _actor(row.owner_id),
            {"reason": row.return_reason, "note": row.return_note}
            | ({"restart_on": row.restart_on.isoformat()} if row.restart_on else {}),
        ),
        (
            HandOverState.CLOSED,
            row.closed_at if row.returned_at is None else None,
            _actor(row.owner_id),
            {"why": "done"},
        ),
    ]
    changes, old = [], ""
    for state, at, actor, detail in steps:
        if at is None:
            continue
        cause = row.reason if state is HandOverState.PENDING else state.value
        changes.append(
            Change(
                person_id,
                "hand_over",
                str(number),
                old,
                state.value,
                0.0,
                clock.to_ms(at),
                actor,
                cause,
                row.initiative_id,
                0,
                detail,
            )
        )
        old = state.value
    return changes


def _deal_changes(one: DealInfo, row: PastDeal) -> list[Change]:
    actor = _actor(one.owner_id)
    changes, old = [], ""
    for phase, at in row.phases:
        changes.append(deals.change_of(one, old, phase, at, actor, {}))
        old = phase
    if row.closed_at is not None:
        detail = {"lost_reason": row.lost_reason} if row.lost_reason else {}
        changes.append(deals.change_of(one, old, row.outcome, row.closed_at, actor, detail))
    return changes


def _appointment_changes(one: AppointmentInfo, row: PastAppointment) -> list[Change]:
    actor = _actor(one.owner_id)
    changes = [appointments.change_of(one, "", one.booked_at, actor)]
    changes[0].new = changes[0].cause = AppointmentState.BOOKED.value
    if row.settled_at is not None:
        changes.append(appointments.change_of(one, AppointmentState.BOOKED.value, row.settled_at, actor))
    for change in changes:
        change.initiative_id = row.initiative_id
    return changes


def _record(changes: Iterable[Change]) -> None:
    facts.record(sorted(changes, key=lambda change: change.occurred_ms))


def _actor(user_id: int | None) -> str:
    return f"user:{user_id}" if user_id else facts.AUTOMATIC
