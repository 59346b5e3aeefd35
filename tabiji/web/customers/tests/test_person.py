"""A person's page: the line in words, why each automatic act happened, one act to do next, by role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from tabiji.core import clickhouse, postgres
from tabiji.events.public import processor
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, fields, merging, persons
from tabiji.sales.public import deals, hand_overs, policy
from tabiji.web.customers import sentences
from tabiji.web.customers.tests.conftest import SignIn
from tabiji.web.customers.tests.story import Story, at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db


class Words(HTMLParser):
    """What people read: the texts of a page, and of each element with one of these classes."""

    def __init__(self, html: str, *marks: str) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {mark: [] for mark in marks}
        self.texts: list[str] = []
        self._open: list[tuple[str, str]] = []
        self._hidden = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("br", "input", "meta", "link", "hr", "use", "rect", "circle", "line", "path", "img"):
            return
        classes = (dict(attrs).get("class") or "").split()
        mark = next((one for one in classes if one in self.found), "")
        if mark:
            self.found[mark].append("")
        self._open.append((tag, mark))
        self._hidden += tag in ("script", "style", "template", "title")

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, _mark = self._open.pop()
            self._hidden -= opened in ("script", "style", "template", "title")
            if opened == tag:
                return

    def handle_data(self, data: str) -> None:
        if self._hidden or not data.strip():
            return
        self.texts.append(data.strip())
        for mark in {mark for _tag, mark in self._open if mark}:
            self.found[mark][-1] += data


def page(
    client: Client,
    where: WorkspaceInfo,
    path: str,
    asked: Mapping[str, str] | None = None,
    *,
    status: int = 200,
    **query: str,
) -> str:
    response = client.get(f"/w/{where.slug}/{path}", {**(asked or {}), **query})
    assert response.status_code == status
    return response.content.decode()


def entries(html: str) -> list[str]:
    return [" ".join(text.split()).replace("なぜ?", "[なぜ?]") for text in _lines(html)]


def _lines(html: str) -> list[str]:
    """Times, sentences and silences, without the answers of 「なぜ?」."""
    html = re.sub(r'<span class="why-answer".*?</small></span>', "", html, flags=re.DOTALL)
    words = Words(html, "entry", "silence")
    found: list[str] = []
    for part in re.findall(r'<li class="(entry|silence)[ "]', html):
        found.append(words.found[part].pop(0))
    return found


def test_the_line_reads_as_it_is_drawn(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    told = entries(page(sign_in(Role.SALES), workspace, f"people/{story.person_id}/"))

    assert told == [
        "5/7(木) 13:05小林 陽電話 6分12秒「予約」 → 商談 5/12(火) 14:00 ・ ゴール達成でシナリオ終了",
        "12:31小林 陽引き渡しを受け取りました(13分後)",
        "12:18自動営業へ引き渡し:基準80点に到達(事例メールのクリック +10) [なぜ?]",
        "12:08本人事例メール「資料を開く」をクリック",
        "10:00自動事例メールを送信:4/28に資料を開いたため(第1版) [なぜ?]",
        "沈黙 8日(うち営業日 2日)",
        "4/28(火) 14:31本人「資料を開く」をクリック ・ 機械のアクセス12件は数えていません",
        "14:20自動自動返信「事例集をお送りします」到達 ・ シナリオ「資料請求後フォロー(おまかせ)」に参加 [なぜ?]",
        "14:20本人資料請求(予算100〜300万円「受発注をWeb化したい」) ← ここで本人とわかり、過去5ページを結合",
        "14:03匿名5ページ閲覧 16分:トップ → おまかせ → 事例 → 比較 → 料金(検索から)",
    ]


@pytest.mark.parametrize(
    ("name", "language", "title"),
    [
        ("事例集をお送りします", "ja", "自動返信「事例集をお送りします」"),
        ("自動返信(事例集)", "ja", "自動返信(事例集)"),
        ("Automatic reply (cases)", "en", "Automatic reply (cases)"),
        ("", "ja", "自動返信"),
    ],
)
def test_an_automatic_reply_is_not_called_one_twice(name: str, language: str, title: str) -> None:
    with translation.override(language):
        assert sentences.reply_title(name) == title


def test_each_automatic_act_says_why(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    html = page(sign_in(Role.MARKETER), workspace, f"people/{story.person_id}/", records="1")

    reasons = Words(html, "why-answer").found["why-answer"]
    rows = html.split('<li class="entry')[1:]
    automatic = [row for row in rows if row.startswith(" entry-auto")]
    assert len(automatic) >= 8 and all("why-ask" in row for row in automatic)
    assert (
        "スコアが80点になり、基準80点に達しました。最後に加わったのは「事例メールのクリック +10」です。"
        "引き渡し先:小林 陽。第3版 · 5/7(木) 12:18"
    ) in reasons
    assert any("フォーム「資料請求」の送信で、シナリオ" in reason for reason in reasons)


def test_no_code_word_is_ever_visible(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    twin = customer("twin@aoba.example", at=at(5, 7, 13), last_name="髙橋")
    merging.suggest([(story.person_id, twin)], reason="name_and_company", at=at(5, 7, 13))
    client = sign_in(Role.ADMIN)
    paths = [f"people/{story.person_id}/", "people/", "companies/", "lists/", "duplicates/", "consent/"]

    for path in [*paths, f"people/{story.person_id}/messages/"]:
        for query in ({"records": "1"}, {"tab": "fields"}, {"tab": "consent"}):
            text = " ".join(Words(page(client, workspace, path, query)).texts)
            assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}|\d{4}-\d\d-\d\dT|[{}]|null|None", text), (
                path,
                query,
            )
            assert not re.search(r"\b[a-z]+_[a-z_]+\b", text), (path, re.findall(r"\b[a-z]+_[a-z_]+\b", text))


def test_filters_are_in_the_address(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    client = sign_in(Role.SALES)
    path = f"people/{story.person_id}/"

    own = entries(page(client, workspace, path, who="own"))
    calls = entries(page(client, workspace, path, lane="talk"))
    april = entries(page(client, workspace, path, to="2026-04-28"))

    assert len(own) == 4 and not any("沈黙" in line for line in own)
    assert len(calls) == 1 and "電話 6分12秒" in calls[0]
    assert april[0].startswith("4/28(火) 14:31")


def test_english_is_complete(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    html = page(sign_in(Role.SALES, "en"), workspace, f"people/{story.person_id}/", records="1")

    assert "Handed over to sales" in html and "Silence, 8 days (2 business days)" in html
    assert "5 pages viewed in 16 min" in html and "(from a search)" in html


@pytest.mark.parametrize(
    ("role", "label"),
    [
        (Role.SALES, "受け取る"),
        (Role.SALES_MANAGER, "受け取る"),
        (Role.MARKETER, "固定リストに入れる"),
        (Role.ANALYST, "同じステージの人を見る"),
        (Role.VIEWER, "同じステージの人を見る"),
    ],
)
def test_one_primary_button_for_each_role(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn, now: datetime, role: Role, label: str
) -> None:
    client = sign_in(role)
    hand_overs.request([story.person_id], reason="電話で依頼", at=now, owner_id=None)
    postgres.execute("UPDATE hand_over SET owner_id = NULL")

    html = page(client, workspace, f"people/{story.person_id}/")

    head = html[html.index("person-head") : html.index('<nav class="tabs"')]
    assert len(re.findall(r"btn-primary|btn-go", head)) == 1
    assert re.search(r"(btn-primary|btn-go)[^>]*>(<svg.*?</svg>)?" + label, head, re.DOTALL)


def test_accepting_from_the_page(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn, now: datetime
) -> None:
    made = hand_overs.request([story.person_id], reason="電話で依頼", at=now, owner_id=story.haru.user_id)
    client = sign_in(story.haru)

    client.post(f"/w/{workspace.slug}/people/{story.person_id}/accept/")

    assert hand_overs.get(made.made[story.person_id]).state == "accepted"
    assert "販促メールは停止中" in page(client, workspace, f"people/{story.person_id}/")


def test_those_who_may_not_read_names_see_neither_names_nor_answers(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn
) -> None:
    client = sign_in(Role.ANALYST)

    html = page(client, workspace, f"people/{story.person_id}/") + page(client, workspace, "people/")
    html += page(client, workspace, f"people/{story.person_id}/", tab="fields")

    for secret in ("美咲", "サトウ", "sato@aoba", "1234-5678", "受発注をWeb化したい"):
        assert secret not in html
    refused = client.post(f"/w/{workspace.slug}/people/{story.person_id}/fields/title/", {"value": "部長"})
    assert refused.status_code == 403


def test_what_is_hostile_is_shown_as_text(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    bad = "<script>alert(1)</script>"
    client = sign_in(Role.MARKETER)
    client.post(f"/w/{workspace.slug}/people/{story.person_id}/fields/last_name/", {"value": bad})

    for path in (f"people/{story.person_id}/", "people/"):
        html = page(client, workspace, path, records="1")
        assert bad not in html and "&lt;script&gt;" in html


def test_a_field_is_changed_and_taken_back(workspace: WorkspaceInfo, story: Story, sign_in: SignIn) -> None:
    client = sign_in(Role.SALES)
    url = f"/w/{workspace.slug}/people/{story.person_id}/fields/title/"
    htmx: Any = {"HX-Request": "true"}

    changed = client.post(url, {"value": "課長"}, headers=htmx).content.decode()
    undone = client.post(url, {"value": "主任", "undo": "1"}, headers=htmx).content.decode()

    assert "課長" in changed and 'name="value" value="主任"' in changed
    assert "元に戻す" not in undone and persons.get(story.person_id).title == "主任"


def test_a_value_that_does_not_fit_is_told_in_place(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn
) -> None:
    client = sign_in(Role.SALES)
    base = f"/w/{workspace.slug}/people/{story.person_id}/fields"

    refused = client.post(f"{base}/phone/", {"value": "abc"})
    unknown = client.post(f"{base}/no-such-field/", {"value": "1"})

    assert refused.status_code == 422 and "電話番号の形ではありません" in refused.content.decode()
    assert unknown.status_code == 404


def test_an_address_of_somebody_else_becomes_a_merge_candidate(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn, now: datetime
) -> None:
    other = customer("ito@aoba.example", at=now)
    client = sign_in(Role.SALES)

    refused = client.post(
        f"/w/{workspace.slug}/people/{story.person_id}/fields/email/", {"value": "ito@aoba.example"}
    )

    assert refused.status_code == 422 and "別の顧客のもの" in refused.content.decode()
    assert {other, story.person_id} == set(merging.list_candidates()[0][:2])
    assert "メールアドレスが同じ" in page(client, workspace, "duplicates/")


def test_the_ledger_shows_its_proof_and_takes_a_spoken_unsubscribe(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn, now: datetime
) -> None:
    agreed = {"text": "案内をメールで受け取る"}
    consent.record(
        [ConsentAct(story.person_id, "mail", "grant", "consent", now, "form", agreed)], actor="person"
    )
    client = sign_in(Role.SALES)
    path = f"people/{story.person_id}/"
    assert "「案内をメールで受け取る」" in page(client, workspace, path, tab="consent")

    client.post(f"/w/{workspace.slug}/{path}unsubscribe/", {"note": "電話で申し出"})

    html = page(client, workspace, path, tab="consent")
    assert "電話で申し出" in html and "本人が配信停止しました" in html
    assert consent.states([story.person_id], "mail")[story.person_id].state == "withdrawn"


def test_while_counting_rests_the_rest_of_the_page_works(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn
) -> None:
    client, store = sign_in(Role.SALES), clickhouse.store()
    clickhouse.configure("http://default:x@127.0.0.1:1/tabiji")
    try:
        html = page(client, workspace, f"people/{story.person_id}/")
    finally:
        clickhouse._store = store

    assert "集計を休んでいます" in html and "佐藤 美咲" in html and "電話する" in html


def test_a_merged_person_leads_to_whom_it_is_now(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn, now: datetime
) -> None:
    gone = customer("old@aoba.example", at=now)
    merging.merge(story.person_id, gone, reason="by_hand", at=now, actor="user:1")

    response = sign_in(Role.SALES).get(f"/w/{workspace.slug}/people/{gone}/")

    assert response.status_code == 302 and str(story.person_id) in response["Location"]


def test_nobody_of_another_workspace_is_there(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn
) -> None:
    client = sign_in(Role.ADMIN)
    fields.list_fields()

    page(client, workspace, f"people/{uuid4()}/", status=404)
    response = client.get(f"/w/another/people/{story.person_id}/")

    assert response.status_code == 404


def test_a_corrected_deal_is_told_as_corrected_and_not_as_moved(
    workspace: WorkspaceInfo, story: Story, sign_in: SignIn
) -> None:
    policy.set_policy(replace(policy.current(), lines=(("ec", "EC"), ("orders", "受発注"))), actor=AUTOMATIC)
    made = deals.open_(
        story.person_id, name="注文をまとめる", at=at(5, 7, 13, 6), actor=AUTOMATIC, amount=100, line="ec"
    )
    deals.change(made.id, at=at(5, 7, 13, 7), actor=AUTOMATIC, line="orders", amount=250)
    processor.process_all()

    told = entries(page(sign_in(Role.SALES), workspace, f"people/{story.person_id}/"))

    assert any("商談「注文をまとめる」を直した(受発注、¥250)" in one for one in told), told[:3]
