"""The page of a journey: the version that runs, or the draft; a step's drawer; whose way is lit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import pgettext

from tabiji.content.contracts import MailInfo
from tabiji.content.public import CannotRender, mails, merge_fields, previewing
from tabiji.core import clickhouse
from tabiji.core.paging import ListQuery
from tabiji.journeys.public import counts, enrolment, nodes, versions
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.purpose.public import conversions
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Line
from tabiji.web.journeys import entries, screen, seen, step_forms, words
from tabiji.web.journeys.drawing import ENTRY, GOAL, Card
from tabiji.web.journeys.screen import JourneyScreen
from tabiji.web.shell.requests import WorkspaceRequest, is_fragment, page
from tabiji.workspaces.public import Permission

SAMPLE = 10
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src * data:; frame-ancestors 'self'; sandbox"
)


@dataclass(frozen=True, slots=True)
class Sample:
    """Some of the people behind a number."""

    label: str
    total: int
    href: str
    people: list[PersonInfo]


@page(Permission.SEE_JOURNEYS)
def detail(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """The version that runs with its numbers; a journey that never ran shows its draft."""
    shown = screen.of(request, journey_id, is_draft=False)
    if shown.shown_version is None:
        return _draw(request, screen.of(request, journey_id, is_draft=True))
    return _draw(request, shown)


@page(Permission.SEE_JOURNEYS)
def draft(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """The next version while it is drawn."""
    return _draw(request, screen.of(request, journey_id, is_draft=True))


@page(Permission.SEE_JOURNEYS)
def step(request: WorkspaceRequest, journey_id: int, card: str) -> HttpResponse:
    """The drawer of one card; a page of its own without htmx."""
    shown = screen.of(request, journey_id, is_draft=request.GET.get("draft") == "1")
    if not is_fragment(request):
        name = "journeys-draft" if shown.is_draft else "journeys-detail"
        address = reverse(name, args=[request.workspace.slug, journey_id])
        return redirect(f"{address}?step={card}")
    return render(request, "journeys/step.html", drawer(shown, card))


@page(Permission.SEE_JOURNEYS)
def people(request: WorkspaceRequest, journey_id: int) -> HttpResponse:
    """Who of this journey fits a name: to light their way."""
    versions.get(journey_id)
    text = request.GET.get("q", "").strip()[:100]
    may_search = request.actor.may(Permission.SEE_PERSONAL_DATA)
    found = persons.search(text, 50) if may_search else []
    travelled = [
        one for one in found if any(way.journey_id == journey_id for way in enrolment.of_person(one.id))
    ]
    return render(
        request,
        "journeys/people_found.html",
        {"people": travelled[:SAMPLE], "text": text, "journey_id": journey_id},
    )


@page(Permission.SEE_JOURNEYS)
def mail(request: WorkspaceRequest, mail_id: int) -> HttpResponse:
    """A mail as somebody would get it, for a frame; under a policy of its own that lets nothing run."""
    person_id = _somebody(request)
    found = mails.get(mail_id)
    html = _mail_html(request, found, person_id) if person_id is not None else ""
    response = HttpResponse(html or "<!doctype html><title></title>")
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    return response


def drawer(
    shown: JourneyScreen,
    card_id: str,
    *,
    errors: dict[str, str] | None = None,
    typed: Mapping[int, Line] | None = None,
) -> dict[str, object]:
    """What the drawer of a card shows. typed: as of `step_forms.show`.

    Raises Http404 for a card that is not there.
    """
    card = shown.drawing.cards.get(card_id)
    if card is None:
        raise Http404
    node = next((node for node in shown.graph.nodes if node.id == card_id), None)
    context: dict[str, object] = {
        "screen": shown,
        "card": card,
        "node": node,
        "seen": seen.of(shown.graph, card_id),
        "ways": shown.drawing.ways_from(card_id),
        "targets": [one for one in shown.drawing.cards.values() if one.id not in (ENTRY, GOAL, card_id)],
        "samples": samples(shown, card) if shown.journey.version_id else [],
        "errors": errors or {},
    }
    if card_id == ENTRY:
        context |= {
            "entry_rows": entries.rows(shown.graph),
            "forms": entries.form_options(),
            "audiences": entries.audience_options(),
            "event_names": condition_rows.event_names(),
        }
    if card.kind == "goal":
        context["conversions"] = conversions.list_all()
    if node is not None and card.type in words.STEPS:
        context["form"] = step_forms.show(node, shown.where, errors=errors, typed=typed)
        context["mail_id"] = int(node.config.get("mail_id") or 0) if node.type == "send" else 0
        context["mail_name"] = mails.name_of(int(node.config.get("mail_id") or 0))
    return context


def samples(shown: JourneyScreen, card: Card) -> list[Sample]:
    """Ten of the people behind each number that a way of this card has."""
    counted = shown.counted
    if counted.counts is None:
        return []
    asked: list[tuple[str, str, str]] = []
    ways = [way for way in shown.drawing.ways_from(card.id) if way.label]
    if card.id == ENTRY:
        asked.append((pgettext("people", "Entered"), "entered", ""))
    elif card.kind == "goal":
        asked.append((pgettext("people", "Goal"), "goal", ""))
    elif ways:
        asked += [(way.label, "passed", way.port) for way in ways]
    else:
        asked.append((pgettext("people", "Passed"), "passed", ""))
    if card.id not in (ENTRY, GOAL):
        asked.insert(0, (pgettext("people", "Now"), "now", ""))
    found = []
    for label, what, port in asked:
        node = "" if card.id in (ENTRY, GOAL) or what == "goal" else card.id
        try:
            ids = counts.people(shown.journey.id, shown.period.period, what, node=node, port=port)
        except clickhouse.ClickHouseError:
            continue
        if ids:
            named = persons.get_many(ids[:SAMPLE])
            some = [named[one] for one in ids[:SAMPLE] if one in named]
            found.append(Sample(label, len(ids), counted.href(what, node, port), some))
    return found


def _draw(request: WorkspaceRequest, shown: JourneyScreen) -> HttpResponse:
    asked = request.GET.get("step", "")
    context: dict[str, object] = {"screen": shown, "palette": palette()}
    if asked in shown.drawing.cards:
        context |= drawer(shown, asked)
    return render(request, "journeys/journey.html", context)


def palette() -> list[dict[str, str]]:
    """The steps on offer, in their order."""
    return [
        {
            "type": name,
            "label": str(label),
            "hint": str(words.STEP_HINTS[name]),
            "icon": nodes.types.get(name).icon,
        }
        for name, label in words.STEPS.items()
    ]


def _somebody(request: WorkspaceRequest) -> UUID | None:
    """The person asked for, else the one who came last."""
    text = request.GET.get("person", "")
    try:
        if text:
            return persons.get(UUID(text)).id
    except (ValueError, persons.NoSuchPerson):
        return None
    newest = persons.list_people(ListQuery(limit=1)).rows
    return newest[0].id if newest else None


def _mail_html(request: WorkspaceRequest, found: MailInfo, person_id: UUID) -> str:
    if found.version_id is None:
        preview = previewing.preview(found.id, person_id, now=request.now)
        return preview.mail.html if preview.mail else ""
    context = merge_fields.contexts([person_id], now=request.now)[person_id]
    try:
        return mails.compiled(found.version_id).render(context, {}).html
    except CannotRender:
        return ""
