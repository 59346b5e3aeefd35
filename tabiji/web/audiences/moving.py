"""Who came into an audience and who left it, when and why: a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tabiji.audiences.public import asking, audience, history
from tabiji.core.clickhouse import ClickHouseResting
from tabiji.core.paging import ListQuery, Page
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.customers import people
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

CAUSES: Final[Mapping[str, Any]] = {
    "first": gettext_lazy("It was looked at for the first time"),
    "definition": gettext_lazy("The condition was changed"),
    "exclusions": gettext_lazy("Those excluded from numbers were changed"),
    "window": gettext_lazy("The period moved on"),
    "change": gettext_lazy("The person did something, or became different"),
    "asked": gettext_lazy("A colleague had everybody looked at"),
    "archived": gettext_lazy("The audience was put away"),
}


@page(Permission.SEE_PEOPLE)
def index(request: WorkspaceRequest, audience_id: int) -> HttpResponse:
    """Everybody who came or left, the newest first."""
    found = audience.get(audience_id)
    shown = lists.render(_screen(request, audience_id), request)
    return render(request, "audiences/moves.html", {"audience": found, "list": shown})


def _screen(request: WorkspaceRequest, audience_id: int) -> ListScreen[history.Move]:
    known: dict[Any, PersonInfo] = {}
    cells = people.cells_of(request)

    def load(query: ListQuery) -> Page[history.Move]:
        try:
            found = history.moves(audience_id, query)
        except asking.CountingRests as error:
            raise ClickHouseResting(0, "counting rests") from error
        known.update(persons.get_many(move.person_id for move in found.rows))
        return found

    def person(move: history.Move) -> str | SafeString:
        return cells.name(known[move.person_id]) if move.person_id in known else _("No longer here")

    return ListScreen(
        "audience_moves",
        [
            Column("person", gettext_lazy("Person"), person, is_head=True),
            Column("what", gettext_lazy("What happened"), _what),
            Column(
                "at", gettext_lazy("When"), lambda move: on_screen.moment(move.at, year=True), is_short=True
            ),
            Column("why", pgettext_lazy("audience", "Why"), lambda move: str(CAUSES.get(move.cause, ""))),
        ],
        load,
        Empty(
            gettext_lazy("Nobody has come or left yet"),
            gettext_lazy("Each coming and going stands here as soon as the audience is looked at."),
        ),
        [
            Filter(
                "what",
                gettext_lazy("What happened"),
                [
                    Choice("entered", pgettext_lazy("audience", "came in")),
                    Choice("left", pgettext_lazy("audience", "left")),
                ],
            )
        ],
    )


def _what(move: history.Move) -> SafeString:
    said = pgettext("audience", "came in") if move.is_in else pgettext("audience", "left")
    return format_html('<span class="tag">{}</span>', said)
