"""The demo company's page, form and mails: publishable as they are, and saying what the demo tells."""

from __future__ import annotations

from datetime import datetime

import pytest

from tabiji.content.public import brand, mails, merge_fields
from tabiji.content.tests.builders import person
from tabiji.pages.contracts import Visit
from tabiji.pages.public import forms, landing
from tabiji.people.public import fields
from tabiji.practice.demo import cast, content
from tabiji.practice.demo.content import Language
from tabiji.workspaces.contracts import AUTOMATIC

pytestmark = pytest.mark.usefixtures("workspace")
SITE = "http://127.0.0.1:8000/demo/tanomoa/"


def published_mails(language: Language, now: datetime) -> dict[str, int]:
    """Version ids by key."""
    brand.change(actor=AUTOMATIC, **content.brand_values(language, site=SITE))
    found = {}
    for mail in content.mails(language, site=SITE):
        mail_id = mails.create(
            mail.name,
            actor=AUTOMATIC,
            document=mail.document,
            subject=mail.subject,
            preheader=mail.preheader,
            purpose=mail.purpose,
            language=language,
            why=mail.why,
        )
        assert mails.find_problems(mails.draft_of(mails.get(mail_id))) == []
        found[mail.key] = mails.publish(mail_id, actor=AUTOMATIC, now=now)
    return found


def test_the_three_mails_say_what_the_demo_tells(now: datetime) -> None:
    versions = published_mails("ja", now)
    misaki = person(now, last_name="佐藤", first_name="美咲", company="青葉製作所")
    context = merge_fields.contexts([misaki], now=now)[misaki]

    said = {key: mails.compiled(version).render(context, {}) for key, version in versions.items()}

    assert said["auto_reply"].subject == "【タノモア】事例集をお送りします"
    assert said["auto_reply"].text.startswith("青葉製作所 佐藤 様\n\n資料のご請求ありがとうございます。")
    assert "9ページの『見積もりが3倍ぶれる5つの理由』" in said["auto_reply"].text
    assert said["case"].subject == "FAXの受発注を3か月でやめた工場の話"
    assert said["case"].text.startswith("佐藤 様\n\n従業員48名の製造業の例です。")
    assert said["basics"].subject == "外注の前に決めておく3つのこと(2分)"
    assert "3. いくらまでなら失敗できるか" in said["basics"].text
    for mail in said.values():
        for legal in (
            "株式会社タノモア",
            "おまかせ事業部",
            "東京都みほん区旅路町1-2-3",
            "配信設定",
            "配信停止",
        ):
            assert legal in mail.text
            assert legal in mail.html


@pytest.mark.parametrize(
    ("key", "labels"),
    [("auto_reply", ["資料を開く"]), ("case", ["進め方を見る", "こちら"]), ("basics", ["シートを開く"])],
)
def test_interest_is_told_by_these_links_only(now: datetime, key: str, labels: list[str]) -> None:
    compiled = mails.compiled(published_mails("ja", now)[key])

    assert [link.label for link in compiled.links if link.kind == "content"] == labels


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_form_and_its_page_can_be_published_as_they_are(now: datetime, language: Language) -> None:
    versions = published_mails(language, now)
    fields.create(content.BUDGET, label="予算", type="choice", choices=content.budget_choices(language))
    fields.create(content.CONSULTATION, label="相談内容", type="text")
    kinds = [{"value": key, "label": labels[0]} for key, labels in cast.ROLES.items()]
    fields.create("role", label="区分", type="choice", choices=kinds)
    document = content.form(
        language,
        site=SITE,
        auto_reply_mail_id=mails.get_version(versions["auto_reply"]).mail_id,
        initiative_id=1,
    )
    form_id = forms.create(
        content.form_name(language),
        key=content.FORM_KEY,
        actor=AUTOMATIC,
        document=document,
        language=language,
    )
    assert forms.find_problems(document) == []
    forms.publish(form_id, actor=AUTOMATIC, now=now)
    page = content.landing_page(language, form_id=form_id)
    page_id = landing.create(
        content.page_name(language), key=content.PAGE_KEY, actor=AUTOMATIC, document=page, language=language
    )
    assert landing.find_problems(page) == []
    version = landing.get_version(landing.publish(page_id, actor=AUTOMATIC, now=now))

    html = landing.render(version, context=Visit(now))

    if language == "ja":
        for said in (
            "その発注、3か月でWebになります。",
            "従業員48名の工場が、FAXの受発注をやめるまで",
            "事例集をもらう(無料・18ページ)",
            "100〜300万円",
            "セイ",
        ):
            assert said in html
    else:
        assert "Get the case book (free, 18 pages)" in html
        assert "必須" not in html


def test_nothing_japanese_is_left_in_the_english_twin(now: datetime) -> None:
    for version in published_mails("en", now).values():
        mail = mails.compiled(version).render({"person": {"first_name": "Misaki", "last_name": "Sato"}}, {})

        assert not [letter for letter in mail.subject + mail.text if "\u3040" <= letter <= "\u9fff"]
