"""What is behind a number that counts no people: contracts, conversions, clicks, mails, hand-overs.

The same as `customers.behind`, one row for each thing that was counted. A source is a name and a
resolver, registered when the app is ready:

    things.sources.add("contracts", _contracts)      # resolver(request, *args) -> Things
    {% load insights %}<a href="{% things 'contracts' initiative.id period.key %}">6</a>
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy, ngettext

from tabiji.core import paging
from tabiji.core.paging import ListQuery, Page
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.web.components import lists
from tabiji.web.components.lists import Column, Empty, ListScreen
from tabiji.web.components.numbers import NoSuchNumber, Numbers
from tabiji.web.customers import people
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

__all__ = ["NoSuchNumber", "Thing", "Things", "address", "behind", "resolve", "sources"]


@dataclass(frozen=True, slots=True)
class Thing:
    """One that was counted: whose, when, what it is. amount: yen, None where it has none."""

    person_id: UUID | None
    at: datetime | None
    what: str
    amount: float | None = None
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Things:
    """Exactly as many rows as the number says. sentence: what they have in common; rule: how it is counted."""

    rows: Sequence[Thing]
    sentence: str
    rule: str = ""
    amounts: bool = field(default=False)


_numbers: Numbers[Things] = Numbers("number of things", salt="tabiji.things", page="results-behind")
sources = _numbers.sources
address, resolve = _numbers.address, _numbers.resolve


@page(Permission.SEE_INITIATIVES)
def behind(request: WorkspaceRequest) -> HttpResponse:
    """The list behind a number, newest first."""
    found = resolve(request, request.GET.get("of", ""))
    total = sum(row.amount or 0 for row in found.rows)
    context = {
        "found": found,
        "list": lists.render(_screen(request, found), request),
        "total": total if found.amounts else None,
    }
    return render(request, "insights/behind.html", context)


def _screen(request: WorkspaceRequest, found: Things) -> ListScreen[Thing]:
    cells = people.cells_of(request)
    known: dict[UUID, PersonInfo] = {}

    def load(query: ListQuery) -> Page[Thing]:
        start = int(paging.from_cursor(query.after, 1)[0]) if query.after else 0
        rows = sorted(found.rows, key=lambda row: row.at.timestamp() if row.at else 0, reverse=True)
        shown = rows[start : start + query.limit]
        known.update(persons.get_many({row.person_id for row in shown if row.person_id}))
        end = start + query.limit
        return Page(shown, paging.to_cursor(end) if end < len(rows) else "", len(rows))

    def name(row: Thing) -> SafeString | str:
        person = known.get(row.person_id) if row.person_id else None
        return cells.name(person) if person else "—"

    def what(row: Thing) -> SafeString | str:
        text = format_html('<a href="{}">{}</a>', row.href, row.what) if row.href else row.what
        return format_html('{}<span class="table-sub">{}</span>', text, row.note) if row.note else text

    def company(row: Thing) -> SafeString | str:
        person = known.get(row.person_id) if row.person_id else None
        return cells.company(person) if person else ""

    columns = [
        Column("person", gettext_lazy("Person"), name, is_head=True),
        Column("company", gettext_lazy("Company"), company),
        Column("what", gettext_lazy("What"), what),
        Column("at", gettext_lazy("When"), lambda row: on_screen.moment(row.at, year=True)),
    ]
    if found.amounts:
        columns.append(
            Column("amount", gettext_lazy("Amount"), lambda row: on_screen.yen(row.amount), is_number=True)
        )
    return ListScreen(
        "things",
        columns,
        load,
        Empty(
            gettext_lazy("Nothing is behind this number now"),
            gettext_lazy("It may have changed since the page was made."),
        ),
        fixed={"of": request.GET.get("of", "")},
        unit=lambda count: ngettext("%(n)s item", "%(n)s items", count) % {"n": on_screen.number(count)},
    )
