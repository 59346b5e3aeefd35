"""やること: what is to do, by day; done with its minutes in one click, and taken back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from django.contrib import messages as notes
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery
from tabiji.sales.contracts import TaskInfo, TaskKind
from tabiji.sales.public import tasks, words
from tabiji.web.sales import forms, refusals, showing, who
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, calendar

_STATES: Final = ("open", "done")
_ANYBODY: Final = "all"


@page(Permission.WORK_SALES)
def index(request: WorkspaceRequest) -> HttpResponse:
    """One's own open ones, unless the address asks for others."""
    owner, state = (
        request.GET.get("owner", "") or str(request.actor.user_id),
        request.GET.get("state", "open"),
    )
    state = state if state in _STATES else "open"
    kind = request.GET.get("kind", "")
    found = tasks.list_tasks(_query(request, owner, state, kind))
    rows = showing.tasks(request, found.rows)
    context = {
        "days": [
            (_day(request, day), of_day) for day, of_day in showing.by_day(rows, lambda row: row.info.due_at)
        ],
        "total": found.total,
        "next": found.next,
        "is_first": "after" not in request.GET,
        "owner": owner,
        "state": state,
        "kind": kind,
        "owners": _owners(request),
        "kinds": [(one.value, word) for one, word in words.TASK_KINDS.items()],
        "states": [
            (one, label, tasks.list_tasks(_query(request, owner, one, kind, 1)).total)
            for one, label in (("open", pgettext("tasks", "Open")), ("done", pgettext("tasks", "Done")))
        ],
        "is_filtered": bool(kind),
        "undo": _undo(request),
    }
    return render(request, "sales/tasks.html", context)


@page(Permission.WORK_SALES)
def new(request: WorkspaceRequest) -> HttpResponse:
    person = who.asked(request)
    if person is None and "alone" not in request.GET:
        return who.choose(request, _("Add a task"), without=_("A task without a person"))
    initial = {
        "kind": request.GET.get("kind", TaskKind.TODO.value),
        "owner": str(request.actor.user_id),
        "due_at": calendar.current().next_business_opening(request.now),
    }
    form = forms.TaskForm(request.POST or None, initial, now=request.now)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        made = refusals.at_field(
            form,
            lambda: tasks.add(
                person.id if person else None,
                kind=values["kind"],
                title=values["title"],
                due_at=values["due_at"],
                minutes=values["minutes"],
                owner_id=forms.number(values["owner"]),
                at=request.now,
                actor=request.actor,
            ),
        )
        if made is not None:
            notes.success(request, _("Task added: %(title)s") % {"title": values["title"]})
            return redirect(person.href if person else reverse("tasks", args=[request.workspace.slug]))
    context = {"form": form, "person": person}
    return render(request, "sales/task_form.html", context, status=422 if form.errors else 200)


@page(Permission.WORK_SALES)
def detail(request: WorkspaceRequest, task_id: int) -> HttpResponse:
    """Put off, rename, give away; the kind stays."""
    task = tasks.get(task_id)
    (row,) = showing.tasks(request, [task])
    initial = {
        "title": task.title,
        "due_at": task.due_at,
        "minutes": task.minutes,
        "owner": str(task.owner_id),
    }
    form = forms.TaskForm(request.POST or None, initial, now=request.now, owner=task.owner_id or 0)
    del form.fields["kind"]
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        changed = refusals.at_field(
            form,
            lambda: tasks.change(
                task_id,
                due_at=values["due_at"],
                title=values["title"],
                owner_id=forms.number(values["owner"]),
                minutes=values["minutes"],
            ),
        )
        if changed is not None:
            notes.success(request, _("Saved."))
            return redirect("tasks", request.workspace.slug)
    context = {"form": form, "row": row, "person": row.who}
    return render(request, "sales/task_form.html", context, status=422 if form.errors else 200)


@require_POST
@page(Permission.WORK_SALES)
def done(request: WorkspaceRequest, task_id: int) -> HttpResponse:
    """Done; minutes: what it took, empty for what was thought before."""
    text = request.POST.get("minutes", "").strip()
    if text and (not text.isdecimal() or len(text) > 5):
        notes.error(request, _("Give minutes from 0 to 1,440."))
        return _back(request)
    minutes = int(text) if text else None
    task = refusals.as_note(
        request, lambda: tasks.finish(task_id, at=request.now, actor=request.actor, minutes=minutes)
    )
    return _back(request, undo=task_id if task is not None else 0)


@require_POST
@page(Permission.WORK_SALES)
def reopen(request: WorkspaceRequest, task_id: int) -> HttpResponse:
    tasks.reopen(task_id, at=request.now, actor=request.actor)
    return _back(request)


def _undo(request: WorkspaceRequest) -> dict[str, Any] | None:
    """What was just done, with the way back."""
    number = forms.number(request.GET.get("undo"))
    try:
        task = tasks.get(number) if number and number < 2**62 else None
    except tasks.NoSuchTask:
        return None
    return {"id": task.id, "said": _done_said(request, task)} if task and task.state == "done" else None


def _done_said(request: WorkspaceRequest, task: TaskInfo) -> str:
    title = who.shown(request, task.title) or str(words.TASK_KINDS[TaskKind(task.kind)])
    if task.minutes is None:
        return _("Done: %(title)s") % {"title": title}
    return _("Done: %(title)s (%(time)s)") % {"title": title, "time": on_screen.length(task.minutes * 60)}


def _back(request: WorkspaceRequest, undo: int = 0) -> HttpResponse:
    """To the list with the filters that it had."""
    asked = QueryDict(request.POST.get("filters", "")[:500], mutable=True)
    kept = {name: str(asked[name]) for name in ("owner", "state", "kind") if asked.get(name)}
    if undo:
        kept["undo"] = str(undo)
    query = urlencode(kept)
    return redirect(reverse("tasks", args=[request.workspace.slug]) + (f"?{query}" if query else ""))


def _query(request: WorkspaceRequest, owner: str, state: str, kind: str, limit: int = 100) -> ListQuery:
    filters = {"state": state, "kind": kind, "owner": "" if owner == _ANYBODY else owner}
    after = request.GET.get("after", "") if limit > 1 else ""
    return ListQuery(filters, "-due" if state == "done" else "", (), after, limit)


def _owners(request: WorkspaceRequest) -> list[tuple[str, str]]:
    mine = str(request.actor.user_id)
    others = [one for one in forms.sellers() if one[0] != mine]
    return [
        (mine, pgettext("tasks", "Mine")),
        *others,
        ("pool", pgettext("owner", "Nobody")),
        (_ANYBODY, pgettext("owner", "Everybody")),
    ]


def _day(request: WorkspaceRequest, day: date) -> dict[str, Any]:
    today = timezone.localtime(request.now).date()
    near = {
        today: pgettext("day", "Today"),
        today + timedelta(days=1): pgettext("day", "Tomorrow"),
        today - timedelta(days=1): pgettext("day", "Yesterday"),
    }
    return {"day": day, "near": near.get(day, ""), "is_past": day < today, "is_today": day == today}
