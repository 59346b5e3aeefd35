"""HTTP/1.1 on a socket, as much of it as clients of ClickHouse use: keep-alive, chunks both ways."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from io import BufferedReader
from typing import Final, cast
from urllib.parse import parse_qsl, unquote_plus

MAX_TARGET: Final = 1 << 20  # ClickHouse's http_max_uri_size
MAX_HEADERS: Final = 100
CHUNK: Final = 1 << 18
IDLE_S: Final = 300.0
SLOW_S: Final = 60.0


class BadRequest(Exception):
    """Not HTTP, or more than this server takes; the connection ends after the answer."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class ClientLeft(ConnectionError):
    """The connection closed in the middle of a request or an answer."""


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    """By lower-case name."""
    keep_alive: bool
    _connection: Connection = field(repr=False)

    def body(self) -> Iterator[bytes]:
        """The body as it arrives. Raises ClientLeft if it ends early, BadRequest if it is not a body."""
        return self._connection.body(self)


class Connection:
    def __init__(self, client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.client = client
        self._in = cast(BufferedReader, client.makefile("rb", CHUNK))
        self._body_left = False

    def next_request(self) -> Request | None:
        """The next request, or None when the client has gone. Raises BadRequest."""
        self.client.settimeout(IDLE_S)
        try:
            first = self._in.readline(MAX_TARGET + 100)
            if not first:
                return None
            self.client.settimeout(SLOW_S)
            return self._request(first)
        except (OSError, ValueError):
            return None

    def body(self, request: Request) -> Iterator[bytes]:
        if request.headers.get("expect", "").lower() == "100-continue":
            self._send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if request.headers.get("transfer-encoding", "").lower() == "chunked":
            yield from self._chunked()
        else:
            yield from self._counted(request)
        self._body_left = False

    def answer(self, request: Request | None, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """A whole answer at once."""
        head = self._head(request, status, {**headers, "Content-Length": str(len(body))})
        if len(body) < CHUNK:
            self._send(head + body)
        else:
            self._send(head)
            self._send(body)

    def begin(self, request: Request, headers: Mapping[str, str]) -> None:
        """The head of an answer whose length is not known yet; `piece` and `end` follow."""
        self._send(self._head(request, 200, {**headers, "Transfer-Encoding": "chunked"}))

    def piece(self, data: bytes) -> None:
        if data:
            self._send(b"%x\r\n%b\r\n" % (len(data), data))

    def end(self) -> None:
        self._send(b"0\r\n\r\n")

    def left(self) -> bool:
        """Whether the client has closed its side, without waiting."""
        try:
            poll = select.poll()
            poll.register(self.client, select.POLLIN)
            return bool(poll.poll(0)) and self.client.recv(1, socket.MSG_PEEK) == b""
        except (OSError, ValueError):
            return True

    def reusable(self, request: Request) -> bool:
        return request.keep_alive and not self._body_left

    def close(self) -> None:
        for end in (self._in, self.client):
            try:
                end.close()
            except OSError:
                continue

    def _request(self, first: bytes) -> Request:
        if not first.endswith(b"\n"):
            raise BadRequest(414, "The request line is longer than 1 MiB")
        words = first.decode("latin-1").split()
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise BadRequest(400, "Not an HTTP/1.1 request")
        headers = self._headers()
        self._body_left = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
        path, _, query = words[1].partition("?")
        connection = headers.get("connection", "").lower()
        return Request(
            method=words[0],
            path=unquote_plus(path),
            query=dict(parse_qsl(query, keep_blank_values=True)),
            headers=headers,
            keep_alive=connection != "close" and words[2] == "HTTP/1.1",
            _connection=self,
        )

    def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        for _ in range(MAX_HEADERS):
            line = self._in.readline(1 << 16).decode("latin-1")
            if line in ("\r\n", "\n", ""):
                return headers
            name, colon, value = line.partition(":")
            if not colon or not line.endswith("\n"):
                raise BadRequest(400, "A header is malformed")
            headers[name.strip().lower()] = value.strip()
        raise BadRequest(431, "Too many headers")

    def _counted(self, request: Request) -> Iterator[bytes]:
        text = request.headers.get("content-length", "0")
        if not text.isdecimal():
            raise BadRequest(400, "Content-Length is not a number")
        yield from self._exactly(int(text))

    def _chunked(self) -> Iterator[bytes]:
        while True:
            try:
                size = int(self._line().partition(b";")[0], 16)
            except ValueError:
                raise BadRequest(400, "A chunk has no size") from None
            if size == 0:
                while self._line():  # trailers
                    continue
                return
            yield from self._exactly(size)
            self._line()

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            chunk = self._read(min(size, CHUNK))
            size -= len(chunk)
            yield chunk

    def _read(self, size: int) -> bytes:
        try:
            chunk = self._in.read1(size)
        except OSError as error:
            raise ClientLeft(str(error)) from None
        if not chunk:
            raise ClientLeft("the request ended early")
        return chunk

    def _line(self) -> bytes:
        try:
            line = self._in.readline(1 << 16)
        except OSError as error:
            raise ClientLeft(str(error)) from None
        if not line.endswith(b"\n"):
            raise ClientLeft("the request ended early")
        return line.strip()

    def _head(self, request: Request | None, status: int, headers: Mapping[str, str]) -> bytes:
        reusable = request is not None and self.reusable(request)
        lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [
            f"Connection: {'keep-alive' if reusable else 'close'}",
            f"Keep-Alive: timeout={int(IDLE_S)}",
            "\r\n",
        ]
        return "\r\n".join(lines).encode("latin-1", "replace")

    def _send(self, data: bytes) -> None:
        try:
            self.client.sendall(data)
        except OSError as error:
            raise ClientLeft(str(error)) from None


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
