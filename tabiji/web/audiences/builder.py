"""The builder: a condition in sentences, counted while it is written, then kept under a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.contracts import AudienceInfo
from tabiji.audiences.public import asking, audience, conditions
from tabiji.people.public import persons
from tabiji.purpose.public import kpi
from tabiji.web.audiences import as_text, numbers
from tabiji.web.audiences.one import hardest, said
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Line, Where
from tabiji.web.customers import people
from tabiji.web.insights.funnels import offer
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission, definitions, members

EVERYBODY = Where()
_LONGEST: Final = as_text.LONGEST + 1
"""Letters of one field: a part of a condition that no sentence says, or a pasted one."""
_SHOWN: Final = 10
"""People shown beside the count."""


@page(Permission.EDIT_AUDIENCES)
def new(request: WorkspaceRequest) -> HttpResponse:
    return _edit(request, None)


@page(Permission.EDIT_AUDIENCES)
def edit(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Change what an audience says. One that was put away is brought back first."""
    found = audience.get(audience_id)
    if found.state == "archived":
        return redirect("audiences-detail", request.workspace.slug, audience_id)
    return _edit(request, found)


@require_POST
@page(Permission.EDIT_AUDIENCES)
def count(request: WorkspaceRequest) -> HttpResponse:
    """How many people the form as it stands means, and how many each line removes."""
    typed = condition_rows.typed(_texts(request))
    text = ""
    try:
        data = condition_rows.tree(typed, EVERYBODY)
        condition = conditions.parse(data)
        text = as_text.written(data)
        counted = asking.removed_by_line(condition, now=request.now)
    except conditions.BadCondition as error:
        return render(request, "audiences/count.html", {"error": error.why, "text": text}, status=422)
    except asking.CountingRests:
        return render(request, "audiences/count.html", {"rests": True, "text": text})
    worst = hardest(counted.lines)
    context = {
        "text": text,
        "sample": _sample(request, condition) if counted.total else None,
        "total": counted.total,
        "everybody": counted.everyone,
        "href": numbers.address_of(request, data),
        "effects": [Effect(condition_rows.place_of(one.path), one.removes) for one in counted.lines],
        "hardest": _hint(condition, worst) if worst and not counted.total else None,
    }
    return render(request, "audiences/count.html", context)


@dataclass(frozen=True, slots=True)
class Person:
    """One of those who fit, as this colleague may see them."""

    href: str
    name: str
    note: str


def _sample(request: WorkspaceRequest, condition: conditions.Condition) -> list[Person]:
    """A few of those who fit, for whoever may see people."""
    if not request.actor.may(Permission.SEE_PEOPLE):
        return []
    try:
        ids = asking.people(condition, now=request.now, limit=_SHOWN, lane="screen")
    except asking.CountingRests:
        return []
    cells = people.cells_of(request)
    found = persons.get_many(ids)
    return [
        Person(links.address(request, "people-detail", one), cells.shown_name(found[one]), found[one].company)
        for one in ids
        if one in found
    ]


@dataclass(frozen=True, slots=True)
class Effect:
    """How many people a line removes; below nought for one that brings people in."""

    place: str
    removes: int

    @property
    def people(self) -> int:
        return abs(self.removes)


@dataclass(frozen=True, slots=True)
class Hint:
    sentence: str
    people: int


class AudienceForm(forms.Form):
    """What stands beside the condition."""

    name = forms.CharField(label=pgettext_lazy("audience", "Name"), max_length=120)
    why = forms.CharField(
        label=gettext_lazy("Why"),
        widget=forms.Textarea(attrs={"rows": 2}),
        max_length=500,
        required=False,
        help_text=gettext_lazy("What this audience is for, in one sentence."),
    )
    kpi = forms.ChoiceField(label=gettext_lazy("KPI"), required=False)
    responsible = forms.ChoiceField(label=gettext_lazy("Responsible"), required=False)
    review_on = forms.DateField(
        label=gettext_lazy("Next review"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        language = on_screen.language()
        offer(self, "kpi", [(str(one.id), one.label(language)) for one in kpi.list_all()])
        offer(self, "responsible", [(str(one.user_id), one.name) for one in members.list_colleagues()])


def _edit(request: WorkspaceRequest, found: AudienceInfo | None) -> HttpResponse:
    post = _texts(request)
    does, _colon, argument = post.get("do", "").partition(":")
    stored = found.condition.data() if found else condition_rows.beginning(EVERYBODY)
    is_typed = request.method == "POST"
    typed = condition_rows.typed(post) if is_typed else condition_rows.lines_of(stored, EVERYBODY)
    if does:
        typed, made, refused = _act(typed, does, argument, post)
        if is_fragment(request):
            pasted = post.get("pasted", "") if refused else ""
            context = {"rows": _rows(typed, focus=made), "is_pasted": does == "paste"}
            told = {"refused": refused, "pasted": pasted}
            return render(request, "audiences/rows.html", context | told)
    form = AudienceForm(
        request.POST if is_typed and not does else None, initial=_initial(request, found, post)
    )
    error: conditions.BadCondition | str = ""
    if is_typed and not does:
        try:
            data = condition_rows.tree(typed, EVERYBODY)
            if form.is_valid():
                return redirect(
                    "audiences-detail",
                    request.workspace.slug,
                    _save(request, found, form.cleaned_data, data),
                )
        except conditions.BadCondition as wrong:
            error = wrong
    context = {"form": form, "audience": found, "rows": _rows(typed, error=error)}
    is_wrong = bool(error) or (form.is_bound and bool(form.errors))
    return render(request, "audiences/edit.html", context, status=422 if is_wrong else 200)


def _act(typed: Line, does: str, argument: str, post: Mapping[str, str]) -> tuple[Line, str, str]:
    """(the lines after what a button does, the place of the line it made, why it did nothing)."""
    if does != "paste":
        return *condition_rows.act(typed, does, argument.partition("/")[2], EVERYBODY), ""
    try:
        return condition_rows.lines_of(as_text.read(post.get("pasted", "")), EVERYBODY), "", ""
    except conditions.BadCondition as error:
        return typed, "", as_text.said(error)


def _rows(typed: Line, *, error: conditions.BadCondition | str = "", focus: str = "") -> condition_rows.Rows:
    return condition_rows.rows(typed, EVERYBODY, error=error, focus=focus)


def _save(
    request: WorkspaceRequest,
    found: AudienceInfo | None,
    values: Mapping[str, Any],
    condition: dict[str, Any],
) -> int:
    header = {
        "name": values["name"],
        "why": values["why"],
        "kpi_id": int(values["kpi"]) if values["kpi"] else None,
        "responsible_id": int(values["responsible"]) if values["responsible"] else None,
    }
    if found is None:
        made = audience.create(actor=request.actor, condition=condition, **header)
    else:
        made = found.id
        audience.save(made, actor=request.actor, condition=condition)
        definitions.update(made, actor=request.actor, **header)
    if values["review_on"] or found:
        definitions.update(made, actor=request.actor, review_on=values["review_on"])
    _look_at(request, made)
    return made


def _look_at(request: WorkspaceRequest, audience_id: int) -> None:
    """The page that follows shows its people; where counting rests the worker does it later."""
    try:
        audience.refresh_now(audience_id, now=request.now)
    except asking.CountingRests:
        return


def _hint(condition: conditions.Condition, worst: asking.Line) -> Hint:
    node = dict(conditions.walk(condition.root))[worst.path]
    return Hint(said(conditions.Condition(node)), worst.removes)


def _initial(
    request: WorkspaceRequest, found: AudienceInfo | None, post: Mapping[str, str]
) -> dict[str, Any]:
    if request.method == "POST":
        return dict(post)
    if found is None:
        return {"responsible": str(request.actor.user_id)}
    header = definitions.get(found.id)
    return {
        "name": found.name,
        "why": found.why,
        "kpi": str(header.kpi_id or ""),
        "responsible": str(header.responsible_id or ""),
        "review_on": header.review_on.isoformat() if header.review_on else "",
    }


def _texts(request: WorkspaceRequest) -> dict[str, str]:
    return {name: str(value)[:_LONGEST].replace("\0", "") for name, value in request.POST.items()}
