"""Refreshing audiences: only when something they depend on came, or a window moved.

1. Whole, or only the people whom something touched since the last refresh (if nothing else moved).
2. One question to ClickHouse, up to the watermark as it stood before the question.
3. The difference in sets, a fact for each, and what was seen, in one transaction.

A touch that comes while the question runs stays unseen and brings the next refresh.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.audiences import asking, conditions, dependencies, everybody, members, touched
from tabiji.audiences.conditions import Condition
from tabiji.audiences.contracts import Difference
from tabiji.core import postgres
from tabiji.core.crashpoints import crashpoint
from tabiji.events.public import watermark
from tabiji.people.public import identity
from tabiji.workspaces.public import workspace

_LOCK: Final = 7_463
_REST: Final = 20
"""A refresh that took a second is followed by twenty seconds of rest."""
_SHORTEST_REST_S: Final = 0.5
_AFTER_FAILURE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The stored state of an audience."""

    condition: dict[str, Any]
    version: int
    touches: int
    seen_touches: int
    through: dict[str, int] | None
    refreshed_version: int
    next_window_at: datetime | None
    exclusions: str
    exclusions_now: str

    def cause(self, now: datetime) -> str:
        """Why it has to be looked at; empty where it has not."""
        if self.through is None:
            return "first"
        if self.version != self.refreshed_version:
            return "definition"
        if self.exclusions != self.exclusions_now:
            return "exclusions"
        if self.next_window_at is not None and self.next_window_at <= now:
            return "window"
        return "change" if self.touches > self.seen_touches else ""


def due() -> list[tuple[int, int]]:
    """(workspace, audience) pairs that may have changed, in all workspaces."""
    return [
        (row[0], row[1]) for row in postgres.rows("SELECT workspace_id, audience_id FROM audiences_due()")
    ]


def refresh(audience_id: int, *, now: datetime | None = None, is_forced: bool = False) -> Difference:
    """Bring one audience up to date, in one transaction of the open scope; now: business time.

    Asks nothing where nothing can have changed, unless forced. Raises BadCondition,
    asking.CountingRests; then nothing was changed.
    """
    with postgres.workspace_scope(postgres.workspace_id()):
        postgres.execute("SELECT pg_advisory_xact_lock(%s::int, %s::int)", [_LOCK, audience_id % 2**31])
        kept = _kept(audience_id)
        now = now or workspace.business_now()
        cause = kept.cause(now) or ("asked" if is_forced else "")
        if not cause:
            return Difference(was_asked=False)
        started = time.monotonic()
        condition = conditions.parse(kept.condition)
        through = watermark.closed_through()
        found, looked_at = _who(condition, kept, "asked" if is_forced else cause, through, now)
        difference = members.write(
            audience_id, found, now=now, cause=cause, among=looked_at, untouched=_in_the_air(through)
        )
        _note(audience_id, kept, condition, through, now, difference, time.monotonic() - started)
        crashpoint("refresh.before_commit")
    crashpoint("refresh.after_commit")
    return difference


def rest_after_failure(audience_id: int, error: str) -> None:
    """Say what was wrong and try again in five minutes, or when the condition is changed."""
    postgres.execute(
        "UPDATE audience SET error = %s, not_before = clock_timestamp() + %s WHERE id = %s",
        [error[:1_000], _AFTER_FAILURE, audience_id],
    )


def rest_while_counting_rests(audience_id: int) -> None:
    postgres.execute(
        "UPDATE audience SET not_before = clock_timestamp() + interval '5 seconds' WHERE id = %s",
        [audience_id],
    )


def _who(
    condition: Condition, kept: _Kept, cause: str, through: dict[int, int], now: datetime
) -> tuple[list[UUID] | str, list[UUID] | None]:
    """(who fulfils it, of whom it was asked; None: of everyone)."""
    if cause == "change" and kept.through is not None and not dependencies.asks_of_everyone(condition):
        seen = {int(shard): batch for shard, batch in kept.through.items()}
        people = touched.people(condition, seen, through)
        if people is not None:
            found = (
                asking.among(condition, identity.subjects_of(people), now=now, through=through)
                if people
                else []
            )
            return found, people
    return everybody.fulfilling(condition, now=now, through=through), None


def _in_the_air(through: dict[int, int]) -> list[UUID]:
    """People of batches above what was read: their rows may be there already and their acts not, so
    they stay where they are until their batch closes, which touches the audience again.
    """
    if dict(postgres.rows("SELECT shard, last_batch FROM event_stream")) == through:
        return []
    return touched.beyond(through)


def _kept(audience_id: int) -> _Kept:
    row = postgres.rows(
        "SELECT condition, version, touches, seen_touches, through, refreshed_version, next_window_at,"
        " exclusions, exclusions_digest(workspace_id) FROM audience WHERE id = %s",
        [audience_id],
    )[0]
    return _Kept(*row)


def _note(
    audience_id: int,
    kept: _Kept,
    condition: Condition,
    through: dict[int, int],
    now: datetime,
    difference: Difference,
    took_s: float,
) -> None:
    rest = timedelta(seconds=max(_SHORTEST_REST_S, took_s * _REST))
    postgres.execute(
        "UPDATE audience SET seen_touches = %s, refreshed_version = %s, through = %s, refreshed_at = %s,"
        " next_window_at = %s, exclusions = %s, size = size + %s, error = '',"
        " not_before = clock_timestamp() + %s WHERE id = %s",
        [
            kept.touches,
            kept.version,
            Jsonb(through),
            now,
            dependencies.next_window(condition, asking.moment_of(now)),
            kept.exclusions_now,
            difference.entered - difference.left,
            rest,
            audience_id,
        ],
    )
