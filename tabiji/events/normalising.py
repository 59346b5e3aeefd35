"""From what a client sent to one shape: types checked, clocks corrected, names settled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from tabiji.core import clock
from tabiji.events.contracts import Envelope, Reason

MAX_EVENT_BYTES: Final = 32_768
MAX_DEPTH: Final = 32
PAGE_VIEWED: Final = "page_viewed"
IDENTIFIED: Final = "identified"
TRUSTED: Final = frozenset({"mail", "mail_result", "form", "system"})
"""Sources that only our own code can name."""
CANARY: Final = "canary"
"""The source and the name of a test event (`canary`): ours alone too, and nobody's act."""
CLICK_IDS: Final = (
    *("gclid", "gbraid", "wbraid", "dclid", "yclid", "fbclid"),
    *("ttclid", "twclid", "msclkid", "li_fat_id", "ldtag_cl"),
)
"""Those that `tabiji.js` looks for (frontend/sdk/campaign.ts): Google, Yahoo! JAPAN, Meta, TikTok, X, Microsoft,
LinkedIn, LINE."""
_MAX_CLICK_ID: Final = 200
_LONG_NUMBER: Final = re.compile(rb"\d{19}")
_EARLIEST_MS: Final = clock.to_ms(datetime(1990, 1, 1, tzinfo=UTC))
_DAY_MS: Final = 86_400_000
_TYPES: Final = frozenset({"track", "page", "screen", "identify", "alias", "group", "form"})


class Refused(ValueError):
    """This one event cannot be taken in: (reason, what exactly)."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(detail or reason.value)
        self.reason = reason
        self.detail = detail


class _Page(msgspec.Struct):
    url: str | None = None
    path: str | None = None
    title: str | None = None
    referrer: str | None = None


class _Library(msgspec.Struct):
    name: str | None = None


class _Context(msgspec.Struct):
    page: _Page | None = None
    userAgent: str | None = None
    ip: str | None = None
    traits: dict[str, Any] | None = None
    sessionId: str | None = None
    campaign: dict[str, Any] | None = None
    clickIds: Any = None
    """Our snippet's own: another client may mean anything by it."""
    library: _Library | None = None


class _Wire(msgspec.Struct):
    """One event of the Segment spec, as far as it means something to us."""

    type: str | None = None
    event: str | None = None
    name: str | None = None
    messageId: str | None = None
    anonymousId: str | int | None = None
    userId: str | int | None = None
    previousId: str | int | None = None
    timestamp: str | int | float | None = None
    originalTimestamp: str | int | float | None = None
    sentAt: str | None = None
    properties: dict[str, Any] | None = None
    traits: dict[str, Any] | None = None
    context: _Context | None = None
    personId: str | None = None
    """Believed only of our own inlets (TRUSTED)."""
    hops: int = 0


@dataclass(slots=True)
class Normal:
    """A taken-in event before anyone knows whose it is."""

    type: str
    name: str
    message_id: str
    anonymous_id: str
    user_id: str
    previous_id: str
    occurred_ms: int
    received_ms: int
    session: str
    url: str
    path: str
    title: str
    referrer: str
    source: str
    agent: str
    address: str
    props: dict[str, Any]
    traits: dict[str, Any]
    raw: bytes
    person_id: UUID | None = None
    hops: int = 0
    is_history: bool = False
    """As its inlet said (Envelope)."""


_decoder = msgspec.json.Decoder(_Wire)


def normalise(raw: bytes, envelope: Envelope, received_ms: int, offset_ms: int, fallback_id: str) -> Normal:
    """One event. Raises Refused; never anything else, whatever the bytes are.

    received_ms: the database's clock; offset_ms: the workspace's clock offset; fallback_id: a
    stable message id for clients that send none.
    """
    wire = _decode(raw)
    kind = wire.type or ("track" if wire.event else "")
    if kind not in _TYPES:
        raise Refused(Reason.UNKNOWN_TYPE, kind[:100])
    context = wire.context or _NO_CONTEXT
    props = wire.properties or {}
    traits = wire.traits or context.traits or {}
    may_be_deep = raw.count(b"{") + raw.count(b"[") > MAX_DEPTH
    if may_be_deep and (_depth(props) > MAX_DEPTH or _depth(traits) > MAX_DEPTH):
        raise Refused(Reason.TOO_DEEP, f"deeper than {MAX_DEPTH}")
    if _LONG_NUMBER.search(raw):
        props, traits = _bounded(props), _bounded(traits)
    anonymous_id, user_id = _identifier(wire.anonymousId), _identifier(wire.userId)
    person_id, hops = _own_claims(wire, envelope)
    if not anonymous_id and not user_id and not person_id and kind != "form":
        raise Refused(Reason.NO_IDENTITY, "neither anonymousId nor userId")
    name = _name_of(kind, wire, props)
    occurred_ms, claimed = _occurred(wire, envelope, received_ms, offset_ms)
    if claimed:
        props = {**props, "claimed_at": claimed}
    page = context.page or _NO_PAGE
    url = _first(props.get("url"), page.url)
    return Normal(
        kind,
        name,
        (wire.messageId or fallback_id)[:200],
        anonymous_id,
        user_id,
        _identifier(wire.previousId),
        occurred_ms,
        received_ms,
        (context.sessionId or "")[:100],
        url,
        _first(props.get("path"), page.path) or (urlsplit_path(url) if url else ""),
        _first(wire.name if kind in ("page", "screen") else None, props.get("title"), page.title)[:300],
        _first(props.get("referrer"), page.referrer),
        envelope.source,
        context.userAgent or envelope.agent,
        context.ip or envelope.address,
        {**props, **_campaign(context)} if context.campaign or context.clickIds else props,
        traits,
        raw,
        person_id,
        hops,
        envelope.is_history,
    )


def _own_claims(wire: _Wire, envelope: Envelope) -> tuple[UUID | None, int]:
    """(person, hops) as our own inlets state them; nobody else is believed."""
    if envelope.source not in TRUSTED:
        return None, 0
    try:
        return (UUID(wire.personId) if wire.personId else None), min(max(wire.hops, 0), 255)
    except ValueError:
        raise Refused(Reason.WRONG_TYPE, "personId is not an id") from None


def urlsplit_path(url: str) -> str:
    try:
        return urlsplit(url).path[:500]
    except ValueError:
        return ""


def _decode(raw: bytes) -> _Wire:
    if len(raw) > MAX_EVENT_BYTES:
        raise Refused(Reason.TOO_LARGE, f"{len(raw)} bytes; an event may have {MAX_EVENT_BYTES}")
    if b"\\u0000" in raw:
        raw = raw.replace(b"\\u0000", b"\\ufffd")  # NUL is no text in PostgreSQL
    try:
        return _decoder.decode(raw)
    except msgspec.ValidationError as error:
        raise Refused(Reason.WRONG_TYPE, str(error)[:300]) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.BAD_JSON, str(error)[:300]) from None
    except RecursionError:
        raise Refused(Reason.TOO_DEEP, f"deeper than {MAX_DEPTH}") from None


def _name_of(kind: str, wire: _Wire, props: dict[str, Any]) -> str:
    match kind:
        case "track" | "form":
            name = (wire.event or "").strip()
            if not name:
                raise Refused(Reason.NO_NAME, "a track event needs `event`")
            return name[:200]
        case "page" | "screen":
            return PAGE_VIEWED
        case _:
            return IDENTIFIED if kind == "identify" else kind


def _identifier(value: str | int | None) -> str:
    return "" if value is None else str(value).strip()[:300]


def _first(*values: Any) -> str:
    for value in values:
        if isinstance(value, str) and value:
            return value[:2_000]
    return ""


def _campaign(context: _Context) -> dict[str, Any]:
    """What brought somebody here: `utm_…`, and the click ids that advertisers know their clicks by."""
    named = {
        f"utm_{'campaign' if key == 'name' else key}": value
        for key, value in (context.campaign or {}).items()
        if isinstance(value, str)
    }
    return named | _click_ids(context.clickIds)


def _click_ids(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    return {
        name: value[:_MAX_CLICK_ID]
        for name in CLICK_IDS
        if isinstance(value := given.get(name), str) and value
    }


def _occurred(wire: _Wire, envelope: Envelope, received_ms: int, offset_ms: int) -> tuple[int, str]:
    """(business time in ms, the claim where it was impossible and therefore replaced)."""
    claimed = wire.originalTimestamp if wire.timestamp is None else wire.timestamp
    now_ms = received_ms + offset_ms
    if claimed is None:
        return now_ms, ""
    moment = _parse(claimed)
    if moment is None:
        return now_ms, str(claimed)[:60]
    if not envelope.is_history:
        sent = _parse(wire.sentAt or envelope.sent_at)
        skew = received_ms - sent if sent is not None else 0
        moment += skew + offset_ms
    if not _EARLIEST_MS <= moment <= now_ms + _DAY_MS:
        return now_ms, str(claimed)[:60]
    return moment, ""


def _parse(value: str | float | None) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        milliseconds = value if abs(value) > 1e11 else value * 1_000
        return int(milliseconds) if abs(milliseconds) < 1e16 else None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return clock.to_ms(moment)
    except OverflowError:
        return None


def _bounded(value: Any) -> Any:
    """Whole numbers that no store can hold become text; nothing else changes."""
    if isinstance(value, dict):
        return {key: _bounded(child) for key, child in value.items()}
    if isinstance(value, list):
        return [_bounded(child) for child in value]
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _depth(value: object, level: int = 0) -> int:
    if level > MAX_DEPTH or not isinstance(value, dict | list):
        return level
    children = value.values() if isinstance(value, dict) else value
    deepest = level + 1
    for child in children:
        if isinstance(child, dict | list):
            deepest = max(deepest, _depth(child, level + 1))
    return deepest


_NO_CONTEXT: Final = _Context()
_NO_PAGE: Final = _Page()
