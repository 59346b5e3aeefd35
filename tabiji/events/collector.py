"""The collector: a bare ASGI application that answers 200 only after the commit.

Requests that arrive while a commit is on its way share the next one, so durability costs one
fsync for many requests. No Django here, and few calls: all requests of a process share one thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec
import psycopg
import structlog
from psycopg.rows import tuple_row

from tabiji.core.addresses import client_address
from tabiji.core.crashpoints import crashpoint
from tabiji.core.inlets import Busy, Inlet, Request, Response
from tabiji.events import inlet
from tabiji.events.contracts import Envelope
from tabiji.events.inbox import Inbox, Rejected
from tabiji.events.known_keys import KnownKeys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_WAITING: Final = 20_000
MAX_BODY: Final = 1_000_000
_CROWD: Final = 8
_PACE_S: Final = 0.003
"""Commits for a crowd begin this far apart, so that each carries many; alone nobody waits for others."""
_PATIENCE_S: Final = 25.0
"""A commit that takes longer is given up by PostgreSQL: those who wait hear so, and nothing of it is stored."""
_SILENCE_S: Final = 5.0
"""So much longer an answer is waited for, then the network is taken for dead."""
log = structlog.get_logger()


class _Waiting(msgspec.Struct):
    """A request that waits for its commit."""

    parts: list[inlet.Accepted]
    rejected: Rejected | None
    done: asyncio.Future[None]


class Collector:
    """The ASGI application.

    dsn: a connection string of the application role; inlets: by path prefix; proxies: how many of
    ours stand in front, each adding to X-Forwarded-For.
    """

    def __init__(self, dsn: str, inlets: Mapping[str, Inlet], *, proxies: int = 0) -> None:
        self._dsn = dsn
        self._proxies = proxies
        self._inlets = sorted(inlets.items(), key=lambda pair: -len(pair[0]))
        self._waiting: list[_Waiting] = []
        self._wake = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._inbox: Inbox | None = None
        self._known = KnownKeys(dsn)
        self._lookup: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._lookup_lock = asyncio.Lock()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return (self._http if scope["type"] == "http" else self._lifespan)(scope, receive, send)

    # -- what inlets may do ---------------------------------------------------------------

    async def accept(
        self,
        workspace_id: int,
        events: Sequence[bytes],
        *,
        source: str,
        sent_at: str = "",
        address: str = "",
        agent: str = "",
        is_history: bool = False,
    ) -> None:
        envelope = Envelope(source, sent_at, address, agent, list(events), is_history)
        shards = await self._known.shards_of(workspace_id)
        await self._enqueue(inlet.cut(workspace_id, shards, envelope), None)

    async def reject(self, workspace_id: int, reason: str, detail: str, source: str, body: bytes) -> None:
        await self._enqueue([], (workspace_id, reason, detail, source, body[:100_000]))

    async def workspace_of(self, write_key: str) -> int | None:
        return await self._known.workspace_of(write_key)

    async def row(self, sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
        async with self._lookup_lock:
            try:
                if self._lookup is None or self._lookup.closed:
                    self._lookup = await psycopg.AsyncConnection.connect(
                        self._dsn, autocommit=True, row_factory=tuple_row, prepare_threshold=1
                    )
                cursor = await self._lookup.execute(sql, params)
                return await cursor.fetchone()
            except psycopg.OperationalError as error:
                if self._lookup is not None:
                    await self._lookup.close()
                raise Busy(str(error)) from error

    # -- committing -------------------------------------------------------------------------

    def _enqueue(self, parts: list[inlet.Accepted], rejected: Rejected | None) -> asyncio.Future[None]:
        if len(self._waiting) >= MAX_WAITING:
            raise Busy("too many requests are waiting to be stored")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(parts, rejected, done))
        self._wake.set()
        return done

    async def _commit_forever(self) -> None:
        # One commit at a time: PostgreSQL lets only one transaction with a NOTIFY commit at once anyway.
        clock = asyncio.get_running_loop().time
        while True:
            await self._wake.wait()
            self._wake.clear()
            taken, self._waiting = self._waiting, []
            began = clock()
            try:
                async with asyncio.timeout(_PATIENCE_S + _SILENCE_S):
                    if self._inbox is None:
                        self._inbox = await Inbox.open(self._dsn, patience_s=_PATIENCE_S)
                    await _commit(self._inbox, taken)
            except Exception as error:  # whatever it was, those who wait must hear of it, and others may come
                log.warning("accept_failed", error=repr(error)[:300], requests=len(taken))
                _settle(taken, Busy("the database is away"))
                await self._leave_inbox()
            else:
                _settle(taken, None)
            if len(taken) >= _CROWD:
                await asyncio.sleep(began + _PACE_S - clock())

    async def _leave_inbox(self) -> None:
        if self._inbox is not None:
            await self._inbox.close()
            self._inbox = None

    # -- ASGI ---------------------------------------------------------------------------------

    async def _lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start(self) -> None:
        self._committer = asyncio.create_task(self._commit_forever())

    async def _stop(self) -> None:
        if self._committer is not None:
            self._committer.cancel()
            await asyncio.gather(self._committer, return_exceptions=True)
        await self._leave_inbox()
        await self._known.close()
        if self._lookup is not None:
            await self._lookup.close()

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._committer is None:
            self._start()
        headers = {str(name, "latin-1"): str(value, "latin-1") for name, value in scope["headers"]}
        body = await _body(receive, headers.get("content-length", ""))
        response = await self._respond(scope, headers, body)
        await send(_head(response, headers.get("origin", "*")))
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Scope, headers: Mapping[str, str], body: bytes | None) -> Response:
        method, path = scope["method"], scope["path"]
        if method == "OPTIONS":
            return _MAY_ASK
        handler = self._inlet_of(path)
        if handler is None:
            return _error(404, "not_found", "There is no such inlet.")
        if body is None:
            return _error(413, "too_large", f"A request may have {MAX_BODY} bytes at the most.")
        query = str(scope.get("query_string", b""), "latin-1")
        try:
            return await handler(Request(method, path, query, headers, body, self._address_of(scope)), self)
        except Busy:
            return _BUSY
        except Exception:
            log.exception("inlet_failed", path=path)
            return _error(500, "internal", "Not stored. Send it again; the log says more.")

    def _inlet_of(self, path: str) -> Inlet | None:
        for prefix, handler in self._inlets:
            if path.startswith(prefix):
                return handler
        return None

    def _address_of(self, scope: Scope) -> str:
        client = scope.get("client")
        forwarded = b""
        if self._proxies:
            forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        return client_address(client[0] if client else "", str(forwarded, "latin-1"), self._proxies)


async def _commit(inbox: Inbox, taken: list[_Waiting]) -> None:
    parts = [part for waiting in taken for part in waiting.parts]
    rejected = [waiting.rejected for waiting in taken if waiting.rejected is not None]
    crashpoint("collector.before_commit")
    await inbox.store(parts, rejected)
    crashpoint("collector.after_commit")


def _settle(taken: list[_Waiting], error: Exception | None) -> None:
    for waiting in taken:
        if waiting.done.done():
            continue
        if error is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(error)


async def _body(receive: Receive, length: str) -> bytes | None:
    """The whole body, or None where it is too large; it is read to its end either way.

    length: Content-Length as sent. A server announces more after a body that is complete, and to hear
    that there was none costs a way through all its threads, some 20 to 30 µs.
    """
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and str(len(body)) != length:
        message = await receive()
        if len(body) <= MAX_BODY:
            body += message.get("body", b"")
    return None if len(body) > MAX_BODY else body


def _head(response: Response, origin: str) -> MutableMapping[str, Any]:
    headers = [
        *_headers(response.status, response.content_type, len(response.body)),
        (b"access-control-allow-origin", origin.encode()),
        *((name.lower().encode(), value.encode()) for name, value in response.headers),
    ]
    return {"type": "http.response.start", "status": response.status, "headers": headers}


@lru_cache(maxsize=1_000)
def _headers(status: int, content_type: str, length: int) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", b"%d" % length),
        (b"cache-control", b"no-store"),
    ]
    if status == 204:
        headers.append((b"access-control-allow-headers", _ASKED_HEADERS))
        headers.append((b"access-control-allow-methods", b"POST, GET, OPTIONS"))
        headers.append((b"access-control-max-age", b"86400"))
    return headers


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, msgspec.json.encode({"error": {"code": code, "message": message}}))


_ASKED_HEADERS: Final = b"authorization, content-type, content-encoding, anonymousid, x-retry-count"
"""What Segment's and RudderStack's browser clients put into theirs."""
_MAY_ASK: Final = Response(204)
_BUSY: Final = _error(503, "busy", "Not stored. Send it again in a few seconds.")
_BUSY.headers = (("Retry-After", "3"),)
