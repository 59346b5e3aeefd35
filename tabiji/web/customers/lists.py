"""Static lists: people put together by hand, by an import or by a journey."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core import clock
from tabiji.core.paging import ListQuery, Page
from tabiji.people.public import lists, persons
from tabiji.web.components import lists as screens
from tabiji.web.components.lists import Bulk, Column, Empty, ListScreen
from tabiji.web.customers import behind, people
from tabiji.web.customers.forms import ListForm
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, audit


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest) -> HttpResponse:
    may_edit = request.actor.may(Permission.EDIT_PEOPLE)
    slug = request.workspace.slug

    def name(one: lists.ListInfo) -> SafeString:
        return screens.link(reverse("lists-detail", args=[slug, one.id]), one.name)

    def count(one: lists.ListInfo) -> SafeString:
        href = reverse("lists-detail", args=[slug, one.id])
        return format_html('<a href="{}">{}</a>', href, on_screen.people(one.people))

    def load(query: ListQuery) -> Page[lists.ListInfo]:
        found = lists.list_all()
        return Page(found, "", len(found))

    screen: ListScreen[lists.ListInfo] = ListScreen(
        "lists",
        [
            Column("name", gettext_lazy("Name"), name, is_head=True),
            Column("people", gettext_lazy("People"), count, is_number=True),
            Column("note", pgettext_lazy("list", "What it is for"), lambda one: one.note),
        ],
        load,
        Empty(
            gettext_lazy("There is no static list yet"),
            gettext_lazy("A static list keeps the people whom you put on it, and changes only by hand."),
            gettext_lazy("Make a static list") if may_edit else "",
            reverse("lists-new", args=[slug]) if may_edit else "",
            gettext_lazy("Example: those who said at the fair that they want a visit"),
        ),
    )
    return render(request, "customers/lists.html", {"list": screens.render(screen, request)})


@page(Permission.EDIT_PEOPLE)
def new(request: WorkspaceRequest) -> HttpResponse:
    form = ListForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = lists.create(form.cleaned_data["name"], note=form.cleaned_data["note"], actor=request.actor)
        return redirect("lists-detail", request.workspace.slug, made)
    return render(request, "customers/list_new.html", {"form": form}, status=422 if form.errors else 200)


@page(Permission.SEE_PEOPLE)
def detail(request: WorkspaceRequest, list_id: int) -> HttpResponse:
    found = lists.get(list_id)
    slug = request.workspace.slug
    token = behind.token("list", list_id)
    screen = people.screen_of(
        request,
        behind.resolve(request, token),
        view="list_people",
        within=token,
        bulk=(Bulk(gettext_lazy("Take off this list"), reverse("lists-remove", args=[slug, list_id])),),
        empty=Empty(
            gettext_lazy("Nobody is on this list yet"),
            gettext_lazy("Choose people in the list of people and put them on it."),
            gettext_lazy("Choose people"),
            reverse("people", args=[slug]),
        ),
    )
    context = {"found": found, "list": screens.render(screen, request), "added": _added(request)}
    return render(request, "customers/list.html", context)


@require_POST
@page(Permission.EDIT_PEOPLE)
def remove(request: WorkspaceRequest, list_id: int) -> HttpResponse:
    """Take the chosen ones (or all that match) off the list."""
    found = lists.get(list_id)
    on_it = set(lists.member_ids(list_id))
    ids = [one for one in people.chosen(request) if one in on_it]
    removed = lists.remove(found.id, ids, at=request.now, actor=request.actor.label)
    audit.record(request.actor, "remove", "list", list_id, values={"people": removed})
    request.session[_session_key(list_id)] = [str(one) for one in ids[:20_000]]
    return redirect(reverse("lists-detail", args=[request.workspace.slug, list_id]) + f"?removed={removed}")


@require_POST
@page(Permission.EDIT_PEOPLE)
def undo(request: WorkspaceRequest, list_id: int) -> HttpResponse:
    """Take the last act on this list back: those who were added leave, those who were removed return."""
    found = lists.get(list_id)
    at_ms = request.POST.get("added_at", "")
    if at_ms.isdecimal() and len(at_ms) < 16:
        moment = clock.from_ms(int(at_ms))
        undone = lists.take_back(found.id, added_at=moment, at=request.now, actor=request.actor.label)
    else:
        gone = request.session.pop(_session_key(list_id), [])
        ids = persons.get_many(people.uuids(gone))
        undone = lists.add(found.id, ids, at=request.now, actor=request.actor.label)
    audit.record(request.actor, "undo", "list", list_id, values={"people": undone})
    return redirect("lists-detail", request.workspace.slug, list_id)


def _session_key(list_id: int) -> str:
    return f"list_{list_id}_removed"


def _added(request: WorkspaceRequest) -> dict[str, str] | None:
    """What the address says was just done, to be said and offered to be taken back."""
    asked = {name: request.GET.get(name, "") for name in ("added", "chosen", "at", "removed")}
    if not any(asked.values()) or not all(text.isdecimal() for text in asked.values() if text):
        return None
    return {name: text[:16] for name, text in asked.items()}
