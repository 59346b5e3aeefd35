"""What a line is made of, and which acts are touchpoints: a lane, an actor, shown or only kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from tabiji.core import clock
from tabiji.events.line.acts import Act
from tabiji.events.normalising import IDENTIFIED, PAGE_VIEWED

WEB: Final = "web"
MAIL: Final = "mail"
CHAT: Final = "chat"
TALK: Final = "talk"
SALES: Final = "sales"
LANES: Final = (WEB, MAIL, CHAT, TALK, SALES)
"""Web, メール, LINE・SMS, 電話・面談, 営業. An entry of no lane (a score, a field) has an empty one."""

ANONYMOUS: Final = "anonymous"
VISIT: Final = "visit"
CLICK: Final = "click"
MACHINES: Final = "machines"

JUDGED: Final = "click_judged"
CLICKED: Final = "mail_clicked"
OPENED: Final = "mail_opened"
FORM_SEEN: Final = frozenset({"form_viewed", "form_started", "form_field_left", "form_error"})
_NO_TOUCH: Final = frozenset({IDENTIFIED, OPENED, "page_left", "alias", "group"})
_TOLD_BY_CHANGES: Final = frozenset({"mail_bounced", "mail_complained", "unsubscribed"})
_CHANNELS: Final = {
    "web": WEB,
    "mail": MAIL,
    "email": MAIL,
    "line": CHAT,
    "sms": CHAT,
    "call": TALK,
    "phone": TALK,
    "meeting": TALK,
    "exhibition": TALK,
    "seminar": TALK,
    "sales": SALES,
}
"""Property `channel` of an event to the lane that it stands in."""
_LANE_OF_CHANGE: Final = {
    "message": MAIL,
    "consent": MAIL,
    "call": TALK,
    "appointment": TALK,
    "hand_over": SALES,
    "deal": SALES,
    "task": SALES,
    "hold": SALES,
}
_MESSAGES_SHOWN: Final = frozenset({"sent", "bounced", "complained", "failed", "uncertain", "refused"})
_FOLLOWED_DEAL: Final = frozenset({"won", "lost", "merged"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, or some that belong together.

    at: when it began (business time); actor: `person`, `anonymous`, `auto` or `user:<id>`; lane: one of
    LANES or empty; kind: `visit`, `click`, `machines`, an event's name or a change's kind; ref: as of
    the fact (the message's id for a click). act: the fact itself. detail: what folding found, by kind:

    - visit: pages (titles in order), views, seconds, came_from (search, social, mail, site, ''),
      host, form_left (a form was looked at and not sent);
    - click: message_id, mail_id, link_number, verdict ('' | human | machine), times, judged_at;
    - any act: machines (hits not counted); one by which the person became known: joined (earlier views);
      a message: opened (times), steps (its journey's steps up to it, newest first, as (node, port)).

    also: what happened at the same moment for the same reason. is_record: kept, and shown on demand.
    """

    at: datetime
    actor: str
    lane: str
    kind: str
    ref: str
    act: Act
    until: datetime
    detail: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Entry, ...] = ()
    is_record: bool = False

    @property
    def name(self) -> str:
        return self.act.name

    @property
    def at_ms(self) -> int:
        return clock.to_ms(self.at)

    def with_detail(self, **more: Any) -> Entry:
        return replace(self, detail={**self.detail, **more})

    def with_also(self, other: Entry) -> Entry:
        return replace(self, until=max(self.until, other.until), also=(*self.also, other))


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing happened between two entries. days, business_days: strictly between their local dates.

    is_open: it lasts until now.
    """

    after: datetime
    until: datetime
    days: int
    business_days: int
    is_open: bool = False


def entry_of(act: Act) -> Entry:
    """An act that stands for itself."""
    actor = ANONYMOUS if act.is_anonymous and not act.is_change else act.actor
    return Entry(act.at, actor, lane_of(act), act.name, act.ref, act, act.at, is_record=not is_touch(act))


def lane_of(act: Act) -> str:
    if act.is_change:
        return _LANE_OF_CHANGE.get(act.name, "")
    if act.name.startswith("mail_") or act.name in (JUDGED, "unsubscribed"):
        return MAIL
    stated = _CHANNELS.get(str(act.value("channel") or "").lower(), "")
    if stated:
        return stated
    prefix = act.name.split("_")[0].lower()
    return _CHANNELS.get(prefix, WEB) if prefix != act.name.lower() else WEB


def is_touch(act: Act) -> bool:
    """A touchpoint, shown always; the other facts are records, shown on demand."""
    if not act.is_change:
        return act.name not in _TOLD_BY_CHANGES | FORM_SEEN | _NO_TOUCH
    match act.name:
        case "message":
            return act.new in _MESSAGES_SHOWN
        case "journey" | "call" | "deal":
            return True
        case "appointment":
            return act.new != "over"
        case "hand_over":
            return not (act.new == "closed" and act.value("why") in _FOLLOWED_DEAL)
        case "consent":
            return act.new == "withdrawn" or act.actor.startswith("user:")
        case _:
            return False


__all__ = [
    "ANONYMOUS",
    "CHAT",
    "CLICK",
    "CLICKED",
    "FORM_SEEN",
    "IDENTIFIED",
    "JUDGED",
    "LANES",
    "MACHINES",
    "MAIL",
    "OPENED",
    "PAGE_VIEWED",
    "SALES",
    "TALK",
    "VISIT",
    "WEB",
    "Entry",
    "Silence",
    "entry_of",
    "is_touch",
    "lane_of",
]
