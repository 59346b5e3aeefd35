"""Funnels: how far people come, where most are lost, and exactly who they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.insights.contracts import FunnelCount, FunnelInfo, FunnelStep
from tabiji.insights.public import funnels
from tabiji.purpose.public import kpi, matching
from tabiji.web.customers import behind
from tabiji.web.insights import drawing, headers, matches, spans, step_rows
from tabiji.web.insights.resting import Counting
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions, members


@dataclass(frozen=True, slots=True)
class Drawn:
    """A step with its lengths and who is behind it. token: of the people, for putting them on a list."""

    step: FunnelStep
    means: str
    href: str
    lost_href: str
    token: str
    lost_token: str
    width: float
    height: float
    is_worst: bool

    @property
    def gap(self) -> float:
        """Above the column."""
        return round(100 - self.height, 1)


@page(Permission.SEE_OWN_INSIGHTS)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Every funnel as columns."""
    span, counting = spans.chosen(request), Counting()
    found = [(one, _counted(one, span, counting)) for one in funnels.list_all()]
    context = {
        "funnels": [(one, draw(request, counted, span) if counted else []) for one, counted in found],
        "period": span,
        "periods": spans.choices(request.now),
        "counting": counting,
    }
    return render(request, "insights/funnels.html", context)


@page(Permission.SEE_OWN_INSIGHTS)
def detail(request: WorkspaceRequest, funnel_id: int) -> HttpResponse:
    funnel, span, counting = funnels.get(funnel_id), spans.chosen(request), Counting()
    counted = _counted(funnel, span, counting)
    edit = links.address(request, "funnels-edit", funnel_id)
    context = {
        "funnel": funnel,
        "counted": counted,
        "steps": draw(request, counted, span) if counted else [],
        "whole": _whole(counted),
        "period": span,
        "periods": spans.choices(request.now),
        "header": headers.of(
            request,
            definitions.get(funnel_id),
            counting,
            used_in=_used_in(request, funnel_id),
            edit_href=edit if request.actor.may(Permission.EDIT_REPORTS) else "",
        ),
        "means": [(label, matches.sentence(match)) for label, match in funnel.steps],
        "counting": counting,
    }
    return render(request, "insights/funnel.html", context)


@page(Permission.EDIT_REPORTS)
def new(request: WorkspaceRequest) -> HttpResponse:
    return _edit(request, None)


@page(Permission.EDIT_REPORTS)
def edit(request: WorkspaceRequest, funnel_id: int) -> HttpResponse:
    """Other steps: the past is counted by them too."""
    return _edit(request, funnels.get(funnel_id))


def draw(request: WorkspaceRequest, counted: FunnelCount, span: spans.Choice) -> list[Drawn]:
    """The steps with their lengths and links."""
    most = max((step.reached for step in counted.steps), default=0)
    return [_drawn(request, counted, step, span, most) for step in counted.steps]


def _drawn(
    request: WorkspaceRequest, counted: FunnelCount, step: FunnelStep, span: spans.Choice, most: int
) -> Drawn:
    here = (counted.funnel.id, step.position, span.key)
    return Drawn(
        step,
        matches.sentence(counted.funnel.steps[step.position - 1][1]),
        behind.address(request, "funnel-step", *here),
        behind.address(request, "funnel-lost", *here) if step.position > 1 else "",
        behind.token("funnel-step", *here),
        behind.token("funnel-lost", *here) if step.position > 1 else "",
        drawing.share(step.reached, most),
        drawing.magnitude(step.reached, most),
        step.position == counted.largest_drop,
    )


def _counted(funnel: FunnelInfo, span: spans.Choice, counting: Counting) -> FunnelCount | None:
    return counting.ask(lambda: funnels.count(funnel.id, span.period))


def _whole(counted: FunnelCount | None) -> tuple[int, int] | None:
    """(last, first): the way from end to end."""
    if counted is None or not counted.steps:
        return None
    return counted.steps[-1].reached, counted.steps[0].reached


def _used_in(request: WorkspaceRequest, funnel_id: int) -> list[tuple[str, str]]:
    """Lines of the KPI tree that take their part by this funnel."""
    language = on_screen.language()
    return [
        (links.address(request, "kpi"), one.label(language))
        for one in kpi.list_all()
        if one.part and one.part.get("funnel_id") == funnel_id
    ]


# -- the definition ---------------------------------------------------------------------------------


class FunnelForm(forms.Form):
    """Why first; the steps stand beside this form."""

    why = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        help_text=gettext_lazy("Which question this funnel answers, in one sentence."),
    )
    name = forms.CharField(label=pgettext_lazy("funnel", "Name"), max_length=120)
    kpi = forms.ChoiceField(label=gettext_lazy("KPI"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"), required=False)
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        language = on_screen.language()
        offer(self, "kpi", [(str(one.id), one.label(language)) for one in kpi.list_all()])
        offer(self, "responsible", [(str(one.user_id), one.name) for one in members.list_colleagues()])


def offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """These choices for a field; one that may be left empty offers that too."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices if field.required else [("", _("Not chosen yet")), *choices]


def _edit(request: WorkspaceRequest, funnel: FunnelInfo | None) -> HttpResponse:
    before = funnel.steps if funnel else ()
    form = FunnelForm(request.POST or None, initial=_initial(request, funnel))
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            made = _save(request, form.cleaned_data, funnel, step_rows.read(request.POST, before))
        except (step_rows.BadStep, funnels.BadFunnel, matching.BadMatch) as bad:
            problem = str(bad)
        else:
            flashes.success(request, _("Saved. The past is counted by these steps, too."))
            return redirect("funnels-detail", request.workspace.slug, made)
    rows = _as_posted(request.POST, before) if form.is_bound else step_rows.rows(before)
    context = {
        "funnel": funnel,
        "form": form,
        "rows": rows,
        "choices": step_rows.choices(),
        "problem": problem,
    }
    return render(request, "insights/funnel_edit.html", context, status=422 if form.is_bound else 200)


def _initial(request: WorkspaceRequest, funnel: FunnelInfo | None) -> dict[str, Any]:
    if funnel is None:
        return {"responsible": str(request.actor.user_id)}
    return {
        "why": funnel.why,
        "name": funnel.name,
        "kpi": str(funnel.kpi_id or ""),
        "responsible": str(funnel.responsible_id or ""),
        "review_on": funnel.review_on,
    }


def _save(
    request: WorkspaceRequest, said: dict[str, Any], funnel: FunnelInfo | None, steps: list[step_rows.Step]
) -> int:
    header: dict[str, Any] = {
        "why": said["why"],
        "kpi_id": int(said["kpi"]) if said["kpi"] else None,
        "responsible_id": int(said["responsible"]) if said["responsible"] else None,
        "review_on": said["review_on"],
    }
    if funnel is None:
        return funnels.create(said["name"], steps=steps, actor=request.actor, **header)
    funnels.change(funnel.id, steps=steps, actor=request.actor)
    definitions.update(funnel.id, actor=request.actor, name=said["name"], **header)
    return funnel.id


def _as_posted(post: Mapping[str, str], before: tuple[step_rows.Step, ...]) -> list[step_rows.StepRow]:
    """What was filled in, as it was filled in."""
    kept = {row.what: row.kept for row in step_rows.rows(before) if row.kept}
    return [
        step_rows.StepRow(index, label, what, post.get(f"step-{index}-detail", ""), kept.get(what, ""))
        for index in range(funnels.MAX_STEPS)
        if f"step-{index}-label" in post
        for label, what in [(post[f"step-{index}-label"], post.get(f"step-{index}-what", "page"))]
    ]
