"""Whose a hand-over becomes: the person's owner, else the owner of the company's open deal, else the pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from tabiji.core import postgres
from tabiji.workspaces.public import PERMISSIONS, Permission, Role, members


class Assigned(NamedTuple):
    """owner_id: None = the pool, open to every seller."""

    owner_id: int | None
    assigned_by: str


class Assignee(NamedTuple):
    """What the rule looks at for one person."""

    person_id: UUID
    owner_id: int | None
    company_id: int | None


def assign(people: Sequence[Assignee]) -> dict[UUID, Assigned]:
    """Decide for all of them at once. Who has left, or may not sell, is passed over."""
    able = sellers()
    pool = pool_members()
    by_company = _owners_of_open_deals([one.company_id for one in people if one.company_id], able)
    return {one.person_id: _of(one, able, pool, by_company) for one in people}


class UnknownColleague(LookupError):
    """No colleague of this id works (or worked) in this workspace."""


def check(user_id: int | None) -> None:
    """Raises UnknownColleague, also for somebody of another workspace."""
    if user_id is not None and user_id not in members.names():
        raise UnknownColleague(f"there is no colleague {user_id} here")


def sellers() -> set[int]:
    """Colleagues who are here and may work in sales."""
    roles = tuple(role for role in Role if Permission.WORK_SALES in PERMISSIONS[role])
    return {colleague.user_id for colleague in members.list_colleagues(roles=roles)}


def pool_members() -> list[int]:
    """Who takes from the pool: sales; where nobody has that role, its managers."""
    for role in (Role.SALES, Role.SALES_MANAGER, Role.ADMIN):
        found = [colleague.user_id for colleague in members.list_colleagues(roles=(role,))]
        if found:
            return found
    return []


def managers() -> list[int]:
    """Who is told when something is late; where there is no sales manager, the admins."""
    for role in (Role.SALES_MANAGER, Role.ADMIN):
        found = [colleague.user_id for colleague in members.list_colleagues(roles=(role,))]
        if found:
            return found
    return []


def _of(one: Assignee, able: set[int], pool: list[int], by_company: Mapping[int, int]) -> Assigned:
    if one.owner_id in able:
        return Assigned(one.owner_id, "owner")
    of_deal = by_company.get(one.company_id or 0)
    if of_deal is not None:
        return Assigned(of_deal, "deal_owner")
    # A pool of one needs no queue.
    return Assigned(pool[0] if len(pool) == 1 else None, "pool")


def _owners_of_open_deals(company_ids: list[int], able: set[int]) -> dict[int, int]:
    if not company_ids:
        return {}
    return dict(
        postgres.rows(
            "SELECT DISTINCT ON (company_id) company_id, owner_id FROM deal"
            " WHERE company_id = ANY(%s) AND outcome = '' AND owner_id = ANY(%s)"
            " ORDER BY company_id, opened_at DESC, id DESC",
            [company_ids, list(able)],
        )
    )
