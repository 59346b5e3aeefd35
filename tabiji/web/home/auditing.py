"""監査ログ: every change to a definition and every export, who did it and from where. Nothing is ever removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from tabiji.core.paging import ListQuery, Page
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.home import audit_words
from tabiji.web.home.audit_words import Line
from tabiji.web.initiatives import members as kinds
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, audit, members


@page(Permission.ADMINISTER)
def index(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "home/audit.html", {"list": lists.render(_screen(), request)})


def _screen() -> ListScreen[Line]:
    return ListScreen(
        "audit",
        [
            Column("what", gettext_lazy("What"), _what, is_head=True),
            Column("at", gettext_lazy("When"), lambda line: on_screen.moment(line.at, year=True)),
            Column("address", pgettext_lazy("audit", "From"), lambda line: line.address or "—"),
        ],
        _load,
        Empty(
            gettext_lazy("Nothing has been changed yet."),
            gettext_lazy("Changes to definitions and exports of personal data stand here."),
        ),
        [
            Filter("actor", gettext_lazy("Who"), _colleagues()),
            Filter("object_kind", pgettext_lazy("audit", "What it was about"), _objects()),
        ],
        unit=lambda count: ngettext("%(n)s entry", "%(n)s entries", count) % {"n": on_screen.number(count)},
    )


def _load(query: ListQuery) -> Page[Line]:
    found = audit.list_entries(query)
    return Page(audit_words.said(found.rows), found.next, found.total)


def _what(line: Line) -> SafeString:
    css = "strong" if line.is_by_somebody else "tag tag-auto"
    return format_html('<span class="{}">{}</span> {}', css, line.who, line.text)


def _colleagues() -> list[Choice]:
    return [Choice(f"user:{number}", name) for number, name in members.names().items()]


def _objects() -> list[Choice]:
    found = {key: audit_words.object_kind(key) for key in [*kinds.KINDS, *audit_words.OBJECTS]}
    by_word: Callable[[tuple[str, str]], Any] = lambda pair: pair[1]  # noqa: E731
    return [Choice(key, word) for key, word in sorted(found.items(), key=by_word)]
