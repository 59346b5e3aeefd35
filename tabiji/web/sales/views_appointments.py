"""面談・予約: a week at a time, by day; how each one went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery
from tabiji.sales.contracts import AppointmentInfo, AppointmentState, NewAppointment
from tabiji.sales.public import appointments, deals, words
from tabiji.web.sales import forms, refusals, showing, who
from tabiji.web.sales.showing import AppointmentRow
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, calendar

_WEEK: Final = timedelta(days=7)
_MOST: Final = 200
_SETTLED: Final = (AppointmentState.VISITED, AppointmentState.NO_SHOW, AppointmentState.CANCELLED)
_FIRST_YEAR: Final = 1990
_LAST_YEAR: Final = 2200


@dataclass(frozen=True, slots=True)
class Day:
    """off: why nobody works (a holiday's name), empty on business days."""

    day: date
    off: str
    is_today: bool
    rows: list[AppointmentRow]


@page(Permission.SEE_SALES)
def index(request: WorkspaceRequest) -> HttpResponse:
    """The week of `?from=`, or all without a result with `?state=over`."""
    owner, state = request.GET.get("owner", ""), request.GET.get("state", "")
    today = timezone.localtime(request.now).date()
    first = _monday(_asked_day(request.GET.get("from", "")) or today)
    without = {"state": AppointmentState.OVER.value, "owner": owner}
    is_over = state == AppointmentState.OVER
    if is_over:
        found = _between(without, _start(date(_FIRST_YEAR, 1, 1)), request.now, request.GET.get("after", ""))
    else:
        asked = {"owner": owner, "state": state}
        found = _between(asked, _start(first), _start(first + _WEEK), request.GET.get("after", ""))
    rows = showing.appointments(request, found.rows)
    context = {
        "days": _days(request, rows, None if is_over else first, today),
        "total": found.total,
        "next_page": found.next,
        "first": first,
        "last": first + timedelta(days=6),
        "before": (first - _WEEK).isoformat(),
        "after": (first + _WEEK).isoformat(),
        "is_this_week": first == _monday(today),
        "is_over": is_over,
        "over": _between(without, _start(date(_FIRST_YEAR, 1, 1)), request.now, "", 1).total,
        "owner": owner,
        "owners": _owners(request),
        "state": state,
        "states": [(one.value, word) for one, word in words.APPOINTMENT_STATES.items()],
        "may_work": request.actor.may(Permission.WORK_SALES),
    }
    return render(request, "sales/appointments.html", context)


@page(Permission.WORK_SALES)
def new(request: WorkspaceRequest) -> HttpResponse:
    person = who.asked(request)
    if person is None:
        return who.choose(request, _("Book an appointment"))
    deal_id = forms.number(request.GET.get("deal"))
    if deal_id is not None and deals.get(deal_id).person_id != person.id:
        deal_id = None
    form = forms.AppointmentForm(request.POST or None, {"owner": str(request.actor.user_id)})
    if request.method == "POST" and form.is_valid():
        made = refusals.at_field(
            form,
            lambda: appointments.book(
                person.id, _wanted(form), at=request.now, actor=request.actor, deal_id=deal_id
            ),
            {"minutes": "length"},
        )
        if made is not None:
            notes.success(request, _("Booked."))
            return redirect(person.href)
    context = {"form": form, "person": person}
    return render(request, "sales/appointment_form.html", context, status=422 if form.errors else 200)


@page(Permission.SEE_SALES)
def detail(request: WorkspaceRequest, appointment_id: int) -> HttpResponse:
    """One appointment; POST (sales) moves it."""
    found = appointments.get(appointment_id)
    may_work = request.actor.may(Permission.WORK_SALES)
    may_move = may_work and found.state == AppointmentState.BOOKED
    form = forms.AppointmentForm(
        request.POST if request.method == "POST" and may_move else None,
        _initial(found),
        owner=found.owner_id or 0,
    )
    if form.is_bound and form.is_valid():
        moved = refusals.at_field(
            form,
            lambda: appointments.move(
                appointment_id,
                _wanted(form),
                at=request.now,
                actor=request.actor,
                version=refusals.version_of(request),
            ),
            {"minutes": "length"},
        )
        if moved is not None:
            notes.success(request, _("Saved."))
            return redirect("appointments-detail", request.workspace.slug, appointment_id)
    (row,) = showing.appointments(request, [appointments.get(appointment_id)])
    context = {
        "form": form,
        "row": row,
        "person": row.who,
        "may_work": may_work,
        "may_move": may_move,
        "settled": [(one.value, words.APPOINTMENT_STATES[one]) for one in _SETTLED if one != found.state],
        "deal": showing.deals(request, [deals.get(found.deal_id)])[0] if found.deal_id else None,
    }
    return render(request, "sales/appointment_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(Permission.WORK_SALES)
def settle(request: WorkspaceRequest, appointment_id: int) -> HttpResponse:
    """How it went; `booked` takes that back."""
    appointments.get(appointment_id)
    done = refusals.as_note(
        request,
        lambda: appointments.settle(
            appointment_id,
            request.POST.get("state", ""),
            at=request.now,
            actor=request.actor,
            version=refusals.version_of(request),
        ),
    )
    if done is not None:
        state = words.APPOINTMENT_STATES[AppointmentState(done.state)]
        name = who.get(request, done.person_id).name
        notes.success(request, _("%(name)s: %(state)s") % {"name": name, "state": state})
    if request.POST.get("back") == "over":
        return redirect(reverse("appointments", args=[request.workspace.slug]) + "?state=over")
    return redirect("appointments-detail", request.workspace.slug, appointment_id)


def _between(asked: dict[str, str], start: datetime, end: datetime, after: str, limit: int = _MOST) -> Any:
    return appointments.list_appointments(ListQuery(asked, "", (), after, limit), start=start, end=end)


def _days(
    request: WorkspaceRequest, rows: list[AppointmentRow], first: date | None, today: date
) -> list[Day]:
    """Every day of the week that begins on `first`, empty ones too; else only days with something."""
    of_day = dict(showing.by_day(rows, lambda row: row.info.starts_at))
    shown = [first + timedelta(days=n) for n in range(7)] if first else list(of_day)
    opening = calendar.current()
    return [Day(day, _off(opening, day), day == today, of_day.get(day, [])) for day in shown]


def _off(opening: calendar.BusinessCalendar, day: date) -> str:
    if opening.is_business_day(day):
        return ""
    named = opening.holiday_name(day, "ja" if on_screen.is_japanese() else "en_US")
    if named:
        return named
    return pgettext("day", "Weekend") if day.weekday() >= 5 else pgettext("day", "Company holiday")


def _wanted(form: forms.AppointmentForm) -> NewAppointment:
    values = form.cleaned_data
    return NewAppointment(
        values["starts_at"], values["length"], values["title"], values["place"], forms.number(values["owner"])
    )


def _initial(found: AppointmentInfo) -> dict[str, Any]:
    return {
        "starts_at": found.starts_at,
        "length": found.minutes,
        "title": found.title,
        "place": found.place,
        "owner": str(found.owner_id),
    }


def _owners(request: WorkspaceRequest) -> list[tuple[str, str]]:
    mine = str(request.actor.user_id)
    others = forms.sellers()
    own = [(mine, pgettext("appointments", "Mine"))] if mine in dict(others) else []
    return [("", pgettext("owner", "Everybody")), *own, *(one for one in others if one[0] != mine)]


def _asked_day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_YEAR <= day.year <= _LAST_YEAR else None


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), timezone.get_current_timezone())
