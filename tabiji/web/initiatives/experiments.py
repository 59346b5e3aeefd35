"""A/Bテスト: judged on the final goal, with its interval; adopted in one click, and undone in one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from tabiji.experiments.contracts import Difference, ExperimentInfo, Judgement, Variant
from tabiji.experiments.public import decisions, experiments
from tabiji.insights.contracts import ArmResult, SplitResult
from tabiji.insights.public import split_test
from tabiji.purpose.public import conversions, initiatives
from tabiji.web.initiatives import ways
from tabiji.web.initiatives.forms import ExperimentForm
from tabiji.web.insights import drawing, headers
from tabiji.web.insights.resting import Counting
from tabiji.web.insights.templatetags.insights import points
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, definitions, members


@dataclass(frozen=True, slots=True)
class Against:
    """A further variant against the baseline: the difference in words and as a drawing."""

    judgement: Judgement
    baseline: str
    challenger: str
    difference: Difference | None
    interval: drawing.Interval | None
    said: str


@dataclass(frozen=True, slots=True)
class Shown:
    """A test as it reads. told: None while counting rests."""

    experiment: ExperimentInfo
    goal: str
    told: SplitResult | None
    sentence: str
    against: Sequence[Against]
    adopted: str

    @property
    def is_open(self) -> bool:
        return self.told is None or not self.told.winner

    @property
    def winner_label(self) -> str:
        return self.experiment.variant(self.told.winner).label if self.told and self.told.winner else ""

    def is_ahead(self, arm: ArmResult) -> bool:
        return self.told is not None and self.told.winner == arm.variant


@page(Permission.SEE_INITIATIVES)
def index(request: WorkspaceRequest) -> HttpResponse:
    counting = Counting()
    found = [show(one, counting) for one in experiments.list_all()]
    context = {"tests": found, "counting": counting, "can_be": bool(ways.splits())}
    return render(request, "initiatives/experiments.html", context)


@page(Permission.SEE_INITIATIVES)
def detail(request: WorkspaceRequest, experiment_id: int) -> HttpResponse:
    experiment, counting = experiments.get(experiment_id), Counting()
    named = initiatives.get_many([experiment.initiative_id])
    users = members.names()
    context = {
        "test": show(experiment, counting),
        "header": headers.of(
            request,
            definitions.get(experiment_id),
            counting,
            used_in=[
                *((links.address(request, "initiatives-detail", one.id), one.name) for one in named.values()),
                *_journey(request, experiment),
            ],
        ),
        "decisions": [
            (one, users.get(one.decided_by or 0, ""), _label(experiment, one.variant))
            for one in decisions.list_of(experiment_id)
        ],
        "counting": counting,
    }
    return render(request, "initiatives/experiment.html", context)


@page(Permission.EDIT_INITIATIVES)
def new(request: WorkspaceRequest) -> HttpResponse:
    """A test of a random split that a journey has."""
    named = [(str(one.id), one.name) for one in initiatives.list_all()]
    form = ExperimentForm(request.POST or None, {"responsible": request.actor.user_id}, initiatives=named)
    if request.method == "POST" and form.is_valid():
        made = _create(request, form.cleaned_data)
        return redirect("experiments-detail", request.workspace.slug, made)
    context = {"form": form, "can_be": bool(ways.splits())}
    return render(request, "initiatives/experiment_new.html", context, status=422 if form.is_bound else 200)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def adopt(request: WorkspaceRequest, experiment_id: int) -> HttpResponse:
    """採用: the test ends, and what the variant stands for is set. The answer offers to take it back."""
    experiment = experiments.get(experiment_id)
    variant = request.POST.get("variant", "")
    try:
        decision_id = decisions.adopt(
            experiment_id,
            variant,
            actor=request.actor,
            at=request.now,
            why=request.POST.get("why", "").strip()[:500],
        )
    except experiments.BadExperiment as bad:
        flashes.error(request, str(bad))
        return redirect("experiments-detail", request.workspace.slug, experiment_id)
    said = _("“%(test)s”: %(variant)s adopted") % {
        "test": experiment.name,
        "variant": _label(experiment, variant),
    }
    if is_fragment(request):
        context = {"said": said, "decision_id": decision_id, "experiment": experiment}
        return render(request, "initiatives/adopted.html", context)
    flashes.success(request, said)
    return redirect("experiments-detail", request.workspace.slug, experiment_id)


@require_POST
@page(Permission.EDIT_INITIATIVES)
def undo(request: WorkspaceRequest, experiment_id: int, decision_id: int) -> HttpResponse:
    """The settings return to what they were, unless somebody changed them since."""
    experiment = experiments.get(experiment_id)
    if decision_id in {one.id for one in decisions.list_of(experiment.id) if one.undone_at is None}:
        decisions.undo(decision_id, actor=request.actor, at=request.now)
        flashes.success(request, _("“%(test)s”: taken back, the test goes on") % {"test": experiment.name})
    else:
        flashes.error(request, _("This decision was taken back already."))
    if is_fragment(request):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect("experiments-detail", request.workspace.slug, experiment_id)


def show(experiment: ExperimentInfo, counting: Counting) -> Shown:
    """A test with what may be said of it."""
    return shown(experiment, counting.ask(lambda: split_test.result(experiment.id)))


def shown(experiment: ExperimentInfo, told: SplitResult | None) -> Shown:
    """`show`, where it is known already how the test stands; None while counting rests."""
    goal = conversions.find(experiment.goal)
    decision = told.decision if told else decisions.find_standing(experiment.id)
    return Shown(
        experiment,
        goal.name if goal else _("Goal"),
        told,
        split_test.sentence(told) if told else "",
        [_against(experiment, one) for one in told.on_goal] if told else [],
        _label(experiment, decision.variant) if decision else "",
    )


def _against(experiment: ExperimentInfo, one: Judgement) -> Against:
    found = one.difference
    said = ""
    if found is not None:
        said = _("Difference %(value)s pt (95%% interval %(low)s to %(high)s)") % {
            "value": points(found.value),
            "low": points(found.low),
            "high": points(found.high),
        }
    return Against(
        one,
        _label(experiment, one.baseline.variant),
        _label(experiment, one.challenger.variant),
        found,
        drawing.interval(found) if found else None,
        said,
    )


def effects_said(variant: Variant) -> list[str]:
    """What adopting this variant sets, in words."""
    hour = (variant.effects or {}).get("default_send_hour")
    return [_("the usual hour of sending becomes %(hour)s") % {"hour": hour}] if hour else []


def _label(experiment: ExperimentInfo, variant: str) -> str:
    return next((one.label for one in experiment.variants if one.key == variant), "")


def _journey(request: WorkspaceRequest, experiment: ExperimentInfo) -> list[tuple[str, str]]:
    """The journey whose split divides people."""
    if experiment.source != "step":
        return []
    journey, _slash, node = experiment.source_ref.partition("/")
    found = definitions.get_many([int(journey)]) if journey.isdecimal() else {}
    return [
        (links.address(request, "journeys-detail", one.id) + f"?step={node}", one.name)
        for one in found.values()
    ]


def _create(request: WorkspaceRequest, said: dict[str, Any]) -> int:
    variants = [Variant(port, label) for port, label in ways.arms(said["step"])]
    return experiments.create(
        "t" + token_hex(6),
        name=said["name"],
        variants=variants,
        goal=said["goal"],
        step=said["step"],
        window_days=said["window_days"],
        initiative_id=int(said["initiative"] or 0),
        why=said["why"],
        responsible_id=int(said["responsible"]),
        review_on=said["review_on"],
        actor=request.actor,
    )


def days_said(days: int | None) -> str:
    if days is None:
        return _("from being divided, without an end")
    return ngettext("within %(n)s day", "within %(n)s days", days) % {"n": on_screen.number(days)}
