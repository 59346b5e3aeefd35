"""One rule of the score: what must happen, how many points, how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.scoring.public import rules
from tabiji.web.settings import scores, triggers
from tabiji.web.settings.entering import LineField
from tabiji.web.settings.triggers import BadTrigger, Reading
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

PREFIX: Final = "trigger-"
_KEPT: Final = "kept"
"""A trigger that only its own room can say: it stays."""


class RuleForm(forms.Form):
    label = LineField(
        label=gettext_lazy("What the reason reads like"),
        max_length=120,
        help_text=gettext_lazy("Shown beside the points. {subject} stands for what it was about."),
    )
    points = forms.IntegerField(
        label=gettext_lazy("Points to give"),
        min_value=-1_000,
        max_value=1_000,
        help_text=gettext_lazy("Below zero takes points away."),
    )
    often = forms.ChoiceField(label=gettext_lazy("How often"))

    def __init__(self, kind: str, data: Any = None, initial: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=dict(initial or {}))
        field = self.fields["often"]
        assert isinstance(field, forms.ChoiceField)
        offered = triggers.often_of(kind)
        standing = str((initial or {}).get("often", ""))
        if kind == _KEPT and standing not in dict(offered):
            offered = [(standing, _("as until now")), *offered]
        field.choices = offered

    def clean_points(self) -> int:
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError(_("A rule without points says nothing."))
        return points


@page(Permission.EDIT_MARKETING_SETTINGS)
def new(request: WorkspaceRequest) -> HttpResponse:
    return _edit(request, None)


@page(Permission.EDIT_MARKETING_SETTINGS)
def edit(request: WorkspaceRequest, key: str) -> HttpResponse:
    return _edit(request, scores.find().get(key))


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def remove(request: WorkspaceRequest, key: str) -> HttpResponse:
    drafted = scores.find()
    gone = drafted.get(key)
    left = scores.without(drafted, key)
    if not left:
        flashes.error(request, _("The last rule stays: change it instead."))
    else:
        scores.keep(request, {**drafted.document, "rules": left})
        flashes.success(request, _("“%(name)s” is out of the draft.") % {"name": gone["label"]})
    return redirect("scoring-points", request.workspace.slug)


def _edit(request: WorkspaceRequest, found: dict[str, Any] | None) -> HttpResponse:
    post = {name: str(value) for name, value in request.POST.items()}
    reading = _reading(request, found, post)
    kind = reading.kind or _KEPT
    form = RuleForm(kind, request.POST or None, _initial(found))
    is_turned = "do" in post
    error = ""
    if request.method == "POST" and not is_turned and form.is_valid():
        try:
            _save(request, found, form.cleaned_data, _trigger(kind, found, post))
        except (BadTrigger, rules.BadRules) as wrong:
            error = wrong.why if isinstance(wrong, rules.BadRules) else str(wrong)
        else:
            return redirect("scoring-points", request.workspace.slug)
    words = triggers.Words()
    context = {
        "form": form,
        "rule": found,
        "title": scores.label_of(found) if found else "",
        "kind": kind,
        "kinds": [(key, str(label)) for key, label in triggers.KINDS.items()],
        "pieces": words.pieces(reading, PREFIX) if reading.kind else [],
        "kept": words.sentence(found["trigger"]) if found and kind == _KEPT else "",
        "error": error,
        "prefix": PREFIX,
        "is_only": found is not None and len(scores.find().rules) == 1,
    }
    if is_fragment(request) and is_turned:
        return render(request, "settings/trigger.html", context)
    return render(request, "settings/rule.html", context, status=422 if request.method == "POST" else 200)


def _reading(request: WorkspaceRequest, found: dict[str, Any] | None, post: Mapping[str, str]) -> Reading:
    """What the form holds; before it was touched, what is stored."""
    kind = post.get("kind", "")
    if kind in triggers.KINDS:
        return triggers.typed(kind, post, PREFIX)
    if found:
        return triggers.read(found["trigger"])
    return Reading("page", {})


def _trigger(kind: str, found: dict[str, Any] | None, post: Mapping[str, str]) -> dict[str, Any]:
    """Raises BadTrigger."""
    if kind == _KEPT and found:
        return dict(found["trigger"])
    return triggers.write(kind, post, PREFIX)


def _save(
    request: WorkspaceRequest, found: dict[str, Any] | None, said: Mapping[str, Any], trigger: dict[str, Any]
) -> None:
    """Raises rules.BadRules."""
    drafted = scores.find()
    cap, _colon, per = str(said["often"]).partition(":")
    rule = {
        **(found or {}),
        "key": found["key"] if found else _free_key(drafted),
        "label": said["label"],
        "points": said["points"],
        "trigger": trigger,
        "cap": cap,
        "per": per,
    }
    kept = [rule if one["key"] == rule["key"] else one for one in drafted.rules]
    kept += [] if found else [rule]
    scores.keep(request, {**drafted.document, "rules": kept})


def _free_key(drafted: scores.Drafted) -> str:
    """Never one of a rule that counts: points are given once for each key."""
    taken = {one["key"] for one in drafted.rules} | set(drafted.live)
    number = len(taken) + 1
    while f"rule_{number}" in taken:
        number += 1
    return f"rule_{number}"


def _initial(found: Mapping[str, Any] | None) -> dict[str, Any]:
    if found is None:
        return {"points": 5, "often": "once"}
    cap = found.get("cap", "once")
    often = f"per:{found.get('per', '')}" if cap == "per" else cap
    return {"label": found["label"], "points": found["points"], "often": often}
