"""The shared header of everything that people define."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from tabiji.core import postgres
from tabiji.workspaces import audit
from tabiji.workspaces.contracts import Actor, DefinitionInfo

_COLUMNS = "id, kind, name, why, kpi_id, responsible_id, review_on, state, created_at, updated_at"
_CHANGEABLE = ("name", "why", "kpi_id", "responsible_id", "review_on", "state")


class NoSuchDefinition(LookupError):
    """Nothing of this kind and id is defined in this workspace."""


def create(
    kind: str,
    *,
    name: str,
    actor: Actor,
    why: str = "",
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: date | None = None,
    state: str = "draft",
) -> int:
    """The new definition's id; audited."""
    responsible = responsible_id if responsible_id is not None else (actor.user_id or None)
    made: int = postgres.scalar(
        "INSERT INTO definition (workspace_id, kind, name, why, kpi_id, responsible_id, review_on, state)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [postgres.workspace_id(), kind, name, why, kpi_id, responsible, review_on, state],
    )
    audit.record(actor, "create", kind, made, values={"name": name, "why": why})
    return made


def update(definition_id: int, *, actor: Actor, **values: Any) -> None:
    """Change some of the header; audited. Raises NoSuchDefinition, or KeyError for an unknown field."""
    unknown = set(values) - set(_CHANGEABLE)
    if unknown:
        raise KeyError(f"a definition has no {', '.join(sorted(unknown))}")
    kind = get(definition_id).kind
    for name in _CHANGEABLE:
        if name in values:
            postgres.execute(_UPDATES[name], [values[name], definition_id])
    audit.record(actor, "change", kind, definition_id, values=values)


def get(definition_id: int, kind: str | None = None) -> DefinitionInfo:
    """Raises NoSuchDefinition."""
    found = get_many([definition_id])
    if not found or (kind is not None and found[definition_id].kind != kind):
        raise NoSuchDefinition(f"there is no {kind or 'definition'} {definition_id} here")
    return found[definition_id]


def get_many(definition_ids: Iterable[int]) -> dict[int, DefinitionInfo]:
    rows = postgres.rows("SELECT " + _COLUMNS + " FROM definition WHERE id = ANY(%s)", [list(definition_ids)])
    return {row[0]: DefinitionInfo(*row) for row in rows}


def list_of_kind(kind: str) -> list[DefinitionInfo]:
    """All of one kind, newest first, archived ones left out."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM definition WHERE kind = %s AND state <> 'archived' ORDER BY id DESC",
        [kind],
    )
    return [DefinitionInfo(*row) for row in rows]


def list_without_responsible() -> list[DefinitionInfo]:
    """Running definitions whose responsible person is nobody, or has left."""
    rows = postgres.rows(
        "SELECT "
        + ", ".join("d." + column.strip() for column in _COLUMNS.split(","))
        + " FROM definition d LEFT JOIN member m ON m.user_id = d.responsible_id AND m.left_at IS NULL"
        " WHERE m.id IS NULL AND d.state IN ('running', 'draining', 'published') ORDER BY d.id"
    )
    return [DefinitionInfo(*row) for row in rows]


_UPDATES = {
    "name": "UPDATE definition SET name = %s, updated_at = now() WHERE id = %s",
    "why": "UPDATE definition SET why = %s, updated_at = now() WHERE id = %s",
    "kpi_id": "UPDATE definition SET kpi_id = %s, updated_at = now() WHERE id = %s",
    "responsible_id": "UPDATE definition SET responsible_id = %s, updated_at = now() WHERE id = %s",
    "review_on": "UPDATE definition SET review_on = %s, updated_at = now() WHERE id = %s",
    "state": "UPDATE definition SET state = %s, updated_at = now() WHERE id = %s",
}
