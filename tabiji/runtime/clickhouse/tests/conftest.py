"""A real server process for the tests of this folder, and plain HTTP to speak with it."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tabiji.runtime.clickhouse import EmbeddedClickHouse

Connect = Callable[..., "Http"]
SECRET = "se'cret:1"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def code(self) -> int:
        return int(self.headers.get("x-clickhouse-exception-code", 0))


class Http:
    """One kept connection to a server."""

    def __init__(self, port: int, secret: str = SECRET) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.secret = secret

    def ask(
        self,
        sql: str | bytes,
        lane: str = "screen",
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
        **query: str,
    ) -> Reply:
        body = sql.encode() if isinstance(sql, str) else sql
        sent = {"X-Tabiji-Lane": lane, "X-ClickHouse-Key": self.secret, **(headers or {})}
        self.connection.request(method, f"/?{urlencode({**query, **(settings or {})})}", body, sent)
        return self.reply()

    def send(self, sql: str, lane: str = "screen", **query: str) -> None:
        """Send a question whose answer is read later, or never."""
        headers = {"X-Tabiji-Lane": lane, "X-ClickHouse-Key": self.secret}
        self.connection.request("POST", f"/?{urlencode(query)}", sql, headers)

    def reply(self) -> Reply:
        answer = self.connection.getresponse()
        return Reply(
            answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        )


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedClickHouse]:
    embedded = EmbeddedClickHouse(
        tmp_path_factory.mktemp("embedded 日本"), 0, SECRET, memory_mib=1024, screens=2
    )
    embedded.start()
    embedded.wait_ready()
    yield embedded
    embedded.stop()


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[EmbeddedClickHouse]:
    """A server that the test may stop or kill."""
    embedded = EmbeddedClickHouse(tmp_path / "clickhouse", 0, SECRET, memory_mib=1024)
    embedded.start()
    embedded.wait_ready()
    yield embedded
    embedded.stop()


@pytest.fixture
def http_(server: EmbeddedClickHouse) -> Iterator[Http]:
    client = Http(server.port)
    yield client
    client.connection.close()


@pytest.fixture
def table(http_: Http) -> str:
    """A fresh table of numbers and texts."""
    name = f"t_{uuid.uuid4().hex}"
    made = http_.ask(f"CREATE TABLE {name} (n UInt32, s String) ENGINE = MergeTree ORDER BY n", "writer")
    assert made.status == 200, made.text
    return name


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Makes connections and closes them after the test."""
    made: list[Http] = []

    def one(server: EmbeddedClickHouse, secret: str = SECRET) -> Http:
        made.append(Http(server.port, secret))
        return made[-1]

    yield one
    for client in made:
        client.connection.close()


def logged(server: EmbeddedClickHouse, query_id: str) -> dict[str, object]:
    """The line that the server wrote about a query."""
    lines = (json.loads(line) for line in server.log.read_text().splitlines() if line.startswith("{"))
    return next(line for line in lines if line.get("query_id") == query_id)
