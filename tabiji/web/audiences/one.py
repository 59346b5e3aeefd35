"""One audience: what it says, who is in it, how large it was, where it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from tabiji.audiences.contracts import AudienceInfo
from tabiji.audiences.public import asking, audience, conditions, history
from tabiji.web.audiences.used_in import Uses
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Empty
from tabiji.web.customers import behind, people
from tabiji.web.insights import headers
from tabiji.web.insights.resting import Counting
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, definitions

DAYS = 90


@page(Permission.SEE_AUDIENCES)
def detail(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """The sentence, the header, the people; what is counted comes after, so that this page never waits."""
    found = audience.get(audience_id)
    may_edit = request.actor.may(Permission.EDIT_AUDIENCES)
    is_archived = found.state == "archived"
    uses = Uses(request).of(audience_id)
    counting = Counting()
    edit = reverse("audiences-edit", args=[request.workspace.slug, audience_id])
    header = headers.of(
        request,
        definitions.get(audience_id, "audience"),
        counting,
        used_in=[(use.href, use.label) for use in uses],
        edit_href=edit if may_edit and not is_archived else "",
    )
    context = {
        "audience": found,
        "header": header,
        "sentence": said(found.condition),
        "uses": uses,
        "is_archived": is_archived,
        "list": _people(request, found) if request.actor.may(Permission.SEE_PEOPLE) else "",
        "others": [one for one in audience.list_all() if one.id != audience_id],
        "may_search": request.actor.may(Permission.SEE_PERSONAL_DATA),
        "export": _export_of(request, audience_id),
        "put": reverse("people-put", args=[request.workspace.slug])
        + "?"
        + urlencode({"of": behind.token("audience", audience_id)}),
    }
    return render(request, "audiences/audience.html", context)


@page(Permission.SEE_AUDIENCES)
def lines(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """What each line does, counted now: a fragment."""
    found = audience.get(audience_id)
    try:
        counted = asking.removed_by_line(found.condition, now=request.now)
    except (asking.CountingRests, conditions.BadCondition):
        return render(request, "audiences/lines.html", {"rests": True})
    by_path = {one.path: one for one in counted.lines}
    return render(
        request,
        "audiences/lines.html",
        {
            "lines": outline(found.condition, by_path),
            "total": counted.total,
            "everyone": counted.everyone,
            "hardest": hardest(counted.lines),
        },
    )


@page(Permission.SEE_AUDIENCES)
def sizes(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """How large it was at the end of each day: a fragment."""
    try:
        counted = history.sizes(audience_id, now=request.now, days=DAYS)
    except asking.CountingRests:
        return render(request, "audiences/history.html", {"rests": True})
    return render(request, "audiences/history.html", {"drawn": _drawn(counted), "days": DAYS})


@require_POST
@page(Permission.EDIT_AUDIENCES)
def refresh(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Look at everybody again, now."""
    if audience.get(audience_id).state == "archived":
        return redirect("audiences-detail", request.workspace.slug, audience_id)
    try:
        changed = audience.refresh_now(audience_id, now=request.now)
    except asking.CountingRests:
        flashes.error(request, _("Counting is resting: try again in a moment."))
    except conditions.BadCondition as error:
        flashes.error(request, error.why)
    else:
        flashes.success(
            request,
            _("Looked at everybody: %(came)s came in, %(left)s left.")
            % {"came": on_screen.people(changed.entered), "left": on_screen.people(changed.left)},
        )
    return redirect("audiences-detail", request.workspace.slug, audience_id)


@require_POST
@page(Permission.EDIT_AUDIENCES)
def archive(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Put it away, unless something still asks it."""
    found = audience.get(audience_id)
    uses = Uses(request).of(audience_id)
    if uses:
        names = _(", ").join(use.label for use in uses)
        flashes.error(
            request, _("It is still used in %(names)s: take it out there first.") % {"names": names}
        )
    elif found.state != "archived":
        audience.archive(audience_id, actor=request.actor, now=request.now)
    return redirect("audiences-detail", request.workspace.slug, audience_id)


@require_POST
@page(Permission.EDIT_AUDIENCES)
def restore(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Take putting it away back."""
    audience.restore(audience_id, actor=request.actor)
    return redirect("audiences-detail", request.workspace.slug, audience_id)


def said(condition: conditions.Condition) -> str:
    """The condition as a sentence, in the reader's language."""
    return conditions.sentence(condition, on_screen.language())


def hardest(found: Sequence[asking.Line]) -> asking.Line | None:
    """The line that removes most people, if one removes any."""
    worst = max(found, key=lambda one: one.removes, default=None)
    return worst if worst is not None and worst.removes > 0 else None


# -- how it is drawn ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the condition: how deep it stands, its words, and what it does."""

    depth: int
    text: str
    is_group: bool
    holds: int | None = None
    removes: int = 0
    path: str = ""
    fits: bool | None = None
    """Whether it holds for the person of whom it was asked."""


def outline(
    condition: conditions.Condition,
    by_path: Mapping[str, asking.Line] | None = None,
    *,
    holds: Mapping[str, bool] | None = None,
) -> list[Said]:
    """The lines of a condition, with what each does, or whether it holds for one person."""
    counted_by, fitting = by_path or {}, holds or {}
    lines = []
    for path, node in conditions.walk(condition.root):
        counted = counted_by.get(path)
        is_group = isinstance(node, conditions.Group)
        text = _JOINED[node.kind] if isinstance(node, conditions.Group) else said(conditions.Condition(node))
        lines.append(
            Said(
                min(path.count("of."), 6),
                str(text),
                is_group,
                counted.holds if counted else None,
                counted.removes if counted else 0,
                path,
                fitting.get(path),
            )
        )
    return lines


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve in a box of 100 by 100; the scale begins at nought."""

    points: str
    area: str
    first_day: date
    first: int
    last: int
    most: int


def _drawn(counted: Sequence[tuple[date, int]]) -> Drawn:
    most = max(max(size for _day, size in counted), 1)
    step = 100 / max(len(counted) - 1, 1)
    points = " ".join(
        f"{place * step:.2f},{100 - 96 * size / most:.2f}" for place, (_day, size) in enumerate(counted)
    )
    return Drawn(points, f"0,100 {points} 100,100", counted[0][0], counted[0][1], counted[-1][1], most)


def _people(request: WorkspaceRequest, found: AudienceInfo) -> Any:
    token = behind.token("audience", found.id)
    empty = Empty(
        gettext_lazy("Nobody is in it now"),
        gettext_lazy("Nobody fits the condition, or it has not been looked at yet."),
    )
    screen = people.screen_of(
        request, behind.resolve(request, token), view="audience_people", within=token, empty=empty
    )
    return screens.render(screen, request)


def _export_of(request: WorkspaceRequest, audience_id: int) -> str:
    """The page that exports its people, for those who may."""
    href = links.address(request, "imports-export") if request.actor.may(Permission.IMPORT_EXPORT) else ""
    return f"{href}?{urlencode({'of': behind.token('audience', audience_id)})}" if href else ""


_JOINED = {
    "all": gettext_lazy("all of these"),
    "any": gettext_lazy("any of these"),
    "none": gettext_lazy("none of these"),
}
