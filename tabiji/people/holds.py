"""Holds: stop selling to a person, with a reason, until released or over."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from tabiji.core import facts, postgres
from tabiji.core.facts import Change
from tabiji.people import persons
from tabiji.people.contracts import HoldInfo


def place(
    person_ids: Iterable[UUID],
    *,
    source: str,
    reason: str,
    at: datetime,
    actor: str,
    until: datetime | None = None,
) -> None:
    """Hold these people from marketing. The same source holds a person once; whoever was merged is whom
    they are now.
    """
    people = sorted(set(persons.lock(person_ids).values()))
    placed = postgres.rows(
        "INSERT INTO hold (workspace_id, person_id, source, reason, since, until)"
        " SELECT %s, unnest(%s::uuid[]), %s, %s, %s, %s"
        " ON CONFLICT (person_id, source) WHERE released_at IS NULL DO NOTHING RETURNING person_id",
        [postgres.workspace_id(), people, source, reason, at, until],
    )
    _record([row[0] for row in placed], "", "held", source, reason, at, actor)


def release(person_ids: Iterable[UUID], *, source: str, at: datetime, actor: str) -> None:
    released = postgres.rows(
        "UPDATE hold SET released_at = %s WHERE person_id = ANY(%s) AND source = %s AND released_at IS NULL"
        " RETURNING person_id",
        [at, sorted(set(persons.lock(person_ids).values())), source],
    )
    _record([row[0] for row in released], "held", "", source, "", at, actor)


def standing(person_ids: Iterable[UUID], at: datetime) -> dict[UUID, HoldInfo]:
    """Of these people, those held at this moment, each with the oldest standing hold."""
    rows = postgres.rows(
        "SELECT DISTINCT ON (person_id) person_id, source, reason, since, until FROM hold"
        " WHERE person_id = ANY(%s) AND released_at IS NULL AND (until IS NULL OR until > %s)"
        " ORDER BY person_id, since",
        [list(person_ids), at],
    )
    return {row[0]: HoldInfo(*row) for row in rows}


def list_standing(person_id: UUID, at: datetime) -> list[HoldInfo]:
    """All that hold this person at this moment, the oldest first."""
    rows = postgres.rows(
        "SELECT person_id, source, reason, since, until FROM hold"
        " WHERE person_id = %s AND released_at IS NULL AND (until IS NULL OR until > %s) ORDER BY since, source",
        [person_id, at],
    )
    return [HoldInfo(*row) for row in rows]


def _record(
    people: list[UUID], old: str, new: str, source: str, reason: str, at: datetime, actor: str
) -> None:
    moment = int(at.timestamp() * 1000)
    facts.record(
        [
            Change(person, "hold", source, old, new, 0.0, moment, actor, source, detail={"reason": reason})
            for person in people
        ]
    )
