"""取り込めなかった行動: what was refused, why, what it looked like, and sending it in once more."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core.paging import ListQuery, Page
from tabiji.events.contracts import Reason
from tabiji.events.public import rejects
from tabiji.web.components import lists
from tabiji.web.components.lists import Choice, Column, Empty, Filter, ListScreen
from tabiji.web.insights import matches
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission

REASONS: Final[Mapping[str, Any]] = {
    Reason.BAD_JSON: gettext_lazy("Cannot be read: broken text"),
    Reason.TOO_LARGE: gettext_lazy("Too large"),
    Reason.TOO_MANY: gettext_lazy("Too many events at once"),
    Reason.WRONG_TYPE: gettext_lazy("A value has the wrong type"),
    Reason.UNKNOWN_TYPE: gettext_lazy("An unknown kind of event"),
    Reason.NO_IDENTITY: gettext_lazy("Says of nobody who did it"),
    Reason.NO_NAME: gettext_lazy("Has no name"),
    Reason.TOO_DEEP: gettext_lazy("Nested too deeply"),
    Reason.ERASED: gettext_lazy("Of somebody who was erased"),
    Reason.QUARANTINED: gettext_lazy("Stopped the work, and was set aside alone"),
    Reason.NAME_NOT_ALLOWED: gettext_lazy("A rule does not allow this name"),
    Reason.PROPERTY_MISSING: gettext_lazy("A property that a rule asks for is missing"),
    Reason.PROPERTY_TYPE: gettext_lazy("A property is of another kind than a rule says"),
}
_MEND_RULE: Final = gettext_lazy(
    "Mend the sender, or change the rule in the event catalogue and send it in once more."
)
MENDS: Final[Mapping[str, Any]] = {
    Reason.BAD_JSON: gettext_lazy("Mend the sender; what is broken cannot be sent again as it is."),
    Reason.TOO_LARGE: gettext_lazy("An event may have 32 kB: send less in its properties."),
    Reason.TOO_MANY: gettext_lazy("Send fewer events in one request."),
    Reason.WRONG_TYPE: gettext_lazy("Mend the sender: the field named below expects another kind of value."),
    Reason.UNKNOWN_TYPE: gettext_lazy("The kinds are track, page, screen, identify, alias and group."),
    Reason.NO_IDENTITY: gettext_lazy("Send an anonymous id or a user id with every event."),
    Reason.NO_NAME: gettext_lazy("A “track” needs the name of the event."),
    Reason.TOO_DEEP: gettext_lazy("Send flatter properties."),
    Reason.ERASED: gettext_lazy("Nothing to do: this person asked to be forgotten."),
    Reason.QUARANTINED: gettext_lazy("When the cause is mended, send it in once more."),
    Reason.NAME_NOT_ALLOWED: _MEND_RULE,
    Reason.PROPERTY_MISSING: _MEND_RULE,
    Reason.PROPERTY_TYPE: _MEND_RULE,
}
SOURCES: Final[Mapping[str, Any]] = {
    "web": gettext_lazy("The site"),
    "server": gettext_lazy("A server"),
    "import": gettext_lazy("Import"),
    "form": pgettext_lazy("source", "Form"),
    "mail": pgettext_lazy("source", "Mail"),
    "mail_result": pgettext_lazy("source", "Mail"),
    "system": gettext_lazy("Tabiji itself"),
}
_PLAIN: Final = frozenset({"type", "event", "name", "timestamp", "sentAt", "originalTimestamp"})
"""What is no personal data at the top of a body; below, a `name` may be anybody's."""
_MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a body: where in it, what stands there, how deep. Masked for those who may not read it."""

    name: str
    value: str
    depth: int


@page(Permission.SEE_INSIGHTS)
def index(request: WorkspaceRequest) -> HttpResponse:
    counts = rejects.count_by_reason()
    context = {
        "list": lists.render(_screen(request), request),
        "reasons": [(key, reason_of(key), count) for key, count in counts.items()],
        "reason": request.GET.get("reason", ""),
        "total": sum(counts.values()),
    }
    return render(request, "insights/rejects.html", context)


@page(Permission.SEE_INSIGHTS)
def detail(request: WorkspaceRequest, reject_id: int) -> HttpResponse:
    found = rejects.get(reject_id)
    shown = request.actor.may(Permission.SEE_PERSONAL_DATA)
    mend = MENDS.get(found.reason)
    context = {
        "reject": found,
        "reason": reason_of(found.reason),
        "mend": str(mend) if mend else "",
        "source": source_of(found.source),
        "parts": list(parts(found.body, is_shown=shown)),
        "broken": found.body if shown else on_screen.masked(found.body),
        "at": found.at + request.workspace.clock_offset,
        "replayed_at": found.replayed_at + request.workspace.clock_offset if found.replayed_at else None,
    }
    return render(request, "insights/reject.html", context)


@require_POST
@page(Permission.EDIT_MARKETING_SETTINGS)
def replay(request: WorkspaceRequest, reject_id: int) -> HttpResponse:
    """Through the same inlet once more: taken in now, or refused again with its reason."""
    rejects.replay(reject_id, actor=request.actor)
    flashes.success(
        request,
        _("Sent in once more. It is processed within seconds; if it is refused again, it stands at the top."),
    )
    return redirect("rejects", request.workspace.slug)


def reason_of(key: str) -> str:
    found = REASONS.get(key)
    return str(found) if found else _("Another reason")


def source_of(key: str) -> str:
    found = SOURCES.get(key)
    return str(found) if found else _("Elsewhere")


def parts(body: str, *, is_shown: bool) -> Iterator[Part]:
    """The body line by line; nothing where it cannot be read."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return
    for place, part in enumerate(_walk(data, "", 0, is_shown)):
        if place == _MOST:
            return
        yield part


def _walk(value: Any, name: str, depth: int, is_shown: bool) -> Iterator[Part]:
    if depth > 12:
        yield Part(name, "…", depth)
    elif isinstance(value, dict):
        if name:
            yield Part(name, "", depth)
        for key, inner in value.items():
            yield from _walk(inner, str(key), depth + bool(name), is_shown)
    elif isinstance(value, list):
        yield Part(name, ngettext("%(n)s entry", "%(n)s entries", len(value)) % {"n": len(value)}, depth)
        for place, inner in enumerate(value[:20], 1):
            yield from _walk(inner, str(place), depth + 1, is_shown)
    else:
        text = "" if value is None else str(value)
        yield Part(
            name, text if is_shown or (not depth and name in _PLAIN) else on_screen.masked(text), depth
        )


def _screen(request: WorkspaceRequest) -> ListScreen[rejects.RejectInfo]:
    slug, offset = request.workspace.slug, request.workspace.clock_offset
    may_read = request.actor.may(Permission.SEE_PERSONAL_DATA)

    def load(query: ListQuery) -> Page[rejects.RejectInfo]:
        state = "" if query.filters.get("state") == "all" else "open"
        return rejects.list_rejects(replace(query, filters={**query.filters, "state": state}))

    def what(row: rejects.RejectInfo) -> SafeString:
        return lists.link(
            reverse("rejects-detail", args=[slug, row.id]), name_in(row.body), row.detail if may_read else ""
        )

    def state(row: rejects.RejectInfo) -> str | SafeString:
        if row.replayed_at is None:
            return ""
        said = _("Sent in again %(at)s") % {"at": on_screen.moment(row.replayed_at + offset)}
        return format_html('<span class="tag tag-plain">{}</span>', said)

    return ListScreen(
        "rejects",
        [
            Column("what", gettext_lazy("Event"), what, is_head=True),
            Column("reason", gettext_lazy("Not taken in because"), lambda row: reason_of(row.reason)),
            Column("source", pgettext_lazy("reject", "From"), lambda row: source_of(row.source)),
            Column("at", gettext_lazy("When"), lambda row: on_screen.moment(row.at + offset, year=True)),
            Column("state", gettext_lazy("State"), state),
        ],
        load,
        Empty(
            gettext_lazy("Every event was taken in"),
            gettext_lazy(
                "What cannot be taken in is kept here with its reason. When the cause is mended, an event can be"
                " sent in again."
            ),
        ),
        [
            Filter(
                "reason", gettext_lazy("Reason"), [Choice(str(key), word) for key, word in REASONS.items()]
            ),
            Filter(
                "state",
                pgettext_lazy("reject", "Still open"),
                [Choice("all", gettext_lazy("Also those sent in again"))],
            ),
        ],
        unit=lambda count: ngettext("%(n)s event", "%(n)s events", count) % {"n": on_screen.number(count)},
    )


def name_in(body: str) -> str:
    """What the event calls itself, in words where we know it."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return _("Cannot be read")
    named = (data.get("event") or data.get("name") or data.get("type")) if isinstance(data, dict) else None
    if not isinstance(named, str) or not named.strip():
        return _("Without a name")
    known = matches.EVENTS.get(named)
    return str(known) if known else named[:80].replace("_", " ")
