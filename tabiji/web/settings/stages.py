"""ステージ: one ordered row, judged from the top by the product itself; drafted, then begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.public import asking, conditions
from tabiji.scoring.contracts import StageModelInfo
from tabiji.scoring.public import rules, stage_models
from tabiji.scoring.public import stages as standing_stages
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Where
from tabiji.web.settings.entering import LineField
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

EVERYBODY: Final = Where()
MOST: Final = 30
_BEGINNING: Final = {
    "version": 1,
    "kind": "all",
    "of": [{"kind": "attribute", "field": "email", "op": "is_not_empty"}],
}
"""What a new stage says: with no stage in it, for that would be a circle."""


class NoSuchStage(LookupError):
    """No stage of this key stands in the row."""


class StageForm(forms.Form):
    label = LineField(label=pgettext_lazy("stage", "Name"), max_length=60)
    change_from = LineField(
        label=gettext_lazy("From"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("How people are when they come here. For example: knows our name"),
    )
    change_to = LineField(
        label=gettext_lazy("To"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("How they should be when they leave. For example: compares us with others"),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A stage as the row shows it. people is None where nobody was judged by it yet."""

    key: str
    number: int
    label: str
    change_from: str
    change_to: str
    sentence: str
    people: int | None
    is_changed: bool


@dataclass(slots=True)
class Drafted:
    """The stages that are worked on: the draft, else those that count."""

    model: StageModelInfo | None

    @property
    def stages(self) -> list[dict[str, Any]]:
        if self.model is None:
            return []
        if self.model.draft is not None:
            return [dict(one) for one in self.model.draft["stages"]]
        return self.live

    @property
    def live(self) -> list[dict[str, Any]]:
        return [
            {
                "key": one.key,
                "label": one.label,
                "change_from": one.change_from,
                "change_to": one.change_to,
                "rule": one.rule,
            }
            for one in (self.model.stages if self.model else ())
        ]

    def get(self, key: str) -> dict[str, Any]:
        for one in self.stages:
            if one["key"] == key:
                return one
        raise NoSuchStage(f"there is no stage {key!r} here")

    def with_stage(self, stage: dict[str, Any]) -> list[dict[str, Any]]:
        """In its place; a new one at the end."""
        if any(one["key"] == stage["key"] for one in self.stages):
            return [stage if one["key"] == stage["key"] else one for one in self.stages]
        return [*self.stages, stage]


@page(Permission.EDIT_MARKETING_SETTINGS)
def index(request: WorkspaceRequest) -> HttpResponse:
    """The row from the top, how many stand where, and the exceptions."""
    return _index(request)


@page(Permission.EDIT_MARKETING_SETTINGS)
def new(request: WorkspaceRequest) -> HttpResponse:
    return _edit(request, None)


@page(Permission.EDIT_MARKETING_SETTINGS)
def edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    return _edit(request, _drafted().get(key))


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def count(request: WorkspaceRequest) -> HttpResponse:
    """How many people fulfil the rule as it stands in the form."""
    name = "components/live_count.html"
    try:
        condition = conditions.parse(condition_rows.read(_texts(request), EVERYBODY))
        counted = asking.removed_by_line(condition, now=request.now)
    except conditions.BadCondition as error:
        return render(request, name, {"error": error.why}, status=422)
    except asking.CountingRests:
        return render(request, name, {"rests": True})
    return render(request, name, {"count": counted.total, "everybody": counted.everyone})


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def order(request: WorkspaceRequest) -> HttpResponse:
    """One stage a place up or down."""
    drafted = _drafted()
    moved = drafted.get(request.POST.get("key", ""))
    row = drafted.stages
    place = row.index(moved)
    target = place + (-1 if request.POST.get("to") == "up" else 1)
    if 0 <= target < len(row):
        row[place], row[target] = row[target], row[place]
        _keep(request, row)
    return redirect("scoring", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def remove(request: WorkspaceRequest, key: str) -> HttpResponse:
    drafted = _drafted()
    gone = drafted.get(key)
    left = [one for one in drafted.stages if one["key"] != key]
    if not left:
        flashes.error(request, _("The last stage stays: change it instead."))
    else:
        _keep(request, left)
        flashes.success(request, _("“%(name)s” is out of the draft.") % {"name": gone["label"]})
    return redirect("scoring", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def publish(request: WorkspaceRequest) -> HttpResponse:
    """Let the draft count; everybody is judged anew."""
    model = stage_models.get()
    if model.draft is None:
        return redirect("scoring", request.workspace.slug)
    try:
        stage_models.publish(model.draft, actor=request.actor, at=request.now)
    except rules.BadRules as error:
        flashes.error(request, _("It cannot begin yet: %(why)s") % {"why": error.why})
    else:
        flashes.success(
            request, _("The stages count from now on. Everybody is judged anew, which takes a moment.")
        )
    return redirect("scoring", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def discard(request: WorkspaceRequest) -> HttpResponse:
    stage_models.discard_draft(actor=request.actor)
    flashes.success(request, _("The draft is gone; what counts has not changed."))
    return redirect("scoring", request.workspace.slug)


# -- the row ------------------------------------------------------------------------------------


def _index(request: WorkspaceRequest) -> HttpResponse:
    drafted = _drafted()
    counted = {one.key: one.people for one in standing_stages.distribution()}
    standing = {one["key"]: one for one in drafted.live}
    rows = drafted.stages
    context = {
        "model": drafted.model,
        "has_draft": bool(drafted.model and drafted.model.draft is not None),
        "lines": [_line(number, one, standing, counted) for number, one in enumerate(rows, 1)],
        "exceptions": counted.get("", 0) if standing else None,
        "gone": [one["label"] for key, one in standing.items() if key not in {row["key"] for row in rows}],
        "most": MOST,
        "tab": "stages",
    }
    return render(request, "settings/stages.html", context)


def _line(
    number: int, one: Mapping[str, Any], standing: Mapping[str, Any], counted: Mapping[str, int]
) -> Line:
    return Line(
        one["key"],
        number,
        one["label"],
        one.get("change_from", ""),
        one.get("change_to", ""),
        sentence(one["rule"]),
        counted.get(one["key"], 0) if one["key"] in standing else None,
        dict(one) != standing.get(one["key"]),
    )


def sentence(rule: dict[str, Any]) -> str:
    return conditions.sentence(conditions.read(rule), on_screen.language())


def _drafted() -> Drafted:
    return Drafted(stage_models.find())


def _keep(request: WorkspaceRequest, row: Sequence[Mapping[str, Any]]) -> None:
    """As the draft; the row that counts already needs none. Raises rules.BadRules."""
    drafted = _drafted()
    document = {"version": 1, "stages": [dict(one) for one in row]}
    stage_models.save_draft(document, actor=request.actor)
    if drafted.model and drafted.model.version and document["stages"] == drafted.live:
        stage_models.discard_draft(actor=request.actor)


# -- one stage ----------------------------------------------------------------------------------


def _edit(request: WorkspaceRequest, found: dict[str, Any] | None) -> HttpResponse:
    post = _texts(request)
    form = StageForm(request.POST or None, initial=found)
    does = post.get("do", "")
    rule = found["rule"] if found else _BEGINNING
    lines, focus = condition_rows.lines_of(rule, EVERYBODY), ""
    wrong: str | conditions.BadCondition = ""
    if request.method == "POST":
        lines = condition_rows.typed(post)
        word, _colon, argument = does.partition(":")
        lines, focus = condition_rows.act(lines, word, argument.partition("/")[2], EVERYBODY)
        if not does and form.is_valid():
            try:
                _save(request, found, form.cleaned_data, condition_rows.tree(lines, EVERYBODY))
            except conditions.BadCondition as error:
                wrong = error
            except rules.BadRules as error:
                wrong = error.why
            else:
                return redirect("scoring", request.workspace.slug)
    context = {
        "form": form,
        "stage": found,
        "rows": condition_rows.rows(lines, EVERYBODY, error=wrong, focus=focus),
        "is_only": found is not None and len(_drafted().stages) == 1,
    }
    if is_fragment(request) and does:
        return render(request, "settings/stage_rule.html", context)
    return render(request, "settings/stage.html", context, status=422 if request.method == "POST" else 200)


def _save(
    request: WorkspaceRequest, found: dict[str, Any] | None, said: Mapping[str, str], rule: dict[str, Any]
) -> None:
    """Raises rules.BadRules."""
    drafted = _drafted()
    if found is None and len(drafted.stages) >= MOST:
        raise rules.BadRules(
            "stages", _("There are %(most)d stages already: that is the most.") % {"most": MOST}
        )
    key = found["key"] if found else _free_key(drafted)
    stage = {"key": key, **{name: said[name] for name in ("label", "change_from", "change_to")}, "rule": rule}
    _keep(request, drafted.with_stage(stage))


def _free_key(drafted: Drafted) -> str:
    """Never one that people stood in before: facts of the past speak by keys."""
    taken = {one["key"] for one in (*drafted.stages, *drafted.live)}
    taken |= {one.key for one in standing_stages.distribution() if one.key}
    number = len(taken) + 1
    while f"stage_{number}" in taken:
        number += 1
    return f"stage_{number}"


def _texts(request: WorkspaceRequest) -> dict[str, str]:
    return {name: str(value) for name, value in request.POST.items()}
