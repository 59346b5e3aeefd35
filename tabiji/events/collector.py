"""The collector: a bare ASGI application that answers 200 only after the commit.

Requests that arrive while a commit is on its way share the next one, so durability costs one
fsync for many requests. No Django here: a request costs some 50 µs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
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
from tabiji.events.known_keys import KnownKeys

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

MAX_WAITING: Final = 20_000
MAX_BODY: Final = 1_000_000
_COMMITTERS: Final = 2
log = structlog.get_logger()

_ACCEPT: Final = "SELECT accept_events(%b::bigint[], %b::smallint[], %b::integer[], %b::bytea[])"
_REJECT: Final = "SELECT reject_events(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::bytea[])"
_Rejected = tuple[int, str, str, str, bytes]


class Collector:
    """The ASGI application.

    dsn: a connection string of the application role; inlets: by path prefix; proxies: how many of
    ours stand in front, each adding to X-Forwarded-For.
    """

    def __init__(self, dsn: str, inlets: Mapping[str, Inlet], *, proxies: int = 0) -> None:
        self._dsn = dsn
        self._proxies = proxies
        self._inlets = sorted(inlets.items(), key=lambda pair: -len(pair[0]))
        self._waiting: list[tuple[list[inlet.Accepted], _Rejected | None, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._known = KnownKeys(dsn)
        self._lookup: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._lookup_lock = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

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

    async def _enqueue(self, parts: list[inlet.Accepted], rejected: _Rejected | None) -> None:
        if len(self._waiting) >= MAX_WAITING:
            raise Busy("too many requests are waiting to be stored")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((parts, rejected, done))
        self._wake.set()
        await done

    async def _commit_forever(self) -> None:
        connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        while True:
            await self._wake.wait()
            self._wake.clear()
            taken, self._waiting = self._waiting, []
            if not taken:
                continue
            try:
                if connection is None or connection.closed:
                    connection = await psycopg.AsyncConnection.connect(
                        self._dsn, autocommit=True, row_factory=tuple_row, prepare_threshold=1
                    )
                await self._commit(connection, taken)
            except (psycopg.Error, OSError) as error:
                log.warning("accept_failed", error=str(error)[:300], requests=len(taken))
                _settle(taken, Busy("the database is away"))
                if connection is not None:
                    await connection.close()
                    connection = None
            else:
                _settle(taken, None)

    async def _commit(
        self,
        connection: psycopg.AsyncConnection[tuple[Any, ...]],
        taken: list[tuple[list[inlet.Accepted], _Rejected | None, asyncio.Future[None]]],
    ) -> None:
        parts = [part for request, _, _ in taken for part in request]
        rejected = [one for _, one, _ in taken if one is not None]
        crashpoint("collector.before_commit")
        if parts and rejected:
            async with connection.transaction():
                await connection.execute(_ACCEPT, inlet.pack(parts))
                await connection.execute(_REJECT, [list(column) for column in zip(*rejected, strict=True)])
        elif parts:
            await connection.execute(_ACCEPT, inlet.pack(parts))
        elif rejected:
            await connection.execute(_REJECT, [list(column) for column in zip(*rejected, strict=True)])
        crashpoint("collector.after_commit")

    # -- ASGI ---------------------------------------------------------------------------------

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in self._tasks:
                    task.cancel()
                await self._known.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _start(self) -> None:
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._commit_forever()) for _ in range(_COMMITTERS)]

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._start()
        body = await _body(receive)
        path = scope["path"]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["method"] == "OPTIONS":
            return await _answer(send, Response(204), headers)
        handler = next((handle for prefix, handle in self._inlets if path.startswith(prefix)), None)
        if handler is None:
            return await _answer(send, _error(404, "not_found", "There is no such inlet."), headers)
        client = scope.get("client")
        forwarded = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
        address = client_address(
            client[0] if client else "", b",".join(forwarded).decode("latin-1"), self._proxies
        )
        request = Request(
            scope["method"],
            path,
            scope.get("query_string", b"").decode("latin-1"),
            headers,
            b"" if body is None else body,
            address,
        )
        if body is None:
            response = _error(413, "too_large", f"A request may have {MAX_BODY} bytes at the most.")
        else:
            try:
                response = await handler(request, self)
            except Busy:
                response = _error(503, "busy", "Not stored. Send it again in a few seconds.")
                response.headers = (("Retry-After", "3"),)
            except Exception:
                log.exception("inlet_failed", path=path)
                response = _error(500, "internal", "Not stored. Send it again; the log says more.")
        await _answer(send, response, headers)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large."""
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body"):
        message = await receive()
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            while message.get("more_body"):
                message = await receive()
            return None
    return None if len(body) > MAX_BODY else body


async def _answer(send: Send, response: Response, headers: Mapping[str, str]) -> None:
    sent = [
        (b"content-type", response.content_type.encode()),
        (b"content-length", str(len(response.body)).encode()),
        (b"access-control-allow-origin", headers.get("origin", "*").encode()),
        (b"cache-control", b"no-store"),
    ]
    if response.status == 204:
        sent.append((b"access-control-allow-headers", b"content-type, authorization"))
        sent.append((b"access-control-allow-methods", b"POST, GET, OPTIONS"))
        sent.append((b"access-control-max-age", b"86400"))
    sent += [(name.lower().encode(), value.encode()) for name, value in response.headers]
    await send({"type": "http.response.start", "status": response.status, "headers": sent})
    await send({"type": "http.response.body", "body": response.body})


def _settle(
    taken: list[tuple[list[inlet.Accepted], _Rejected | None, asyncio.Future[None]]],
    error: Exception | None,
) -> None:
    for _, _, done in taken:
        if done.done():
            continue
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)


def _error(status: int, code: str, message: str) -> Response:
    return Response(status, msgspec.json.encode({"error": {"code": code, "message": message}}))
