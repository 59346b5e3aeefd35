"""The list of files that were brought in, and the ways in and out."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.people.public import imports
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, ListScreen
from tabiji.web.customers import behind
from tabiji.web.imports import words
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, members


@page(Permission.IMPORT_EXPORT)
def index(request: WorkspaceRequest) -> HttpResponse:
    """All files, newest first."""
    names = members.names()
    slug = request.workspace.slug

    def name(one: imports.ImportInfo) -> SafeString:
        return lists.link(reverse("imports-detail", args=[slug, one.id]), one.name)

    def people(one: imports.ImportInfo) -> str | SafeString:
        if one.state == "uploaded":
            return ""
        href = behind.address(request, "import", one.id)
        return format_html('<a href="{}">{}</a>', href, on_screen.people(len(imports.people_of(one.id))))

    def failed(one: imports.ImportInfo) -> str | SafeString:
        count = one.counts.get("error", 0)
        if not count:
            return "" if one.state == "uploaded" else "0"
        href = reverse("imports-detail", args=[slug, one.id]) + "#errors"
        return format_html('<a class="hot" href="{}">{}</a>', href, on_screen.number(count))

    screen: ListScreen[imports.ImportInfo] = ListScreen(
        "imports",
        [
            Column("name", gettext_lazy("File"), name, is_head=True),
            Column("state", gettext_lazy("State"), _state),
            Column(
                "rows", gettext_lazy("Rows"), lambda one: on_screen.number(one.rows_total), is_number=True
            ),
            Column("people", gettext_lazy("People"), people, is_number=True),
            Column("errors", pgettext_lazy("import", "Rows with errors"), failed, is_number=True),
            Column("by", pgettext_lazy("import", "Brought in by"), lambda one: names.get(one.by or 0, "")),
            Column("at", pgettext_lazy("import", "When"), lambda one: on_screen.moment(one.at)),
        ],
        imports.list_imports,
        Empty(
            gettext_lazy("No file was brought in yet"),
            gettext_lazy(
                "A CSV file of people, from a spreadsheet or a card tool. First you see what would happen,"
                " then you start it."
            ),
            gettext_lazy("Import the first file"),
            reverse("imports-new", args=[slug]),
            gettext_lazy("Example: business cards of an exhibition, saved as CSV"),
        ),
    )
    return render(request, "imports/imports.html", {"list": lists.render(screen, request)})


def _state(one: imports.ImportInfo) -> SafeString:
    css = {"running": "state state-running", "failed": "state state-stopped"}.get(one.state, "state")
    return format_html('<span class="{}">{}</span>', css, words.state(one.state))
