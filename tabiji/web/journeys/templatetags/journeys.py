"""Template vocabulary of journeys and sends."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django import template
from django.utils.translation import gettext as _

from tabiji.messaging.public import stopping
from tabiji.messaging.public import words as message_words
from tabiji.web.journeys import entries
from tabiji.web.journeys.screen import JourneyScreen
from tabiji.web.journeys.views_start import WhoEnters
from tabiji.web.shell import links, on_screen
from tabiji.workspaces.public import members

register = template.Library()
register.filter("message_state", message_words.state)
register.filter("reason", message_words.reason)


@dataclass(frozen=True, slots=True)
class Stopped:
    """An emergency stop as it reads."""

    name: str
    at: datetime | None
    reason: str


@register.filter
def as_json(value: Any) -> str:
    """For an attribute that a script reads; the template escapes it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


@register.simple_tag
def step_query(screen: JourneyScreen, card_id: str) -> str:
    """The page's own address with this card's drawer open."""
    return screen.query(step=card_id)


@register.simple_tag
def step_href(screen: JourneyScreen, card_id: str) -> str:
    """The drawer of a card, for htmx."""
    address = links.address(screen.request, "journeys-step", screen.journey.id, card_id)
    return address + screen.query(draft="1" if screen.is_draft else "")


@register.simple_tag
def way_of(screen: JourneyScreen, person_id: UUID) -> str:
    """The page with this person's way lit."""
    return screen.query(person=str(person_id))


@register.simple_tag
def card_title(screen: JourneyScreen, card_id: str) -> str:
    card = screen.drawing.cards.get(card_id)
    return card.title if card else ""


@register.simple_tag
def entry_sentence(screen: JourneyScreen) -> str:
    return entries.sentence(screen.graph)


@register.simple_tag
def start_words(who: WhoEnters) -> str:
    """What the start button says: with the number."""
    if who.inside:
        return _("Start with %(people)s") % {"people": on_screen.people(who.inside)}
    if who.expected is not None:
        return _("Start (as lately: %(people)s in 90 days)") % {"people": on_screen.people(who.expected)}
    return _("Start")


@register.simple_tag
def send_words(people: int, at: str) -> str:
    """What the send button says: with the number."""
    said = _("Send to %(people)s later") if at else _("Send to %(people)s")
    return said % {"people": on_screen.people(people)}


@register.simple_tag
def sending_stop() -> Stopped | None:
    """The emergency stop that stands; None while mails may leave."""
    found = stopping.standing()
    return Stopped(members.names().get(found.by, ""), found.at, found.reason) if found else None
