"""スコア: what gives how many points, and from how many on sales take over; drafted, then begun."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.scoring.contracts import ScoreModelInfo
from tabiji.scoring.public import rules, score_models
from tabiji.scoring.public import scores as standing_scores
from tabiji.web.customers import behind
from tabiji.web.settings import triggers
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

FIRST_THRESHOLD: Final = 50
FRESH_DAYS: Final = 7


class NoSuchRule(LookupError):
    """No rule of this key gives points here."""


class ThresholdForm(forms.Form):
    threshold = forms.IntegerField(
        label=gettext_lazy("Threshold"),
        min_value=1,
        max_value=100_000,
        help_text=gettext_lazy("Whoever reaches it is handed over to sales, once."),
    )
    fresh_days = forms.IntegerField(
        label=gettext_lazy("Only fresh acts hand over"),
        min_value=0,
        max_value=3_650,
        help_text=gettext_lazy(
            "Acts older than this (an import of history) give points and hand nobody over."
        ),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as it reads. state: '' as it counts, else new or changed."""

    key: str
    label: str
    sentence: str
    often: str
    points: int
    state: str


@dataclass(slots=True)
class Drafted:
    """The document that is worked on: the draft, else the one that counts, else an empty one."""

    model: ScoreModelInfo | None

    @property
    def document(self) -> dict[str, Any]:
        if self.model is not None:
            found = self.model.draft or self.model.document
            if found:
                return {**found, "rules": [dict(one) for one in found["rules"]]}
        return {"version": 1, "threshold": FIRST_THRESHOLD, "fresh_days": FRESH_DAYS, "rules": []}

    @property
    def rules(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.document["rules"]
        return found

    @property
    def live(self) -> dict[str, dict[str, Any]]:
        """The rules that count, by key."""
        return {one["key"]: one for one in (self.model.document if self.model else {}).get("rules", ())}

    def get(self, key: str) -> dict[str, Any]:
        for one in self.rules:
            if one["key"] == key:
                return one
        raise NoSuchRule(f"there is no rule {key!r} here")


@page(Permission.EDIT_MARKETING_SETTINGS)
def index(request: WorkspaceRequest) -> HttpResponse:
    """Threshold and rules."""
    return show(request)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def threshold(request: WorkspaceRequest) -> HttpResponse:
    drafted = find()
    form = ThresholdForm(request.POST)
    if not form.is_valid() or not drafted.rules:
        return show(request, form)
    keep(request, {**drafted.document, **form.cleaned_data})
    return redirect("scoring-points", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def publish(request: WorkspaceRequest) -> HttpResponse:
    """Let the draft count from now on; points that were given stay as they are."""
    model = score_models.get()
    if model.draft is not None:
        try:
            score_models.publish(model.draft, actor=request.actor, at=request.now)
        except rules.BadRules as error:
            flashes.error(request, _("It cannot begin yet: %(why)s") % {"why": error.why})
        else:
            flashes.success(request, _("The rules count from now on. Points given before stay as they are."))
    return redirect("scoring-points", request.workspace.slug)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def discard(request: WorkspaceRequest) -> HttpResponse:
    score_models.discard_draft(actor=request.actor)
    flashes.success(request, _("The draft is gone; what counts has not changed."))
    return redirect("scoring-points", request.workspace.slug)


def show(request: WorkspaceRequest, form: ThresholdForm | None = None) -> HttpResponse:
    drafted = find()
    document, live = drafted.document, drafted.live
    words = triggers.Words()
    at_least = int(document["threshold"])
    context = {
        "model": drafted.model,
        "has_draft": bool(drafted.model and drafted.model.draft is not None),
        "lines": [_line(one, live, words) for one in drafted.rules],
        "gone": [
            one["label"] for key, one in live.items() if key not in {rule["key"] for rule in drafted.rules}
        ],
        "form": form or ThresholdForm(initial=_initial(document)),
        "threshold": at_least,
        "live_threshold": drafted.model.threshold if drafted.model else None,
        "reached": len(standing_scores.people_at_least(at_least)),
        "reached_href": behind.address(request, "settings-score", at_least),
        "tab": "points",
    }
    return render(request, "settings/points.html", context, status=422 if form else 200)


def find() -> Drafted:
    return Drafted(score_models.find())


def keep(request: WorkspaceRequest, document: Mapping[str, Any]) -> None:
    """As the draft; the document that counts already needs none. Raises rules.BadRules."""
    model = find().model
    score_models.save_draft(dict(document), actor=request.actor, name=_("Interest"))
    if model and model.version and _plain(document) == _plain(model.document):
        score_models.discard_draft(actor=request.actor)


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """With everything said that a document may leave unsaid."""
    return rules.parse(dict(document)).model_dump()


def _initial(document: Mapping[str, Any]) -> dict[str, Any]:
    return {"threshold": document["threshold"], "fresh_days": document.get("fresh_days", FRESH_DAYS)}


def _line(one: Mapping[str, Any], live: Mapping[str, Mapping[str, Any]], words: triggers.Words) -> Line:
    standing = live.get(one["key"])
    state = "new" if standing is None else "" if standing == one else "changed"
    label = str(one["label"]).replace("{subject}", str(one.get("subject") or "…"))
    return Line(
        one["key"], label, words.sentence(one["trigger"]), words.often(one), int(one["points"]), state
    )


def label_of(rule: Mapping[str, Any]) -> str:
    """The reason as it reads where nothing is known of the subject."""
    return str(rule["label"]).replace("{subject}", str(rule.get("subject") or "…"))


def without(drafted: Drafted, key: str) -> Sequence[dict[str, Any]]:
    return [one for one in drafted.rules if one["key"] != key]
