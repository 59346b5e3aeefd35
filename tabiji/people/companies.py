"""Companies: found by a key that forgives how a name is written."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from tabiji.core import clock, facts, paging, postgres
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.people import naming
from tabiji.people.contracts import CompanyInfo
from tabiji.workspaces.public import workspace


class NoSuchCompany(LookupError):
    """No company of this id in this workspace."""


def ensure(names: Mapping[str, datetime]) -> dict[str, int]:
    """The company ids of these names, made where they are new. names: name to when it was first told."""
    keys = {name: naming.company_key(name) for name in names}
    wanted = {key: (name, names[name]) for name, key in keys.items() if key}
    if not wanted:
        return {}
    postgres.execute(
        "INSERT INTO company (workspace_id, key, name, created_at, domain, industry)"
        " SELECT %s, k, n, t, '', '' FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS u(k, n, t)"
        " ORDER BY k ON CONFLICT (workspace_id, key) DO NOTHING",
        [
            postgres.workspace_id(),
            list(wanted),
            [name for name, _ in wanted.values()],
            [at for _, at in wanted.values()],
        ],
    )
    found = dict(postgres.rows("SELECT key, id FROM company WHERE key = ANY(%s)", [list(wanted)]))
    return {name: found[key] for name, key in keys.items() if key in found}


def describe(employers: Mapping[int, tuple[str, int | None]]) -> int:
    """Say of companies, by id, in which industry they are and how many work there; how many it changed.

    Audiences may ask about it, so the people who work there are mirrored anew.
    """
    changed = postgres.rows(
        "UPDATE company c SET industry = u.industry, employees = u.employees"
        " FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS u(id, industry, employees) WHERE c.id = u.id"
        " AND (c.industry, c.employees) IS DISTINCT FROM (u.industry, u.employees) RETURNING c.id",
        [
            list(employers),
            [industry[:100] for industry, _ in employers.values()],
            [employees for _, employees in employers.values()],
        ],
    )
    staff = postgres.rows(
        "SELECT id FROM person WHERE company_id = ANY(%s) ORDER BY id FOR UPDATE",
        [[row[0] for row in changed]],
    )
    postgres.execute(
        "UPDATE person SET version = version + 1 WHERE id = ANY(%s)", [[row[0] for row in staff]]
    )
    moment = clock.to_ms(workspace.business_now())
    facts.record([Change(row[0], facts.PERSON, "company", "", "", 0, moment) for row in staff])
    return len(changed)


def get(company_id: int) -> CompanyInfo:
    """Raises NoSuchCompany."""
    row = postgres.find_row(
        "SELECT id, name, domain, industry, employees, owner_id,"
        " (SELECT count(*) FROM person p WHERE p.company_id = c.id AND p.merged_into IS NULL)"
        " FROM company c WHERE id = %s",
        [company_id],
    )
    if row is None:
        raise NoSuchCompany(f"there is no company {company_id} here")
    return CompanyInfo(*row)


def list_companies(query: ListQuery) -> Page[CompanyInfo]:
    """By name. Filter: `q`, a part of the name."""
    part = f"%{naming.company_key(query.filters.get('q', ''))}%"
    after = paging.from_cursor(query.after, 2) if query.after else ["", 0]
    found = postgres.rows(
        "SELECT c.id, c.name, c.domain, c.industry, c.employees, c.owner_id,"
        " (SELECT count(*) FROM person p WHERE p.company_id = c.id AND p.merged_into IS NULL), c.key"
        " FROM company c WHERE c.key LIKE %s AND (c.key, c.id) > (%s, %s) ORDER BY c.key, c.id LIMIT %s",
        [part, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) FROM company WHERE key LIKE %s", [part])
    kept = found[: query.limit]
    cursor = paging.to_cursor(kept[-1][7], kept[-1][0]) if len(found) > query.limit else ""
    return Page([CompanyInfo(*row[:7]) for row in kept], cursor, total)
