"""Declared lists: columns, filters, sorting and paging in the address, the same on every screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from tabiji.core import postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.web.shell import on_screen

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Row = TypeVar("Row")
Text: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """cell: a row to text (escaped) or safe HTML; sort: the column's word in ListQuery.sort, if it sorts."""

    key: str
    label: Text
    cell: Callable[[Row], str | SafeString]
    sort: str = ""
    is_number: bool = False
    is_head: bool = False
    is_optional: bool = False
    """Hidden until the colleague shows it."""
    is_short: bool = False
    """A name or a day, which stands on one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: Text


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of the list: a search box where there are no choices."""

    name: str
    label: Text
    choices: Sequence[Choice] = ()


@dataclass(frozen=True, slots=True)
class Empty:
    """What an empty list says: one sentence, one act, one example."""

    title: Text
    text: Text
    action: Text = ""
    href: str = ""
    example: Text = ""


@dataclass(frozen=True, slots=True)
class Bulk:
    """An act on many rows: posted to `href` with `ids`, or with `all_matches=1` and the list's filters."""

    label: Text
    href: str
    name: str = ""
    value: str = ""


@dataclass(frozen=True)
class ListScreen(Generic[Row]):
    """view: the name under which a colleague's choice of columns and sort is kept."""

    view: str
    columns: Sequence[Column[Row]]
    load: Callable[[ListQuery], Page[Row]]
    empty: Empty
    filters: Sequence[Filter] = ()
    fixed: Mapping[str, str] = field(default_factory=dict)
    row_id: Callable[[Row], str] | None = None
    row_name: Callable[[Row], str] | None = None
    bulk: Sequence[Bulk] = ()
    unit: Callable[[int], str] | None = None
    """How a count of these rows reads (1,284人)."""
    default_sort: str = ""


def render(screen: ListScreen[Any], request: HttpRequest) -> SafeString:
    """The whole list as HTML: filters, table, paging, bulk acts, or what to do when it is empty."""
    preference = _preference(screen, request)
    query = query_of(screen, request, preference)
    page = screen.load(query)
    shown = _shown(screen, request, preference)
    applied = {name: value for name, value in query.filters.items() if value and name not in screen.fixed}
    return SafeString(
        render_to_string(
            "components/list.html",
            {
                "screen": screen,
                "page": page,
                "query": query,
                "columns": [_head(column, query.sort) for column in shown],
                "all_columns": [(column, column in shown) for column in screen.columns if not column.is_head],
                "rows": [_cells(screen, shown, row) for row in page.rows],
                "filters": [(one, query.filters.get(one.name, "")) for one in screen.filters],
                "applied": applied,
                "culprit": _removed_most(screen, request, query, applied)
                if applied and not page.rows
                else None,
                "is_first": not query.after,
                "total": _counted(screen, page.total),
            },
            request,
        )
    )


@dataclass(frozen=True, slots=True)
class Culprit:
    """The filter that removed most rows of an empty list. total: how many there would be without it,
    at the address `href`."""

    label: Text
    value: Text
    total: str
    href: str


def query_of(
    screen: ListScreen[Any], request: HttpRequest, preference: Mapping[str, Any] | None = None
) -> ListQuery:
    """What the address asks of the list; unknown words are left out, never passed on."""
    asked = request.GET
    sorts = {sort for column in screen.columns if column.sort for sort in (column.sort, f"-{column.sort}")}
    sort = asked.get("sort", "")
    if sort not in sorts:
        sort = str((preference or {}).get("sort", "")) or screen.default_sort
    filters = {one.name: asked.get(one.name, "").strip()[:200] for one in screen.filters}
    return ListQuery(
        {**filters, **screen.fixed},
        sort if sort in sorts else screen.default_sort,
        (),
        asked.get("after", ""),
        50,
    )


def _removed_most(
    screen: ListScreen[Any], request: HttpRequest, query: ListQuery, applied: Mapping[str, str]
) -> Culprit | None:
    """Of the filters in force, the one without which the list would be longest."""
    totals = {
        name: screen.load(replace(query, filters={**query.filters, name: ""}, after="", limit=1)).total
        for name in applied
    }
    name = max(totals, key=lambda one: totals[one])
    asked = next((one for one in screen.filters if one.name == name), None)
    if asked is None:
        return None
    said = next((one.label for one in asked.choices if one.value == applied[name]), applied[name])
    total = _counted(screen, totals[name])
    rest = request.GET.copy()
    for gone in (name, "after"):
        rest.pop(gone, None)
    return Culprit(asked.label, said, total, f"?{rest.urlencode()}")


def _counted(screen: ListScreen[Any], count: int) -> str:
    """A number never stands without what it counts."""
    if screen.unit:
        return screen.unit(count)
    return ngettext("%(n)s entry", "%(n)s entries", count) % {"n": on_screen.number(count)}


def _preference(screen: ListScreen[Any], request: HttpRequest) -> dict[str, Any]:
    """The colleague's kept choice; a choice in the address is kept from now on."""
    user_id = request.actor.user_id  # type: ignore[attr-defined]
    kept = (
        postgres.scalar(
            "SELECT value FROM view_preference WHERE user_id = %s AND view = %s", [user_id, screen.view]
        )
        or {}
    )
    chosen = {"sort": request.GET["sort"]} if "sort" in request.GET else {}
    if "choose_columns" in request.GET:
        chosen["columns"] = ",".join(request.GET.getlist("column"))
    if chosen and any(kept.get(name) != value for name, value in chosen.items()):
        kept = {**kept, **chosen}
        postgres.execute(
            "INSERT INTO view_preference (workspace_id, user_id, view, value) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT (workspace_id, user_id, view) DO UPDATE SET value = excluded.value",
            [postgres.workspace_id(), user_id, screen.view, postgres.json(kept)],
        )
    return dict(kept)


def _shown(screen: ListScreen[Any], request: HttpRequest, preference: Mapping[str, Any]) -> list[Column[Any]]:
    chosen = str(preference.get("columns", ""))
    if not chosen:
        return [column for column in screen.columns if not column.is_optional]
    wanted = set(chosen.split(","))
    return [column for column in screen.columns if column.is_head or column.key in wanted]


def _head(column: Column[Any], sort: str) -> dict[str, Any]:
    direction = "ascending" if sort == column.sort else "descending" if sort == f"-{column.sort}" else ""
    following = (
        f"-{column.sort}" if direction == "ascending" or (column.is_number and not direction) else column.sort
    )
    return {"column": column, "direction": direction if column.sort else "", "next_sort": following}


def _cells(screen: ListScreen[Any], shown: Sequence[Column[Any]], row: Any) -> dict[str, Any]:
    return {
        "id": screen.row_id(row) if screen.row_id else "",
        "name": screen.row_name(row) if screen.row_name else "",
        "cells": [(column, column.cell(row)) for column in shown],
    }


def link(href: str, text: object, sub: object = "") -> SafeString:
    """A cell that opens something, with a smaller second line."""
    if sub:
        return format_html('<a href="{}">{}</a><span class="table-sub">{}</span>', href, text, sub)
    return format_html('<a href="{}">{}</a>', href, text)
