"""Audiences: a named condition whose members are kept, with the moment at which each came and left."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _
from psycopg.types.json import Jsonb

from tabiji.audiences import conditions, dependencies, members, refreshing
from tabiji.audiences.conditions import BadCondition, Condition, Value
from tabiji.audiences.contracts import AudienceInfo, Difference, Stay
from tabiji.core import paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "audience"
_COLUMNS: Final = (
    "a.id, d.name, d.why, d.state, d.responsible_id, a.condition, a.version, a.size, a.refreshed_at, a.error"
)


class NoSuchAudience(LookupError):
    """No audience of this id in this workspace."""


def create(
    name: str,
    *,
    actor: Actor,
    condition: dict[str, Any],
    why: str = "",
    kpi_id: int | None = None,
    responsible_id: int | None = None,
) -> int:
    """A live audience; its members come with the first refresh. Raises BadCondition."""
    parsed = conditions.parse(condition)
    made = definitions.create(
        KIND, name=name, actor=actor, why=why, kpi_id=kpi_id, responsible_id=responsible_id, state="running"
    )
    postgres.execute(
        "INSERT INTO audience (id, workspace_id, condition, version, depends, touches, seen_touches,"
        " refreshed_version, exclusions, size, error) VALUES (%s, %s, %s, 1, %s, 1, 0, 0, '', 0, '')",
        [made, postgres.workspace_id(), Jsonb(parsed.data()), dependencies.of(parsed)],
    )
    postgres.execute(dependencies.WAKE)
    return made


def look_again_at_days(now: datetime) -> None:
    """What days come to is different (the calendar changed): audiences that move with time are due."""
    postgres.execute("UPDATE audience SET next_window_at = %s WHERE next_window_at > %s", [now, now])
    postgres.execute(dependencies.WAKE)


def save(audience_id: int, *, actor: Actor, condition: dict[str, Any]) -> None:
    """Give it another condition; the next refresh lets people in and out. Raises BadCondition."""
    parsed = conditions.parse(condition)
    if get(audience_id).condition == parsed:
        return
    _refuse_circle(audience_id, parsed)
    postgres.execute(
        "UPDATE audience SET condition = %s, depends = %s, version = version + 1, error = '',"
        " not_before = clock_timestamp() WHERE id = %s",
        [Jsonb(parsed.data()), dependencies.of(parsed), audience_id],
    )
    postgres.execute(dependencies.WAKE)
    audit.record(actor, "change", KIND, audience_id, values={"condition": parsed.data()})


def get(audience_id: int) -> AudienceInfo:
    """Raises NoSuchAudience."""
    row = postgres.find_row(
        "SELECT " + _COLUMNS + " FROM audience a JOIN definition d ON d.id = a.id WHERE a.id = %s",
        [audience_id],
    )
    if row is None:
        raise NoSuchAudience(f"there is no audience {audience_id} here")
    return _info(row)


def list_all(*, archived: bool = False) -> list[AudienceInfo]:
    """Newest first; archived: those that were put away, which are left out else."""
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM audience a JOIN definition d ON d.id = a.id"
        " WHERE (d.state = 'archived') = %s ORDER BY a.id DESC",
        [archived],
    )
    return [_info(row) for row in rows]


def archive(audience_id: int, *, actor: Actor, now: datetime) -> None:
    """Put it away: everybody leaves it, with a fact each. now: business time."""
    get(audience_id)
    members.write(audience_id, [], now=now, cause="archived")
    postgres.execute("UPDATE audience SET size = 0 WHERE id = %s", [audience_id])
    definitions.update(audience_id, actor=actor, state="archived")


def restore(audience_id: int, *, actor: Actor) -> None:
    """Bring one back that was put away; its people come in again with the next refresh."""
    if get(audience_id).state != "archived":
        return
    definitions.update(audience_id, actor=actor, state="running")
    postgres.execute(
        "UPDATE audience SET version = version + 1, not_before = clock_timestamp() WHERE id = %s",
        [audience_id],
    )
    postgres.execute(dependencies.WAKE)


def refresh_now(audience_id: int, *, now: datetime | None = None) -> Difference:
    """Bring the members up to what is processed by now (default: business time), whole.

    Raises NoSuchAudience, BadCondition, asking.CountingRests.
    """
    get(audience_id)
    return refreshing.refresh(audience_id, now=now, is_forced=True)


def member_ids(audience_id: int) -> list[UUID]:
    """Who is in it as of the last refresh."""
    return [stay.person_id for stay in stays(audience_id)]


def list_members(audience_id: int, query: ListQuery) -> Page[UUID]:
    """Who is in it as of the last refresh, a page at a time, in the order of their ids."""
    after = paging.from_cursor(query.after, 1) if query.after else [UUID(int=0)]
    members = "FROM audience_member WHERE audience_id = %s AND left_at IS NULL"
    found = postgres.rows(
        "SELECT person_id " + members + " AND person_id > %s::uuid ORDER BY person_id LIMIT %s",
        [audience_id, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*) " + members, [audience_id])
    kept = [row[0] for row in found[: query.limit]]
    return Page(kept, paging.to_cursor(kept[-1]) if len(found) > query.limit else "", total)


def stays(audience_id: int) -> list[Stay]:
    """Who is in it, since when, for which time."""
    rows = postgres.rows(
        "SELECT person_id, episode, entered_at FROM audience_member"
        " WHERE audience_id = %s AND left_at IS NULL ORDER BY entered_at, person_id",
        [audience_id],
    )
    return [Stay(*row) for row in rows]


def audiences_of(person_id: UUID) -> list[tuple[int, str, datetime]]:
    """(id, name, since) of the audiences that a person is in."""
    rows = postgres.rows(
        "SELECT d.id, d.name, m.entered_at FROM audience_member m JOIN definition d ON d.id = m.audience_id"
        " WHERE m.person_id = %s AND m.left_at IS NULL ORDER BY m.entered_at DESC, d.id",
        [person_id],
    )
    return [(row[0], row[1], row[2]) for row in rows]


def _info(row: tuple[Any, ...]) -> AudienceInfo:
    stored = list(row)
    stored[5] = conditions.read(stored[5])
    return AudienceInfo(*stored)


def _refuse_circle(audience_id: int, condition: Condition) -> None:
    """An audience that is asked, over others, about itself would never come to rest."""
    seen: set[int] = set()
    waiting = _audiences_in(condition)
    while waiting:
        found = waiting.pop()
        if found == audience_id:
            raise BadCondition("", _("this audience would depend on itself"))
        if found not in seen:
            seen.add(found)
            waiting |= _audiences_in(get(found).condition)


def _audiences_in(condition: Condition) -> set[int]:
    return {
        int(leaf.ref)
        for _path, leaf in conditions.leaves(condition)
        if isinstance(leaf, Value) and leaf.of == KIND and leaf.ref is not None and leaf.ref.isdecimal()
    }
