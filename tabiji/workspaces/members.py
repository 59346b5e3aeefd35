"""Colleagues and their roles in the workspace."""

from __future__ import annotations

from tabiji.core import postgres
from tabiji.workspaces.contracts import Actor, Colleague
from tabiji.workspaces.models import Member, User
from tabiji.workspaces.roles import PERMISSIONS, Role


class NotAMember(PermissionError):
    """This user does not work in this workspace."""


def create_user(email: str, *, name: str, password: str | None = None, language: str = "ja") -> int:
    """A new sign-in; the user id. Raises django.db.IntegrityError for an address in use."""
    return User.objects.create_user(email, name, password, language).pk


def join(user_id: int, role: Role) -> None:
    """Give a user a place, or change the role of one who has it (or had it)."""
    Member.objects.update_or_create(
        workspace_id=postgres.workspace_id(), user_id=user_id, defaults={"role": role.value, "left_at": None}
    )


def leave(user_id: int) -> None:
    """End a place. What the colleague was responsible for stays theirs and is shown as leaderless."""
    postgres.execute("UPDATE member SET left_at = now() WHERE user_id = %s AND left_at IS NULL", [user_id])


def get_actor(user_id: int, address: str = "") -> Actor:
    """Raises NotAMember."""
    row = postgres.find_row(
        "SELECT u.name, m.role FROM member m JOIN staff_user u ON u.id = m.user_id"
        " WHERE m.user_id = %s AND m.left_at IS NULL AND u.is_active",
        [user_id],
    )
    if row is None:
        raise NotAMember("you have no place in this workspace")
    role = Role(row[1])
    return Actor(user_id, row[0], role, PERMISSIONS[role], address)


def list_colleagues(*, also_left: bool = False, roles: tuple[Role, ...] = ()) -> list[Colleague]:
    found = postgres.rows(
        "SELECT u.id, u.name, u.email, m.role, m.left_at FROM member m JOIN staff_user u ON u.id = m.user_id"
        " WHERE (%s OR m.left_at IS NULL) AND (cardinality(%s::text[]) = 0 OR m.role = ANY(%s::text[]))"
        " ORDER BY u.id",
        [also_left, [role.value for role in roles], [role.value for role in roles]],
    )
    return [Colleague(row[0], row[1], row[2], Role(row[3]), row[4]) for row in found]


def names() -> dict[int, str]:
    """Display names by user id, those who left included."""
    return {colleague.user_id: colleague.name for colleague in list_colleagues(also_left=True)}
