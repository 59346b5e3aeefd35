"""Moving a practice workspace's clock: a wish is a row, the worker carries it out step by step.

A step: do all that is due at this moment, then set the clock to the next moment at which something
is due, or to the target. Everything between two steps is in the row, so another worker goes on where
one died; the wish may be withdrawn between steps.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, Literal

import structlog
from django.utils.translation import gettext as _

from tabiji.core import postgres
from tabiji.practice import driving
from tabiji.practice.driving import Driver, NotSettled
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, calendar, workspace

FARTHEST: Final = timedelta(days=400)
_STEP_S: Final = 10.0
_LOCK: Final = 7_466
_CHANNEL: Final = "tabiji_time_moves"
_SHOWN_FOR: Final = timedelta(minutes=10)
log = structlog.get_logger()

Wish = Literal["hour", "business_day", "next"]


class CannotMove(ValueError):
    """Why the clock cannot be moved there, in the user's language."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Where the three buttons lead, in business time; next_due is None when nothing is planned."""

    hour: datetime
    business_day: datetime
    next_due: datetime | None

    def of(self, wish: Wish) -> datetime:
        """Raises CannotMove."""
        moment = {"hour": self.hour, "business_day": self.business_day, "next": self.next_due}[wish]
        if moment is None:
            raise CannotMove(_("Nothing is planned: there is no next event to move to."))
        return moment


@dataclass(frozen=True, slots=True)
class Move:
    """One wish. Times are business time, but for asked_at and finished_at (database clock)."""

    id: int
    target: datetime
    started_from: datetime
    reached: datetime | None
    asked_at: datetime
    finished_at: datetime | None
    cancelled: bool
    error: str

    @property
    def is_running(self) -> bool:
        return self.finished_at is None

    @property
    def share(self) -> float:
        """How far it has come, 0 to 1."""
        whole = (self.target - self.started_from).total_seconds()
        done = ((self.reached or self.started_from) - self.started_from).total_seconds()
        return min(1.0, done / whole) if whole > 0 else 1.0

    @property
    def waiting(self) -> dict[str, int]:
        """What could not be done, by part, when it gave up."""
        try:
            found = json.loads(self.error or "{}")
        except json.JSONDecodeError:
            return {}
        return found if isinstance(found, dict) else {}


def targets(now: datetime) -> Targets:
    """Where one can go from here. "Next business day" opens at the calendar's hour; "next" is a second late."""
    business = calendar.current()
    due = driving.next_moment(now)
    return Targets(
        now + timedelta(hours=1),
        business.after_business_days(now, 1, business.opens),
        max(due, now) + timedelta(seconds=1) if due is not None else None,
    )


def ask(target: datetime, *, actor: Actor, now: datetime) -> int:
    """Wish for a moment; the move's id. Raises CannotMove."""
    if not workspace.current().is_practice:
        raise CannotMove(_("Only a practice workspace has a clock that can be moved."))
    if target <= now:
        raise CannotMove(_("Time moves forward only: what happened has happened."))
    if target - now > FARTHEST:
        raise CannotMove(_("Not so far at once: %(days)s days at the most.") % {"days": FARTHEST.days})
    asked_by = actor.user_id or None
    made: int | None = postgres.scalar(
        "INSERT INTO time_move (workspace_id, target, asked_by_id, started_from, cancelled, error)"
        " VALUES (%s, %s, %s, %s, false, '') ON CONFLICT DO NOTHING RETURNING id",
        [postgres.workspace_id(), target, asked_by, now],
    )
    if made is None:
        raise CannotMove(_("Time is moving already: wait for it, or stop it."))
    audit.record(actor, "move", "clock", made, values={"from": now.isoformat(), "to": target.isoformat()})
    postgres.execute("SELECT pg_notify(%s, '')", [_CHANNEL])
    return made


def cancel(*, actor: Actor) -> bool:
    """Stop after the step that is under way; False if nothing is."""
    stopped = postgres.execute("UPDATE time_move SET cancelled = true WHERE finished_at IS NULL")
    if stopped:
        audit.record(actor, "stop", "clock")
        postgres.execute("SELECT pg_notify(%s, '')", [_CHANNEL])
    return bool(stopped)


def latest() -> Move | None:
    """The running move, or one that failed in the last ten minutes; else None."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM time_move"
        " WHERE finished_at IS NULL OR finished_at > clock_timestamp() - %s ORDER BY id DESC LIMIT 1",
        [_SHOWN_FOR],
    )
    move = None if row is None else Move(*row)
    return move if move is not None and (move.is_running or move.error) else None


def find(move_id: int) -> Move | None:
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM time_move WHERE id = %s", [move_id])
    return None if row is None else Move(*row)


class Mover:
    """The worker's part: one tick is at most ten seconds of each open move."""

    def __init__(self, *, patience_s: float = driving.PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._drivers: dict[int, Driver] = {}

    def carry_on(self) -> int:
        """One step of every open move; how many there are. Moves that another worker has in hand are left to it."""
        open_moves = [row[0] for row in postgres.rows("SELECT workspace_id FROM open_time_moves()")]
        for gone in set(self._drivers) - set(open_moves):
            self._drivers.pop(gone).close()
        return sum(self._step(workspace_id) for workspace_id in open_moves)

    def close(self) -> None:
        """Let the drivers go, with their connections."""
        while self._drivers:
            self._drivers.popitem()[1].close()

    def _step(self, workspace_id: int) -> int:
        with _held(workspace_id) as mine:
            if not mine:
                return 0
            driver = self._drivers.setdefault(workspace_id, Driver(workspace_id, patience_s=self._patience_s))
            try:
                _go_on(driver)
            except Exception:  # the worker closes the connection, and with it goes the sender's lock
                self._drivers.pop(workspace_id).close()
                raise
            return 1


def _go_on(driver: Driver) -> None:
    move = _open_move(driver.workspace_id)
    if move is None:
        return
    if move.cancelled:
        _finish(driver.workspace_id, move, "")
        return
    try:
        is_idle = driver.run_until_idle(at_most_s=_STEP_S)
    except NotSettled as stuck:
        log.warning("time_move_stuck", workspace=driver.workspace_id, waiting=stuck.waiting)
        _finish(driver.workspace_id, move, json.dumps(stuck.waiting))
        return
    if not is_idle:
        return
    stop = driver.next_stop(move.target)
    if stop is None:
        _finish(driver.workspace_id, move, "")
        return
    with postgres.workspace_scope(driver.workspace_id):
        driver.set_clock(stop)
        postgres.execute("UPDATE time_move SET reached = %s WHERE id = %s", [stop, move.id])
        for channel in _CHANNELS_OF_LOOPS:
            postgres.execute("SELECT pg_notify(%s, '')", [channel])


def _open_move(workspace_id: int) -> Move | None:
    with postgres.workspace_scope(workspace_id):
        row = postgres.find_row("SELECT " + _COLUMNS + " FROM time_move WHERE finished_at IS NULL")
    return None if row is None else Move(*row)


def _finish(workspace_id: int, move: Move, error: str) -> None:
    with postgres.workspace_scope(workspace_id):
        postgres.execute(
            "UPDATE time_move SET finished_at = clock_timestamp(), reached = %s, error = %s WHERE id = %s",
            [workspace.business_now(), error, move.id],
        )


class _held:
    """The move in this worker's hand, by a session lock that dies with the worker."""

    def __init__(self, workspace_id: int) -> None:
        self._key: list[Any] = [_LOCK, workspace_id]

    def __enter__(self) -> bool:
        self._mine = bool(postgres.scalar("SELECT pg_try_advisory_lock(%s::int, %s::int)", self._key))
        return self._mine

    def __exit__(self, *_error: object) -> None:
        if self._mine and not postgres.raw_connection().closed:
            postgres.execute("SELECT pg_advisory_unlock(%s::int, %s::int)", self._key)


_COLUMNS: Final = "id, target, started_from, reached, asked_at, finished_at, cancelled, error"
_CHANNELS_OF_LOOPS: Final = ("tabiji_journeys", "tabiji_gate")
