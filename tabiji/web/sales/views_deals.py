"""商談: a board by phase or a list, one deal, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery, Page
from tabiji.people.public import companies
from tabiji.sales.contracts import DealInfo, Outcome
from tabiji.sales.public import appointments, deals, policy, tasks
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.sales import forms, refusals, showing, who
from tabiji.web.sales.showing import DealRow
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_CARDS: Final = 30
_ENDED_CARDS: Final = 8
_FILTERS: Final = ("outcome", "phase", "line", "company")


@dataclass(frozen=True, slots=True)
class Phase:
    """A column of the board. rows: the newest; count and amount: of all of them."""

    label: str
    css: str
    count: int
    amount: int | None
    rows: list[DealRow]
    href: str


@page(Permission.SEE_SALES)
def index(request: WorkspaceRequest) -> HttpResponse:
    """The board; the list where the address asks for one, or for what no board shows."""
    asked = request.GET
    as_list = asked.get("view") == "list" or any(name in asked for name in (*_FILTERS, "after", "sort"))
    owner = asked.get("owner", "")
    context: dict[str, Any] = {"as_list": as_list, "owner": owner, "owners": _owners(request)}
    if as_list:
        number = forms.number(asked.get("company"))
        if number is not None:
            context["company"] = companies.get(number)
        context["list"] = _list(request)
    else:
        phases = _board(request, owner)
        open_ones = phases[:-2]
        context |= {
            "phases": phases,
            "count": sum(one.count for one in open_ones),
            "amount": sum(one.amount or 0 for one in open_ones),
            "open_href": _href(request, outcome="open", owner=owner),
        }
    return render(request, "sales/deals.html", context)


@page(Permission.WORK_SALES)
def new(request: WorkspaceRequest) -> HttpResponse:
    person = who.asked(request)
    if person is None:
        return who.choose(request, _("Make a deal"))
    initial = {"owner": str(request.actor.user_id), "name": person.company or person.name}
    form = forms.DealForm(request.POST or None, initial)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made = refusals.at_field(
            form,
            lambda: deals.open_(
                person.id,
                name=values["name"],
                amount=values["amount"] or 0,
                line=values["line"],
                phase=values["phase"],
                expected_on=values["expected_on"],
                owner_id=forms.number(values["owner"]),
                at=request.now,
                actor=request.actor,
            ),
        )
        if made is not None:
            notes.success(request, _("The deal stands."))
            return redirect("deals-detail", request.workspace.slug, made.id)
    context = {"form": form, "person": person}
    return render(request, "sales/deal_new.html", context, status=422 if form.errors else 200)


@page(Permission.SEE_SALES)
def detail(request: WorkspaceRequest, deal_id: int) -> HttpResponse:
    """GET: all of it. POST (sales): other words and figures."""
    found = deals.get(deal_id)
    if request.method != "POST":
        return _detail(request, found)
    if not request.actor.may(Permission.WORK_SALES):
        return _detail(request, found, status=403)
    form = _edit_form(found, request.POST)
    if form.is_valid():
        values = form.cleaned_data
        done = refusals.at_field(
            form,
            lambda: deals.change(
                deal_id,
                name=values["name"],
                amount=values["amount"] or 0,
                owner_id=forms.number(values["owner"]),
                expected_on=values["expected_on"],
                line=values.get("line"),
                at=request.now,
                actor=request.actor,
                version=refusals.version_of(request),
            ),
        )
        if done is not None:
            notes.success(request, _("Saved."))
            return redirect("deals-detail", request.workspace.slug, deal_id)
    return _detail(request, deals.get(deal_id), edit=form, status=422)


@require_POST
@page(Permission.WORK_SALES)
def move(request: WorkspaceRequest, deal_id: int) -> HttpResponse:
    """To another phase; back to the board where it was moved there."""
    deals.get(deal_id)
    phase = request.POST.get("phase", "")
    if phase in dict(policy.current().phases):
        refusals.as_note(
            request,
            lambda: deals.move(
                deal_id, phase, at=request.now, actor=request.actor, version=refusals.version_of(request)
            ),
        )
    if "board" in request.POST:
        owner = forms.number(request.POST["board"])
        return redirect(_href(request, owner=str(owner) if owner else ""))
    return redirect("deals-detail", request.workspace.slug, deal_id)


@require_POST
@page(Permission.WORK_SALES)
def win(request: WorkspaceRequest, deal_id: int) -> HttpResponse:
    """受注, at its final amount."""
    form = forms.WinForm(request.POST)
    return _end(
        request,
        deal_id,
        form,
        lambda: deals.win(
            deal_id,
            amount=form.cleaned_data["amount"],
            at=request.now,
            actor=request.actor,
            version=refusals.version_of(request),
        ),
        _("Won. Congratulations!"),
    )


@require_POST
@page(Permission.WORK_SALES)
def lose(request: WorkspaceRequest, deal_id: int) -> HttpResponse:
    """失注, with its reason."""
    form = forms.LoseForm(request.POST)
    return _end(
        request,
        deal_id,
        form,
        lambda: deals.lose(
            deal_id,
            reason=form.cleaned_data["reason"],
            at=request.now,
            actor=request.actor,
            version=refusals.version_of(request),
        ),
        _("Noted as lost. The threshold counts again for this person."),
    )


@require_POST
@page(Permission.WORK_SALES)
def reopen(request: WorkspaceRequest, deal_id: int) -> HttpResponse:
    done = refusals.as_note(
        request,
        lambda: deals.reopen(
            deal_id, at=request.now, actor=request.actor, version=refusals.version_of(request)
        ),
    )
    if done is not None:
        notes.success(request, _("The deal is open again."))
    return redirect("deals-detail", request.workspace.slug, deal_id)


def _end(
    request: WorkspaceRequest,
    deal_id: int,
    form: forms.WinForm | forms.LoseForm,
    act: Callable[[], DealInfo],
    said: str,
) -> HttpResponse:
    """What was sent twice ends the deal once: it is shown as it stands."""
    before = deals.get(deal_id)
    if before.outcome != Outcome.OPEN:
        return redirect("deals-detail", request.workspace.slug, deal_id)
    if form.is_valid() and refusals.at_field(form, act) is not None:
        notes.success(request, said)
        return redirect("deals-detail", request.workspace.slug, deal_id)
    key = "win" if isinstance(form, forms.WinForm) else "lose"
    return _detail(request, deals.get(deal_id), status=422, **{key: form})


def _detail(request: WorkspaceRequest, found: DealInfo, status: int = 200, **bound: Any) -> HttpResponse:
    """bound: forms as they were sent (`edit`, `win`, `lose`); the others are fresh."""
    (row,) = showing.deals(request, [found])
    of_deal = [one for one in tasks.list_of_person(found.person_id) if one.deal_id in (None, found.id)]
    open_tasks = [one for one in of_deal if one.state == "open"]
    met = [one for one in appointments.list_of_person(found.person_id) if one.deal_id in (None, found.id)]
    phases = policy.current().phases
    place = next((n for n, (key, _label) in enumerate(phases) if key == found.phase), -1)
    context = {
        "row": row,
        "person": row.who,
        "is_open": found.outcome == Outcome.OPEN,
        "phases": [(key, label, n < place, n == place) for n, (key, label) in enumerate(phases)],
        "tasks": showing.tasks(request, open_tasks),
        "appointments": showing.appointments(request, met[:5]),
        "edit": bound.get("edit") or _edit_form(found),
        "win": bound.get("win") or forms.WinForm(initial={"amount": found.amount or None}),
        "lose": bound.get("lose") or forms.LoseForm(),
        "bound": next(iter(bound), ""),
        "may_work": request.actor.may(Permission.WORK_SALES),
    }
    return render(request, "sales/deal.html", context, status=status)


def _edit_form(found: DealInfo, data: Any = None) -> forms.DealForm:
    initial = {
        "name": found.name,
        "amount": found.amount,
        "expected_on": found.expected_on,
        "owner": str(found.owner_id),
        "line": found.line,
    }
    return forms.DealForm(data, initial, owner=found.owner_id or 0, standing=found)


def _board(request: WorkspaceRequest, owner: str) -> list[Phase]:
    owner_id = forms.number(owner)
    columns = []
    for total in deals.by_phase(owner_id):
        asked = {"outcome": "open", "phase": total.phase, "owner": str(owner_id or "")}
        found = deals.list_deals(ListQuery(asked, limit=_CARDS))
        rows = showing.deals(request, found.rows)
        columns.append(Phase(total.label, "", total.count, total.amount, rows, _href(request, **asked)))
    return [*columns, *(_ended(request, one, owner_id) for one in (Outcome.WON, Outcome.LOST))]


def _ended(request: WorkspaceRequest, outcome: Outcome, owner_id: int | None) -> Phase:
    asked = {"outcome": outcome.value, "owner": str(owner_id or "")}
    found = deals.list_deals(ListQuery(asked, limit=_ENDED_CARDS))
    rows = showing.deals(request, found.rows)
    css = f" phase-{outcome.value}"
    return Phase(showing.outcome(outcome), css, found.total, None, rows, _href(request, **asked))


def _href(request: WorkspaceRequest, **asked: str) -> str:
    kept = {name: value for name, value in asked.items() if value}
    address = reverse("deals", args=[request.workspace.slug])
    return f"{address}?{urlencode(kept)}" if kept else address


def _owners(request: WorkspaceRequest) -> list[tuple[str, str]]:
    mine = str(request.actor.user_id)
    others = forms.sellers()
    own = [(mine, pgettext("deals", "Mine"))] if mine in dict(others) else []
    return [("", pgettext("owner", "Everybody")), *own, *(one for one in others if one[0] != mine)]


def _list(request: WorkspaceRequest) -> SafeString:
    rules = policy.current()

    def load(query: ListQuery) -> Page[DealRow]:
        found = deals.list_deals(query)
        return Page(showing.deals(request, found.rows), found.next, found.total)

    def name(row: DealRow) -> SafeString:
        href = reverse("deals-detail", args=[request.workspace.slug, row.info.id])
        return screens.link(href, row.name, f"{row.who.company} {row.who.name}".strip())

    def stands(row: DealRow) -> SafeString | str:
        if row.info.outcome == Outcome.OPEN:
            return row.phase
        tag = format_html('<span class="tag {}">{}</span>', row.css, row.outcome)
        return format_html("{} {}", tag, row.why) if row.why else tag

    filters = [
        Filter(
            "outcome",
            gettext_lazy("State"),
            [Choice(one.value or "open", showing.outcome(one)) for one in Outcome],
        ),
        Filter("phase", pgettext_lazy("deal", "Phase"), [Choice(key, label) for key, label in rules.phases]),
        Filter(
            "owner",
            gettext_lazy("Owner"),
            [*(Choice(*one) for one in forms.sellers()), Choice("pool", pgettext_lazy("owner", "Nobody"))],
        ),
    ]
    if len(rules.lines) > 1:
        lines = [Choice(key, label) for key, label in rules.lines]
        filters.insert(2, Filter("line", pgettext_lazy("deal", "Line of business"), lines))
    company = forms.number(request.GET.get("company"))
    if company is not None:
        only = [Choice(str(company), companies.get(company).name)]
        filters.append(Filter("company", gettext_lazy("Company"), only))
    may_work = request.actor.may(Permission.WORK_SALES)
    screen: ListScreen[DealRow] = ListScreen(
        "deals",
        [
            Column("name", pgettext_lazy("deal", "Name"), name, is_head=True),
            Column("phase", pgettext_lazy("deal", "Phase"), stands),
            Column(
                "amount",
                pgettext_lazy("deal", "Amount in yen"),
                lambda row: on_screen.yen(row.info.amount),
                is_number=True,
            ),
            Column("owner", gettext_lazy("Owner"), lambda row: row.owner),
            Column(
                "expected",
                pgettext_lazy("deal", "Expected close"),
                lambda row: on_screen.day(row.info.expected_on),
            ),
            Column(
                "opened",
                pgettext_lazy("deal", "Opened"),
                lambda row: on_screen.day(row.info.opened_at, year=True),
            ),
            Column(
                "closed",
                pgettext_lazy("deal", "Closed on"),
                lambda row: on_screen.day(row.info.closed_at, year=True),
                is_optional=True,
            ),
        ],
        load,
        Empty(
            gettext_lazy("There is no deal yet"),
            gettext_lazy("A deal begins when somebody says that they may buy."),
            gettext_lazy("Make a deal") if may_work else "",
            reverse("deals-new", args=[request.workspace.slug]) if may_work else "",
            gettext_lazy("Example: 青葉製作所, ordering by web, ¥1,800,000"),
        ),
        filters,
        unit=lambda count: ngettext("%(n)s deal", "%(n)s deals", count) % {"n": on_screen.number(count)},
    )
    return screens.render(screen, request)
