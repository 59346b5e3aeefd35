"""Colleagues and their roles in the workspace."""

from __future__ import annotations

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError

from tabiji.core import postgres
from tabiji.workspaces import audit
from tabiji.workspaces.contracts import Actor, Colleague, SignIn
from tabiji.workspaces.models import Member, User
from tabiji.workspaces.roles import PERMISSIONS, Role


class NotAMember(PermissionError):
    """This user does not work in this workspace."""


class NoSuchMember(LookupError):
    """Nobody of this id works in this workspace (any more)."""


class LastAdmin(ValueError):
    """Nobody would be left who may administer the workspace; nothing was changed."""


def create_user(email: str, *, name: str, password: str | None = None, language: str = "ja") -> int:
    """A new sign-in; the user id. Raises django.db.IntegrityError for an address in use."""
    return User.objects.create_user(email, name, password, language).pk


def is_anybody_there() -> bool:
    """Whether somebody can sign in at all; an installation begins without."""
    return User.objects.exists()


def fits(password: str, *, email: str, name: str) -> list[str]:
    """Why this password does not do for this user, as sentences; empty when it does."""
    try:
        password_validation.validate_password(password, User(email=email, name=name))
    except ValidationError as error:
        return list(error.messages)
    return []


def join(user_id: int, role: Role) -> None:
    """Give a user a place, or change the role of one who has it (or had it)."""
    Member.objects.update_or_create(
        workspace_id=postgres.workspace_id(), user_id=user_id, defaults={"role": role.value, "left_at": None}
    )


def leave(user_id: int) -> None:
    """End a place. What the colleague was responsible for stays theirs and is shown as leaderless."""
    postgres.execute("UPDATE member SET left_at = now() WHERE user_id = %s AND left_at IS NULL", [user_id])


def set_role(user_id: int, role: Role, *, actor: Actor) -> None:
    """Give a colleague another role. Audited. Raises NoSuchMember, LastAdmin."""
    admins = _locked_admins()
    old = _role_of(user_id)
    if old is role:
        return
    if admins == {user_id}:
        raise LastAdmin("this is the only admin: make somebody else an admin first")
    join(user_id, role)
    audit.record(actor, "change", "member", user_id, values={"role": role.value})


def deactivate(user_id: int, *, actor: Actor) -> None:
    """End a colleague's place. Audited. Raises NoSuchMember, LastAdmin."""
    admins = _locked_admins()
    _role_of(user_id)
    if admins == {user_id}:
        raise LastAdmin("this is the only admin: make somebody else an admin first")
    leave(user_id)
    audit.record(actor, "deactivate", "member", user_id)


def bring_back(user_id: int, *, actor: Actor) -> None:
    """Undo `deactivate`: the place and the role of before. Audited. Raises NoSuchMember."""
    brought = postgres.execute(
        "UPDATE member SET left_at = NULL WHERE user_id = %s AND left_at IS NOT NULL", [user_id]
    )
    if not brought:
        raise NoSuchMember(f"nobody of number {user_id} has left this workspace")
    audit.record(actor, "restore", "member", user_id)


def change_profile(user_id: int, *, name: str, language: str, actor: Actor) -> None:
    """How a colleague is called, and in which language they read; in every workspace. Audited."""
    postgres.execute(
        "UPDATE staff_user SET name = %s, language = %s WHERE id = %s", [name, language, user_id]
    )
    audit.record(actor, "change", "member", user_id, values={"name": name, "language": language})


def sign_ins() -> dict[int, SignIn]:
    """How the colleagues who work here sign in, by user id."""
    found = postgres.rows(
        "SELECT u.id, u.language, u.last_login, u.password LIKE '!%%' AND u.last_login IS NULL,"
        " EXISTS (SELECT 1 FROM mfa_authenticator a WHERE a.user_id = u.id AND a.type = 'totp')"
        " FROM member m JOIN staff_user u ON u.id = m.user_id WHERE m.left_at IS NULL",
        [],
    )
    return {row[0]: SignIn(*row[1:]) for row in found}


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


def _locked_admins() -> set[int]:
    """Who may administer, locked: of two admins who leave at once, the second is the last one."""
    rows = postgres.rows(
        "SELECT user_id FROM member WHERE role = %s AND left_at IS NULL ORDER BY user_id FOR UPDATE",
        [Role.ADMIN.value],
    )
    return {row[0] for row in rows}


def _role_of(user_id: int) -> Role:
    role = postgres.scalar("SELECT role FROM member WHERE user_id = %s AND left_at IS NULL", [user_id])
    if role is None:
        raise NoSuchMember(f"nobody of number {user_id} works in this workspace")
    return Role(role)
