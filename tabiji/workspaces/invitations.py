"""Inviting a colleague: a place here, and a way to choose a password where there is no sign-in yet."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from tabiji.core import postgres
from tabiji.workspaces import audit, members, notices, workspace
from tabiji.workspaces.contracts import Actor, Invitation
from tabiji.workspaces.models import User
from tabiji.workspaces.roles import Role


class AlreadyHere(ValueError):
    """This address belongs to a colleague who works here."""


class AlreadySignedIn(ValueError):
    """The colleague has a password, or works in another workspace as well: there is nothing to invite to."""


def invite(email: str, *, name: str, role: Role, language: str, actor: Actor) -> Invitation:
    """Give somebody a place and write to them. Audited. Raises AlreadyHere.

    Whoever has a sign-in (from another workspace, or from an earlier time here) keeps name and password:
    no admin gets a way into the sign-in of somebody who has one.
    """
    user = User.objects.filter(email__iexact=email.strip()).first()
    if user is None:
        user = User.objects.get(pk=members.create_user(email, name=name, language=language))
    elif any(one.user_id == user.pk for one in members.list_colleagues()):
        raise AlreadyHere(f"{user.email} works here already")
    members.join(user.pk, role)
    audit.record(actor, "create", "member", user.pk, values={"email": user.email, "role": role.value})
    return _send(user)


def renew(user_id: int, *, actor: Actor) -> Invitation:
    """A new link for a colleague who has not chosen a password yet. Raises NoSuchMember, AlreadySignedIn."""
    if user_id not in members.sign_ins():
        raise members.NoSuchMember(f"nobody of number {user_id} works in this workspace")
    user = User.objects.get(pk=user_id)
    if not _may_be_let_in(user):
        raise AlreadySignedIn(f"{user.email} has a sign-in")
    audit.record(actor, "invite", "member", user_id)
    return _send(user)


def _send(user: User) -> Invitation:
    where = workspace.current()
    path = _path(user) if _may_be_let_in(user) else ""
    said = {"name": user.name, "workspace": where.name, "address": settings.PUBLIC_URL + (path or "/")}
    with override(user.language):
        subject = _("%(workspace)s invites you to Tabiji") % said
        opening = _("%(name)s, you can now work in “%(workspace)s”.") % said
        what = _("Choose your password here:") if path else _("Sign in here as before:")
    notices.mail([user.pk], subject=subject, body=f"{opening}\n\n{what}\n{said['address']}\n")
    return Invitation(user.pk, user.name, user.email, path)


def _may_be_let_in(user: User) -> bool:
    """Nobody's sign-in yet, and no door into another workspace."""
    places = {one.workspace_id for one in workspace.list_of_user(user.pk)}
    return not user.has_usable_password() and user.last_login is None and places == {postgres.workspace_id()}


def _path(user: User) -> str:
    token = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, _dash, key = token.partition("-")
    return reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": key})
