"""One workspace's loops, driven in this thread: what is due is done until nothing is left.

The worker's time mover, the demo's generator and tests drive with the same functions. Other processes
may work on the same workspace meanwhile: every part claims what it takes, as between two workers.

One round runs one part that has work, in the order of PARTS: messages leave first, and facts are
processed before anything that asks them, so that no question is put off.
"""

from __future__ import annotations

import time as clock_of_the_machine
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from typing import Final

import structlog

from tabiji.audiences.public import asking, audience, conditions
from tabiji.core import clickhouse, postgres, sql
from tabiji.events.public import processor
from tabiji.journeys.public import engine
from tabiji.messaging.public import broadcasts, domains, gate, intents, sending, tracking
from tabiji.sales import public as sales
from tabiji.scoring import public as scoring
from tabiji.workspaces.public import workspace

PATIENCE_S: Final = 60.0
"""So long may the work of a moment stand still (a server that is away) before a move gives up."""
HOUR_WINDOWS_EVERY: Final = timedelta(hours=1)
"""While time is moved, audiences over the last n hours are looked at so often, not each five minutes."""
_REST_S: Final = 0.02
_BATCHES: Final = 20
"""Of one look for facts: some seconds, so that whoever drives can look at the clock."""
log = structlog.get_logger()


Between = Callable[[datetime, datetime], None]
"""(from, to), in business time."""


class NotSettled(RuntimeError):
    """Something that is due at this moment cannot be done; `waiting` says how much of which part."""

    def __init__(self, waiting: dict[str, int]) -> None:
        super().__init__(
            "the work of this moment stands still: " + ", ".join(f"{n} {part}" for part, n in waiting.items())
        )
        self.waiting = waiting


class BackInTime(ValueError):
    """The clock of a practice workspace goes forward only: what happened has happened."""


class Driver:
    """Drives one workspace; holds a sender and its connections. Close it, or use `driving`."""

    def __init__(self, workspace_id: int, *, patience_s: float = PATIENCE_S) -> None:
        self.workspace_id = workspace_id
        self._patience_s = patience_s
        self._sender: sending.Sender | None = None
        self._bad_audiences: set[int] = set()
        self.left_alone: frozenset[int] = frozenset()
        """Audiences that whoever drives looks at by himself."""

    def close(self) -> None:
        if self._sender is not None:
            self._sender.close()
            self._sender = None

    def run_until_idle(self, *, at_most_s: float | None = None) -> bool:
        """Do all that is due now; False if time ran out before. Raises NotSettled when work stands still."""
        started = stood_since = clock_of_the_machine.monotonic()
        before: dict[str, int] | None = None
        while left := self.waiting():
            worked = self._round(left)
            now = clock_of_the_machine.monotonic()
            if worked or left != before:
                before, stood_since = left, now
            elif now - stood_since > self._patience_s:
                raise NotSettled(left)
            if at_most_s is not None and now - started > at_most_s:
                return False
            if not worked:
                clock_of_the_machine.sleep(_REST_S)
        return True

    def advance(
        self,
        target: datetime,
        *,
        between: Between | None = None,
        only_at: Sequence[time] = (),
    ) -> list[datetime]:
        """Move business time to `target`, stopping at each moment at which something is due.

        between: called before the clock goes from one moment to the next, with both, all that was due
        being done: it plays the customers meanwhile. What it accepts is processed at the next stop
        before anything that is due there. only_at: local times of day; what is due is done at the next
        of them, so that a day has that many stops at most (and the target).
        The moments at which it stopped. Raises BackInTime, NotSettled.
        """
        if target < self.now():
            raise BackInTime(f"{target.isoformat()} is before the workspace's present moment")
        stops: list[datetime] = []
        while True:
            self.run_until_idle()
            stop = self.next_stop(target, only_at)
            if stop is None:
                return stops
            if between is not None:
                between(self.now(), stop)
            self.set_clock(stop)
            self._process()
            stops.append(stop)

    def now(self) -> datetime:
        with postgres.workspace_scope(self.workspace_id):
            return workspace.business_now()

    def next_stop(self, target: datetime, only_at: Sequence[time] = ()) -> datetime | None:
        """Where to stand next on the way to `target`; None when the clock is there."""
        with postgres.workspace_scope(self.workspace_id):
            now = workspace.business_now()
            if now >= target:
                return None
            due = next_moment(now) or target
            zone = workspace.current().zone
        due = max(due, now)
        if only_at:
            due = _next_of(only_at, due.astimezone(zone))
        return min(due, target)

    def set_clock(self, moment: datetime) -> None:
        """Let it be this moment, from which time goes on at its usual pace. Never goes back."""
        with postgres.workspace_scope(self.workspace_id):
            standing = workspace.business_now()
            if moment > standing:
                workspace.set_clock_offset(workspace.current().clock_offset + (moment - standing))

    def waiting(self) -> dict[str, int]:
        """How much each part has to do at this moment; empty when the workspace is idle."""
        with postgres.workspace_scope(self.workspace_id):
            now = workspace.business_now()
            counts = postgres.records(sql.named("practice", "waiting"), {"now": now})[0]
            counts["audiences"] = len(self._audiences_due(now))
            counts["stages"] = int(_is_due(scoring.next_due(now), now))
            counts["sales"] = int(_is_due(sales.next_due(now), now))
        return {part: counts[part] for part in PARTS if counts[part]}

    def _round(self, left: dict[str, int]) -> int:
        """Run the first part that has work and gets on with it; how much it did."""
        for part in left:
            done = PARTS[part](self)
            if done or part == "events":  # nothing asks facts while facts are on their way
                return done
        return 0

    def _process(self) -> int:
        """Batch after batch, as long as facts make facts; a bounded piece of work."""
        done = 0
        try:
            for place in range(_BATCHES):
                processed = sum(map(processor.process, self._streams()))
                if not processed:
                    break
                if not place:  # verdicts on clicks that came with the first go along with its consequences
                    self._in_scope(tracking.judge_due)
                done += processed
        except clickhouse.ClickHouseError as error:
            log.warning("counting_is_resting", workspace=self.workspace_id, error=str(error)[:300])
        return done

    def _streams(self) -> list[processor.Stream]:
        return [one for one in processor.streams_with_work() if one.workspace_id == self.workspace_id]

    def _refresh_audiences(self) -> int:
        with postgres.workspace_scope(self.workspace_id):
            due = self._audiences_due(workspace.business_now())
        done = 0
        for audience_id in due:
            try:
                with postgres.workspace_scope(self.workspace_id):
                    audience.refresh_now(audience_id, now=workspace.business_now())
                    done += 1
            except asking.CountingRests as error:
                log.warning("counting_is_resting", workspace=self.workspace_id, error=str(error)[:300])
            except conditions.BadCondition as error:
                log.warning("audience_stands_still", audience=audience_id, error=str(error))
                self._bad_audiences.add(audience_id)
        return done

    def _send(self) -> int:
        if self._sender is None:
            self._sender = sending.Sender()
        try:
            return self._sender.send_due(self.workspace_id)
        except domains.NoSendingDomain as error:
            log.warning("no_sending_domain", workspace=self.workspace_id, error=str(error))
            return 0

    def _in_scope(self, work: Callable[[datetime], int]) -> int:
        with postgres.workspace_scope(self.workspace_id):
            return work(workspace.business_now())

    def _audiences_due(self, now: datetime) -> list[int]:
        rows = postgres.rows(sql.named("practice", "audiences_due"), {"now": now})
        return [row[0] for row in rows if row[0] not in self._bad_audiences | self.left_alone]


PARTS: Final[dict[str, Callable[[Driver], int]]] = {
    "intents": lambda driver: driver._in_scope(gate.decide_due),
    "queue": Driver._send,
    "events": Driver._process,
    "audiences": Driver._refresh_audiences,
    "broadcasts": lambda driver: driver._in_scope(broadcasts.ask_due),
    "clicks": lambda driver: driver._in_scope(tracking.judge_due),
    "stages": lambda driver: driver._in_scope(scoring.run_due),
    "sales": lambda driver: driver._in_scope(sales.run_due),
    "enrolments": lambda driver: driver._in_scope(engine.advance_due),
}
"""Everything that business time sets in motion. A room whose work falls due belongs here."""


@contextmanager
def driving(workspace_id: int, *, patience_s: float = PATIENCE_S) -> Iterator[Driver]:
    driver = Driver(workspace_id, patience_s=patience_s)
    try:
        yield driver
    finally:
        driver.close()


def run_until_idle(workspace_id: int) -> None:
    """Do all that is due in this workspace now. Raises NotSettled."""
    with driving(workspace_id) as driver:
        driver.run_until_idle()


def advance(
    workspace_id: int,
    target: datetime,
    *,
    between: Between | None = None,
    only_at: Sequence[time] = (),
) -> list[datetime]:
    """`Driver.advance`, for a single journey through time."""
    with driving(workspace_id) as driver:
        return driver.advance(target, between=between, only_at=only_at)


def next_moment(now: datetime) -> datetime | None:
    """The next business time at which something is due in the scope's workspace; None if nothing ever is."""
    found = [
        engine.next_due(now),
        intents.next_due(now),
        scoring.next_due(now),
        sales.next_due(now),
        _next_window(now),
    ]
    return min((moment for moment in found if moment is not None), default=None)


def _next_window(now: datetime) -> datetime | None:
    """When windows of audiences move: days at midnight, hours not more often than HOUR_WINDOWS_EVERY."""
    zone = workspace.current().zone
    moves = [
        row[0]
        for row in postgres.rows(
            "SELECT DISTINCT a.next_window_at FROM audience a JOIN definition d ON d.id = a.id"
            " WHERE d.state <> 'archived' AND a.error = '' AND a.next_window_at IS NOT NULL"
        )
    ]
    is_midnight = {moment: moment.astimezone(zone).time() == time(0) for moment in moves}
    return min(
        (one if is_midnight[one] else max(one, now + HOUR_WINDOWS_EVERY) for one in moves), default=None
    )


def _next_of(times: Sequence[time], moment: datetime) -> datetime:
    """The first of these local times of day that is not before the moment."""
    for days in (0, 1):
        day = moment.date() + timedelta(days=days)
        for at in sorted(times):
            found = datetime.combine(day, at, moment.tzinfo)
            if found >= moment:
                return found
    raise ValueError("times of day are needed")


def _is_due(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
