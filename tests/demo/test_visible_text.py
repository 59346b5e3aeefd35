"""What stands on the screens, page by page and in both languages: words for people, never those of the code."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from tabiji.core import postgres
from tabiji.practice.demo import staff
from tests.builders.scopes import outside
from tests.demo.console import Route, complete, email_of, routes, signed_in
from tests.demo.stores import Demo

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("demo"), pytest.mark.timeout(1_500)]
UNSEEN = {"script", "style", "template", "head"}
WRONG = {
    "UUID": re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"),
    "ISO time": re.compile(r"\b\d{4}-\d\d-\d\d(T\d\d:\d\d|\b)"),
    "JSON": re.compile(r"\{\s*[\"'&]|\[\s*\"|\bnull\b|\bundefined\b|\bNaN\b|\bNone\b(?! [a-z])|\[object "),
    "a word of the code": re.compile(r"\b(enrolments?|intents?|nodes?|poison(ed)?|[a-z]+_[a-z_]+)\b"),
    "a place that was not filled": re.compile(r"%\(\w+\)[sd]|\{\{|\{%"),
}
SHOWS_CODE = {
    "keys": {"a word of the code"},
    "keys-tag": {"a word of the code"},
    "forms-edit": {"a word of the code"},
    "events": {"a word of the code"},
    "rejects-detail": {"JSON", "a word of the code", "UUID"},
    "mails-edit": {"a place that was not filled", "a word of the code"},
    "pages-edit": {"a place that was not filled", "a word of the code"},
}
"""Pages whose very subject is a tag, an event as it came, or merge fields."""
IN_WORDS = re.compile(r"^[A-Z][a-z]+( [a-z’']+){3,}[.:]?$")


class Seen(HTMLParser):
    """The texts that somebody sees or hears, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in UNSEEN:
            self._hidden += 1
        self.texts += [
            value for name, value in attrs if name in ("title", "placeholder", "aria-label", "alt") and value
        ]

    def handle_endtag(self, tag: str) -> None:
        if tag in UNSEEN:
            self._hidden -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden and data.strip():
            self.texts.append(" ".join(data.split()))


def texts_of(html: str) -> list[str]:
    seen = Seen()
    seen.feed(html)
    return seen.texts


@pytest.fixture(scope="module", autouse=True)
def _complete(demo: Demo) -> None:
    complete(demo.now)


@pytest.mark.parametrize("language", ["ja", "en"])
@pytest.mark.parametrize("route", routes(), ids=lambda route: route.name)
def test_pages_speak_to_people(route: Route, language: str, demo: Demo) -> None:
    email = email_of("admin")
    postgres.execute("UPDATE staff_user SET language = %s WHERE email = %s", [language, email])
    client = signed_in(email)
    path = route.path(staff.SLUG)
    with outside():
        answer = client.get(path)
    if answer.status_code != 200 or "text/html" not in answer["Content-Type"]:
        return
    allowed = SHOWS_CODE.get(route.name, set())

    texts = texts_of(answer.content.decode())

    assert texts or "<html" not in answer.content.decode(), "an empty page says nothing"
    found = [
        (what, text)
        for what, form in WRONG.items()
        if what not in allowed
        for text in texts
        if form.search(text)
    ]
    assert found == []
    if language == "ja":
        assert [text for text in texts if IN_WORDS.match(text)] == []


def test_the_scan_finds_what_it_looks_for() -> None:
    bad = (
        '<p title="hand_over">0190a1b2-0000-7000-8000-000000000001</p><p>2026-04-28T05:00</p>'
        "<p>{&quot;a&quot;: null}</p><p>%(name)s</p><script>var a_b = null</script>"
    )

    found = {what for what, form in WRONG.items() for text in texts_of(bad) if form.search(text)}

    assert found == set(WRONG)
    assert "var a_b = null" not in texts_of(bad)
