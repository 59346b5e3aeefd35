"""KPIツリー: from the KGI to what carries it; target, period, responsible, what is missing, and who is behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from tabiji.purpose.contracts import KpiInfo, KpiLine
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.web.initiatives.forms import KpiForm, NewKpiForm
from tabiji.web.insights import headers
from tabiji.web.insights.resting import Counting
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions


@dataclass(frozen=True, slots=True)
class Card:
    """A line as it reads. actual is None while counting rests; rest: what none of its parts took."""

    kpi: KpiInfo
    label: str
    actual: float | None
    rest: float
    responsible: str
    initiatives: Sequence[tuple[str, str]]
    children: Sequence[Card]

    @property
    def is_value(self) -> bool:
        return self.kpi.measure == "value"

    @property
    def gap(self) -> float:
        return self.kpi.target - (self.actual or 0.0)

    @property
    def is_reached(self) -> bool:
        return self.actual is not None and self.gap <= 0


@page(Permission.SEE_INITIATIVES)
def index(request: WorkspaceRequest) -> HttpResponse:
    counting = Counting()
    lines = counting.ask(kpi.tree)
    drawn = _Drawn(request)
    roots = drawn.lines(lines) if lines is not None else drawn.defined(kpi.list_all(), None)
    spans = {one.period.name for one in kpi.list_all()}
    context = {
        "roots": roots,
        "one_period": next(iter(spans)) if len(spans) == 1 else "",
        "counting": counting,
    }
    return render(request, "initiatives/kpi.html", context)


@page(Permission.EDIT_INITIATIVES)
def new(request: WorkspaceRequest) -> HttpResponse:
    asked = request.GET.get("below", "")
    form = NewKpiForm(request.POST or None, {"parent": asked, "responsible": request.actor.user_id})
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        kpi.create(
            said["label"],
            label_en=said["label_en"],
            parent_id=int(said["parent"]) if said["parent"] else None,
            conversion=said["conversion"],
            measure=said["measure"],
            target=said["target"],
            period_id=int(said["period"]),
            why=said["why"],
            responsible_id=int(said["responsible"]),
            review_on=said["review_on"],
            actor=request.actor,
        )
        flashes.success(request, _("The KPI stands in the tree."))
        return redirect("kpi", request.workspace.slug)
    can_be = bool(conversions.list_all() and periods.list_all())
    context = {"form": form, "kpi": None, "can_be": can_be}
    return render(request, "initiatives/kpi_edit.html", context, status=422 if form.is_bound else 200)


@page(Permission.EDIT_INITIATIVES)
def edit(request: WorkspaceRequest, kpi_id: int) -> HttpResponse:
    found = kpi.get(kpi_id)
    form = KpiForm(request.POST or None, _initial(found))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        kpi.change(
            kpi_id,
            label=said["label"],
            label_en=said["label_en"],
            target=said["target"],
            period_id=int(said["period"]),
            actor=request.actor,
        )
        definitions.update(
            kpi_id,
            actor=request.actor,
            why=said["why"],
            responsible_id=int(said["responsible"]),
            review_on=said["review_on"],
        )
        flashes.success(request, _("Saved."))
        return redirect("kpi", request.workspace.slug)
    context = {"form": form, "kpi": found, "label": found.label(on_screen.language()), "can_be": True}
    return render(request, "initiatives/kpi_edit.html", context, status=422 if form.is_bound else 200)


def _initial(found: KpiInfo) -> dict[str, Any]:
    return {
        "label": found.labels["ja"],
        "label_en": found.labels.get("en", ""),
        "target": int(found.target) if found.target.is_integer() else found.target,
        "period": str(found.period.id),
        "why": found.why,
        "responsible": str(found.responsible_id or ""),
        "review_on": found.review_on,
    }


class _Drawn:
    """Lines as cards, with the names of who looks after them and of the initiatives that move them."""

    def __init__(self, request: WorkspaceRequest) -> None:
        self._request = request
        self._language = on_screen.language()
        self._initiatives: dict[int, list[tuple[str, str]]] = {}
        for one in initiatives.list_all():
            if one.kpi_id is not None:
                href = links.address(request, "initiatives-detail", one.id)
                self._initiatives.setdefault(one.kpi_id, []).append((href, one.name))

    def lines(self, lines: Sequence[KpiLine]) -> list[Card]:
        return [
            self._card(line.kpi, line.actual, line.unassigned, self.lines(line.children)) for line in lines
        ]

    def defined(self, found: Sequence[KpiInfo], parent_id: int | None) -> list[Card]:
        """The tree without its numbers."""
        return [
            self._card(one, None, 0.0, self.defined(found, one.id))
            for one in found
            if one.parent_id == parent_id
        ]

    def _card(self, one: KpiInfo, actual: float | None, rest: float, children: Sequence[Card]) -> Card:
        return Card(
            one,
            one.label(self._language),
            actual,
            rest,
            headers.responsible(one.responsible_id),
            self._initiatives.get(one.id, ()),
            children,
        )
