"""The practice inbox: what customers and colleagues would find in their mailboxes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from tabiji.core.paging import ListQuery
from tabiji.people.public import persons
from tabiji.practice import inbox as mails
from tabiji.practice import letters, machines
from tabiji.practice.inbox import Line
from tabiji.practice.letters import Letter
from tabiji.practice.machines import Answer
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

TABS = ("customers", "colleagues")
_VIEWS = {"html": _("Mail"), "text": _("Text"), "headers": _("Headers")}
_SHOWN = 50


@require_safe
@page(Permission.SEE_PERSONAL_DATA)
def inbox(request: WorkspaceRequest) -> HttpResponse:
    """List and reading pane; `tab`, `person`, `mail` and `view` stand in the address."""
    query = _query(request)
    chosen = _number(request.GET.get("mail", ""))
    pane = _pane(request, chosen) if chosen else {}
    return render(request, "practice/inbox.html", {**_list(request, query, chosen), **pane})


@require_safe
@page(Permission.SEE_PERSONAL_DATA)
def newer(request: WorkspaceRequest) -> HttpResponse:
    """The list again if something came since `seen`; else nothing, and the page stays as it is."""
    query = _query(request)
    seen = _number(request.GET.get("seen", "")) or 0
    if mails.newest(query, actor=request.actor) <= seen:
        return HttpResponse(status=204)
    if not seen:  # the inbox stood empty: the page itself looks different now
        return HttpResponse(headers={"HX-Refresh": "true"})
    chosen = _number(request.GET.get("mail", ""))
    return render(request, "practice/mail_list.html", _list(request, query, chosen))


@require_safe
@page(Permission.SEE_PERSONAL_DATA)
def body(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """The mail's HTML for its frame: no scripts, pictures from our own servers only."""
    letter = mails.open_letter(mail_id, actor=request.actor)
    response = HttpResponse(letters.framed(letter.html))
    response.headers["Content-Security-Policy"] = _frame_policy()
    return response


def scan(request: HttpRequest, slug: str, mail_id: int) -> HttpResponse:
    """POST: open every link as a security scanner does. GET: the mail."""
    return _played(request, slug, mail_id, "scan", lambda letter: machines.scan(letter.links))


def unsubscribe(request: HttpRequest, slug: str, mail_id: int) -> HttpResponse:
    """POST: press the mailbox's own unsubscribe button. GET: the mail."""

    def press(letter: Letter) -> list[Answer]:
        return [machines.unsubscribe(letter.unsubscribe_url)] if _can_unsubscribe(letter) else []

    return _played(request, slug, mail_id, "unsubscribe", press)


for _view in (scan, unsubscribe):
    _view.permission = Permission.SEE_PERSONAL_DATA  # type: ignore[attr-defined]  # as `page` notes it


def _played(
    request: HttpRequest, slug: str, mail_id: int, tool: str, play: Callable[[Letter], list[Answer]]
) -> HttpResponse:
    """Read, play, show: what goes over the wire stands between two transactions, never inside one."""
    if request.method != "POST":
        return _to_mail(request, slug, mail_id)
    read: list[Letter] = []
    _read(request, slug, mail_id, read)
    answers = play(read[0]) if read else []
    used = tool if tool == "scan" or (read and _can_unsubscribe(read[0])) else "none"
    return _answered(request, slug, mail_id, used, answers)


@page(Permission.SEE_PERSONAL_DATA)
def _read(request: WorkspaceRequest, mail_id: int, read: list[Letter]) -> HttpResponse:
    read.append(mails.open_letter(mail_id, actor=request.actor))
    return HttpResponse(status=204)


@page(Permission.SEE_PERSONAL_DATA)
def _answered(request: WorkspaceRequest, mail_id: int, tool: str, answers: list[Answer]) -> HttpResponse:
    context: dict[str, Any] = {"tool": tool, "answers": answers, "well": sum(one.is_well for one in answers)}
    if is_fragment(request):
        return render(request, "practice/answers.html", context)
    query = ListQuery({"tab": _tab_of(mails.find_line(mail_id, actor=request.actor))}, limit=_SHOWN)
    shown = {**_list(request, query, mail_id), **_pane(request, mail_id), **context}
    return render(request, "practice/inbox.html", shown)


@page(Permission.SEE_PERSONAL_DATA)
def _to_mail(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    line = mails.find_line(mail_id, actor=request.actor)
    return HttpResponseRedirect(_address(request, tab=_tab_of(line), mail=str(mail_id)))


def _tab_of(line: Line) -> str:
    return "customers" if line.kind == "customer" else "colleagues"


def _query(request: WorkspaceRequest) -> ListQuery:
    tab = request.GET.get("tab", "")
    try:
        person = str(UUID(request.GET.get("person", "")))
    except ValueError:
        person = ""
    filters = {"tab": tab if tab in TABS else TABS[0], "person": person}
    return ListQuery(filters, after=request.GET.get("after", ""), limit=_SHOWN)


def _list(request: WorkspaceRequest, query: ListQuery, chosen: int | None) -> dict[str, Any]:
    found = mails.list_mails(query, actor=request.actor)
    wanted = {line.person_id for line in found.rows if line.person_id}
    person = query.filters.get("person", "")
    known = persons.get_many(wanted | ({UUID(person)} if person else set()))
    names = {person_id: one.name for person_id, one in known.items()}
    kept = _kept(query)
    newest = max((line.id for line in found.rows), default=0)
    return {
        "lines": [(line, _to(line, names), _address(request, **kept, mail=str(line.id))) for line in found.rows],
        "list": found,
        "tab": query.filters["tab"],
        "person": person,
        "person_name": names.get(UUID(person), "") if person else "",
        "chosen": chosen,
        "unread": mails.count_unread(actor=request.actor),
        "is_first": not query.after,
        "newer": _address(
            request, "practice-mail-list", **kept, seen=str(newest), mail=str(chosen or "")
        ),
    }  # fmt: skip


def _pane(request: WorkspaceRequest, mail_id: int) -> dict[str, Any]:
    line = mails.find_line(mail_id, actor=request.actor)
    letter = mails.open_letter(mail_id, actor=request.actor)
    asked = request.GET.get("view", "")
    view = asked if asked in _VIEWS else "html"
    if view == "html" and not letter.html:
        view = "text"
    return {
        "line": line,
        "letter": letter,
        "view": view,
        "views": [
            (key, label, _address(request, **_kept(_query(request)), mail=str(mail_id), view=key))
            for key, label in _VIEWS.items()
            if letter.html or key != "html"
        ],
        "links": [link for link in letter.links if not link.is_hidden],
        "hidden_links": sum(link.is_hidden for link in letter.links),
        "customer": persons.get_many({line.person_id}).get(line.person_id) if line.person_id else None,
        "can_unsubscribe": _can_unsubscribe(letter),
    }


def _kept(query: ListQuery) -> dict[str, str]:
    """What of the list stays in every address."""
    return {"tab": query.filters["tab"], "person": query.filters.get("person", "")}


def _can_unsubscribe(letter: Letter) -> bool:
    return bool(letter.unsubscribe_url) and letter.is_one_click


def _to(line: Line, names: dict[UUID, str]) -> str:
    """Whose mail it is, as the list says it."""
    return (names.get(line.person_id, "") if line.person_id else "") or line.rcpt


def _address(request: WorkspaceRequest, name: str = "practice-mail", **query: str) -> str:
    kept = {key: value for key, value in query.items() if value}
    return f"{reverse(name, args=[request.workspace.slug])}?{urlencode(kept)}"


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 19 else None


def _frame_policy() -> str:
    origins = {
        "{0.scheme}://{0.netloc}".format(urlsplit(url))
        for url in (settings.PUBLIC_URL, settings.COLLECTOR_URL)
    }
    return (
        f"default-src 'none'; img-src {' '.join(sorted(origins))} data:; style-src 'unsafe-inline';"
        " base-uri 'self'; form-action 'none'; frame-ancestors 'self';"
        " sandbox allow-popups allow-popups-to-escape-sandbox"
    )
