"""What is suggested while a condition is written: names of events, and properties that they carry."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control

from tabiji.core.clickhouse import ClickHouseError
from tabiji.events.public import catalogue
from tabiji.web.components import condition_deeds, event_names
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

_MOST = 200


@cache_control(private=True, max_age=300)
@page(Permission.SEE_AUDIENCES)
def suggest(request: WorkspaceRequest) -> HttpResponse:
    """Options of a list of suggestions: events, or with `?event=…` the properties of that one."""
    try:
        is_about = "event" in request.GET
        known = _properties(request, request.GET["event"][:200]) if is_about else _events(request)
    except ClickHouseError:  # suggestions are a help: whoever knows the name goes on without
        known = []
    return render(request, "audiences/known.html", {"known": known[:_MOST]})


def _events(request: WorkspaceRequest) -> list[tuple[str, str]]:
    """What arrived, the most frequent first, then what sites often send; ours are chosen elsewhere."""
    ours = condition_deeds.our_names()
    arrived = [one.name for one in catalogue.names(_window(request)).volumes]
    names = dict.fromkeys(name for name in (*arrived, *event_names.common()) if name not in ours)
    return [(name, event_names.said(name)) for name in names]


def _properties(request: WorkspaceRequest, event: str) -> list[tuple[str, str]]:
    window = _window(request)
    volume = catalogue.names(window).find(event)
    if volume is None or not volume.total:
        return []
    found = [f"props.{one.name}" for one in catalogue.properties(volume, window).listed]
    said = (condition_deeds.property_said(prop) for prop in found if condition_deeds.is_property(prop))
    return [(one, one) for one in said]


def _window(request: WorkspaceRequest) -> catalogue.Window:
    return catalogue.Window.until(request.now, request.workspace.zone)
