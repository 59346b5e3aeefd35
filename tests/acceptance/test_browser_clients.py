"""What browsers send to a running collector: Segment's own client, and ours, in Chromium."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from playwright.sync_api import Page, sync_playwright

from tabiji.core.clickhouse import ClickHouse
from tests.acceptance.processes import ROOT, House, stored, wait_until
from tests.browser.conftest import FLAGS

pytestmark = [pytest.mark.stack, pytest.mark.browser, pytest.mark.xdist_group("collector")]
SITE: Final = "http://tanomoa.localhost:{port}"
SHOP: Final = "http://shop.localhost:{port}"
SNIPPET: Final = ROOT / "tabiji" / "web" / "static" / "dist" / "sdk" / "tabiji.js"
SEGMENT: Final = ROOT / "frontend/node_modules/@segment/analytics-next/dist/umd/index.js"
Open = Callable[[str, str], Page]


class _Site(BaseHTTPRequestHandler):
    """Any host, any address: the page of the test. A real server, for a page that came from nowhere may not
    talk to this machine."""

    html: ClassVar[str] = ""
    scripts: ClassVar[Mapping[str, Path]] = {"/tabiji.js": SNIPPET, "/segment.js": SEGMENT}

    def do_GET(self) -> None:
        script = self.scripts.get(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/javascript" if script else "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(script.read_bytes() if script else self.html.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def open_page() -> Iterator[Open]:
    """`open_page(address, html)`: in a browser that was never here. `{port}` in both is the site's."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=list(FLAGS))

        def open_(address: str, html: str) -> Page:
            _Site.html = html.replace("{port}", str(server.server_port))
            context = browser.new_context()
            context.set_default_timeout(10_000)
            page = context.new_page()
            page.goto(address.replace("{port}", str(server.server_port)))
            return page

        yield open_
        browser.close()
    server.shutdown()
    server.server_close()


def test_the_official_browser_client_works_with_only_its_two_hosts_changed(
    house: House, open_page: Open
) -> None:
    page = open_page(f"{SITE}/pricing/", '<script src="/segment.js"></script>')

    sent = page.evaluate(
        """async (host) => {
            const segment = AnalyticsNext.AnalyticsBrowser.load(
                { writeKey: "wk_test", cdnURL: `http://${host}` },
                { integrations: { "Segment.io": { apiHost: `${host}/v1`, protocol: "http" } } },
            )
            const told = [
                await segment.page("料金"),
                await segment.identify("next-user", { email: "next@aoba.example" }),
                await segment.track("資料請求", { budget: 300 }),
            ]
            return told.map((one) => one.event.messageId)
        }""",
        f"127.0.0.1:{house.collector_port}",
    )

    assert stored(house, sent[0], "name, path, source") == [("page_viewed", "/pricing/", "web")]
    ((person,),) = stored(house, sent[1], "subject_id")
    assert stored(house, sent[2], "name, subject_id, props.budget::Int64") == [("資料請求", person, 300)]


def test_our_client_waits_for_consent_then_tells_of_a_single_page_site_up_to_where_it_was_left(
    house: House, open_page: Open
) -> None:
    page = open_page(
        f"{SITE}/spa/",
        _tag(house, 'data-consent="waiting"')
        + '<form data-tabiji-form="chromium"><input name="company"><input name="budget"></form>'
        + '<div style="height: 5000px"></div>',
    )
    page.evaluate("history.pushState({}, '', '/spa/plan')")
    page.fill("[name=company]", "青葉製作所")
    page.focus("[name=budget]")
    page.mouse.wheel(0, 2_000)
    page.wait_for_timeout(1_500)
    assert (page.evaluate("document.cookie"), page.evaluate("localStorage.length")) == ("", 0)
    assert _told(house, "/spa/") == []

    page.evaluate("tabiji.consent('granted')")
    page.goto("about:blank")

    expected = {"page_viewed", "form_viewed", "form_started", "form_field_left", "page_left"}
    wait_until(lambda: {name for name, *_ in _told(house, "/spa/")} == expected)
    told = _told(house, "/spa/")
    assert [path for name, path, *_ in told if name == "page_viewed"] == ["/spa/", "/spa/plan"]
    (left,) = [one for one in told if one[0] == "form_field_left"]
    assert left[1:3] == ("/spa/plan", "budget")
    assert len({subject for *_, subject in told}) == 1
    assert all("青葉" not in props for *_, props, _ in told)


def test_a_visitor_stays_the_same_on_another_site_of_the_owner(house: House, open_page: Open) -> None:
    tag = _tag(house, 'data-domains="tanomoa.localhost, shop.localhost"')
    page = open_page(f"{SITE}/linked/", f'{tag}<a href="{SHOP}/linked/cart">店</a>')
    page.wait_for_function("document.cookie.includes('tbj_id=')")
    page.click("a")
    page.wait_for_url("**/linked/cart")

    assert "tbj_id=" in page.evaluate("document.cookie")
    wait_until(lambda: [path for _, path, *_ in _told(house, "/linked/") if path == "/linked/cart"])
    assert len({subject for *_, subject in _told(house, "/linked/")}) == 1


def _tag(house: House, attributes: str) -> str:
    return (
        '<script async src="/tabiji.js" data-key="wk_test"'
        f' data-host="http://127.0.0.1:{house.collector_port}" {attributes}></script>'
    )


def _told(house: House, prefix: str) -> list[tuple[Any, ...]]:
    """(name, path, field, properties, whose) of what was told of pages below the prefix, in order."""
    with closing(ClickHouse(house.clickhouse.url)) as store:
        return store.rows(
            "SELECT name, path, ifNull(props.field::Nullable(String), ''), toJSONString(props), subject_id"
            " FROM event WHERE startsWith(path, {prefix:String}) ORDER BY occurred_at, batch_id, ordinal",
            {"prefix": prefix},
        )
