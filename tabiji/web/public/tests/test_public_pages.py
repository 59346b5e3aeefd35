"""What visitors get: whole pages without a script, and a form that answers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tabiji.content.public import brand
from tabiji.core import postgres
from tabiji.pages.public import forms, landing, submissions, tickets
from tabiji.pages.tests.builders import SATO, Shown, a_shown_form, page_document
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import definitions, keys
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.urls("tabiji.web.public.urls")
OPENING = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
TOKEN = re.compile(r'action="/f/([^/"]+)/submit"')


class Place:
    """A workspace with a published form on a published page, seen from outside."""

    def __init__(self, info: WorkspaceInfo, shown: Shown, now: datetime) -> None:
        self.info, self.shown, self.now = info, shown, now
        self.client = Client(enforce_csrf_checks=True)
        self.path = f"/p/{info.slug}/siryo"

    def open(self, path: str = "", **values: Any) -> str:
        return self.client.get(path or self.path, **values).content.decode()

    def token(self, *, seconds: int = 30) -> str:
        """A ticket of a page that was opened a while ago."""
        with postgres.workspace_scope(self.info.id):
            opened = workspaces.business_now() - timedelta(seconds=seconds)
            shown = self.shown
            return tickets.sign(tickets.issue(self.info.id, shown.form_version_id, shown.page_id, now=opened))

    def send(self, data: dict[str, str], token: str = "", **values: Any) -> Any:
        return self.client.post(
            f"/f/{token or self.token()}/submit",
            "&".join(f"{key}={_quoted(value)}" for key, value in data.items()),
            content_type="application/x-www-form-urlencoded",
            **values,
        )

    def count(self) -> int:
        with postgres.workspace_scope(self.info.id):
            return submissions.count(self.shown.form_id)


def _quoted(text: str) -> str:
    from urllib.parse import quote

    return quote(text)


@pytest.fixture
def place(db: None, settings: Any) -> Iterator[Place]:
    # No static file is asked for here, and looking for them takes a second each time.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
    info = workspaces.create(
        f"tanomoa-{os.urandom(3).hex()}",
        name="株式会社タノモア",
        is_practice=True,
        clock_offset=OPENING - datetime.now(UTC),
    )
    with postgres.workspace_scope(info.id):
        shown = a_shown_form(OPENING)
        keys.create_write_key("サイト", actor=AUTOMATIC, public=f"wk_{os.urandom(4).hex()}")
    yield Place(info, shown, OPENING)


class Tree(HTMLParser):
    """Elements of a page, with their attributes and the words inside labels."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        return [
            found
            for name, found in self.elements
            if name == tag and all(found.get(key) == value for key, value in wanted.items())
        ]


def test_a_visitor_reads_the_page_and_its_form(place: Place) -> None:
    html = place.open()

    assert '<html lang="ja">' in html
    assert "<title>その発注、3か月でWebになります。</title>" in html
    assert "<h1>その発注、3か月でWebになります。</h1>" in html
    assert "従業員48名の工場が、FAXの受発注をやめるまで" in html
    assert "事例集をもらう(無料・18ページ)" in html
    assert html.count("株式会社タノモア ・ 東京都千代田区神田1-2-3") == 1
    assert f'data-tabiji-form="{place.shown.form_id}"' in html


def test_every_question_has_its_label_and_none_is_ticked_in_advance(place: Place) -> None:
    tree = Tree(place.open())

    labelled = {label["for"] for label in tree.all("label") if "for" in label}
    asked = [
        found
        for tag in ("input", "select", "textarea")
        for found in tree.all(tag)
        if found.get("type") != "hidden" and found["name"] != "_memo"
    ]
    assert {found["id"] for found in asked} == labelled
    assert len(asked) == 10
    assert all("checked" not in found for found in tree.all("input"))
    by_name = {found["name"]: found for found in asked}
    assert by_name["email"]["type"] == "email"
    assert by_name["email"]["autocomplete"] == "email"
    assert by_name["phone"]["type"] == "tel"
    assert "required" in by_name["company"]
    ids = [found["id"] for _tag, found in tree.elements if "id" in found]
    assert len(ids) == len(set(ids))


def test_hidden_fields_wait_for_the_snippet_and_take_the_campaign_from_the_address(place: Place) -> None:
    tree = Tree(place.open(f"{place.path}?utm_source=search&plan=market&utm_medium=%22%3E%3Cscript%3E"))

    hidden = {found["name"]: found.get("value", "") for found in tree.all("input", type="hidden")}
    assert hidden["_tabiji_anonymous_id"] == ""
    assert hidden["utm_source"] == "search"
    assert hidden["utm_medium"] == '"><script>'
    assert hidden["utm_campaign"] == ""
    assert hidden["plan"] == "market"
    (script,) = tree.all("script")
    assert script["data-host"] == settings.COLLECTOR_URL
    assert script["data-key"].startswith("wk_")


def test_no_cookie_no_framing_and_a_strict_policy(place: Place) -> None:
    for response in (
        place.client.get(place.path),
        place.client.get("/p/nowhere/nothing"),
        place.client.get(f"/f/{place.token()}/thanks"),
        place.send({}),
        place.send(SATO),
    ):
        policy = response.headers["Content-Security-Policy"]
        assert not response.cookies
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Frame-Options"] == "DENY"
        assert response.headers["Cache-Control"] == "no-store"


def test_the_brands_colours_stand_in_a_style_with_this_answers_nonce(place: Place) -> None:
    with postgres.workspace_scope(place.info.id):
        brand.change(actor=AUTOMATIC, main_colour="#7a1f1f")

    first, second = place.client.get(place.path), place.client.get(place.path)

    assert "--brand:#7a1f1f" in first.content.decode()
    nonces = [
        re.findall(r"'nonce-([^']+)'", one.headers["Content-Security-Policy"])[0] for one in (first, second)
    ]
    assert nonces[0] != nonces[1]
    assert f'<style nonce="{nonces[0]}">' in first.content.decode()


def test_sending_without_a_script_leads_to_thanks_that_can_be_loaded_again(place: Place) -> None:
    html = place.open()
    found = TOKEN.search(html)
    assert found

    sent = place.send(SATO, place.token(), headers={"User-Agent": "Mozilla/5.0"})

    assert sent.status_code == 303
    assert place.count() == 1
    for _ in range(2):
        shown = place.open(sent.headers["Location"])
        assert "ありがとうございます" in shown
        assert 'href="https://tanomoa.example/"' in shown
    assert place.count() == 1


def test_two_clicks_on_the_button_are_one_submission(place: Place) -> None:
    token = place.token()

    first, second = place.send(SATO, token), place.send(SATO, token)

    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] == second.headers["Location"]
    assert place.count() == 1


def test_mistakes_come_back_with_what_was_typed_and_lead_to_their_fields(place: Place) -> None:
    answer = place.send({**SATO, "email": "sato@aoba", "kana": "sato", "last_name": '"><b>'})

    html = answer.content.decode()
    tree = Tree(html)
    assert answer.status_code == 422
    assert "<title>入力をご確認ください:" in html
    assert "2か所を直してください" in html
    assert tree.all("div", role="alert")
    links = {found["href"] for found in tree.all("a") if found.get("href", "").startswith("#f-")}
    assert links == {"#f-email", "#f-kana"}
    (email,) = tree.all("input", name="email")
    assert email["value"] == "sato@aoba"
    assert email["aria-invalid"] == "true"
    assert "f-email-error" in email["aria-describedby"].split()
    assert tree.all("p", id="f-email-error")
    assert tree.all("input", name="last_name")[0]["value"] == '"><b>'
    assert tree.all("textarea")
    assert "受発注をWeb化したい" in html
    assert "checked" in tree.all("input", name="mail_consent")[0]
    assert "selected" in tree.all("option", value="100_300")[0]
    assert place.count() == 0


def test_a_corrected_form_goes_through_with_the_ticket_that_came_back(place: Place) -> None:
    token = place.token()
    back = place.send({**SATO, "email": "sato"}, token).content.decode()
    found = TOKEN.search(back)
    assert found
    assert found[1] == token

    assert place.send(SATO, found[1]).status_code == 303
    assert place.count() == 1


def test_an_old_page_gives_a_new_ticket_and_keeps_the_answers(place: Place) -> None:
    back = place.send(SATO, place.token(seconds=3 * 86_400))

    found = TOKEN.search(back.content.decode())
    assert found
    assert back.status_code == 422
    assert "青葉製作所" in back.content.decode()
    with postgres.workspace_scope(place.info.id):
        workspaces.set_clock_offset(place.info.clock_offset + timedelta(seconds=10))
    assert place.send(SATO, found[1]).status_code == 303


def test_a_suggested_address_can_be_sent_with_one_button(place: Place) -> None:
    token = place.token()
    asked = place.send({**SATO, "email": "sato@gmial.com"}, token).content.decode()

    (use,) = Tree(asked).all("button", name="_use_email")
    (kept,) = Tree(asked).all("input", name="_kept_email")

    assert use["value"] == "sato@gmail.com"
    assert "sato@gmail.com で送る" in asked
    sent = place.send(
        {**SATO, "email": "sato@gmial.com", "_kept_email": kept["value"], "_use_email": use["value"]}, token
    )
    assert sent.status_code == 303


XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus='x",
    "</textarea><svg>",
    "{{ 7|add:7 }}{% now %}",
]


@pytest.mark.parametrize("value", XSS)
def test_what_visitors_send_comes_back_as_words(place: Place, value: str) -> None:
    harmless = Tree(place.send(dict.fromkeys(SATO, "x")).content.decode())

    data = dict.fromkeys(SATO, value) | {"utm_source": value, "_tabiji_anonymous_id": value, "plan": value}
    answer = place.send(data)

    tree = Tree(answer.content.decode())
    assert answer.status_code == 422
    assert {tag for tag, _ in tree.elements} == {tag for tag, _ in harmless.elements}
    assert {name for _, found in tree.elements for name in found} <= {
        name for _, found in harmless.elements for name in found
    }
    assert tree.all("input", name="last_name")[0]["value"] == value


@pytest.mark.parametrize("value", [*XSS, "**太字**[x](https://a.example)"])
def test_what_authors_write_is_words_too(place: Place, value: str) -> None:
    with postgres.workspace_scope(place.info.id):
        blocks = [
            {
                "kind": "hero",
                "kicker": value,
                "title": value,
                "lead": value,
                "points": [{"title": value, "text": value}],
                "figures": [{"number": value, "label": value}],
            },
            {"kind": "heading", "text": value},
            {"kind": "text", "text": value},
            {"kind": "quote", "text": value, "by": value},
            {"kind": "columns", "columns": [[{"kind": "band", "title": value, "text": value}], []]},
            {"kind": "image", "source": "https://a.example/x.png", "alt": value},
            {"kind": "button", "label": value, "url": "https://a.example/"},
            {"kind": "divider"},
        ]
        document = {"version": 1, "title": value, "description": value, "blocks": blocks}
        page_id = landing.create("x", key="words", actor=AUTOMATIC, document=document)
        landing.publish(page_id, actor=AUTOMATIC, now=OPENING)

    tree = Tree(place.open(f"/p/{place.info.slug}/words"))

    assert {"svg", "textarea"}.isdisjoint({tag for tag, _ in tree.elements})
    assert len(tree.all("script")) == 1
    assert not {name for _, found in tree.elements for name in found if name.startswith("on")}
    assert "autofocus" not in {name for _, found in tree.elements for name in found}


@pytest.mark.parametrize(
    "block",
    [
        {"kind": "button", "label": "x", "url": "javascript:alert(1)"},
        {"kind": "button", "label": "x", "url": "//evil.example"},
        {"kind": "button", "label": "x", "url": "data:text/html,x"},
        {"kind": "image", "source": "javascript:x", "alt": "x"},
        {"kind": "text", "text": "[x](javascript:alert)"},
        {"kind": "hero", "title": "x", "label": "x", "url": "vbscript:x"},
        {"kind": "form", "form_id": 999_999},
    ],
)
def test_a_page_that_leads_where_it_must_not_is_not_published(place: Place, block: dict[str, Any]) -> None:
    from tabiji.pages.public import CannotPublish

    with postgres.workspace_scope(place.info.id):
        document = {"version": 1, "title": "x", "blocks": [block]}
        page_id = landing.create("x", key="bad", actor=AUTOMATIC, document=document)
        with pytest.raises(CannotPublish):
            landing.publish(page_id, actor=AUTOMATIC, now=OPENING)

    assert place.client.get(f"/p/{place.info.slug}/bad").status_code == 404


def test_what_is_not_published_not_here_or_forged_is_a_calm_404(place: Place) -> None:
    with postgres.workspace_scope(place.info.id):
        landing.create("下書き", key="draft", actor=AUTOMATIC, document=page_document(place.shown.form_id))
    slug = place.info.slug

    for path in (
        f"/p/{slug}/draft",
        f"/p/{slug}/nothing",
        "/p/nobody/siryo",
        "/f/xyz/submit",
        "/f/xyz/thanks",
    ):
        answer = place.client.get(path)
        assert answer.status_code == 404
        assert "ページが見つかりません" in answer.content.decode()
    assert place.send(SATO, "A" * 60).status_code == 404
    assert place.send(SATO, place.token()[:-2] + "AA").status_code == 404


def test_a_ticket_of_another_workspace_does_not_reach_our_form(place: Place) -> None:
    theirs = workspaces.create(f"minato-{os.urandom(3).hex()}", name="みなと看護ナビ", is_practice=True)
    forged = tickets.sign(
        tickets.issue(theirs.id, place.shown.form_version_id, place.shown.page_id, now=OPENING)
    )

    assert place.send(SATO, forged).status_code == 404
    assert place.client.get(f"/f/{forged}/thanks").status_code == 404
    assert place.client.get(f"/p/{theirs.slug}/siryo").status_code == 404
    assert place.count() == 0


def test_a_form_that_was_put_away_takes_nothing_and_a_page_shows_none(place: Place) -> None:
    token = place.token()
    with postgres.workspace_scope(place.info.id):
        definitions.update(place.shown.form_id, actor=AUTOMATIC, state="archived")

    assert place.send(SATO, token).status_code == 410
    assert "<form" not in place.open()
    assert place.count() == 0


def test_a_form_that_changed_since_still_takes_what_the_visitor_saw(place: Place) -> None:
    token = place.token()
    with postgres.workspace_scope(place.info.id):
        document = forms.get(place.shown.form_id).document
        forms.save_draft(
            place.shown.form_id, actor=AUTOMATIC, document={**document, "fields": document["fields"][:5]}
        )
        forms.publish(place.shown.form_id, actor=AUTOMATIC, now=OPENING)

    back = place.send({**SATO, "email": "x"}, token)
    assert back.status_code == 422
    assert "相談内容" in back.content.decode()
    assert place.send(SATO, token).status_code == 303


def test_getting_the_address_of_sending_leads_back_to_the_page(place: Place) -> None:
    answer = place.client.get(f"/f/{place.token()}/submit")

    assert answer.headers["Location"] == place.path
    assert place.count() == 0


def test_files_other_methods_and_floods_are_turned_away(place: Place) -> None:
    token = place.token()

    upload = place.client.post(f"/f/{token}/submit", {"company": "x"})
    flood = place.send({f"f{n}": "x" for n in range(3_000)}, token)
    huge = place.send({"message": "x" * 3_000_000}, token)

    assert upload.status_code == 400
    assert flood.status_code == 400
    assert huge.status_code == 400
    assert place.client.put(f"/f/{token}/submit").status_code == 405
    assert place.client.post(place.path).status_code == 405
    assert place.count() == 0


def test_a_preview_cannot_be_sent_and_measures_nothing(place: Place) -> None:
    with postgres.workspace_scope(place.info.id):
        html = landing.preview(place.shown.page_id, now=OPENING)
        submitted = place.count()

    tree = Tree(html)
    assert not tree.all("script")
    assert not TOKEN.search(html)
    assert "disabled" in tree.all("button")[-1]
    assert submitted == 0


def test_the_english_page_is_english(place: Place) -> None:
    with postgres.workspace_scope(place.info.id):
        landing.save_draft(place.shown.page_id, actor=AUTOMATIC, language="en")
        landing.publish(place.shown.page_id, actor=AUTOMATIC, now=OPENING)
        forms.save_draft(place.shown.form_id, actor=AUTOMATIC, language="en")
        version_id = forms.publish(place.shown.form_id, actor=AUTOMATIC, now=OPENING)
    place.shown = Shown(place.shown.form_id, version_id, place.shown.page_id, place.shown.page_version_id)

    html = place.open()
    back = place.send({**SATO, "email": "sato"}).content.decode()

    assert '<html lang="en">' in html
    assert "optional" in html
    assert "Please correct 1 field" in back
    assert "必須" not in html + back
