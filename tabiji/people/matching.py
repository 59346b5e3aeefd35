"""Who is it: finding people who are already here, by what a row of a file says of them.

In order of trust: member number, mail address, mobile phone with the family name, company with the
full name. A full name alone finds nobody: a colleague decides about candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.people import identity, naming
from tabiji.people.contracts import Identifier, IdentifierKind


class Clue(NamedTuple):
    """Cleaned values; empty where the file says nothing."""

    user_id: str
    email: str
    phone: str
    last_name: str
    first_name: str
    company: str


def find(clues: Sequence[Clue]) -> list[UUID | None]:
    """The person of each clue, or None. Three queries, whatever the number."""
    by_identifier = identity.find(
        [Identifier(IdentifierKind.USER, clue.user_id) for clue in clues if clue.user_id]
        + [Identifier(IdentifierKind.EMAIL, clue.email) for clue in clues if clue.email]
    )
    by_phone = _by_phone([clue for clue in clues if clue.phone and naming.is_mobile(clue.phone)])
    by_company = _by_company([clue for clue in clues if clue.company and clue.last_name and clue.first_name])
    return [
        by_identifier.get(Identifier(IdentifierKind.USER, clue.user_id))
        or by_identifier.get(Identifier(IdentifierKind.EMAIL, clue.email))
        or by_phone.get((clue.phone, clue.last_name))
        # Two people of one company may share a name but not an address.
        or (by_company.get(_company_key(clue)) if not clue.email else None)
        for clue in clues
    ]


def _by_phone(clues: Sequence[Clue]) -> dict[tuple[str, str], UUID]:
    if not clues:
        return {}
    rows = postgres.rows(
        "SELECT DISTINCT ON (phone, last_name) phone, last_name, id FROM person"
        " WHERE phone = ANY(%s) AND merged_into IS NULL ORDER BY phone, last_name, created_at",
        [sorted({clue.phone for clue in clues})],
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _by_company(clues: Sequence[Clue]) -> dict[tuple[str, str, str], UUID]:
    keys = sorted({_company_key(clue) for clue in clues})
    if not keys:
        return {}
    rows = postgres.rows(
        sql.named("people", "match_by_company"),
        [[key[0] for key in keys], [key[1] for key in keys], [key[2] for key in keys]],
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def _company_key(clue: Clue) -> tuple[str, str, str]:
    return naming.company_key(clue.company), clue.last_name, clue.first_name
