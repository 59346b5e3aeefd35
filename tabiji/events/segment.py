"""The Segment-spec inlet: `/v1/{track,page,screen,identify,alias,group,batch,import}`, pixels, and the
settings that the official browser client asks for before it sends (then to `/v1/{t,p,s,i,a,g,b}`).

Limits are Segment's: 32 KB an event, 500 KB and 2,500 events a request. A good body with a bad
event is taken in; the bad event is shown with its reason. Sources: Segment's pages on its HTTP API and
its pixel API; what `@segment/analytics-next` reads.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final
from urllib.parse import parse_qs

import msgspec

from tabiji.core.inlets import Acceptance, Busy, Request, Response, inlets
from tabiji.events.contracts import Reason
from tabiji.events.inlet import MAX_BATCH, MAX_BODY_BYTES

_OK: Final = Response(200, b'{"success":true}')
_KINDS: Final = ("track", "page", "screen", "identify", "alias", "group")
_TYPE_OF: Final = {name: kind for kind in _KINDS for name in (kind, kind[0])}
"""By the last part of an address: `/v1/track`, or `/v1/t` as the browser client has it."""
_BATCHES: Final = frozenset({"batch", "b", "import"})
_SETTINGS: Final = re.compile(r"/v1/projects/([\w-]{1,200})/settings")
_HOST: Final = re.compile(r"[\w.:\[\]-]{1,255}")


class _BatchBody(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: str | None = None
    sentAt: str | None = None
    context: msgspec.Raw = msgspec.Raw()


class _SingleBody(msgspec.Struct):
    writeKey: str | None = None
    sentAt: str | None = None
    type: str | None = None


_batch = msgspec.json.Decoder(_BatchBody)
_single = msgspec.json.Decoder(_SingleBody)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_context = msgspec.json.Decoder(dict[str, msgspec.Raw] | None)
_encode = msgspec.json.Encoder().encode
MAX_SHARED_BYTES: Final = 2_000_000
"""What the context of a batch may come to, copied into each of its events."""


async def receive(request: Request, stream: Acceptance) -> Response:
    """Take in one request; 200 when it is on disk."""
    kind = request.path.rsplit("/", 1)[-1]
    if request.method == "GET":
        return await _asked(request, stream)
    if request.method != "POST":
        return _error(405, "method_not_allowed", "Send events by POST.")
    key = _basic_key(request.headers)
    if request.headers.get("content-encoding") == "gzip":
        request.body = _unzipped(request.body)
    if len(request.body) > MAX_BODY_BYTES:
        return await _refuse(request, stream, key, 413, Reason.TOO_LARGE, "a request may have 500 KB")
    try:
        if kind in _BATCHES:
            body = _batch.decode(request.body)
            events: list[bytes] = [bytes(raw) for raw in body.batch]
            sent_at, body_key = body.sentAt, body.writeKey
            if len(body.context) and len(body.batch) <= MAX_BATCH:
                events = _with_context(events, bytes(body.context))
        elif kind in _TYPE_OF:
            single = _single.decode(request.body)
            events = [request.body if single.type else _with_type(request.body, _TYPE_OF[kind])]
            sent_at, body_key = single.sentAt, single.writeKey
        else:
            return _error(404, "not_found", "There is no such inlet.")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return await _refuse(request, stream, key, 400, Reason.BAD_JSON, detail)
    key = key or body_key or _asked_key(request)
    workspace_id = await stream.workspace_of(key)
    if workspace_id is None:
        return _UNKNOWN_KEY
    if len(events) > MAX_BATCH:
        return await _refuse(request, stream, key, 400, Reason.TOO_MANY, f"{len(events)} events")
    if events:
        await stream.accept(
            workspace_id,
            events,
            source="web" if "origin" in request.headers else "server",
            sent_at=sent_at or "",
            address=request.address,
            agent=request.headers.get("user-agent", "")[:500],
            is_history=kind == "import",
        )
    return _OK


async def _asked(request: Request, stream: Acceptance) -> Response:
    """What is asked by GET: settings, or a pixel."""
    if request.path == "/v1/pixel" or request.path.startswith("/v1/pixel/"):
        return await _pixel(request, stream)
    project = _SETTINGS.fullmatch(request.path)
    if project is None:
        return _error(405, "method_not_allowed", "Send events by POST.")
    if await stream.workspace_of(project[1]) is None:
        return _UNKNOWN_KEY
    return Response(200, _encode(_settings(project[1], request.headers.get("host", ""))))


def _settings(write_key: str, host: str) -> dict[str, Any]:
    """What `@segment/analytics-next` needs to know: events come here, and there is nowhere else to go."""
    here = {"apiHost": f"{host}/v1"} if _HOST.fullmatch(host) else {}
    own = {
        "apiKey": write_key,
        "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
        **here,
    }
    return {
        "integrations": {"Segment.io": own},
        "plan": {"track": {"__default": {"enabled": True, "integrations": {}}}},
        "edgeFunction": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
    }


async def _pixel(request: Request, stream: Acceptance) -> Response:
    """For mails and pages where no script may run. The picture comes whatever happens to the event.

    `GET /v1/pixel/{track,page,…}?data=<base64 of the event with its writeKey>` as Segment has it, or
    `GET /v1/pixel?key=…&event=…&anonymousId=…` with the page's address from the referrer.
    """
    asked = _query(request)
    try:
        key, event = _of_data(request.path, asked["data"]) if "data" in asked else _of_words(request, asked)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return _PIXEL
    with suppress(Busy):
        workspace_id = await stream.workspace_of(key or asked.get("writeKey", ""))
        if workspace_id is not None and event:
            await stream.accept(
                workspace_id,
                [event],
                source="web",
                address=request.address,
                agent=request.headers.get("user-agent", "")[:500],
            )
    return _PIXEL


def _of_data(path: str, data: str) -> tuple[str, bytes]:
    """(write key, event) of a `data` parameter: base64 of either alphabet, padded or not."""
    # A `+` that nobody escaped is a space by now.
    text = data.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=")
    body = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    single = _single.decode(body)
    kind = _TYPE_OF.get(path.rsplit("/", 1)[-1])
    if single.type is None and kind is not None:
        body = _with_type(body, kind)
    return single.writeKey or "", body


def _of_words(request: Request, asked: Mapping[str, str]) -> tuple[str, bytes]:
    event = {
        "type": "track" if asked.get("event") else "page",
        "event": asked.get("event"),
        "anonymousId": asked.get("anonymousId"),
        "properties": {"url": request.headers.get("referer", "")},
    }
    return asked.get("key", ""), _encode(event) if asked.get("anonymousId") else b""


async def _refuse(
    request: Request, stream: Acceptance, key: str | None, status: int, reason: Reason, detail: str
) -> Response:
    workspace_id = await stream.workspace_of(key or "")
    if workspace_id is not None:
        await stream.reject(workspace_id, reason.value, detail[:300], "server", request.body)
    return _error(status, reason.value, detail[:300])


def _with_type(body: bytes, kind: str) -> bytes:
    fields = _object.decode(body)
    return _encode({**fields, "type": kind})


def _with_context(events: list[bytes], context: bytes) -> list[bytes]:
    """The batch's context in each of its events, whose own words win.

    Raises msgspec.ValidationError where copies of it would swell the batch beyond measure.
    """
    shared = _context.decode(context)
    if not shared:
        return events
    if len(context) * len(events) > MAX_SHARED_BYTES:
        raise msgspec.ValidationError("the context of the batch is too large for so many events")
    return [_with_shared(event, shared) for event in events]


def _with_shared(event: bytes, shared: Mapping[str, msgspec.Raw]) -> bytes:
    try:
        fields = _object.decode(event)
        own = _context.decode(fields["context"]) if "context" in fields else None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return event  # the processor will say what is wrong with it
    return _encode({**fields, "context": {**shared, **(own or {})}})


def _unzipped(body: bytes) -> bytes:
    """The body unpacked, cut just above what is allowed: a bomb is refused as too large, not unpacked."""
    try:
        return zlib.decompressobj(wbits=31).decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error:
        return b""


def _basic_key(headers: Mapping[str, str]) -> str:
    given = headers.get("authorization", "")
    if not given.lower().startswith("basic "):
        return ""
    try:
        return base64.b64decode(given[6:]).decode("utf-8").partition(":")[0]
    except ValueError:  # no base64, or no text in it
        return ""


def _asked_key(request: Request) -> str:
    return _query(request).get("writeKey", "") if request.query else ""


def _query(request: Request) -> dict[str, str]:
    """The first value of each parameter; nothing of a query that is no query."""
    try:
        return {name: values[0] for name, values in parse_qs(request.query, max_num_fields=20).items()}
    except ValueError:
        return {}


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, _encode({"error": {"code": code, "message": message}}))


PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PIXEL: Final = Response(200, PIXEL, "image/gif")
_UNKNOWN_KEY: Final = _error(
    401, "bad_write_key", "This write key is unknown: see Settings, Tracking tag and keys."
)
inlets.add("/v1/", receive)
