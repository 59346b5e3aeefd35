"""People: made in sets, read in pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tabiji.core import paging, postgres, sql
from tabiji.core.paging import ListQuery, Page
from tabiji.people import naming
from tabiji.people.contracts import PersonInfo

_COLUMNS: Final = (
    "p.id, p.last_name, p.first_name, p.last_kana, p.first_kana, p.email, p.phone, p.company_id,"
    " coalesce(c.name, ''), p.department, p.title, p.owner_id, p.source, p.stage, p.score, p.fields,"
    " p.created_at, p.last_act_at, p.version"
)
_FROM: Final = " FROM person p LEFT JOIN company c ON c.id = p.company_id"


class NoSuchPerson(LookupError):
    """No person of this id in this workspace."""


def create(people: Mapping[UUID, datetime]) -> None:
    """New, still empty people: id to when each became known. Ids that exist are left as they are."""
    ordered = sorted(people)
    postgres.execute(
        sql.named("people", "create_people"),
        [postgres.workspace_id(), ordered, [people[person_id] for person_id in ordered]],
    )


def get(person_id: UUID) -> PersonInfo:
    """The person, or the one into whom this one was merged. Raises NoSuchPerson."""
    row = postgres.find_row("SELECT merged_into FROM person WHERE id = %s", [person_id])
    if row is None:
        raise NoSuchPerson("there is no such person here")
    if row[0] is not None:
        return get(row[0])
    return get_many([person_id])[person_id]


def get_many(person_ids: Iterable[UUID]) -> dict[UUID, PersonInfo]:
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE p.id = ANY(%s)", [list(person_ids)])
    return {row[0]: PersonInfo(*row) for row in rows}


def list_people(query: ListQuery, *, among: Iterable[UUID] | None = None) -> Page[PersonInfo]:
    """Newest first, or by `sort` = `score`, `name`, `last_act`, `created`, each also with `-` before it.

    Filters: `stage` (`none`: 例外), `owner` (user id; `none`), `source`, `company` (id), `field.<key>` (a value of the
    workspace's own field), `q` (see `search`).
    among: only these people (the ids behind a number on a screen).
    """
    where, params = _where(query.filters, among)
    kind, key, direction = _ORDERS.get(query.sort, _ORDERS[""])
    beyond = " < " if direction == "DESC" else " > "
    after = paging.from_cursor(query.after, 2) if query.after else []
    after_sql = " AND (" + key + ", p.id)" + beyond + "(%s::" + kind + ", %s::uuid)" if after else ""
    found = postgres.rows(
        "SELECT "
        + _COLUMNS
        + (", (" + key + ")::text")  # as text: 'infinity' is no moment for Python
        + _FROM
        + where
        + after_sql
        + (" ORDER BY " + key + " " + direction + ", p.id " + direction + " LIMIT %s"),
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*)" + _FROM + where, params)
    kept = found[: query.limit]
    cursor = paging.to_cursor(kept[-1][-1], kept[-1][0]) if len(found) > query.limit else ""
    return Page([PersonInfo(*row[:-1]) for row in kept], cursor, total)


def matching_ids(filters: Mapping[str, str], *, among: Iterable[UUID] | None = None) -> list[UUID]:
    """Everybody whom `list_people` with these filters would show, for acts on all of them."""
    where, params = _where(filters, among)
    return [row[0] for row in postgres.rows("SELECT p.id" + _FROM + where + " ORDER BY p.id", params)]


def list_sources() -> list[str]:
    """Where people came from, the most frequent first."""
    rows = postgres.rows(
        "SELECT source FROM person WHERE merged_into IS NULL AND source <> '' GROUP BY source"
        " ORDER BY count(*) DESC, source LIMIT 100"
    )
    return [row[0] for row in rows]


def search(text: str, limit: int = 20) -> list[PersonInfo]:
    """People found by name, kana, mail address, phone or company, best first; at least two characters."""
    form = naming.search_form(text)
    if len(form) < 2:
        return []
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM search_people(%s, %s, %s) f JOIN person p ON p.id = f.id"
        " LEFT JOIN company c ON c.id = p.company_id ORDER BY f.place",
        [form, naming.search_grams([form]), limit],
    )
    return [PersonInfo(*row) for row in rows]


def with_email(address: str) -> list[UUID]:
    """All who have this address: a family or an office may share one."""
    rows = postgres.rows(
        "SELECT id FROM person WHERE workspace_id = (SELECT current_ws()) AND email = %s AND email <> ''"
        " AND merged_into IS NULL ORDER BY id",
        [address],
    )
    return [row[0] for row in rows]


def resolve(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Where these people are now: themselves, or the one into whom each was merged."""
    rows = postgres.rows(
        "SELECT id, coalesce(merged_into, id) FROM person WHERE id = ANY(%s)", [list(person_ids)]
    )
    return dict(rows)


def lock(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Lock these people and those into whom they were merged, in order of id; `resolve`, and it stays so."""
    where = resolve(person_ids)
    while True:
        wanted = sorted({*where, *where.values()})
        rows = postgres.rows(
            "SELECT id, coalesce(merged_into, id) FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [wanted],
        )
        where = dict(rows)
        if where.keys() >= set(where.values()):
            return where


def touch(acts: Mapping[UUID, datetime]) -> None:
    """Remember the people's own last acts (never going back)."""
    ordered = sorted(acts)
    postgres.execute(
        "UPDATE person p SET last_act_at = n.at, version = version + 1"
        " FROM (SELECT * FROM unnest(%s::uuid[], %s::timestamptz[]) AS u(id, at) ORDER BY id) n"
        " WHERE p.id = n.id AND (p.last_act_at IS NULL OR p.last_act_at < n.at)",
        [ordered, [acts[person_id] for person_id in ordered]],
    )


def count() -> int:
    counted: int = postgres.scalar("SELECT count(*) FROM person WHERE merged_into IS NULL")
    return counted


def mirror_rows(person_ids: Iterable[UUID]) -> list[dict[str, Any]]:
    """Present rows for ClickHouse's mirror, one dict a person."""
    return postgres.records(sql.named("people", "mirror_people"), [list(person_ids)])


_CONDITIONS: Final[tuple[tuple[str, str, Callable[[str], Any]], ...]] = (
    ("stage", "p.stage = %s", lambda text: "" if text == "none" else text),
    ("source", "p.source = %s", str),
    ("owner", "p.owner_id IS NOT DISTINCT FROM %s::bigint", lambda text: _number(text)),
    ("company", "p.company_id = %s::bigint", lambda text: _number(text)),
)
_NAME_ORDER: Final = "(p.last_kana || p.first_kana || p.last_name)"
_ORDERS: Final = {
    "": ("timestamptz", "p.created_at", "DESC"),
    "-created": ("timestamptz", "p.created_at", "DESC"),
    "created": ("timestamptz", "p.created_at", "ASC"),
    "-score": ("int", "p.score", "DESC"),
    "score": ("int", "p.score", "ASC"),
    "name": ("text", _NAME_ORDER, "ASC"),
    "-name": ("text", _NAME_ORDER, "DESC"),
    "last_act": ("timestamptz", "coalesce(p.last_act_at, 'infinity')", "ASC"),
    "-last_act": ("timestamptz", "coalesce(p.last_act_at, '-infinity')", "DESC"),
}


def _number(text: str) -> int | None:
    """An id of the address; None (nobody's) for what is no number."""
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _where(filters: Mapping[str, str], among: Iterable[UUID] | None) -> tuple[str, list[Any]]:
    parts: list[str] = [" WHERE p.merged_into IS NULL"]
    params: list[Any] = []
    if among is not None:
        parts.append("p.id = ANY(%s)")
        params.append(list(among))
    for name, condition, read in _CONDITIONS:
        if filters.get(name):
            parts.append(condition)
            params.append(read(filters[name]))
    for name, value in filters.items():
        if name.startswith("field.") and value:
            parts.append("p.fields->>%s = %s")
            params += [name.removeprefix("field."), value]
    form = naming.search_form(filters.get("q", ""))
    if form:
        parts.append("p.id IN (SELECT f.id FROM search_people(%s, %s, 10000) f)")
        params += [form, naming.search_grams([form])]
    return " AND ".join(parts), params
