"""One person: who it is, what is next, and the whole line of touchpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib import messages as notes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST

from tabiji.core import clickhouse
from tabiji.events.public import line
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.sales.contracts import HandOverState
from tabiji.sales.public import hand_overs
from tabiji.web.customers import drawing, sections, sentences, words
from tabiji.web.customers.head import head_of
from tabiji.web.customers.known import Known
from tabiji.web.customers.sentences import Told
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

TABS: Final = {
    "line": gettext_lazy("Touchpoints"),
    "fields": gettext_lazy("Fields"),
    "messages": gettext_lazy("Messages"),
    "consent": pgettext_lazy("tab", "Consent"),
}
_LIMIT: Final = 40


@dataclass(frozen=True, slots=True)
class Row:
    """An entry or a silence as it is drawn. time: with the day where the day changes; anchor: of its day."""

    told: Told | None
    silence: line.Silence | None
    time: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    name: str
    value: str
    is_on: bool


@page(Permission.SEE_PEOPLE)
def page_of(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """A person; one who was merged leads to whom it is now."""
    person = persons.get(person_id)
    if person.id != person_id:
        return redirect("people-detail", request.workspace.slug, person.id)
    tab = request.GET.get("tab", "line")
    if tab == "messages":
        return redirect("people-messages", request.workspace.slug, person.id)
    if is_fragment(request) and "before" in request.GET:
        return render(request, "customers/line_rows.html", {"person": person, **_line(request, person)})
    match tab:
        case "fields":
            part = sections.fields_of(request, person)
        case "consent":
            part = sections.consent_of(request, person)
        case _:
            tab = "line"
            part = _line_or_rest(request, person) | sections.side(request, person)
    return render(request, f"customers/person_{tab}.html", _frame(request, person, tab) | part)


@page(Permission.SEE_PEOPLE)
def messages_of(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """Messages of a person: a list with filters of its own, so with an address of its own."""
    person = persons.get(person_id)
    context = _frame(request, person, "messages") | sections.messages_of(request, person)
    return render(request, "customers/person_messages.html", context)


@require_POST
@page(Permission.WORK_SALES)
def accept(request: WorkspaceRequest, person_id: UUID) -> HttpResponse:
    """受け取る, from the person's own page or from home; then to the hand-over, where the call is logged.

    Pressed twice it is accepted once, and nobody hears of it.
    """
    standing = hand_overs.find_standing(persons.get(person_id).id)
    if standing is None:
        notes.error(request, _("There is no hand-over of this person to accept."))
        return redirect("people-detail", request.workspace.slug, person_id)
    if standing.state == HandOverState.PENDING or standing.accepted_by != request.actor.user_id:
        try:
            hand_overs.accept(standing.id, at=request.now, actor=request.actor)
        except (hand_overs.NotYours, hand_overs.SettledMeanwhile) as refused:
            notes.error(request, str(refused))
        else:
            notes.success(request, _("You have accepted the hand-over."))
    return redirect("hand_overs-detail", request.workspace.slug, standing.id)


def _frame(request: WorkspaceRequest, person: PersonInfo, tab: str) -> dict[str, Any]:
    return {"person": person, "head": head_of(request, person), "tab": tab, "tabs": list(TABS.items())}


def _line_or_rest(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    """The line with its strip; while counting rests everything else of the page still works."""
    try:
        known = Known(person)
        drawn = drawing.draw(line.strip(person.id, request.now), known)
        return {"strip": drawn, **_line(request, person)}
    except clickhouse.ClickHouseResting:
        return {"is_resting": True}


def _line(request: WorkspaceRequest, person: PersonInfo) -> dict[str, Any]:
    asked = {name: request.GET.get(name, "") for name in ("who", "lane", "records", "before", "to")}
    who = [asked["who"]] if asked["who"] in words.ACTORS else []
    lanes = [asked["lane"]] if asked["lane"] in words.LANES else []
    with_records = asked["records"] == "1"
    found = line.read(
        person.id,
        now=request.now,
        actors=who,
        lanes=lanes,
        records=with_records,
        before=asked["before"],
        until=_end_of(asked["to"]),
        limit=_LIMIT,
    )
    known = Known(
        person,
        list(found.entries),
        is_personal=request.actor.may(Permission.SEE_PERSONAL_DATA),
        link=lambda name, number: links.address(request, name, number),
    )
    return {
        "rows": _rows(found.items, known, request.now),
        "next": found.next,
        "to": _end_of(asked["to"]),
        "to_day": _end_of(asked["to"], 0),
        "chips": _chips(asked["who"], asked["lane"]),
        "with_records": with_records,
        "is_filtered": bool(who or lanes),
    }


def _rows(items: Sequence[line.Entry | line.Silence], known: Known, now: datetime) -> list[Row]:
    rows: list[Row] = []
    day: date | None = None
    for item in items:
        if isinstance(item, line.Silence):
            rows.append(Row(None, item, "", ""))
            continue
        local = timezone.localtime(item.at).date()
        is_new_day, day = local != day, local
        shown = (
            on_screen.moment(item.at, year=local.year != timezone.localtime(now).year)
            if is_new_day
            else on_screen.hour(item.at)
        )
        anchor = f"d{local.isoformat()}" if is_new_day else ""
        rows.append(Row(sentences.tell(item, known), None, shown, anchor))
    return rows


def _end_of(text: str, days: int = 1) -> datetime | None:
    """The end (or with 0 the beginning) of a local day, as `?to=2026-04-28` says it."""
    try:
        day = date.fromisoformat(text)
        return datetime.combine(day + timedelta(days=days), time(0), timezone.get_current_timezone())
    except (ValueError, OverflowError):
        return None


def _chips(who: str, lane: str) -> list[Chip]:
    chips = [Chip(_("All"), "", "", not who and not lane)]
    chips += [Chip(str(label), "who", key, who == key) for key, label in words.ACTORS.items()]
    chips += [Chip(str(label), "lane", key, lane == key) for key, label in words.LANES.items()]
    return chips
