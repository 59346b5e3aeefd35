"""HTTP connections to one ClickHouse, kept for the next request; safe to share between threads."""

from __future__ import annotations

import os
import select
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from typing import Final
from urllib.parse import unquote, urlsplit

from tabiji.core.clickhouse.errors import ClickHouseResting

_CONNECT_S: Final = 3.0
_IDLE_S: Final = 60.0  # less than any server keeps an idle connection
_KEPT: Final = 16
_PIECE: Final = 1 << 18


class Broken(Exception):
    """The connection failed after something was sent: what the server did is not known."""


@dataclass(frozen=True, slots=True)
class Address:
    tls: bool
    host: str
    port: int
    user: str
    secret: str
    database: str

    @classmethod
    def parse(cls, url: str) -> Address:
        """`http://user:secret@host:8123/database`, or https. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("CLICKHOUSE_URL looks like http://user:secret@host:8123/database")
        tls = parts.scheme == "https"
        return cls(
            tls=tls,
            host=parts.hostname,
            port=parts.port or (8443 if tls else 8123),
            user=unquote(parts.username or "default"),
            secret=unquote(parts.password or ""),
            database=parts.path.strip("/") or "default",
        )


class Answer:
    """A response whose body has not been read yet."""

    def __init__(self, response: HTTPResponse) -> None:
        self._response = response
        self.status = response.status
        self.error_code = int(response.headers.get("X-ClickHouse-Exception-Code") or 0)
        self.exception_tag: str | None = response.headers.get("X-ClickHouse-Exception-Tag")

    def read(self) -> bytes:
        """The whole body. Raises Broken if it ends early."""
        try:
            return self._response.read()
        except (OSError, HTTPException) as error:
            raise Broken(_words(error)) from error

    def pieces(self) -> Iterator[bytes]:
        """The body as it comes. Where it ends early the codec finds out, and the server's last words with it."""
        try:
            if self._response.length is not None:
                yield self._response.read()
                return
            while piece := self._response.read1(_PIECE):
                yield piece
        except (OSError, HTTPException):
            return

    @property
    def finished(self) -> bool:
        return self._response.isclosed()


class Transport:
    def __init__(self, address: Address) -> None:
        self._address = address
        login = b64encode(f"{address.user}:{address.secret}".encode()).decode()
        self._headers = {"Authorization": f"Basic {login}", "User-Agent": "tabiji"}
        self._idle: list[tuple[HTTPConnection, float]] = []
        self._lock = threading.Lock()
        self._process = os.getpid()

    @contextmanager
    def post(
        self, target: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float, repeatable: bool
    ) -> Iterator[Answer]:
        """Send a request and lend its answer for the block; an unread rest closes the connection.

        Raises ClickHouseResting if the server cannot be reached or, for what is repeatable, does not
        answer; Broken if something else had been sent before the connection failed.
        """
        connection, answer = self._send(target, body, headers, timeout_s, repeatable)
        clean = False
        try:
            yield answer
            clean = answer.finished
        finally:
            self._keep(connection) if clean else connection.close()

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _send(
        self, target: str, body: bytes, headers: Mapping[str, str], timeout_s: float, repeatable: bool
    ) -> tuple[HTTPConnection, Answer]:
        while True:
            used = self._take()
            connection = used or self._connect()
            assert connection.sock is not None
            connection.sock.settimeout(timeout_s)
            try:
                connection.request("POST", target, body, {**self._headers, **headers})
                return connection, Answer(connection.getresponse())
            except (OSError, HTTPException) as error:
                connection.close()
                if not repeatable:
                    raise Broken(_words(error)) from error
                if isinstance(error, TimeoutError) or not used:
                    raise self._resting(error) from error
                # A kept connection may have been closed meanwhile; a question can be asked again.

    def _connect(self) -> HTTPConnection:
        address = self._address
        connection: HTTPConnection
        if address.tls:
            context = ssl.create_default_context()
            connection = HTTPSConnection(address.host, address.port, timeout=_CONNECT_S, context=context)
        else:
            connection = HTTPConnection(address.host, address.port, timeout=_CONNECT_S)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise self._resting(error) from error
        return connection

    def _take(self) -> HTTPConnection | None:
        while True:
            with self._lock:
                if self._process != os.getpid():  # a forked child must not speak on its parent's connections
                    self._idle, self._process = [], os.getpid()
                if not self._idle:
                    return None
                connection, since = self._idle.pop()
            if time.monotonic() - since < _IDLE_S and not _closed_by_server(connection.sock):
                return connection
            connection.close()

    def _keep(self, connection: HTTPConnection) -> None:
        if connection.sock is None:  # the server asked for the end
            return
        with self._lock:
            self._idle.append((connection, time.monotonic()))
            surplus = self._idle[:-_KEPT]
            del self._idle[:-_KEPT]
        for old, _ in surplus:
            old.close()

    def _resting(self, error: BaseException) -> ClickHouseResting:
        address = self._address
        return ClickHouseResting(
            0, f"ClickHouse at {address.host}:{address.port} does not answer ({_words(error)})"
        )


def _closed_by_server(sock: socket.socket) -> bool:
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))  # nothing is due on an idle connection but its end


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
