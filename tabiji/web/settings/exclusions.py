"""除外リスト: own staff, competitors and office addresses, left out of numbers, of sends, or of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.people.public import exclusions
from tabiji.web.customers import behind
from tabiji.web.settings.entering import LineField
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

KINDS: Final[dict[str, Any]] = {
    "domain": gettext_lazy("Mail domain"),
    "email": gettext_lazy("One mail address"),
    "ip": gettext_lazy("IP address or network"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """people: how many known people it covers; href: exactly them."""

    info: exclusions.ExclusionInfo
    kind: str
    people: int
    href: str


class ExclusionForm(forms.Form):
    kind = forms.ChoiceField(label=gettext_lazy("What"), choices=list(KINDS.items()))
    value = LineField(
        label=gettext_lazy("Domain, address or network"),
        max_length=200,
        help_text=gettext_lazy("For example: rival.example, sato@aoba.example, 203.0.113.0/24"),
    )
    reason = LineField(
        label=gettext_lazy("Why"),
        max_length=200,
        required=False,
        help_text=gettext_lazy("For example: own staff, competitor, head office"),
    )
    from_numbers = forms.BooleanField(
        label=gettext_lazy("Leave out of numbers, audiences and scores"), required=False
    )
    from_sends = forms.BooleanField(label=gettext_lazy("Send them no marketing mail"), required=False)

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("kind") == "ip":
            said |= {"from_numbers": True, "from_sends": False}  # a network has visits and no mailbox
        elif not said.get("from_numbers") and not said.get("from_sends"):
            self.add_error("from_numbers", _("Choose at least one of the two."))
        return said


@page(Permission.EDIT_MARKETING_SETTINGS)
def index(request: WorkspaceRequest) -> HttpResponse:
    """The list, and a form for one more (or, by `?edit=`, for one that stands)."""
    lines = _lines(request)
    asked = request.GET.get("edit", "")
    edited = next((one.info for one in lines if str(one.info.id) == asked), None)
    form = ExclusionForm(request.POST or None, initial=_initial(edited))
    if request.method == "POST" and form.is_valid() and _save(request, form, edited):
        return redirect("exclusions", request.workspace.slug)
    context = {"lines": lines, "form": form, "edited": edited}
    return render(request, "settings/exclusions.html", context, status=422 if form.is_bound else 200)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def remove(request: WorkspaceRequest, exclusion_id: int) -> HttpResponse:
    found = exclusions.get(exclusion_id)
    exclusions.remove(exclusion_id, actor=request.actor)
    flashes.success(request, _("“%(value)s” is no longer excluded.") % {"value": found.value})
    return redirect("exclusions", request.workspace.slug)


def _lines(request: WorkspaceRequest) -> list[Line]:
    counted = exclusions.count_people()
    return [
        Line(
            one,
            str(KINDS[one.kind]),
            counted.get(one.id, 0),
            behind.address(request, "settings-exclusion", one.id),
        )
        for one in exclusions.list_all()
    ]


def _save(request: WorkspaceRequest, form: ExclusionForm, edited: exclusions.ExclusionInfo | None) -> bool:
    said = form.cleaned_data
    try:
        exclusions.add(actor=request.actor, **said)
    except exclusions.BadExclusion as error:
        form.add_error("value", str(error))
        return False
    stands = [one for one in exclusions.list_all() if edited and one.id == edited.id]
    if edited and stands and _is_elsewhere(stands[0], said):
        exclusions.remove(edited.id, actor=request.actor)  # it stands under its new value
    flashes.success(request, _("Saved. Numbers and audiences follow within a minute."))
    return True


def _is_elsewhere(edited: exclusions.ExclusionInfo, said: dict[str, Any]) -> bool:
    """Whether what was typed is another line than the one it was typed over."""
    return (edited.kind, edited.value) != (said["kind"], exclusions.normal(said["kind"], said["value"]))


def _initial(edited: exclusions.ExclusionInfo | None) -> dict[str, Any]:
    if edited is None:
        return {"kind": "domain", "from_numbers": True, "from_sends": True}
    return {
        "kind": edited.kind,
        "value": edited.value,
        "reason": edited.reason,
        "from_numbers": edited.from_numbers,
        "from_sends": edited.from_sends,
    }
