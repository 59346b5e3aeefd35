"""Starting a journey, with what speaks against it and whom it meets; stopping new entries; trying again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.public import asking, audience, conditions
from tabiji.core import clock
from tabiji.journeys.contracts import Problem
from tabiji.journeys.public import checks, engine, enrolment, versions
from tabiji.journeys.public import graph as graphs
from tabiji.purpose.public import kpi
from tabiji.web.journeys import screen
from tabiji.web.journeys.screen import JourneyScreen
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions, members

EXPECTED_DAYS = 90


@dataclass(frozen=True, slots=True)
class WhoEnters:
    """inside: people in the audiences of the entry now; expected: people of the last 90 days who would have
    entered by event or form, None where that cannot be counted now."""

    inside: int
    expected: int | None
    has_events: bool


@page(Permission.EDIT_JOURNEYS)
def start(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """What stands before the start, tried on ten real people; the start itself by POST."""
    shown = screen.of(request, journey_id, is_draft=True)
    if request.method == "POST":
        return _start(request, shown)
    tried = checks.dry_run(shown.graph, now=request.now) if not shown.drawing.blocking else []
    return _render(request, shown, tried)


@require_POST
@page(Permission.START_SENDS)
def drain(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """新規停止: nobody enters any more; those inside go on."""
    found = versions.get(journey_id)
    if found.state == "running":
        versions.drain(journey_id, actor=request.actor)
    return redirect("journeys-detail", request.workspace.slug, journey_id)


@require_POST
@page(Permission.START_SENDS)
def resume(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    found = versions.get(journey_id)
    if found.state == "draining" and found.version_id:
        versions.resume(journey_id, actor=request.actor)
    return redirect("journeys-detail", request.workspace.slug, journey_id)


@require_POST
@page(Permission.EDIT_JOURNEYS)
def retry(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """Let parked people go on: one, or all of this journey."""
    versions.get(journey_id)
    parked = enrolment.list_parked(journey_id)
    asked = request.POST.get("enrolment", "")
    tried = [one for one in parked if asked in ("all", str(one.id))]
    for one in tried:
        engine.retry(one.id, now=request.now)
    messages.success(request, _("%(people)s go on") % {"people": on_screen.people(len(tried))})
    return redirect("journeys-detail", request.workspace.slug, journey_id)


@page(Permission.EDIT_JOURNEYS)
def header(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """The shared header: name, why, KPI, who is responsible, when to look again."""
    found = versions.get(journey_id)
    form = Header(request.POST or None, initial=_initial(found))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        definitions.update(
            journey_id,
            actor=request.actor,
            name=said["name"],
            why=said["why"],
            kpi_id=int(said["kpi"]) if said["kpi"] else None,
            responsible_id=int(said["responsible"]) if said["responsible"] else None,
            review_on=said["review_on"],
        )
        return redirect("journeys-detail", request.workspace.slug, journey_id)
    status = 422 if form.is_bound else 200
    return render(request, "journeys/header_form.html", {"form": form, "journey": found}, status=status)


class Header(forms.Form):
    name = forms.CharField(label=pgettext_lazy("journey", "Name"), max_length=120)
    why = forms.CharField(label=gettext_lazy("Why"), widget=forms.Textarea(attrs={"rows": 3}), max_length=500)
    kpi = forms.ChoiceField(label=gettext_lazy("KPI"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"), required=False)
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        language = on_screen.language()
        lines = [(str(one.id), one.label(language)) for one in kpi.list_all()]
        people = [(str(one.user_id), one.name) for one in members.list_colleagues()]
        for name, choices in (("kpi", lines), ("responsible", people)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Not chosen yet")), *choices]


def who_enters(graph: graphs.Graph, now: Any) -> WhoEnters:
    """Whom this journey meets: now, and as a rule."""
    inside: set[Any] = set()
    asked: list[dict[str, Any]] = []
    for entry in graph.entries:
        if isinstance(entry, graphs.AudienceEntry):
            inside.update(_members(entry.audience_id))
        else:
            asked.append(_asked(entry))
    if not asked:
        return WhoEnters(len(inside), None, False)
    try:
        condition = conditions.parse({"version": 1, "kind": "any", "of": asked})
        return WhoEnters(len(inside), asking.count(condition, now=now), True)
    except (conditions.BadCondition, asking.CountingRests):
        return WhoEnters(len(inside), None, True)


def _start(request: WorkspaceRequest, shown: JourneyScreen) -> HttpResponse:
    if not request.actor.may(Permission.START_SENDS) or shown.drawing.blocking:
        return _render(request, shown, [], status=422)
    journey_id = shown.journey.id
    version = versions.publish(journey_id, actor=request.actor, now=request.now)
    entered = _let_in(version.id, shown.graph, request) if request.POST.get("members") == "1" else 0
    said = _("Version %(number)d runs.") % {"number": version.number}
    if entered:
        said += " " + _("%(people)s have entered.") % {"people": on_screen.people(entered)}
    messages.success(request, said)
    return redirect("journeys-detail", request.workspace.slug, journey_id)


def _render(
    request: WorkspaceRequest, shown: JourneyScreen, tried: list[Problem], *, status: int = 200
) -> HttpResponse:
    shown = JourneyScreen(request, shown.journey, True, extra_problems=tried)
    context = {
        "screen": shown,
        "who": who_enters(shown.graph, request.now),
        "tried": len(checks.sample(shown.graph)),
        "draft_href": links.address(request, "journeys-draft", shown.journey.id),
    }
    return render(request, "journeys/start.html", context, status=status)


def _let_in(version_id: int, graph: graphs.Graph, request: WorkspaceRequest) -> int:
    """People who are in the entry's audiences already enter now, each for their present stay."""
    arrivals = [
        enrolment.Arrival(
            stay.person_id, f"audience:{entry.audience_id}:{clock.to_ms(stay.entered_at)}", request.now
        )
        for entry in graph.entries
        if isinstance(entry, graphs.AudienceEntry)
        for stay in audience.stays(entry.audience_id)
    ]
    return enrolment.enrol(version_id, arrivals)


def _members(audience_id: int) -> list[Any]:
    try:
        audience.get(audience_id)
    except audience.NoSuchAudience:
        return []
    return list(audience.member_ids(audience_id))


def _asked(entry: graphs.EventEntry | graphs.FormEntry) -> dict[str, Any]:
    window = {"kind": "last", "n": EXPECTED_DAYS, "unit": "days"}
    if isinstance(entry, graphs.FormEntry):
        where = [{"prop": "props.form_id", "op": "is", "value": entry.form_id}]
        return {"kind": "event", "name": "form_submitted", "where": where, "window": window}
    where = [{"prop": f"props.{one.name}", "op": "in", "value": list(one.values)} for one in entry.where]
    return {"kind": "event", "name": entry.event, "where": where, "window": window}


def _initial(found: Any) -> dict[str, Any]:
    return {
        "name": found.name,
        "why": found.why,
        "kpi": str(found.kpi_id or ""),
        "responsible": str(found.responsible_id or ""),
        "review_on": found.review_on,
    }
