"""「販促を止める」: no marketing to one person, with a reason and an end."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from uuid import UUID

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.people.public import holds, persons
from tabiji.sales.public import stopping
from tabiji.web.sales import forms, refusals, who
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members

_LAST_YEAR: Final = 2_200
"""A last day beyond is none."""


@page(Permission.WORK_SALES)
def stop(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    person = persons.get(person_id)
    form = forms.StopForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        until = _end(form.cleaned_data["until"])
        refusals.at_field(
            form,
            lambda: stopping.stop(
                person.id,
                reason=form.cleaned_data["reason"],
                until=until,
                at=request.now,
                actor=request.actor,
            ),
        )
        if not form.errors:
            notes.success(
                request, _("No marketing mail goes to this person until you say so, or the last day is over.")
            )
            return redirect("people-detail", request.workspace.slug, person.id)
    context = {"form": form, "person": who.of(request, person), "standing": _standing(request, person.id)}
    return render(request, "sales/stop.html", context, status=422 if form.errors else 200)


@require_POST
@page(Permission.WORK_SALES)
def resume(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """Take a colleague's stop back; what a hand-over holds is released by the hand-over alone."""
    person = persons.get(person_id)
    source = request.POST.get("source", "")
    if source.startswith("user:"):
        stopping.resume(person.id, at=request.now, actor=request.actor, source=source[:60])
        notes.success(request, _("Marketing mails may go out to this person again."))
    return redirect("people-stop", request.workspace.slug, person.id)


def _standing(request: WorkspaceRequest, person_id: UUID) -> list[tuple[object, str, bool]]:
    """(hold, by whom, whether it can be taken back here)."""
    names = members.names()
    found: list[tuple[object, str, bool]] = []
    for one in holds.list_standing(person_id, request.now):
        kind, _colon, number = one.source.partition(":")
        by = names.get(int(number), "") if kind == "user" and number.isdecimal() else ""
        found.append((one, by, kind == "user"))
    return found


def _end(day: date | None) -> datetime | None:
    """The end of the last day; None where it lasts until somebody takes it back."""
    if day is None or day.year > _LAST_YEAR:
        return None
    return datetime.combine(day + timedelta(days=1), time(0), timezone.get_current_timezone())
