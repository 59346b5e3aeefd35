"""The list of journeys, and the way to a new one: why first, then whom, from what to what, and the goal."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.core import clickhouse
from tabiji.core.paging import ListQuery, Page
from tabiji.journeys.contracts import JourneyInfo
from tabiji.journeys.public import counts, versions
from tabiji.journeys.public import graph as graphs
from tabiji.messaging.public import standing
from tabiji.purpose.public import conversions, initiatives, kpi
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind
from tabiji.web.journeys import entries, period, screen, words
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members


@page(Permission.SEE_JOURNEYS)
def journeys(request: WorkspaceRequest) -> HttpResponse:
    """All journeys with their numbers of the period."""
    listed = _Listed(request)
    context = {
        "list": lists.render(listed.screen(), request),
        "period": listed.period,
        "periods": period.choices(request.now),
        "is_sending": standing.is_busy(request.now) or listed.is_any_running,
        "rests": listed.totals is None,
    }
    return render(request, "journeys/journeys.html", context)


@page(Permission.EDIT_JOURNEYS)
def new(request: WorkspaceRequest) -> HttpResponse:
    """Five questions, then the drawing."""
    form = NewJourney(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect("journeys-draft", request.workspace.slug, _create(request, form.cleaned_data))
    status = 422 if form.is_bound else 200
    return render(request, "journeys/new.html", {"form": form}, status=status)


class NewJourney(forms.Form):
    """Why, whom, from what to what, and the result that it is for."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text=gettext_lazy("One sentence: what stops people today, and what they get to go on."),
    )
    entry = forms.ChoiceField(label=gettext_lazy("Who enters"))
    from_state = forms.CharField(
        label=gettext_lazy("From"), max_length=200, help_text=gettext_lazy("For example: has the brochure")
    )
    to_state = forms.CharField(
        label=gettext_lazy("To"), max_length=200, help_text=gettext_lazy("For example: has booked a meeting")
    )
    goal = forms.ChoiceField(label=pgettext_lazy("people", "Goal"))
    kpi = forms.ChoiceField(
        label=gettext_lazy("KPI"), required=False, help_text=gettext_lazy("The number that this should move.")
    )
    name = forms.CharField(label=pgettext_lazy("journey", "Name"), max_length=120)
    initiative = forms.ChoiceField(label=gettext_lazy("Initiative"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"))
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self._offer("entry", _ways_in())
        self._offer("goal", [(one.key, one.name) for one in conversions.list_all()])
        language = on_screen.language()
        self._offer(
            "kpi",
            [("", _("Not chosen yet")), *((str(one.id), one.label(language)) for one in kpi.list_all())],
        )
        found = [(str(one.id), one.name) for one in initiatives.list_all()]
        self._offer("initiative", [("", _("A new initiative of this name")), *found])
        self._offer("responsible", [(str(one.user_id), one.name) for one in members.list_colleagues()])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


def _ways_in() -> list[tuple[str, str]]:
    found = [
        (f"form:{number}", _("whoever submits the form “%(name)s”") % {"name": name})
        for number, name in entries.form_options()
    ]
    found += [
        (f"audience:{number}", _("whoever comes into the audience “%(name)s”") % {"name": name})
        for number, name in entries.audience_options()
    ]
    return [*found, ("event:", _("by another event: say it on the canvas"))]


def _create(request: WorkspaceRequest, said: dict[str, Any]) -> int:
    responsible = int(said["responsible"])
    kpi_id = int(said["kpi"]) if said["kpi"] else None
    initiative_id = int(said["initiative"] or 0) or initiatives.create(
        said["name"],
        why=said["why"],
        actor=request.actor,
        from_state=said["from_state"],
        to_state=said["to_state"],
        kpi_id=kpi_id,
        responsible_id=responsible,
        review_on=said["review_on"],
    )
    journey_id = versions.create(
        said["name"],
        actor=request.actor,
        why=said["why"],
        graph=_first_drawing(said["entry"], said["goal"]),
        initiative_id=initiative_id,
        kpi_id=kpi_id,
        responsible_id=responsible,
        review_on=said["review_on"],
    )
    initiatives.add_members(initiative_id, [journey_id], actor=request.actor)
    return journey_id


def _first_drawing(entry: str, goal: str) -> dict[str, Any]:
    """Entry, three business days, the goal: something to draw on."""
    kind, _colon, number = entry.partition(":")
    stated: list[dict[str, Any]] = []
    if kind == "form":
        stated = [{"kind": "form", "form_id": int(number)}]
    elif kind == "audience":
        stated = [{"kind": "audience", "audience_id": int(number)}]
    drawn = {
        "entries": stated,
        "start": "wait-1",
        "nodes": [
            {
                "id": "wait-1",
                "type": "wait",
                "config": {"kind": "business_days", "amount": 3, "at": "10:00"},
            },
            {"id": "goal-1", "type": "goal", "config": {}},
        ],
        "edges": [{"source": "wait-1", "target": "goal-1"}],
        "goal": goal,
    }
    return graphs.parse(drawn).model_dump(mode="json")


class _Listed:
    """The rows of the list, with what they need found once."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request
        self.period = period.chosen(request)
        self._here = {one.user_id: one.name for one in members.list_colleagues()}
        self._all = members.names()
        self._initiatives = {one.id: one.name for one in initiatives.list_all()}
        self._journeys = versions.list_all()
        self.totals = self._totals()

    def screen(self) -> ListScreen[JourneyInfo]:
        states = [Choice(key, words.STATES[key]) for key in ("draft", "running", "draining", "ended")]
        return ListScreen(
            view="journeys",
            columns=[
                Column("name", pgettext_lazy("journey", "Name"), self._name, is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column("in_progress", gettext_lazy("In progress"), self._in_progress, is_number=True),
                Column("goal", gettext_lazy("Goal rate"), self._goal, is_number=True),
                Column("responsible", gettext_lazy("Responsible"), self._responsible, is_short=True),
                Column("review", gettext_lazy("Next review"), self._review, is_short=True),
                Column("initiative", gettext_lazy("Initiative"), self._initiative),
            ],
            load=self._load,
            empty=Empty(
                gettext_lazy("No journeys yet"),
                gettext_lazy(
                    "A journey meets people on their way: it waits, asks what they did, and writes to them."
                ),
                gettext_lazy("Make the first journey"),
                links.address(self._request, "journeys-new")
                if self._request.actor.may(Permission.EDIT_JOURNEYS)
                else "",
                gettext_lazy("For example: brochure → 3 business days → case study to those who clicked"),
            ),
            filters=[
                Filter("q", pgettext_lazy("journey", "Name")),
                Filter("state", gettext_lazy("State"), states),
            ],
        )

    @property
    def is_any_running(self) -> bool:
        return any(one.state in ("running", "draining") for one in self._journeys)

    def _totals(self) -> dict[int, counts.Totals] | None:
        try:
            return counts.totals(self.period.period)
        except clickhouse.ClickHouseError:
            return None

    def _load(self, query: ListQuery) -> Page[JourneyInfo]:
        text, state = query.filters.get("q", "").lower(), query.filters.get("state", "")
        rows = [
            one for one in self._journeys if text in one.name.lower() and (not state or one.state == state)
        ]
        order = {"running": 0, "draining": 1, "draft": 2}
        rows.sort(key=lambda one: order.get(one.state, 3))
        return Page(rows, "", len(rows))

    def _name(self, row: JourneyInfo) -> SafeString:
        return lists.link(links.address(self._request, "journeys-detail", row.id), row.name, row.why)

    def _state(self, row: JourneyInfo) -> SafeString:
        number = row.version_number if row.state in ("running", "draining") else None
        css = {"running": " state-running", "draining": " state-draining"}.get(row.state, "")
        return format_html('<span class="state{}">{}</span>', css, words.state(row.state, number))

    def _in_progress(self, row: JourneyInfo) -> SafeString | str:
        href = behind.address(self._request, "journey", row.id, "now", "", "", "")
        return lists.link(href, on_screen.people(row.in_progress))

    def _goal(self, row: JourneyInfo) -> SafeString | str:
        if self.totals is None or not row.version_id:
            return ""
        own = self.totals.get(row.id, counts.Totals())
        if not own.entered:
            return ""
        if own.entered < on_screen.SMALL:
            return format_html(
                '<span class="too-small">{}</span>',
                _("Cannot be judged yet (n=%(whole)s)") % {"whole": own.entered},
            )
        href = behind.address(self._request, "journey", row.id, "goal", "", "", self.period.key)
        whole = behind.address(self._request, "journey", row.id, "entered", "", "", self.period.key)
        return format_html(
            '<span class="rate"><span class="rate-value">{}</span> <span class="rate-of">'
            '<a href="{}">{}</a>/<a href="{}">{}</a></span></span>',
            on_screen.percent(own.goal, own.entered),
            href,
            on_screen.number(own.goal),
            whole,
            on_screen.people(own.entered),
        )

    def _responsible(self, row: JourneyInfo) -> SafeString | str:
        name = self._here.get(row.responsible_id or 0, "")
        if name:
            return name
        former = self._all.get(row.responsible_id or 0, "")
        said = _("%(name)s (has left)") % {"name": former} if former else _("Nobody")
        return format_html('<span class="hot">{}</span>', said)

    def _review(self, row: JourneyInfo) -> SafeString | str:
        if row.review_on is None:
            return ""
        day: date = row.review_on
        if not screen.is_late(day, self._request.now):
            return on_screen.day(day)
        return format_html('<span class="hot strong">{}</span>', screen.said_late(day, self._request.now))

    def _initiative(self, row: JourneyInfo) -> SafeString | str:
        name = self._initiatives.get(row.initiative_id, "")
        href = links.address(self._request, "initiatives-detail", row.initiative_id)
        return lists.link(href, name) if name and href else name
