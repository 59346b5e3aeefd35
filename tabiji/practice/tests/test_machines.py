"""Playing machines: every link by HEAD and GET, the one-click POST, and never beyond this machine."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from tabiji.events.machines import reason_of_agent
from tabiji.practice import machines
from tabiji.practice.letters import Link

Seen = list[tuple[str, str, str, str, bytes]]


@pytest.fixture
def site(settings: Settings) -> Iterator[tuple[str, Seen]]:
    """A web server that notes (method, path, agent, content type, body) and redirects what is under /c/."""
    seen: Seen = []

    class Answering(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            kind = self.headers.get("Content-Type") or ""
            seen.append((self.command, self.path, self.headers["User-Agent"], kind, body))
            self.send_response(302 if self.path.startswith("/c/") else 200)
            self.send_header("Location", "https://outside.example/")
            self.send_header("Content-Length", "2")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(b"ok")

        do_GET = do_HEAD = do_POST = _answer

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.COLLECTOR_URL = f"http://127.0.0.1:{server.server_port}"
    yield settings.COLLECTOR_URL, seen
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_scanner_asks_every_link_twice_and_follows_none(site: tuple[str, Seen]) -> None:
    base, seen = site
    links = [Link("資料", f"{base}/c/AAA?x=1"), Link("", f"{base}/u/TOKEN", is_hidden=True)]

    answers = machines.scan(links)

    assert [(method, path) for method, path, *_ in seen] == [
        ("HEAD", "/c/AAA?x=1"),
        ("GET", "/c/AAA?x=1"),
        ("HEAD", "/u/TOKEN"),
        ("GET", "/u/TOKEN"),
    ]
    assert [one.status for one in answers] == [302, 302, 200, 200]
    assert {agent for _, _, agent, _, _ in seen} == {machines.SCANNER}
    assert reason_of_agent(machines.SCANNER) == "crawler"


def test_the_mailbox_posts_what_rfc_8058_says(site: tuple[str, Seen]) -> None:
    base, seen = site

    answer = machines.unsubscribe(f"{base}/u/TOKEN")

    assert [(method, path, kind, body) for method, path, _, kind, body in seen] == [
        ("POST", "/u/TOKEN", "application/x-www-form-urlencoded", b"List-Unsubscribe=One-Click")
    ]
    assert (answer.status, answer.text) == (200, "ok")


@pytest.mark.parametrize(
    "url",
    [
        "https://tanomoa.example/",
        "http://192.0.2.1/",
        "http://127.0.0.1.outside.example/",
        "ftp://127.0.0.1/",
        "http://127.0.0.1@outside.example/",
        "http:///c/x",
    ],
)
def test_nothing_outside_of_this_machine_is_asked(url: str) -> None:
    assert {one.status for one in machines.scan([Link("x", url)])} == {0}
    assert machines.unsubscribe(url).status == 0


def test_another_process_of_this_machine_is_not_asked(site: tuple[str, Seen], settings: Settings) -> None:
    base, seen = site
    settings.COLLECTOR_URL = "http://127.0.0.1:1"

    assert {one.status for one in machines.scan([Link("x", f"{base}/x")])} == {0}
    assert seen == []


def test_an_address_where_nobody_listens_is_an_answer_too(settings: Settings) -> None:
    settings.COLLECTOR_URL = "http://127.0.0.1:1"

    (_, got) = machines.scan([Link("x", "http://127.0.0.1:1/")])

    assert (got.status, got.is_well) == (0, False)
    assert got.text
