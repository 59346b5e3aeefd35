"""The bar's own requests: move time, stop moving, say how far it has come."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.practice import bar as bars
from tabiji.practice import time_moves
from tabiji.practice.time_moves import CannotMove, Wish
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

WISHES = ("hour", "business_day", "next")


@page()
def bar(request: WorkspaceRequest) -> HttpResponse:
    """The bar alone: asked for when a colleague comes back to a page that stood open."""
    return HttpResponse(bars.draw(request))


@require_POST
@page(Permission.MOVE_TIME)
def move(request: WorkspaceRequest) -> HttpResponse:
    """Wish for the moment of one of the three buttons (`to`), and back to the page."""
    wish = request.POST.get("to", "")
    if wish not in WISHES:
        raise Http404
    try:
        target = time_moves.targets(request.now).of(cast(Wish, wish))
        time_moves.ask(target, actor=request.actor, now=request.now)
    except CannotMove as error:
        messages.error(request, str(error))
    return _back(request)


@require_POST
@page(Permission.MOVE_TIME)
def stop(request: WorkspaceRequest) -> HttpResponse:
    if not time_moves.cancel(actor=request.actor):
        messages.info(request, _("Time had arrived already."))
    return _back(request)


@page(Permission.MOVE_TIME)
def moving(request: WorkspaceRequest, move_id: int) -> HttpResponse:
    """How far a move has come; the answer of a finished one ends the asking."""
    found = time_moves.find(move_id)
    if found is None:
        raise Http404
    return render(request, "practice/moving.html", {"move": found})


def _back(request: WorkspaceRequest) -> HttpResponse:
    back = request.POST.get("next", "")
    own = f"/w/{request.workspace.slug}/"
    is_safe = back.startswith(own) and url_has_allowed_host_and_scheme(back, {request.get_host()})
    return HttpResponseRedirect(back if is_safe else own)
