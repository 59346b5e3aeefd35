"""Enrolments: people come in for a cause, and leave by goal, merge, or a colleague's hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tabiji.core import facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.journeys import versions
from tabiji.journeys.contracts import EnrolmentInfo
from tabiji.messaging.public import intents

_COLUMNS: Final = (
    "id, journey_id, version_id, person_id, cause, node, is_active, due_at, entered_at, arrived_at, finished_at,"
    " outcome, error"
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody who should enter. cause: an event id, a membership's episode: never the same twice."""

    person_id: UUID
    cause: str
    at: datetime
    hops: int = 0


def enrol(version_id: int, arrivals: Sequence[Arrival]) -> int:
    """Let people in, where the re-entry rule allows it; the number who entered."""
    if not arrivals:
        return 0
    version = versions.loaded(version_id)
    reentry = version.graph.reentry
    hold(one.person_id for one in arrivals)
    rows = postgres.rows(
        sql.named("journeys", "enrol"),
        {
            "workspace": postgres.workspace_id(),
            "journey": version.journey_id,
            "version": version_id,
            "node": version.graph.start,
            "people": [one.person_id for one in arrivals],
            "causes": [one.cause for one in arrivals],
            "ats": [one.at for one in arrivals],
            "hops": [min(one.hops, 255) for one in arrivals],
            "reentry": reentry.kind,
            "gap": timedelta(days=reentry.days),
        },
    )
    facts.record(
        [
            Change(
                person_id,
                "journey",
                str(version.journey_id),
                "",
                "active",
                1.0,
                int(at.timestamp() * 1000),
                facts.AUTOMATIC,
                cause,
                version.initiative_id,
                hops + 1,
                {"enrolment": enrolment_id, "version": version.number},
            )
            for enrolment_id, person_id, at, cause, hops in rows
        ]
    )
    if rows:
        postgres.execute("SELECT pg_notify('tabiji_journeys', '')")
    return len(rows)


def hold(person_ids: Iterable[UUID]) -> None:
    """Keep these people for this transaction: of two causes at once the second sees what the first did."""
    postgres.execute(
        "SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [sorted(set(person_ids))]
    )


def finish(
    person_ids: Iterable[UUID], *, outcome: str, at: datetime, journey_ids: Iterable[int] | None = None
) -> int:
    """End these people's active enrolments (of some journeys, or all) at one moment; how many ended."""
    return finish_each([(one, at) for one in person_ids], outcome=outcome, journey_ids=journey_ids)


def finish_each(
    moments: Iterable[tuple[UUID, datetime]],
    *,
    outcome: str,
    journey_ids: Iterable[int] | None = None,
    since_entry: bool = False,
    hops: int = 0,
    cause: str = "",
) -> int:
    """End each of these people's active enrolments at a moment of their own; what has not left stays here.

    moments: (person, business time), a person as often as you like. since_entry: only what lies after
    the entry ends an enrolment.
    """
    told = sorted(set(moments))
    rows = postgres.rows(
        sql.named("journeys", "finish"),
        {
            "people": [person_id for person_id, _ in told],
            "ats": [at for _, at in told],
            "journeys": None if journey_ids is None else list(journey_ids),
            "since_entry": since_entry,
            "outcome": outcome,
        },
    )
    if not rows:
        return 0
    intents.withdraw_enrolments([row[0] for row in rows], outcome)
    facts.record(
        [
            Change(
                person_id,
                "journey",
                str(journey_id),
                "active",
                outcome,
                0.0,
                int(at.timestamp() * 1000),
                facts.AUTOMATIC,
                cause or f"journey:{journey_id}",
                versions.loaded(version_id).initiative_id,
                hops + 1,
                {"enrolment": enrolment_id, "version": versions.loaded(version_id).number, "node": node},
            )
            for enrolment_id, person_id, journey_id, version_id, node, at in rows
        ]
    )
    return len(rows)


def of_person(person_id: UUID) -> list[EnrolmentInfo]:
    """Newest first."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM enrolment WHERE person_id = %s ORDER BY id DESC LIMIT 100", [person_id]
    )
    return [EnrolmentInfo(*row) for row in rows]


def list_parked(journey_id: int | None = None) -> list[EnrolmentInfo]:
    """Enrolments that a step could not take: shown with their error and a retry button."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM enrolment WHERE error <> '' AND is_active"
        " AND (%s::bigint IS NULL OR journey_id = %s) ORDER BY id DESC LIMIT 200",
        [journey_id, journey_id],
    )
    return [EnrolmentInfo(*row) for row in rows]


def count_at_nodes(journey_id: int) -> dict[str, int]:
    """How many people are at each step now."""
    return dict(
        postgres.rows(
            "SELECT node, count(*) FROM enrolment WHERE journey_id = %s AND is_active GROUP BY node",
            [journey_id],
        )
    )


def people_at(journey_id: int, node: str = "") -> list[UUID]:
    """Exactly the people who are at this step now (or anywhere in the journey)."""
    rows = postgres.rows(
        "SELECT person_id FROM enrolment WHERE journey_id = %s AND is_active AND (%s = '' OR node = %s) ORDER BY id",
        [journey_id, node, node],
    )
    return [row[0] for row in rows]
