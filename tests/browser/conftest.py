"""A real browser before real processes: the demo company under one supervisor, Debian's Chromium."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, sync_playwright

from tabiji.practice.demo import staff
from tabiji.runtime.home import Home
from tests.acceptance.processes import ROOT, wait_until
from tests.demo.heroine import BROWSER
from tests.demo.stores import COLLECTOR_PORT, WEB_PORT, home_with_demo, the_ports

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
BASE = f"http://127.0.0.1:{WEB_PORT}"
AXE = ROOT / "tabiji" / "web" / "static" / "dist" / "test" / "axe.min.js"


@dataclass(frozen=True, slots=True)
class Stack:
    """The running demo company."""

    home: Home
    base: str = BASE

    def page(self, path: str) -> str:
        return f"{self.base}/w/{staff.SLUG}/{path}"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """`tabiji up` on the demo at its opening; a fresh one for each module."""
    home = home_with_demo(tmp_path_factory.mktemp("browser"))
    out = home.path / "said.txt"
    command = [sys.executable, "-m", "tabiji", "up", "--port", str(WEB_PORT)]
    command += ["--collector-port", str(COLLECTOR_PORT)]
    with the_ports():
        with out.open("wb") as said:
            process = subprocess.Popen(
                command,
                env={**os.environ, "TABIJI_HOME": str(home.path)},
                stdout=said,
                stderr=said,
                cwd=ROOT,
                start_new_session=True,
            )
        try:
            wait_until(lambda: "Stop it with" in out.read_text() or process.poll() is not None, timeout_s=120)
            assert process.poll() is None, out.read_text()
            yield Stack(home)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(90)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Closed with its module: Playwright's event loop runs in this thread for as long as it is open,
    and whatever the same worker tests next could neither use the database nor run a loop of its own."""
    with sync_playwright() as playwright:
        browser = _launch(playwright)
        yield browser
        browser.close()


def _launch(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))


@dataclass(slots=True)
class Visit:
    """One browser window; what its console complained about."""

    page: Page
    complaints: list[str]

    def go(self, address: str) -> int:
        """Open it and wait until it stands; the status."""
        answer = self.page.goto(address, wait_until="load")
        assert answer is not None
        return answer.status


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Visit]]:
    """`visit(width=390, language="en")`: a window of its own, closed at the end."""
    opened: list[BrowserContext] = []

    def open_(width: int = 1440, height: int = 900, language: str = "ja") -> Visit:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            locale={"ja": "ja-JP", "en": "en-US"}[language],
            timezone_id="Asia/Tokyo",
            user_agent=BROWSER,  # a headless browser says that it is one, and is counted as a machine
        )
        context.set_default_timeout(20_000)
        opened.append(context)
        page = context.new_page()
        made = Visit(page, [])

        def note(message: ConsoleMessage) -> None:
            if message.type == "error":
                made.complaints.append(f"{message.text} ({message.location.get('url')})")

        page.on("console", note)
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        return made

    yield open_
    for context in opened:
        context.close()


@pytest.fixture
def sign_in(stack: Stack) -> Callable[[Visit, str], None]:
    """Through the form, as everybody does: `sign_in(window, "aoi")`."""

    def through_the_form(window: Visit, key: str) -> None:
        (who,) = [one for one in staff.STAFF if one.key == key]
        window.go(f"{stack.base}/accounts/login/")
        window.page.fill("input[name=login]", who.email)
        window.page.fill("input[name=password]", staff.PASSWORD)
        window.page.click("button.btn-primary")
        window.page.wait_for_url("**/w/**")

    return through_the_form
