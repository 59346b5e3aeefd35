"""Identifiers of people: found in sets, claimed once, locked in sorted order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.people.contracts import Identifier, IdentifierKind


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


def anonymous_ids_of(person_ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    """The browsers that these people have been seen with."""
    found: dict[UUID, list[str]] = {}
    for person_id, value in postgres.rows(
        "SELECT person_id, value FROM identity WHERE kind = %s AND person_id = ANY(%s)",
        [IdentifierKind.ANONYMOUS.value, list(person_ids)],
    ):
        found.setdefault(person_id, []).append(value)
    return found
