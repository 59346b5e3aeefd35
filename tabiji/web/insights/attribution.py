"""契約への貢献: which initiative each contract counts for, of all contracts, with the rule under the number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from tabiji.experiments.contracts import Rate
from tabiji.insights.contracts import Attribution, Contribution
from tabiji.insights.public import attribution
from tabiji.purpose.contracts import InitiativeInfo
from tabiji.purpose.public import initiatives
from tabiji.web.insights import spans
from tabiji.web.insights.resting import Counting
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its place on the bar of all contracts. initiative None: nobody's."""

    contribution: Contribution
    initiative: InitiativeInfo | None
    name: str
    start: float
    width: float
    shade: int


@page(Permission.SEE_INSIGHTS)
def index(request: WorkspaceRequest) -> HttpResponse:
    span, counting = spans.chosen(request), Counting()
    divided = counting.ask(lambda: attribution.attribute(span.period))
    lines = _lines(divided) if divided else []
    ours = [line.contribution for line in lines if line.initiative]
    context = {
        "divided": divided,
        "lines": lines,
        "ours": sum(line.contracts for line in ours),
        "ours_share": Rate(sum(line.contracts for line in ours), divided.contracts if divided else 0),
        "ours_amount": sum(line.amount for line in ours),
        "period": span,
        "periods": spans.choices(request.now),
        "rule": attribution.RULE,
        "counting": counting,
    }
    return render(request, "insights/attribution.html", context)


def _lines(divided: Attribution) -> Sequence[Line]:
    known = initiatives.get_many(line.initiative_id for line in divided.lines)
    drawn, start = [], 0.0
    for shade, line in enumerate(divided.lines):
        initiative = known.get(line.initiative_id)
        width = 100 * line.share.value
        drawn.append(
            Line(line, initiative, _name(line, initiative), round(start, 2), round(width, 2), shade % 4)
        )
        start += width
    return drawn


def _name(line: Contribution, initiative: InitiativeInfo | None) -> str:
    if initiative is not None:
        return initiative.name
    return _("An initiative that is gone") if line.initiative_id else _("No touch by an initiative")
