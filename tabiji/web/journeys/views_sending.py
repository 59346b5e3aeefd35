"""How sending stands, messages of unknown fate, and the red button."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.messaging.public import broadcasts, messages, sending, standing, stopping
from tabiji.people.public import persons
from tabiji.web.journeys import numbers
from tabiji.web.shell import links
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

OUTCOMES = ("sent", "bounced", "failed", "refused")


@page(Permission.SEE_JOURNEYS)
def status(request: WorkspaceRequest) -> HttpResponse:
    """Queue, the last hour, refusals, bounces, what is unknown."""
    name = "journeys/sending_live.html" if is_fragment(request) else "journeys/sending.html"
    return render(request, name, _status(request))


@require_POST
@page(Permission.START_SENDS)
def stop(request: WorkspaceRequest) -> HttpResponse:
    """緊急停止: at once; the page that comes back asks why."""
    if not stopping.is_stopped():
        stopping.stop(actor=request.actor, at=request.now)
    return redirect(_back(request))


@require_POST
@page(Permission.START_SENDS)
def explain(request: WorkspaceRequest) -> HttpResponse:
    """Why it was stopped."""
    reason = request.POST.get("reason", "").strip()
    if reason and stopping.is_stopped():
        stopping.explain(reason, actor=request.actor)
    return redirect(_back(request))


@require_POST
@page(Permission.START_SENDS)
def allow(request: WorkspaceRequest) -> HttpResponse:
    """Let mails leave again."""
    if stopping.is_stopped():
        found = stopping.standing()
        stopping.allow(actor=request.actor, reason=found.reason if found else "")
        flashes.success(request, _("Mails leave again."))
    return redirect(_back(request))


@require_POST
@page(Permission.START_SENDS)
def settle(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    """A colleague's decision on a message of unknown fate: send it again, or leave it."""
    messages.get(message_id)
    if request.POST.get("do") == "resend":
        done, said = sending.resend(message_id), _("Queued again.")
    else:
        done, said = sending.leave(message_id), _("Left as it is.")
    flashes.success(request, said if done else _("This message was settled already."))
    return redirect("sending", request.workspace.slug)


def _status(request: WorkspaceRequest) -> dict[str, object]:
    hour, week = standing.hour_before(request.now), request.now - timedelta(hours=numbers.WEEK)
    outcomes = standing.outcomes(hour)
    uncertain = messages.list_messages(ListQuery({"state": "uncertain"}, limit=100)).rows
    people = persons.get_many({one.person_id for one in uncertain})
    running = [one for one in broadcasts.list_all() if one.state == "running"]
    return {
        "waiting": standing.waiting(),
        "outcomes": [(state, outcomes.get(state, 0)) for state in OUTCOMES],
        "refusals": standing.refusals(week),
        "bounces": standing.bounced_domains(week),
        "uncertain": [(one, people.get(one.person_id), mails.name_of(one.mail_id)) for one in uncertain],
        "running": running,
        "hour": numbers.HOUR,
        "week": numbers.WEEK,
        "is_sending": True,
    }


def _back(request: WorkspaceRequest) -> str:
    asked = request.POST.get("next", "")
    is_safe = url_has_allowed_host_and_scheme(asked, {request.get_host()})
    return asked if is_safe else links.address(request, "sending")
