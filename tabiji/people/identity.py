"""Identifiers of people: found in sets, claimed once, locked in sorted order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.people.contracts import Identifier


def find(identifiers: Iterable[Identifier]) -> dict[Identifier, UUID]:
    """Whose these identifiers are; those of nobody are left out."""
    wanted = sorted(set(identifiers))
    if not wanted:
        return {}
    rows = postgres.rows(
        sql.named("people", "find_identities"), [[i.kind for i in wanted], [i.value for i in wanted]]
    )
    return {Identifier(kind, value): person for kind, value, person in rows}


def claim(owners: Mapping[Identifier, UUID], at: datetime) -> set[Identifier]:
    """Give new identifiers to people; returns those that somebody else claimed first.

    The caller's transaction waits for a competing claim of the same identifier to end.
    """
    wanted = sorted(owners)
    if not wanted:
        return set()
    won = postgres.rows(
        sql.named("people", "claim_identities"),
        {
            "workspace": postgres.workspace_id(),
            "kinds": [i.kind for i in wanted],
            "values": [i.value for i in wanted],
            "people": [owners[i] for i in wanted],
            "at": at,
        },
    )
    return set(wanted) - {Identifier(kind, value) for kind, value in won}


def move(owners: Mapping[Identifier, UUID]) -> None:
    """From now on these identifiers (of a shared browser, say) belong to other people."""
    wanted = sorted(owners)
    postgres.execute(
        "UPDATE identity i SET person_id = n.person FROM unnest(%s::text[], %s::text[], %s::uuid[])"
        " AS n(kind, value, person) WHERE i.kind = n.kind AND i.value = n.value AND i.workspace_id = %s",
        [
            [i.kind for i in wanted],
            [i.value for i in wanted],
            [owners[i] for i in wanted],
            postgres.workspace_id(),
        ],
    )


def list_of(person_id: UUID) -> list[Identifier]:
    rows = postgres.rows(
        "SELECT kind, value FROM identity WHERE person_id = %s ORDER BY kind, id", [person_id]
    )
    return [Identifier(*row) for row in rows]


def own_subjects(owners: Mapping[UUID, UUID]) -> None:
    """What these subjects did belongs to these people: subject to person."""
    postgres.execute(
        "INSERT INTO subject_owner (workspace_id, subject_id, person_id)"
        " SELECT %s, * FROM unnest(%s::uuid[], %s::uuid[])"
        " ON CONFLICT (workspace_id, subject_id) DO UPDATE SET person_id = excluded.person_id",
        [postgres.workspace_id(), list(owners), list(owners.values())],
    )


def subjects_of(person_ids: Iterable[UUID]) -> list[tuple[UUID, UUID]]:
    """(subject, person) for all under which these people's events are stored, themselves included."""
    people = list(person_ids)
    owned = postgres.rows(
        "SELECT subject_id, person_id FROM subject_owner WHERE person_id = ANY(%s)", [people]
    )
    return [(person_id, person_id) for person_id in people] + [(row[0], row[1]) for row in owned]
