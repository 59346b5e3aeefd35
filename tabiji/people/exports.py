"""Exporting people: a file for a spreadsheet. Every export is in the audit log, with who, how many and which fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from tabiji.people import fields, persons, tables
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Permission, audit

_AT_ONCE: Final = 2_000
PERSONAL: Final = frozenset({"last_name", "first_name", "last_kana", "first_kana", "email", "phone"})
"""Columns that come masked for whoever may count people but not read them."""


def people(
    person_ids: Sequence[UUID],
    *,
    actor: Actor,
    columns: Sequence[str],
    reason: str,
    encoding: str = "utf-8-sig",
) -> Iterator[bytes]:
    """These people, piece by piece; masked where the actor may not read personal data. Raises fields.UnknownField for a column that is no field."""
    known = {info.key: info for info in fields.list_fields()}
    for name in columns:
        if name not in known:
            raise fields.UnknownField(f"people have no field {name!r}")
    audit.record(
        actor,
        "export",
        "people",
        values={"people": len(person_ids), "columns": list(columns), "reason": reason},
    )
    masked = frozenset() if actor.may(Permission.SEE_PERSONAL_DATA) else PERSONAL
    rows = list(_rows(person_ids, columns, masked))
    return tables.write([known[name].label for name in columns], rows, encoding=encoding)


def _rows(person_ids: Sequence[UUID], columns: Sequence[str], masked: frozenset[str]) -> Iterator[list[str]]:
    for start in range(0, len(person_ids), _AT_ONCE):
        found = persons.get_many(person_ids[start : start + _AT_ONCE])
        for person_id in person_ids[start : start + _AT_ONCE]:
            person = found.get(person_id)
            if person is not None:
                cells = [
                    fields.as_text(
                        getattr(person, name) if name in fields.STANDARD else person.fields.get(name)
                    )
                    for name in columns
                ]
                yield [
                    f"{cell[:1]}●●" if cell and name in masked else cell
                    for name, cell in zip(columns, cells, strict=True)
                ]
