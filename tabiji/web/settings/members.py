"""メンバーと権限: who works here, in which role, and how they sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.conf import settings
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.web.settings.entering import LANGUAGES, LineField
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.contracts import Colleague, Invitation, SignIn
from tabiji.workspaces.public import ROLE_NAMES, Permission, Role, invitations
from tabiji.workspaces.public import members as colleagues

ROLE_NOTES: Final[Mapping[Role, Any]] = {
    Role.ADMIN: gettext_lazy("Everything, with these settings, keys and members"),
    Role.MARKETER: gettext_lazy("Customers, journeys, mails, pages and sends; scores, fields and exclusions"),
    Role.SALES_MANAGER: gettext_lazy("As Sales, and sees and deals out the work of the team"),
    Role.SALES: gettext_lazy("Hand-overs, tasks, deals and customers; reads journeys and initiatives"),
    Role.ANALYST: gettext_lazy("All numbers, audiences and reports; names and addresses are masked"),
    Role.VIEWER: gettext_lazy("Reads all, changes nothing; names and addresses are masked"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A colleague as the list shows them. sign_in is None for one who has left."""

    person: Colleague
    role: str
    sign_in: SignIn | None
    is_me: bool


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=gettext_lazy("Role"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(role.value, str(ROLE_NAMES[role])) for role in Role]

    @property
    def cards(self) -> list[tuple[str, str, str, bool]]:
        """(value, name, what it may do, whether it is chosen)."""
        chosen = self["role"].value()
        return [(one.value, str(ROLE_NAMES[one]), str(ROLE_NOTES[one]), one == chosen) for one in Role]


class InviteForm(RoleForm):
    email = forms.EmailField(label=gettext_lazy("E-mail"), max_length=254)
    name = LineField(label=pgettext_lazy("colleague", "Name"), max_length=100)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=LANGUAGES)


@page(Permission.ADMINISTER)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Who works here, and below who has left."""
    sign_ins = colleagues.sign_ins()
    lines = [
        Line(one, str(ROLE_NAMES[one.role]), sign_ins.get(one.user_id), one.user_id == request.actor.user_id)
        for one in colleagues.list_colleagues(also_left=True)
    ]
    context = {
        "here": [line for line in lines if line.person.is_here],
        "left": [line for line in lines if not line.person.is_here],
    }
    return render(request, "settings/members.html", context)


@page(Permission.ADMINISTER)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Invite somebody: an account where the address has none, a place here, a mail with the way in."""
    form = InviteForm(
        request.POST or None, {"role": Role.MARKETER.value, "language": request.workspace.language}
    )
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            invitation = invitations.invite(
                said["email"],
                name=said["name"],
                role=Role(said["role"]),
                language=said["language"],
                actor=request.actor,
            )
        except invitations.AlreadyHere:
            form.add_error("email", _("This colleague works here already."))
        else:
            return _invited(request, invitation)
    status = 422 if form.is_bound else 200
    return render(request, "settings/member_new.html", {"form": form}, status=status)


@page(Permission.ADMINISTER)
def detail(request: WorkspaceRequest, user_id: int) -> HttpResponse:
    """One colleague: the role, and leaving."""
    found = _get(user_id)
    form = RoleForm(request.POST or None, {"role": found.role.value})
    if request.method == "POST" and form.is_valid():
        try:
            colleagues.set_role(user_id, Role(form.cleaned_data["role"]), actor=request.actor)
        except colleagues.LastAdmin:
            form.add_error("role", _last_admin())
        else:
            flashes.success(request, _("Saved."))
            is_out = user_id == request.actor.user_id and form.cleaned_data["role"] != Role.ADMIN.value
            return redirect("home" if is_out else "members", request.workspace.slug)
    return _detail(request, found, form, status=422 if form.is_bound else 200)


@require_POST
@page(Permission.ADMINISTER)
def deactivate(request: WorkspaceRequest, user_id: int) -> HttpResponse:
    """Take the place away; the list offers it back."""
    found = _get(user_id)
    try:
        colleagues.deactivate(user_id, actor=request.actor)
    except colleagues.LastAdmin:
        form = RoleForm({"role": found.role.value})
        form.is_valid()
        form.add_error("role", _last_admin())
        return _detail(request, found, form, status=422)
    if user_id == request.actor.user_id:
        return redirect("start")
    flashes.success(request, _("%(name)s cannot come in any more.") % {"name": found.name})
    return redirect("members", request.workspace.slug)


@require_POST
@page(Permission.ADMINISTER)
def bring_back(request: WorkspaceRequest, user_id: int) -> HttpResponse:
    """The place and the role of before."""
    colleagues.bring_back(user_id, actor=request.actor)
    flashes.success(request, _("%(name)s is back.") % {"name": _get(user_id).name})
    return redirect("members", request.workspace.slug)


@require_POST
@page(Permission.ADMINISTER)
def invite_again(request: WorkspaceRequest, user_id: int) -> HttpResponse:
    """A new link for somebody who has not come yet."""
    try:
        return _invited(request, invitations.renew(user_id, actor=request.actor))
    except invitations.AlreadySignedIn:
        flashes.error(request, _("This colleague has a password already."))
        return redirect("members-detail", request.workspace.slug, user_id)


def _get(user_id: int) -> Colleague:
    for found in colleagues.list_colleagues():
        if found.user_id == user_id:
            return found
    raise colleagues.NoSuchMember(f"nobody of number {user_id} works in this workspace")


def _detail(request: WorkspaceRequest, found: Colleague, form: RoleForm, *, status: int) -> HttpResponse:
    context = {
        "form": form,
        "person": found,
        "sign_in": colleagues.sign_ins()[found.user_id],
        "is_me": found.user_id == request.actor.user_id,
    }
    return render(request, "settings/member.html", context, status=status)


def _invited(request: WorkspaceRequest, invitation: Invitation) -> HttpResponse:
    """The way in, shown once: where no mail server is set up, the admin hands it over."""
    context = {"invitation": invitation, "link": settings.PUBLIC_URL + invitation.path}
    response = render(request, "settings/invited.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _last_admin() -> str:
    return _("This is the only admin. Make somebody else an admin first.")
