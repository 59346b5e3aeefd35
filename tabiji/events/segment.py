"""The Segment-spec inlet: `/v1/{track,page,screen,identify,alias,group,batch,import}` and a pixel.

Limits are Segment's: 32 KB an event, 500 KB and 2,500 events a request. A good body with a bad
event is taken in; the bad event is shown with its reason. Source: Segment's HTTP API page.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

import msgspec

from tabiji.core.inlets import Acceptance, Request, Response, inlets
from tabiji.events.contracts import Reason
from tabiji.events.inlet import MAX_BATCH, MAX_BODY_BYTES

_OK: Final = Response(200, b'{"success":true}')
_KINDS: Final = frozenset({"track", "page", "screen", "identify", "alias", "group"})


class _BatchBody(msgspec.Struct):
    batch: list[msgspec.Raw]
    writeKey: str | None = None
    sentAt: str | None = None


class _SingleBody(msgspec.Struct):
    writeKey: str | None = None
    sentAt: str | None = None
    type: str | None = None


_batch = msgspec.json.Decoder(_BatchBody)
_single = msgspec.json.Decoder(_SingleBody)
_object = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode


async def receive(request: Request, stream: Acceptance) -> Response:
    """Take in one request; 200 when it is on disk."""
    kind = request.path.rsplit("/", 1)[-1]
    if request.method == "GET" and kind == "pixel":
        return await _pixel(request, stream)
    if request.method != "POST":
        return _error(405, "method_not_allowed", "Send events by POST.")
    key = _basic_key(request.headers)
    if request.headers.get("content-encoding") == "gzip":
        request.body = _unzipped(request.body)
    if len(request.body) > MAX_BODY_BYTES:
        return await _refuse(request, stream, key, 413, Reason.TOO_LARGE, "a request may have 500 KB")
    try:
        if kind in ("batch", "import"):
            body = _batch.decode(request.body)
            events: list[bytes] = [bytes(raw) for raw in body.batch]
            sent_at, body_key = body.sentAt, body.writeKey
        elif kind in _KINDS:
            single = _single.decode(request.body)
            events = [request.body if single.type else _with_type(request.body, kind)]
            sent_at, body_key = single.sentAt, single.writeKey
        else:
            return _error(404, "not_found", "There is no such inlet.")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        detail = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        return await _refuse(request, stream, key, 400, Reason.BAD_JSON, detail)
    workspace_id = await stream.workspace_of(key or body_key or "")
    if workspace_id is None:
        return _error(401, "bad_write_key", "This write key is unknown: see Settings, Tracking tag and keys.")
    if len(events) > MAX_BATCH:
        return await _refuse(request, stream, key or body_key, 400, Reason.TOO_MANY, f"{len(events)} events")
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


async def _pixel(request: Request, stream: Acceptance) -> Response:
    """`GET /v1/pixel?key=…&event=…&anonymousId=…`: for pages where no script may run."""
    asked = {name: values[0] for name, values in parse_qs(request.query).items()}
    workspace_id = await stream.workspace_of(asked.get("key", ""))
    if workspace_id is not None and asked.get("anonymousId"):
        event = {
            "type": "track" if asked.get("event") else "page",
            "event": asked.get("event"),
            "anonymousId": asked["anonymousId"],
            "properties": {"url": request.headers.get("referer", "")},
        }
        await stream.accept(
            workspace_id,
            [_encode(event)],
            source="web",
            address=request.address,
            agent=request.headers.get("user-agent", "")[:500],
        )
    return Response(200, PIXEL, "image/gif")


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
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, _encode({"error": {"code": code, "message": message}}))


PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
inlets.add("/v1/", receive)
