"""The server: a thread for each connection of a client, a lane for each query."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import logging
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from typing import Final

from tabiji.runtime.clickhouse import asking, compression, wall
from tabiji.runtime.clickhouse import lanes as lanes_module
from tabiji.runtime.clickhouse.engine import (
    Access,
    Block,
    Connection,
    Done,
    Engine,
    marker,
    memory_file,
    write_all,
)
from tabiji.runtime.clickhouse.faults import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    QUERY_WAS_CANCELLED,
    TOO_MANY_ROWS_OR_BYTES,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    EngineError,
)
from tabiji.runtime.clickhouse.lanes import Lane, LaneFull
from tabiji.runtime.clickhouse.pool import Pool
from tabiji.runtime.clickhouse.running import Queries
from tabiji.runtime.clickhouse.wire import BadRequest, ClientLeft, Request
from tabiji.runtime.clickhouse.wire import Connection as Wire

log = logging.getLogger("tabiji.clickhouse")

MAX_CLIENTS: Final = 200
MAX_WHOLE: Final = 256 << 20
# One encoding of a block after another is a valid result in these formats only; chDB repeats heads and
# feet of the others for each block, so those are made whole.
_BLOCKWISE: Final = frozenset(
    {
        *("native", "rowbinary", "msgpack", "rawblob"),
        *("tabseparated", "tsv", "tabseparatedraw", "tsvraw", "csv", "values", "lineasstring"),
        *("jsoneachrow", "jsonlines", "ndjson", "jsoncompacteachrow", "jsonstringseachrow"),
    }
)
_CONTENT_TYPES: Final = {
    "native": "application/octet-stream",
    "rowbinary": "application/octet-stream",
    "json": "application/json; charset=UTF-8",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8; header=absent",
}


@dataclass(slots=True)
class Account:
    """What the log says about a query."""

    query_id: str = ""
    lane: str = ""
    began: float = field(default_factory=time.perf_counter)
    rows: int = 0
    bytes_out: int = 0
    code: int = 0
    error: str = ""

    def write(self) -> None:
        entry: dict[str, object] = {
            "event": "query",
            "query_id": self.query_id,
            "lane": self.lane,
            "rows": self.rows,
            "bytes": self.bytes_out,
            "ms": round((time.perf_counter() - self.began) * 1000, 1),
            "code": self.code,
        }
        if self.error:
            entry["error"] = self.error[:300]
        log.info(json.dumps(entry, ensure_ascii=False))


class Server:
    """Serves ClickHouse's HTTP interface on loopback for one open engine."""

    def __init__(self, engine: Engine, secret: str, database: str, lanes: dict[str, Lane], port: int) -> None:
        self._engine = engine
        self._secret = secret.encode()
        self._database = database
        self._lanes = lanes
        self._pool = Pool(engine)
        self._queries = Queries(engine.kill)
        self._clients: set[Wire] = set()
        self._lock = threading.Lock()
        self._ending = False
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    def serve(self) -> None:
        """Take connections until `stop` is called from another thread."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            wire = Wire(client)
            with self._lock:
                full = self._ending or len(self._clients) >= MAX_CLIENTS
                if not full:
                    self._clients.add(wire)
            if full:
                wire.close()
            else:
                threading.Thread(target=self._attend, args=(wire,), daemon=True).start()

    def stop(self, grace_s: float) -> None:
        """No new connections or queries. What reads is cancelled, a write may end within the grace."""
        with self._lock:
            self._ending = True
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._queries.cancel(writers=False)
        self._wait_for_queries(grace_s)
        self._queries.cancel(writers=True)
        self._wait_for_queries(grace_s)
        with self._lock:
            clients = list(self._clients)
        for wire in clients:
            with suppress(OSError):
                wire.client.shutdown(socket.SHUT_RDWR)
        if not self._queries.count():  # chDB must not be closed under a running query
            self._pool.close()

    def _wait_for_queries(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._queries.count() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _attend(self, wire: Wire) -> None:
        try:
            while self._attend_once(wire):
                continue
        except ClientLeft:
            pass
        except Exception:
            log.exception("a connection failed")
        finally:
            with self._lock:
                self._clients.discard(wire)
            wire.close()

    def _attend_once(self, wire: Wire) -> bool:
        """One request; whether the connection may bring another."""
        try:
            request = wire.next_request()
            if request is None or self._ending:
                return False
            self._answer(wire, request)
        except BadRequest as error:
            wire.answer(None, error.status, {}, f"{error}\n".encode())
            return False
        return wire.reusable(request)

    def _answer(self, wire: Wire, request: Request) -> None:
        if request.path == "/ping" or (request.method == "GET" and request.path == "/" and not request.query):
            self._engine.beat()
            wire.answer(request, 200, {"Content-Type": "text/plain"}, b"Ok.\n")
            return
        account = Account()
        reply = Reply(wire, request, account)
        try:
            self._check_secret(request)
            self._answer_query(reply, request)
        except EngineError as error:
            account.code, account.error = error.code, error.message
            reply.fail(error, self._engine.version)
        except ClientLeft:
            account.code, account.error = QUERY_WAS_CANCELLED, "the client left"
            raise
        finally:
            account.write()

    def _answer_query(self, reply: Reply, request: Request) -> None:
        query = asking.read(request, self._database)
        lane = self._lane(request)
        reply.describe(query)
        reply.account.lane = lane.name
        with ExitStack() as stack:
            file = None
            if query.insert:
                file = stack.enter_context(memory_file())
                for chunk in query.data:
                    write_all(file, chunk)
            stack.enter_context(lane.slot())
            if reply.wire.left():  # nobody would learn that it was done
                raise ClientLeft("before the query began")
            writes = not lane.rules.reads_only
            running = stack.enter_context(self._queries.running(query.id, reply.wire.left, writes=writes))
            access = Access(lane.rules.reads_only, query.database, lane.settings(query.settings))
            connection = stack.enter_context(self._pool.connection(access, query.tables))
            kind = self._check(connection, lane, query.sql)
            if running.cancelled:
                raise EngineError(QUERY_WAS_CANCELLED, "The server is stopping")
            sql = f"{marker(query.id)} {query.sql}"
            if query.insert and file is not None:
                sql = f"{marker(query.id)} {query.insert.target.decode()}"
                settings, format_name = query.insert.settings.decode(), query.insert.format
                reply.done(connection.insert(sql, settings, format_name, file, query.params), wall.MUTATES)
            elif kind == wall.READS and query.format.lower() in _BLOCKWISE:
                reply.stream(stack.enter_context(closing(connection.blocks(sql, query.format, query.params))))
            else:
                reply.done(connection.query(sql, query.format, query.params), kind)

    def _check_secret(self, request: Request) -> None:
        offered = request.headers.get("x-clickhouse-key") or request.query.get("password") or _basic(request)
        if not hmac.compare_digest(offered.encode(), self._secret):
            raise EngineError(
                AUTHENTICATION_FAILED,
                "Authentication failed: the password is the secret of this installation (CLICKHOUSE_URL has it)",
            )

    def _lane(self, request: Request) -> Lane:
        name = request.headers.get(lanes_module.HEADER, lanes_module.DEFAULT).lower()
        if request.method == "GET" and name == "writer":
            name = lanes_module.DEFAULT  # ClickHouse's rule: GET only reads
        lane = self._lanes.get(name)
        if lane is None:
            raise EngineError(BAD_ARGUMENTS, f"There is no lane {name!r}; there are {', '.join(self._lanes)}")
        return lane

    def _check(self, connection: Connection, lane: Lane, sql: str) -> str:
        if lane.rules.reads_only:
            return wall.check_reading(connection, sql, lane.name)
        return wall.check_writing(connection, sql)


class Reply:
    """The answer to one query: whole with its length, or in chunks once it grows."""

    def __init__(self, wire: Wire, request: Request, account: Account) -> None:
        self.wire = wire
        self.account = account
        self._request = request
        self._headers = {"Content-Type": "text/plain; charset=UTF-8", "X-ClickHouse-Timezone": "UTC"}
        self._whole = True
        self._tag = ""  # of the exception that may follow the first byte; set once bytes have left
        self._compressor: compression.Compressor | None = None

    def describe(self, query: asking.Query) -> None:
        self.account.query_id = query.id
        self._whole = query.whole
        self._headers["X-ClickHouse-Query-Id"] = query.id
        self._headers["X-ClickHouse-Server-Display-Name"] = "tabiji"
        self._headers["X-ClickHouse-Format"] = query.format
        self._headers["Content-Type"] = _CONTENT_TYPES.get(query.format.lower(), "text/plain; charset=UTF-8")

    def done(self, done: Done, kind: str) -> None:
        """Answer with a finished statement."""
        self.account.rows = done.rows_written if kind != wall.READS else done.rows
        self._headers["X-ClickHouse-Summary"] = json.dumps(
            {
                "read_rows": str(done.rows_read),
                "read_bytes": str(done.bytes_read),
                "written_rows": str(done.rows_written),
                "written_bytes": str(done.bytes_written),
            }
        )
        if kind != wall.READS and not done.data:
            self._headers.pop("X-ClickHouse-Format")  # clients tell a command from an empty result by it
        self._answer(done.data)

    def stream(self, blocks: Iterator[Block]) -> None:
        """Answer with a result as it comes; a short one, or one wanted whole, with its length."""
        held: list[bytes] = []
        size = 0
        for block in blocks:
            self.account.rows += block.rows
            held.append(block.data)
            size += len(block.data)
            if self._tag:
                self._send(held.pop())
            elif self._whole and size > MAX_WHOLE:
                raise EngineError(
                    TOO_MANY_ROWS_OR_BYTES,
                    f"The result is larger than {MAX_WHOLE >> 20} MiB; read it as a stream (without wait_end_of_query)",
                )
            elif not self._whole and len(held) > 1:
                self._begin()
                self._send(b"".join(held))
                held.clear()
        if self._tag:
            self._end()
        else:
            self._answer(b"".join(held))

    def fail(self, error: EngineError, version: str) -> None:
        """Tell the client: by status while nothing has left, else in ClickHouse's frame after the data."""
        body = error.body(version)
        if self._tag:
            tag = self._tag.encode()
            frame = b"\r\n__exception__\r\n%b\r\n%b\n%d %b\r\n__exception__\r\n" % (
                tag,
                body,
                len(body) + 1,
                tag,
            )
            self._send(frame)
            if self._compressor:
                self.wire.piece(self._compressor.flush())
            raise ClientLeft(
                "the stream ended with an exception"
            )  # the missing last chunk tells HTTP as well
        headers = {
            **self._headers,
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Exception-Code": str(error.code),
        }
        if isinstance(error, LaneFull):
            headers["Retry-After"] = str(error.retry_after_s)
        elif error.code == TOO_MANY_SIMULTANEOUS_QUERIES:
            headers["Retry-After"] = "1"
        self.wire.answer(self._request, error.status, headers, body + b"\n")

    def _answer(self, body: bytes) -> None:
        if body and (encoding := self._encoding()):
            compressor = compression.compressor(encoding)
            body = compressor.compress(body) + compressor.flush()
            self._headers["Content-Encoding"] = encoding
        self.account.bytes_out += len(body)
        self.wire.answer(self._request, 200, self._headers, body)

    def _begin(self) -> None:
        self._tag = secrets.token_hex(8)
        self._headers["X-ClickHouse-Exception-Tag"] = self._tag
        if encoding := self._encoding():
            self._compressor = compression.compressor(encoding)
            self._headers["Content-Encoding"] = encoding
        self.wire.begin(self._request, self._headers)

    def _send(self, data: bytes) -> None:
        if self._compressor:
            data = self._compressor.compress(data)
        self.account.bytes_out += len(data)
        self.wire.piece(data)

    def _end(self) -> None:
        if self._compressor:
            self.wire.piece(self._compressor.flush())
        self.wire.end()

    def _encoding(self) -> str | None:
        if self._request.query.get("enable_http_compression", "0") == "0":
            return None
        return compression.chosen(self._request.headers.get("accept-encoding", ""))


def _basic(request: Request) -> str:
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
