"""要対応 as a page of its own, and its one act that is not elsewhere: choosing who is responsible."""

from __future__ import annotations

from django.contrib import messages as flashes
from django.core import signing
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.core import postgres
from tabiji.sales.public import today
from tabiji.web.home import todos
from tabiji.web.insights.resting import Counting
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, definitions, members


@page()
def index(request: WorkspaceRequest) -> HttpResponse:
    counting = Counting()
    works = request.actor.may(Permission.WORK_SALES) and not request.actor.may(Permission.ADMINISTER)
    kind = request.GET.get("kind", "")
    context = {
        "todos": todos.of(request, counting, kind),
        "kind": kind,
        "items": today(request.actor.user_id, request.now) if works and not kind else [],
        "counting": counting,
    }
    return render(request, "home/todos.html", context)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def assign(request: WorkspaceRequest, definition_id: int) -> HttpResponse:
    """Who looks after a definition from now on; `back` of the answer returns it to whom it was before."""
    before = definitions.get(definition_id)
    chosen = _chosen(request, definition_id)
    definitions.update(definition_id, responsible_id=chosen, actor=request.actor)
    name = members.names().get(chosen or 0, "")
    values = {"definition": before.name, "name": name}
    said = (
        _("%(name)s is responsible for “%(definition)s” now") % values
        if "back" not in request.POST
        else _("“%(definition)s” is as it was before") % values
    )
    if not is_fragment(request):
        flashes.success(request, said)
        return redirect("home", request.workspace.slug)
    if "back" in request.POST:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"said": said, "definition": before, "back": _signed(definition_id, before.responsible_id)}
    return render(request, "home/assigned.html", context)


def _chosen(request: WorkspaceRequest, definition_id: int) -> int | None:
    """A colleague who is here; or, by a signed way back, whoever it was."""
    if "back" in request.POST:
        try:
            stated, user_id = _signer().unsign_object(request.POST["back"])
        except (signing.BadSignature, ValueError, TypeError) as error:
            raise Http404 from error
        if stated != definition_id:
            raise Http404
        return int(user_id) if user_id else None
    here = {str(one.user_id): one.user_id for one in members.list_colleagues()}
    if request.POST.get("responsible", "") not in here:
        raise Http404
    return here[request.POST["responsible"]]


def _signed(definition_id: int, user_id: int | None) -> str:
    return _signer().sign_object([definition_id, user_id or 0])


def _signer() -> signing.Signer:
    return signing.Signer(salt=f"tabiji.responsible:{postgres.workspace_id()}")
