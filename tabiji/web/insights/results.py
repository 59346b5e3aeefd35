"""施策の成果: what each initiative did in a period, the most contracts first."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from tabiji.insights.contracts import Attribution, Contribution, Outline
from tabiji.insights.public import attribution, initiative_report
from tabiji.purpose.contracts import InitiativeInfo, Period
from tabiji.purpose.public import conversions, initiatives
from tabiji.web.insights import drawing, spans
from tabiji.web.insights.resting import Counting
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


@dataclass(frozen=True, slots=True)
class Result:
    """One initiative in numbers. goal: what its goal is called, empty without one."""

    initiative: InitiativeInfo
    goal: str
    outline: Outline
    contribution: Contribution
    width: float


@page(Permission.SEE_OWN_INSIGHTS)
def index(request: WorkspaceRequest) -> HttpResponse:
    span, counting = spans.chosen(request), Counting()
    found = initiatives.list_all()
    context = {
        "results": counting.ask(lambda: results(found, span.period)),
        "initiatives": found,
        "period": span,
        "periods": spans.choices(request.now),
        "rule": attribution.RULE,
        "counting": counting,
    }
    return render(request, "insights/results.html", context)


def results(found: list[InitiativeInfo], period: Period) -> list[Result]:
    """Of each initiative what its own page says; most contracts first. Raises ClickHouseResting."""
    outlines = initiative_report.outlines(found, period)
    divided = attribution.attribute(period)
    names = {one.key: one.name for one in conversions.list_all()}
    lines = [_result(one, outlines[one.id], divided, names.get(one.goal, "")) for one in found]
    lines.sort(
        key=lambda line: (
            -line.contribution.contracts,
            -line.contribution.amount,
            -line.outline.goals.numerator,
            -line.initiative.id,
        )
    )
    return lines


def _result(one: InitiativeInfo, outline: Outline, divided: Attribution, goal: str) -> Result:
    line = divided.of(one.id)
    most = max((other.contracts for other in divided.lines if other.initiative_id), default=0)
    return Result(one, goal, outline, line, drawing.share(line.contracts, most))
