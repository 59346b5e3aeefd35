"""電話: the call log of one person. A result is one tap (or a key from 1 to 6); then the next person."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, Final
from uuid import UUID

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tabiji.people.public import persons
from tabiji.sales.contracts import CallInfo, CallResult, HandOverState, NewAppointment
from tabiji.sales.public import appointments, calls, hand_overs, next_person, tasks, words
from tabiji.web.sales import forms, packets, refusals, showing, who
from tabiji.web.sales.who import Who
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, calendar

_AGAIN: Final = (CallResult.NO_ANSWER, CallResult.CALL_AGAIN, CallResult.CONSIDERING)
_MORNING: Final = time(10)


@page(Permission.WORK_SALES)
def log(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    person = who.of(request, persons.get(person_id))
    if request.method != "POST":
        return _show(request, person, panel(request, person))
    form = forms.CallForm(request.POST)
    result = request.POST.get("result", "")
    if form.is_valid():
        done = refusals.at_field(form, lambda: _log(request, person, result, form.cleaned_data))
        if done is not None:
            notes.success(request, _said(person, done, form.cleaned_data))
            return to_next(request, person.id)
    asks = result == CallResult.BOOKED or "starts_at" in form.errors
    return _show(request, person, panel(request, person, form, asks_when=asks), status=422)


def panel(
    request: WorkspaceRequest, person: Who, form: forms.CallForm | None = None, *, asks_when: bool = False
) -> dict[str, Any]:
    """What the form of a call needs, wherever it stands. asks_when: open where the appointment is typed."""
    known = showing.calls(request, person.id)
    again = calendar.current().after_business_days(request.now, 1, _MORNING)
    if form is not None and asks_when:
        form.fields["starts_at"].widget.attrs["autofocus"] = True
    return {
        "call_form": form or _fresh(again, known[0].info.id if known else 0),
        "asks_when": asks_when,
        "results": [
            (one.value, word, n, one in _AGAIN) for n, (one, word) in enumerate(words.CALL_RESULTS.items(), 1)
        ],
        "open_call": tasks.find_open_call(person.id, request.actor.user_id),
        "calls": known,
        "next_appointment": appointments.find_next(person.id, request.now),
    }


def to_next(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """To what is next of today, about somebody else; home where nothing is left."""
    slug = request.workspace.slug
    item = next_person(request.actor.user_id, request.now, after=person_id)
    if item is None or item.person_id is None:
        return redirect("home", slug)
    if item.kind == "hand_over":
        return redirect("hand_overs-detail", slug, item.ref)
    if item.kind == "recall":
        return redirect("tasks-call", slug, item.person_id)
    return redirect("people-detail", slug, item.person_id)


def _fresh(again: datetime, seen: int) -> forms.CallForm:
    form = forms.CallForm()
    form.fields["seen"].initial = seen
    form.fields["again_at"].initial = again
    form.fields["length"].initial = 60
    return form


def _show(request: WorkspaceRequest, person: Who, parts: dict[str, Any], status: int = 200) -> HttpResponse:
    standing = hand_overs.find_standing(person.id)
    context: dict[str, Any] = {"person": person, **parts}
    if standing is None:
        context |= packets.acts_of(person.id, request.now)
    else:
        (row,) = showing.hand_overs(request, [standing])
        context |= {"row": row, **packets.of(standing.id)}
        context["is_pending"] = standing.state == HandOverState.PENDING
    return render(request, "sales/call.html", context, status=status)


def _log(request: WorkspaceRequest, person: Who, result: str, values: dict[str, Any]) -> CallInfo:
    wanted = None
    if result == CallResult.BOOKED and values["starts_at"] is not None:
        wanted = NewAppointment(values["starts_at"], values["length"] or 60, place=values["place"])
    return calls.log(
        person.id,
        result=result,
        at=request.now,
        actor=request.actor,
        seconds=(values["minutes"] or 0) * 60 + (values["seconds"] or 0),
        note=values["note"],
        appointment=wanted,
        again_at=values["again_at"] if result in _AGAIN else None,
        seen=values["seen"],
    )


def _said(person: Who, call: CallInfo, values: dict[str, Any]) -> str:
    said = {"name": person.name, "result": str(words.CALL_RESULTS[CallResult(call.result)])}
    if call.result == CallResult.BOOKED:
        return _("%(name)s: %(result)s, %(moment)s") % {
            **said,
            "moment": on_screen.moment(values["starts_at"]),
        }
    if call.result in _AGAIN and values["again_at"]:
        again = on_screen.moment(values["again_at"])
        return _("%(name)s: %(result)s. Next call %(moment)s") % {**said, "moment": again}
    return _("%(name)s: %(result)s") % said
