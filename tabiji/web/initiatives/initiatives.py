"""施策: the list by effect, and the page of one: why, how it went, what was learnt."""

from __future__ import annotations

from typing import Any, Final

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery, Page
from tabiji.insights.contracts import Contribution
from tabiji.insights.public import attribution
from tabiji.purpose.contracts import InitiativeInfo, Period
from tabiji.purpose.public import initiatives, periods
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import behind
from tabiji.web.initiatives import members, report
from tabiji.web.initiatives.forms import InitiativeForm, VerdictForm
from tabiji.web.insights import headers, results, spans, things
from tabiji.web.insights.resting import Counting
from tabiji.web.insights.results import Result
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions
from tabiji.workspaces.public import members as colleagues

VERDICTS: Final[dict[str, Any]] = {
    "adopted": pgettext_lazy("verdict", "Adopted"),
    "rejected": pgettext_lazy("verdict", "Rejected"),
}


@page(Permission.SEE_INITIATIVES)
def index(request: WorkspaceRequest) -> HttpResponse:
    counting = Counting()
    listed = _Listed(request, counting)
    context = {
        "list": lists.render(listed.screen(), request),
        "period": listed.span,
        "periods": spans.choices(request.now),
        "counting": counting,
        "rule": attribution.RULE,
    }
    return render(request, "initiatives/initiatives.html", context)


@page(Permission.SEE_INITIATIVES)
def detail(request: WorkspaceRequest, initiative_id: int) -> HttpResponse:
    return _detail(request, initiatives.get(initiative_id))


@page(Permission.EDIT_INITIATIVES)
def new(request: WorkspaceRequest) -> HttpResponse:
    form = InitiativeForm(request.POST or None, {"responsible": request.actor.user_id, "state": "running"})
    if request.method == "POST" and form.is_valid():
        said = _header(form.cleaned_data)
        made = initiatives.create(said.pop("name"), why=said.pop("why"), actor=request.actor, **said)
        return redirect("initiatives-detail", request.workspace.slug, made)
    return _edit_page(request, form, None)


@page(Permission.EDIT_INITIATIVES)
def edit(request: WorkspaceRequest, initiative_id: int) -> HttpResponse:
    found = initiatives.get(initiative_id)
    form = InitiativeForm(request.POST or None, _initial(found), initiative_id=initiative_id)
    if request.method == "POST" and form.is_valid():
        initiatives.update(initiative_id, actor=request.actor, **_header(form.cleaned_data))
        flashes.success(request, _("Saved."))
        return redirect("initiatives-detail", request.workspace.slug, initiative_id)
    return _edit_page(request, form, found)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def judge(request: WorkspaceRequest, initiative_id: int) -> HttpResponse:
    """採用 or 棄却, with a sentence; or open again."""
    found = initiatives.get(initiative_id)
    form = VerdictForm(request.POST)
    if form.is_valid():
        try:
            initiatives.judge(
                initiative_id,
                form.cleaned_data["verdict"],
                form.cleaned_data["learning"],
                actor=request.actor,
                at=request.now,
            )
        except initiatives.NothingLearnt as missing:
            form.add_error("learning", str(missing))
        else:
            flashes.success(request, _("Kept. The verdict stands on the list of initiatives, too."))
            return redirect("initiatives-detail", request.workspace.slug, initiative_id)
    return _detail(request, found, form)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def put(request: WorkspaceRequest, initiative_id: int) -> HttpResponse:
    """Something works for this initiative from now on."""
    initiatives.get(initiative_id)
    chosen = request.POST.get("definition", "")
    offered = {number for _kind, found in members.may_be_put(request) for number, _name in found}
    if chosen.isdecimal() and int(chosen[:18]) in offered:
        initiatives.add_members(initiative_id, [int(chosen)], actor=request.actor)
    return redirect("initiatives-detail", request.workspace.slug, initiative_id)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def remove(request: WorkspaceRequest, initiative_id: int, definition_id: int) -> HttpResponse:
    initiatives.get(initiative_id)
    if initiatives.remove_member(initiative_id, definition_id, actor=request.actor):
        flashes.success(request, _("Taken off this initiative."))
    return redirect("initiatives-detail", request.workspace.slug, initiative_id)


def _detail(
    request: WorkspaceRequest, found: InitiativeInfo, verdict: VerdictForm | None = None
) -> HttpResponse:
    counting = Counting()
    span = spans.chosen(request, _own_period(found))
    parts = members.of(request, found.id)
    may_edit = request.actor.may(Permission.EDIT_INITIATIVES)
    stated = {"verdict": found.verdict, "learning": found.learning}
    context = {
        "initiative": found,
        "verdict_said": str(VERDICTS.get(found.verdict, "")),
        "judged_by": colleagues.names().get(found.judged_by or 0, ""),
        "sheet": report.Sheet(found, span, counting),
        "header": headers.of(
            request,
            definitions.get(found.id),
            counting,
            used_in=[(one.href, one.definition.name) for one in parts],
            edit_href=links.address(request, "initiatives-edit", found.id) if may_edit else "",
        ),
        "members": parts,
        "may_be_put": members.may_be_put(request) if may_edit else [],
        "verdict_form": verdict or VerdictForm(initial=stated),
        "period": span,
        "periods": spans.choices(request.now),
        "rule": attribution.RULE,
        "counting": counting,
    }
    status = 422 if verdict is not None and verdict.errors else 200
    return render(request, "initiatives/initiative.html", context, status=status)


def _own_period(found: InitiativeInfo) -> Period | None:
    return periods.get_many([found.period_id]).get(found.period_id) if found.period_id else None


def _edit_page(request: WorkspaceRequest, form: InitiativeForm, found: InitiativeInfo | None) -> HttpResponse:
    context = {"form": form, "initiative": found}
    return render(request, "initiatives/initiative_edit.html", context, status=422 if form.is_bound else 200)


def _initial(found: InitiativeInfo) -> dict[str, Any]:
    return {
        "why": found.why,
        "from_state": found.from_state,
        "to_state": found.to_state,
        "name": found.name,
        "kpi": str(found.kpi_id or ""),
        "period": str(found.period_id or ""),
        "branch": found.branch,
        "responsible": str(found.responsible_id or ""),
        "review_on": found.review_on,
        "state": found.state,
    }


def _header(said: dict[str, Any]) -> dict[str, Any]:
    """What the form said, as the room takes it."""
    number = {name: int(said[name]) if said.get(name) else None for name in ("kpi", "period", "responsible")}
    return {
        "name": said["name"],
        "why": said["why"],
        "from_state": said["from_state"],
        "to_state": said["to_state"],
        "kpi_id": number["kpi"],
        "period_id": number["period"],
        "responsible_id": number["responsible"],
        "review_on": said["review_on"],
        "state": said["state"],
        **({"branch": said["branch"]} if "branch" in said else {}),
    }


class _Listed:
    """The rows of the list with their effect; without it while counting rests."""

    def __init__(self, request: WorkspaceRequest, counting: Counting) -> None:
        self._request = request
        self.span = spans.chosen(request)
        self._found = initiatives.list_all()
        told = counting.ask(lambda: results.results(self._found, self.span.period))
        self._results: dict[int, Result] = {one.initiative.id: one for one in told or []}
        self._counting = counting
        self._kpis: dict[int | None, str] = {}

    def screen(self) -> ListScreen[InitiativeInfo]:
        may_edit = self._request.actor.may(Permission.EDIT_INITIATIVES)
        states = [Choice(key, headers.STATES[key]) for key in ("draft", "running", "ended")]
        verdicts = [Choice(key, word) for key, word in VERDICTS.items()]
        return ListScreen(
            "initiatives",
            [
                Column("name", pgettext_lazy("initiative", "Name"), self._name, sort="name", is_head=True),
                Column("state", gettext_lazy("State"), self._state),
                Column(
                    "entered",
                    pgettext_lazy("initiative", "Entered"),
                    self._entered,
                    sort="entered",
                    is_number=True,
                ),
                Column("goals", gettext_lazy("Goal"), self._goals, sort="goals", is_number=True),
                Column(
                    "contracts", gettext_lazy("Contracts"), self._contracts, sort="contracts", is_number=True
                ),
                Column("amount", gettext_lazy("Amount"), self._amount, sort="amount", is_number=True),
                Column("kpi", gettext_lazy("KPI"), self._kpi, is_optional=True),
                Column("responsible", gettext_lazy("Responsible"), self._responsible, is_short=True),
                Column("review", gettext_lazy("Next review"), self._review, sort="review", is_short=True),
            ],
            self._load,
            Empty(
                gettext_lazy("There is no initiative yet"),
                gettext_lazy("An initiative says why something is done, for whom, and what came of it."),
                gettext_lazy("Make an initiative") if may_edit else "",
                links.address(self._request, "initiatives-new") if may_edit else "",
                gettext_lazy(
                    "For example: after the brochure, one reason to meet, three business days later"
                ),
            ),
            [
                Filter("q", pgettext_lazy("initiative", "Name")),
                Filter("state", gettext_lazy("State"), states),
                Filter("verdict", pgettext_lazy("initiative", "Verdict"), verdicts),
            ],
            unit=lambda count: ngettext("%(n)s initiative", "%(n)s initiatives", count) % {"n": count},
            default_sort="-contracts",
        )

    def _load(self, query: ListQuery) -> Page[InitiativeInfo]:
        text, state, verdict = (query.filters.get(name, "") for name in ("q", "state", "verdict"))
        rows = [
            one
            for one in self._found
            if text.lower() in one.name.lower()
            and (not state or one.state == state)
            and (not verdict or one.verdict == verdict)
        ]
        column = query.sort.lstrip("-")
        rows.sort(key=lambda one: self._order(one, column), reverse=query.sort.startswith("-"))
        return Page(rows, "", len(rows))

    def _order(self, one: InitiativeInfo, column: str) -> tuple[Any, ...]:
        told = self._results.get(one.id)
        line = told.contribution if told else None
        match column:
            case "name":
                return (one.name,)
            case "review":
                return (one.review_on is None, str(one.review_on or ""))
            case "entered":
                return (told.outline.entered if told else 0,)
            case "goals":
                return (told.outline.goals.value if told and told.outline.goals.is_judgeable else -1.0,)
            case "amount":
                return (line.amount if line else 0,)
            case _:
                return (line.contracts if line else 0, told.outline.goals.numerator if told else 0)

    def _name(self, one: InitiativeInfo) -> SafeString:
        href = links.address(self._request, "initiatives-detail", one.id)
        return lists.link(href, one.name, one.why)

    def _state(self, one: InitiativeInfo) -> SafeString:
        state = format_html('<span class="{}">{}</span>', headers.css_of(one.state), headers.state(one.state))
        if not one.verdict:
            return state
        css = "tag-ok" if one.verdict == "adopted" else "tag-plain"
        return format_html(
            '{} <span class="tag {}">{}</span><span class="table-sub">{}</span>',
            state,
            css,
            VERDICTS[one.verdict],
            one.learning,
        )

    def _entered(self, one: InitiativeInfo) -> SafeString | str:
        told = self._results.get(one.id)
        if told is None:
            return ""
        return self._link(one, "entered", on_screen.people(told.outline.entered))

    def _goals(self, one: InitiativeInfo) -> SafeString | str:
        told = self._results.get(one.id)
        if told is None or not told.outline.entered:
            return ""
        goals = told.outline.goals
        if not goals.is_judgeable:
            said = _("Cannot be judged yet (n=%(whole)s)") % {"whole": goals.denominator}
            return format_html('<span class="too-small">{}</span>', said)
        return format_html(
            '<span class="rate"><span class="rate-value">{}</span> <span class="rate-of">{}/{}</span></span>'
            '<span class="table-sub">{}</span>',
            on_screen.percent(goals.numerator, goals.denominator),
            self._link(one, "goal", on_screen.number(goals.numerator)),
            self._link(one, "entered", on_screen.people(goals.denominator)),
            told.goal,
        )

    def _contracts(self, one: InitiativeInfo) -> SafeString | str:
        told = self._results.get(one.id)
        if told is None:
            return ""
        line: Contribution = told.contribution
        href = things.address(self._request, "contracts", one.id, self.span.key)
        share = line.share
        of_all = (
            f"{on_screen.percent(share.numerator, share.denominator)} " if share.is_judgeable else ""
        ) + f"({on_screen.number(share.numerator)}/{on_screen.number(share.denominator)})"
        return format_html(
            '<a class="strong" href="{}">{}</a><span class="table-sub">{}</span>',
            href,
            pgettext("unit", "%(n)s contracts") % {"n": on_screen.number(line.contracts)},
            of_all if line.contracts else "",
        )

    def _amount(self, one: InitiativeInfo) -> str:
        told = self._results.get(one.id)
        return on_screen.yen(told.contribution.amount) if told and told.contribution.contracts else ""

    def _kpi(self, one: InitiativeInfo) -> str:
        if one.kpi_id not in self._kpis:
            self._kpis[one.kpi_id] = headers.kpi_text(one.kpi_id, self._counting)
        return self._kpis[one.kpi_id]

    def _responsible(self, one: InitiativeInfo) -> str | SafeString:
        name = headers.responsible(one.responsible_id)
        return name or format_html('<span class="hot">{}</span>', pgettext("responsible", "Nobody"))

    def _review(self, one: InitiativeInfo) -> str | SafeString:
        said, late = headers.review(one.review_on, one.state, self._request.now)
        return format_html('<span class="hot strong">{}</span>', said) if late else said

    def _link(self, one: InitiativeInfo, what: str, text: str) -> SafeString:
        href = behind.address(self._request, "initiative", one.id, what, "", self.span.key)
        return format_html('<a href="{}">{}</a>', href, text)
