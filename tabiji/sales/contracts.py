"""What other rooms see of sales: closed lists and frozen facts, without any framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID


class HandOverState(StrEnum):
    PENDING = "pending"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    CLOSED = "closed"


class ReturnReason(StrEnum):
    """Why sales gives a person back (差し戻し). Closed: marketing counts them."""

    TOO_EARLY = "too_early"
    NO_BUDGET = "no_budget"
    NOT_TARGET = "not_target"
    UNREACHABLE = "unreachable"
    DUPLICATE = "duplicate"
    OTHER = "other"


class CallResult(StrEnum):
    """How a call ended, in the order of the keys 1 to 6."""

    BOOKED = "booked"
    NO_ANSWER = "no_answer"
    CALL_AGAIN = "call_again"
    CONSIDERING = "considering"
    DECLINED = "declined"
    WRONG_NUMBER = "wrong_number"


class AppointmentState(StrEnum):
    """`over` is what a booked one becomes when its time has passed and nobody said how it went."""

    BOOKED = "booked"
    OVER = "over"
    VISITED = "visited"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class TaskKind(StrEnum):
    CALL = "call"
    MAIL = "mail"
    TODO = "todo"


class Outcome(StrEnum):
    OPEN = ""
    WON = "won"
    LOST = "lost"


class LostReason(StrEnum):
    PRICE = "price"
    COMPETITOR = "competitor"
    NO_DECISION = "no_decision"
    NO_BUDGET = "no_budget"
    TIMING = "timing"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class HandOverInfo:
    """One person given from marketing to sales.

    reason: `threshold`, `journey` or `person`; detail: its words and figures; owner_id: None = the pool;
    assigned_by: `owner`, `deal_owner`, `pool` or `person`; due_at: until when it should be accepted.
    """

    id: int
    person_id: UUID
    state: str
    reason: str
    detail: dict[str, Any]
    owner_id: int | None
    assigned_by: str
    requested_at: datetime
    due_at: datetime
    accepted_at: datetime | None
    accepted_by: int | None
    returned_at: datetime | None
    return_reason: str
    return_note: str
    restart_on: date | None
    closed_at: datetime | None
    told_overdue_at: datetime | None
    initiative_id: int

    def is_overdue(self, now: datetime) -> bool:
        return self.state == HandOverState.PENDING and now >= self.due_at


@dataclass(frozen=True, slots=True)
class Requested:
    """What asking for hand-overs came to, by person."""

    made: Mapping[UUID, int] = field(default_factory=dict)
    """New hand-overs."""
    standing: Mapping[UUID, int] = field(default_factory=dict)
    """With sales already: no second one."""
    told: Mapping[UUID, int] = field(default_factory=dict)
    """People with an open deal: its owner was told instead."""


@dataclass(frozen=True, slots=True)
class OwnAct:
    """Something that the person did: `name` is the event's, `what` its page, form or mail."""

    at: datetime
    name: str
    what: str
    path: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One line of the score as it stood when the person was handed over."""

    label: str
    points: int
    total: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Packet:
    """What sales gets with a person: why, the last ten own acts (newest first), and what is known."""

    hand_over: HandOverInfo
    score: int
    threshold: int | None
    reasons: tuple[Reason, ...]
    acts: tuple[OwnAct, ...]
    facts: tuple[tuple[str, str], ...]
    """(label, value) of the fields that the workspace wants in a packet."""


@dataclass(frozen=True, slots=True)
class TaskInfo:
    """Something to do. minutes: what it took (or is thought to take) of somebody's time."""

    id: int
    person_id: UUID | None
    kind: str
    title: str
    owner_id: int | None
    due_at: datetime
    minutes: int | None
    state: str
    done_at: datetime | None
    hand_over_id: int | None
    deal_id: int | None


@dataclass(frozen=True, slots=True)
class NewAppointment:
    """What a call may book at once."""

    starts_at: datetime
    minutes: int = 60
    title: str = ""
    place: str = ""
    owner_id: int | None = None
    """None: whoever books it."""


@dataclass(frozen=True, slots=True)
class CallInfo:
    id: int
    task_id: int
    person_id: UUID
    user_id: int | None
    at: datetime
    seconds: int
    result: str
    note: str
    appointment_id: int | None


@dataclass(frozen=True, slots=True)
class AppointmentInfo:
    id: int
    person_id: UUID
    owner_id: int | None
    title: str
    place: str
    starts_at: datetime
    minutes: int
    state: str
    booked_at: datetime
    deal_id: int | None
    version: int

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)


@dataclass(frozen=True, slots=True)
class DealInfo:
    """One deal (商談). amount: yen; line: the line of business; version: raised by every change."""

    id: int
    person_id: UUID
    company_id: int | None
    name: str
    line: str
    phase: str
    amount: int
    owner_id: int | None
    opened_at: datetime
    phase_since: datetime
    expected_on: date | None
    outcome: str
    closed_at: datetime | None
    lost_reason: str
    hand_over_id: int | None
    version: int


@dataclass(frozen=True, slots=True)
class PhaseTotal:
    """Open deals of one phase; `deal_ids` are exactly those that the number counts."""

    phase: str
    label: str
    count: int
    amount: int
    deal_ids: tuple[int, ...]
    person_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class TodayItem:
    """One line of 今日やること.

    kind: `hand_over`, `recall`, `meeting` (today's, and any whose result is missing) or `task`; at: due, or when it begins; time_left: open
    business hours for a hand-over (None where there is no limit, below zero where it is over).
    """

    kind: str
    ref: int
    person_id: UUID | None
    name: str
    company: str
    phone: str
    score: int
    text: str
    at: datetime
    time_left: timedelta | None
    is_late: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """A number and exactly what is behind it."""

    person_ids: tuple[UUID, ...]
    refs: tuple[int, ...]

    @property
    def count(self) -> int:
        return len(self.refs)


@dataclass(frozen=True, slots=True)
class ReasonCount:
    key: str
    label: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Load:
    """What one colleague has on the table. user_id None: the pool."""

    user_id: int | None
    name: str
    pending: Figure
    accepted: Figure
    tasks: int
    deals: int
    amount: int


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """What the manager sees. median_accept: open business hours from request to acceptance, None
    where nobody accepted anything; the last three are one path, each part of the one before."""

    not_accepted: Figure
    overdue: Figure
    median_accept: timedelta | None
    accepted_count: int
    returns: tuple[ReasonCount, ...]
    loads: tuple[Load, ...]
    handed_over: Figure
    with_deal: Figure
    won: Figure
    won_amount: int


@dataclass(frozen=True, slots=True)
class PersonSales:
    """What sales has with one person: for the head of the person's page."""

    hand_over: HandOverInfo | None
    deals: tuple[DealInfo, ...]
    next_appointment: AppointmentInfo | None
    next_task: TaskInfo | None


@dataclass(frozen=True, slots=True)
class PastHandOver:
    """History brought from elsewhere. `key` is the row's own name there: loaded once."""

    key: str
    person_id: UUID
    requested_at: datetime
    owner_id: int | None = None
    reason: str = "person"
    label: str = ""
    accepted_at: datetime | None = None
    returned_at: datetime | None = None
    return_reason: str = ""
    return_note: str = ""
    restart_on: date | None = None
    closed_at: datetime | None = None
    initiative_id: int = 0


@dataclass(frozen=True, slots=True)
class PastDeal:
    """phases: (phase, at), the first is when it was opened; outcome and closed_at: how it ended."""

    key: str
    person_id: UUID
    name: str
    line: str
    amount: int
    phases: tuple[tuple[str, datetime], ...]
    owner_id: int | None = None
    outcome: str = ""
    closed_at: datetime | None = None
    lost_reason: str = ""
    expected_on: date | None = None
    hand_over_key: str = ""


@dataclass(frozen=True, slots=True)
class PastAppointment:
    """settled_at: when it became visited, no_show or cancelled."""

    key: str
    person_id: UUID
    booked_at: datetime
    starts_at: datetime
    minutes: int = 60
    title: str = ""
    place: str = ""
    owner_id: int | None = None
    state: str = AppointmentState.BOOKED
    settled_at: datetime | None = None
    deal_key: str = ""
    initiative_id: int = 0


@dataclass(frozen=True, slots=True)
class PastCall:
    key: str
    person_id: UUID
    at: datetime
    seconds: int
    result: str
    user_id: int | None = None
    note: str = ""
