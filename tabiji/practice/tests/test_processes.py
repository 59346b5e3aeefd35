"""Practice mode on real processes: a form is answered by mail, time moves, a worker dies on the way."""

from __future__ import annotations

import http.client
import json
import re
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg
import pytest

from tabiji.events.public import inlet
from tabiji.practice import letters
from tabiji.practice.tests.scene import SLUG
from tabiji.runtime.postgres import free_port
from tests.acceptance.processes import House, Process, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("practice")]

PERSON = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"


class PracticeHouse(House):
    """Engines, web, collector, worker and practice mail server, with the small company in it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.mail_port = free_port()

    @property
    def environment(self) -> dict[str, str]:
        return {**super().environment, "TABIJI_PRACTICE_SMTP": f"127.0.0.1:{self.mail_port}"}

    def open(self) -> None:
        self.start_engines()
        made = subprocess.run(
            [sys.executable, "-m", "tabiji.practice.tests.scene"],
            env={**self.environment, "DJANGO_SETTINGS_MODULE": "tabiji.runtime.settings"},
            capture_output=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr.decode()[-3000:]
        self.run("practice-mail", "--port", str(self.mail_port))
        self.collector()
        self.run("web", "--port", str(self.web_port))
        for port in (self.web_port, self.collector_port):
            wait_until(lambda port=port: ask(port, "GET", "/health")[0] == 200)

    def rows(self, sql: str, *params: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.postgres.url(), autocommit=True) as connection:
            return connection.execute(sql.encode(), params).fetchall()

    def mails_to(self, address: str) -> list[letters.Letter]:
        found = self.rows("SELECT wire FROM practice_mail WHERE rcpt = %s ORDER BY id", address)
        return [letters.read(zlib.decompress(row[0])) for row in found]


def ask(
    port: int, method: str, path: str, body: str = "", agent: str = PERSON
) -> tuple[int, str, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        headers = {"User-Agent": agent}
        if body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body or None, headers)
        response = connection.getresponse()
        return (
            response.status,
            response.read().decode("utf-8", "replace"),
            {name.lower(): value for name, value in response.getheaders()},
        )
    except OSError:
        return 0, "", {}
    finally:
        connection.close()


def submit_form(house: PracticeHouse, email: str) -> None:
    """As a browser does it; the form does not believe anybody who is quicker than a person."""
    _, page, _ = ask(house.web_port, "GET", f"/p/{SLUG}/jireishu")
    action = re.search(r'action="(/f/[^"]+/submit)"', page)
    assert action is not None
    time.sleep(3.1)
    answers = {
        "company": "青葉製作所",
        "last_name": "佐藤",
        "first_name": "美咲",
        "last_kana": "サトウ",
        "first_kana": "ミサキ",
        "email": email,
        "budget": "100_300",
        "mail_consent": "1",
        "terms": "1",
    }
    assert ask(house.web_port, "POST", action.group(1), urlencode(answers))[0] == 303


def visited(house: PracticeHouse) -> list[str]:
    """Names of the pages whose views were accepted, in order."""
    events = [
        json.loads(raw)
        for (body,) in house.rows("SELECT body FROM event_inbox ORDER BY id")
        for envelope in inlet.unpack(body)
        for raw in envelope.events
    ]
    seen = {one["messageId"]: one["name"] for one in events if one.get("type") == "page"}
    return list(seen.values())


def ask_for_move(house: PracticeHouse, hours: int) -> int:
    rows = house.rows(
        "INSERT INTO time_move (workspace_id, target, started_from, cancelled, error)"
        " SELECT id, clock_timestamp() + clock_offset + make_interval(hours => %s),"
        " clock_timestamp() + clock_offset, false, '' FROM workspace WHERE slug = %s RETURNING id",
        hours,
        SLUG,
    )
    house.rows("SELECT pg_notify('tabiji_time_moves', '')")
    return int(rows[0][0])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PracticeHouse]:
    made = PracticeHouse(Path(tmp_path_factory.mktemp("practice-house")))
    try:
        made.open()
        yield made
    finally:
        made.stop()


@pytest.fixture
def worker(house: PracticeHouse) -> Iterator[Process]:
    process = house.worker()
    yield process
    process.stop()
    house.processes.remove(process)


def test_from_the_form_to_the_second_mail_through_the_death_of_the_worker(
    house: PracticeHouse, worker: Process
) -> None:
    submit_form(house, "misaki@aoba.example")
    (reply,) = wait_until(lambda: house.mails_to("misaki@aoba.example"), 15)
    assert reply.subject == "【タノモア】事例集をお送りします"
    time.sleep(2.1)  # quicker than that is a machine
    url = urlsplit(next(link.url for link in reply.links if link.label == "資料を開く"))
    status, _, headers = ask(house.collector_port, "GET", url.path)
    assert (status, headers["location"]) == (302, f"http://127.0.0.1:{house.web_port}/site/{SLUG}/cases/")
    wait_until(lambda: house.rows("SELECT 1 FROM click"))

    move_id = ask_for_move(house, hours=24 * 10)
    wait_until(lambda: house.rows("SELECT 1 FROM time_move WHERE reached IS NOT NULL"))
    worker.kill()
    worker.start()
    (done,) = wait_until(
        lambda: house.rows("SELECT error, reached >= target FROM time_move WHERE finished_at IS NOT NULL"), 40
    )

    assert done == ("", True)
    assert house.rows("SELECT verdict FROM click") == [("human",)]
    mails = house.mails_to("misaki@aoba.example")
    assert [mail.subject for mail in mails] == [reply.subject, "FAXの受発注を3か月でやめた工場の話"]
    # Where the worker died between the mail's last byte and the commit, nobody knows and the state says so.
    ((decided_at, state),) = house.rows(
        "SELECT decided_at AT TIME ZONE 'Asia/Tokyo', state FROM message"
        " WHERE kind = 'marketing' AND address = 'misaki@aoba.example'"
    )
    assert (decided_at.month, decided_at.day, decided_at.hour) == (5, 7, 10)
    assert state in ("sent", "uncertain")
    assert move_id == house.rows("SELECT max(id) FROM time_move")[0][0]


def test_a_mailbox_that_is_gone_sends_the_mail_back(house: PracticeHouse, worker: Process) -> None:
    submit_form(house, "tanaka@bounce.example")

    wait_until(lambda: house.rows("SELECT 1 FROM message WHERE state = 'bounced'"), 15)

    assert house.mails_to("tanaka@bounce.example") == []
    assert house.rows("SELECT address FROM suppression WHERE address LIKE 'tanaka@%%'") == [
        ("tanaka@bounce.example",)
    ]


@pytest.mark.browser
def test_a_visit_to_the_demo_site_arrives_at_the_collector(house: PracticeHouse, worker: Process) -> None:
    from playwright.sync_api import sync_playwright

    said: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=CHROMIUM)
        page = browser.new_page(user_agent=PERSON)
        page.on(
            "console",
            lambda message: said.append(message.text) if "Content Security" in message.text else None,
        )
        for number, path in enumerate(("", "omakase/", "pricing/"), 1):
            page.goto(f"http://127.0.0.1:{house.web_port}/site/{SLUG}/{path}")
            wait_until(lambda number=number: len(visited(house)) >= number)
        names = page.evaluate("document.querySelector('meta[name=tabiji-page]').content")
        browser.close()

    assert names == "料金"
    assert [text for text in said if "Content Security" in text] == []
    assert visited(house) == ["トップ", "おまかせ", "料金"]
    assert house.rows("SELECT count(*) FROM event_reject") == [(0,)]


CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
