"""Static lists: people put together by hand, by import or by a journey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tabiji.core import facts, postgres
from tabiji.core.facts import Change
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit


class NoSuchList(LookupError):
    """No static list of this id in this workspace."""


@dataclass(frozen=True, slots=True)
class ListInfo:
    id: int
    name: str
    note: str
    people: int


def create(name: str, *, actor: Actor, note: str = "") -> int:
    made: int = postgres.scalar(
        "INSERT INTO static_list (workspace_id, name, note) VALUES (%s, %s, %s) RETURNING id",
        [postgres.workspace_id(), name, note],
    )
    audit.record(actor, "create", "list", made, values={"name": name})
    return made


def get(list_id: int) -> ListInfo:
    """Raises NoSuchList."""
    for found in list_all():
        if found.id == list_id:
            return found
    raise NoSuchList(f"there is no list {list_id} here")


def list_all() -> list[ListInfo]:
    rows = postgres.rows(
        "SELECT l.id, l.name, l.note, (SELECT count(*) FROM list_member m WHERE m.list_id = l.id)"
        " FROM static_list l WHERE l.archived_at IS NULL ORDER BY l.id DESC"
    )
    return [ListInfo(*row) for row in rows]


def add(list_id: int, person_ids: Iterable[UUID], *, at: datetime, actor: str, hops: int = 0) -> int:
    """Put people on a list; the number who were not on it."""
    added = postgres.rows(
        "INSERT INTO list_member (workspace_id, list_id, person_id, added_at)"
        " SELECT %s, %s, p.id, %s FROM person p WHERE p.id = ANY(%s)"
        " ON CONFLICT (list_id, person_id) DO NOTHING RETURNING person_id",
        [postgres.workspace_id(), list_id, at, sorted(set(person_ids))],
    )
    _record(list_id, [row[0] for row in added], "", "1", at, actor, hops)
    return len(added)


def remove(list_id: int, person_ids: Iterable[UUID], *, at: datetime, actor: str, hops: int = 0) -> int:
    removed = postgres.rows(
        "DELETE FROM list_member WHERE list_id = %s AND person_id = ANY(%s) RETURNING person_id",
        [list_id, sorted(set(person_ids))],
    )
    _record(list_id, [row[0] for row in removed], "1", "", at, actor, hops)
    return len(removed)


def take_back(list_id: int, *, added_at: datetime, at: datetime, actor: str) -> int:
    """Undo one `add`: whoever was put on the list at exactly that moment leaves it; how many did."""
    rows = postgres.rows(
        "SELECT person_id FROM list_member WHERE list_id = %s AND added_at = %s", [list_id, added_at]
    )
    return remove(list_id, [row[0] for row in rows], at=at, actor=actor)


def of_person(person_id: UUID) -> dict[int, str]:
    """The lists on which this person is: id to name."""
    return dict(
        postgres.rows(
            "SELECT l.id, l.name FROM list_member m JOIN static_list l ON l.id = m.list_id"
            " WHERE m.person_id = %s AND l.archived_at IS NULL ORDER BY m.added_at DESC, l.id",
            [person_id],
        )
    )


def member_ids(list_id: int) -> list[UUID]:
    return [
        row[0] for row in postgres.rows("SELECT person_id FROM list_member WHERE list_id = %s", [list_id])
    ]


def _record(
    list_id: int, people: list[UUID], old: str, new: str, at: datetime, actor: str, hops: int
) -> None:
    moment = int(at.timestamp() * 1000)
    facts.record(
        [
            Change(person, "list", str(list_id), old, new, float(new == "1"), moment, actor, hops=hops)
            for person in people
        ]
    )
