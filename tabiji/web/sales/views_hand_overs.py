"""引き渡し: who came from marketing, why, until when; accept, give back, give to somebody else."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery, Page
from tabiji.people.public import persons
from tabiji.sales.contracts import HandOverInfo, HandOverState
from tabiji.sales.public import hand_overs, words
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.sales import forms, packets, refusals, showing, views_calls, who
from tabiji.web.sales.showing import HandOverRow
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members

_TABS: Final[tuple[tuple[str, Any, dict[str, str]], ...]] = (
    ("all", pgettext_lazy("hand-overs", "All"), {}),
    ("pending", gettext_lazy("Waiting to be accepted"), {"state": "pending"}),
    ("late", pgettext_lazy("hand-overs", "Overdue"), {"late": "1"}),
    ("accepted", gettext_lazy("Accepted"), {"state": "accepted"}),
    ("returned", gettext_lazy("Returned"), {"state": "returned"}),
)


@page(Permission.SEE_SALES)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All of them, newest first; the tabs count what they open."""
    owner = request.GET.get("owner", "")
    context = {"tabs": [_tab(request, *one, owner) for one in _TABS], "list": _list(request)}
    return render(request, "sales/hand_overs.html", context)


@page(Permission.SEE_SALES)
def detail(request: WorkspaceRequest, hand_over_id: int) -> HttpResponse:
    return _detail(request, hand_overs.get(hand_over_id), forms.ReturnForm())


@require_POST
@page(Permission.WORK_SALES)
def accept(request: WorkspaceRequest, hand_over_id: int) -> HttpResponse:
    """受け取る. Twice from the same colleague is once; a colleague who was second hears who was first."""
    before = hand_overs.get(hand_over_id)
    if before.state != HandOverState.ACCEPTED or before.accepted_by != request.actor.user_id:
        done = refusals.as_note(
            request, lambda: hand_overs.accept(hand_over_id, at=request.now, actor=request.actor)
        )
        if done is not None:
            notes.success(request, _("You have accepted the hand-over."))
    return redirect("hand_overs-detail", request.workspace.slug, hand_over_id)


@require_POST
@page(Permission.WORK_SALES)
def return_(request: WorkspaceRequest, hand_over_id: int) -> HttpResponse:
    """差し戻す, with its reason; then on to the next person."""
    before = hand_overs.get(hand_over_id)
    form = forms.ReturnForm(request.POST)
    if form.is_valid():
        values = form.cleaned_data
        done = refusals.at_field(
            form,
            lambda: hand_overs.return_(
                hand_over_id,
                reason=values["reason"],
                note=values["note"],
                restart_on=values["restart_on"],
                at=request.now,
                actor=request.actor,
            ),
        )
        if done is not None:
            name = who.get(request, before.person_id).name
            notes.success(request, _("%(name)s was returned to marketing.") % {"name": name})
            return views_calls.to_next(request, before.person_id)
    return _detail(request, hand_overs.get(hand_over_id), form, status=422)


@require_POST
@page(Permission.MANAGE_SALES)
def give(request: WorkspaceRequest, hand_over_id: int) -> HttpResponse:
    """Give it to somebody else; the clock of one that waits begins anew."""
    before = hand_overs.get(hand_over_id)
    to = forms.number(request.POST.get("to"))
    if to is not None:
        moved = refusals.as_note(
            request,
            lambda: hand_overs.reassign([before.id], to=to, at=request.now, actor=request.actor),
        )
        if moved:
            notes.success(request, _("Given to %(name)s.") % {"name": members.names().get(to, "")})
    return redirect("hand_overs-detail", request.workspace.slug, hand_over_id)


@page(Permission.EDIT_PEOPLE)
def new(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """Hand a person over by hand, with a reason."""
    person = persons.get(person_id)
    form = forms.HandOverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = hand_overs.request(
            [person.id],
            reason=_plain(form.cleaned_data["why"]),
            at=request.now,
            actor=request.actor.label,
            owner_id=forms.number(form.cleaned_data["owner"]),
        )
        if person.id in asked.made:
            notes.success(request, _("Handed over to sales."))
            return redirect("hand_overs-detail", request.workspace.slug, asked.made[person.id])
        if person.id in asked.standing:
            notes.error(request, _("This person is with sales already."))
            return redirect("hand_overs-detail", request.workspace.slug, asked.standing[person.id])
        notes.success(request, _("This person has an open deal: its owner was told instead."))
        return redirect("people-detail", request.workspace.slug, person.id)
    context = {"form": form, "who": who.of(request, person)}
    return render(request, "sales/hand_over_new.html", context, status=422 if form.errors else 200)


def _plain(why: str) -> str:
    """A colleague's words are never taken for one of the reasons that machines give."""
    return why if why != "threshold" and not why.startswith("journey:") else f"“{why}”"


def _detail(
    request: WorkspaceRequest, found: HandOverInfo, form: forms.ReturnForm, status: int = 200
) -> HttpResponse:
    (row,) = showing.hand_overs(request, [found])
    may_work = request.actor.may(Permission.WORK_SALES)
    may_manage = request.actor.may(Permission.MANAGE_SALES)
    is_open = row.info.state in (HandOverState.PENDING, HandOverState.ACCEPTED)
    is_mine = may_work and (row.info.owner_id in (None, request.actor.user_id) or may_manage)
    others = [one for one in forms.sellers() if one[0] != str(row.info.owner_id)]
    context = {
        "row": row,
        "person": row.who,
        "is_open": is_open,
        "may_accept": is_mine and row.info.state == HandOverState.PENDING,
        "may_call": is_mine and row.info.state == HandOverState.ACCEPTED,
        "may_return": is_mine and is_open,
        "colleagues": others if may_manage and is_open else [],
        "return_form": form,
        "why": _why(row),
        **packets.of(found.id),
        **(
            views_calls.panel(request, row.who)
            if is_mine and row.info.state == HandOverState.ACCEPTED
            else {}
        ),
    }
    return render(request, "sales/hand_over.html", context, status=status)


def _why(row: HandOverRow) -> str:
    """How it became whose it is, as one sentence."""
    said = {
        "owner": _("%(owner)s owns this person already."),
        "deal_owner": _("%(owner)s has an open deal with the same company."),
        "pool": _("Nobody owns this person, so it went to the pool: whoever accepts first has it."),
        "person": _("A colleague gave it to %(owner)s."),
    }.get(row.info.assigned_by, "")
    return said % {"owner": row.owner} if "%(" in said else said


def _tab(
    request: WorkspaceRequest, key: str, label: Any, asked: dict[str, str], owner: str
) -> dict[str, Any]:
    query = ListQuery({**asked, "owner": owner}, limit=1)
    shown = {name: value for name, value in {**asked, "owner": owner}.items() if value}
    is_on = all(request.GET.get(name, "") == asked.get(name, "") for name in ("state", "late"))
    return {
        "label": label,
        "count": hand_overs.list_hand_overs(query, now=request.now).total,
        "href": reverse("hand_overs", args=[request.workspace.slug])
        + (f"?{urlencode(shown)}" if shown else ""),
        "is_on": is_on and not request.GET.get("reason"),
    }


def _list(request: WorkspaceRequest) -> SafeString:
    def load(query: ListQuery) -> Page[HandOverRow]:
        found = hand_overs.list_hand_overs(query, now=request.now)
        return Page(showing.hand_overs(request, found.rows), found.next, found.total)

    def href(row: HandOverRow) -> str:
        return reverse("hand_overs-detail", args=[request.workspace.slug, row.info.id])

    def state(row: HandOverRow) -> SafeString:
        clock = format_html('<span class="sla{}">{}</span>', " sla-late" if row.is_late else "", row.clock)
        shown = clock if row.info.state == "pending" else row.clock
        return format_html('<span class="tag {}">{}</span> {}', row.css, row.state, shown)

    screen: ListScreen[HandOverRow] = ListScreen(
        "hand_overs",
        [
            Column(
                "person",
                gettext_lazy("Person"),
                lambda row: screens.link(href(row), row.who.name, row.who.company),
                is_head=True,
            ),
            Column("state", gettext_lazy("State"), state),
            Column("why", pgettext_lazy("hand-over", "Why"), lambda row: row.why),
            Column(
                "score",
                gettext_lazy("Score"),
                lambda row: on_screen.number(row.who.score),
                is_number=True,
            ),
            Column("owner", gettext_lazy("Owner"), lambda row: row.owner),
            Column(
                "requested",
                pgettext_lazy("hand-over", "Since"),
                lambda row: on_screen.moment(row.info.requested_at),
            ),
        ],
        load,
        Empty(
            gettext_lazy("Nobody has been handed over yet"),
            gettext_lazy(
                "People come here when their score reaches the threshold, or when a journey says so."
            ),
            example=gettext_lazy(
                "Example: asked for the brochure, read the prices, clicked in the mail: 80 points"
            ),
        ),
        [
            Filter(
                "state",
                gettext_lazy("State"),
                [Choice(one.value, word) for one, word in words.HAND_OVER_STATES.items()],
            ),
            Filter(
                "late",
                pgettext_lazy("hand-overs", "Deadline"),
                [Choice("1", pgettext_lazy("hand-overs", "Overdue"))],
            ),
            Filter("owner", gettext_lazy("Owner"), owners()),
            Filter(
                "reason",
                gettext_lazy("Reason of the return"),
                [Choice(one.value, word) for one, word in words.RETURN_REASONS.items()],
            ),
        ],
        unit=lambda count: (
            ngettext("%(n)s hand-over", "%(n)s hand-overs", count) % {"n": on_screen.number(count)}
        ),
    )
    return screens.render(screen, request)


def owners() -> list[Choice]:
    """Everybody who may have something here, and the pool."""
    return [
        *(Choice(key, name) for key, name in forms.sellers()),
        Choice("pool", pgettext_lazy("owner", "The pool")),
    ]
