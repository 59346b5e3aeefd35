"""Drafts, publishing, and what people get."""

from __future__ import annotations

import os
import timeit
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import psycopg
import pytest
from django.db import transaction
from django.db.utils import InternalError
from django.utils.translation import override

from tabiji.content.contracts import Draft, LinkKind
from tabiji.content.public import BadDocument, brand, mails, merge_fields, previewing, problems
from tabiji.content.tests.builders import brand_kit, button, document, heading, image, person, text
from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.people.public import fields
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import audit, definitions
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.usefixtures("workspace")
CASE = document(
    text("{{ person | honorific }}\n\n従業員48名の製造業の例です。**費用は180万円。**"),
    button("進め方を見る"),
    text("30分の無料相談は[こちら](https://tanomoa.example/talk)"),
)


def a_mail(
    blocks: dict[str, Any] = CASE, subject: str = "FAXの受発注を3か月でやめた工場の話", **values: Any
) -> int:
    brand_kit()
    return mails.create("事例メール", actor=AUTOMATIC, document=blocks, subject=subject, **values)


def test_a_published_mail_says_the_same_in_markup_and_in_plain_text(now: datetime) -> None:
    reader = person(now, last_name="佐藤", company="青葉製作所")
    compiled = mails.compiled(mails.publish(a_mail(), actor=AUTOMATIC, now=now))
    urls = {link.number: f"https://click.example/{link.number}" for link in compiled.links}

    mail = compiled.render(merge_fields.contexts([reader], now=now)[reader], urls)

    assert mail.subject == "FAXの受発注を3か月でやめた工場の話"
    for said in (mail.html, mail.text):
        assert "佐藤 様" in said
        assert "従業員48名の製造業の例です。" in said
        assert "進め方を見る" in said
        for number in range(1, 6):
            assert f"https://click.example/{number}" in said
        for legal in ("株式会社タノモア", "東京都千代田区神田1-2-3", "omakase@tanomoa.example"):
            assert legal in said
    assert "<b>費用は180万円。</b>" in mail.html
    assert "費用は180万円。" in mail.text
    assert '<html lang="ja"' in mail.html


def test_links_are_numbered_in_the_order_of_reading_and_legal_ones_are_marked(now: datetime) -> None:
    compiled = mails.compiled(mails.publish(a_mail(), actor=AUTOMATIC, now=now))

    assert [(link.number, link.kind, link.label) for link in compiled.links] == [
        (1, LinkKind.CONTENT, "進め方を見る"),
        (2, LinkKind.CONTENT, "こちら"),
        (3, LinkKind.PREFERENCES, "配信設定"),
        (4, LinkKind.UNSUBSCRIBE, "配信停止"),
        (5, LinkKind.LEGAL, "個人情報の扱い"),
    ]
    assert compiled.links[1].url == "https://tanomoa.example/talk"


def test_the_footer_cannot_be_left_out_moved_or_written_twice(now: datetime) -> None:
    footer = {"kind": "footer"}
    mail_id = a_mail(document(footer, text("本文"), footer))

    kinds = [block["kind"] for block in mails.get(mail_id).document["blocks"]]

    assert kinds == ["text", "footer"]


@pytest.mark.parametrize(
    ("blocks", "block", "line", "said"),
    [
        (
            document(heading("お知らせ"), text("こんにちは\n{{ person.last_nam }}様")),
            1,
            2,
            "person.last_name",
        ),
        (document(text("{% if person.title %}\n役職")), 0, 1, "endif"),
        (document(text("ok"), button("{{ company }", "https://a.example")), 1, 1, "{{"),
        (document(text("a\n\n[悪い](javascript:alert)")), 0, 3, "javascript:alert"),
        (document(button("x", "https://a.example/{{ person.email }}")), 0, 1, "差し込み"),
        ({"version": 1, "blocks": [{"kind": "columns", "columns": [[text("{{ x }}")], []]}]}, 0, 1, "x"),
    ],
)
def test_a_mail_with_a_mistake_is_not_published_and_shows_the_line(
    now: datetime, blocks: dict[str, Any], block: int, line: int, said: str
) -> None:
    mail_id = a_mail(blocks)

    with override("ja"), pytest.raises(mails.CannotPublish) as refused:
        mails.publish(mail_id, actor=AUTOMATIC, now=now)

    (problem,) = refused.value.problems
    assert (problem.block, problem.line) == (block, line)
    assert said in str(refused.value)
    assert f"ブロック{block + 1}の{line}行目" in str(refused.value)
    assert mails.current_version(mail_id) is None


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"subject": " "}, "no_subject"),
        ({"subject": "件名\r\nBcc: everyone@example.com"}, "line_break"),
        ({"subject": "件名\u2028続き"}, "line_break"),
        ({"subject": "{{ person.last_nam }}"}, "unknown_field"),
        ({"subject": "長" * 201}, "subject_too_long"),
        ({"preheader": "a\nb"}, "line_break"),
        ({"blocks": document()}, "empty_mail"),
        ({"blocks": document(image(source="http:/x"))}, "bad_image"),
        ({"blocks": document(button(""))}, "no_label"),
        ({"blocks": document(button("x", ""))}, "no_url"),
    ],
)
def test_each_mistake_has_its_sentence_in_both_languages(
    now: datetime, values: dict[str, Any], code: str
) -> None:
    mail_id = a_mail(**values)

    with pytest.raises(mails.CannotPublish) as refused:
        mails.publish(mail_id, actor=AUTOMATIC, now=now)

    assert code in [problem.code for problem in refused.value.problems]
    for problem in refused.value.problems:
        with override("ja"):
            japanese = problems.place(problem) + problems.sentence(problem)
        with override("en"):
            english = problems.place(problem) + problems.sentence(problem)
        assert not japanese.isascii()
        assert english != japanese


def test_a_brand_kit_without_what_the_law_asks_for_stops_publishing(now: datetime) -> None:
    mail_id = mails.create("事例", actor=AUTOMATIC, document=CASE, subject="件名")

    with pytest.raises(mails.CannotPublish) as refused:
        mails.publish(mail_id, actor=AUTOMATIC, now=now)

    assert {problem.code for problem in refused.value.problems} == {"no_address", "no_contact"}


def test_a_line_break_in_a_value_begins_no_header(now: datetime) -> None:
    mail_id = a_mail(subject="{{ person.last_name }}様へ")
    compiled = mails.compiled(mails.publish(mail_id, actor=AUTOMATIC, now=now))

    mail = compiled.render({"person": {"last_name": "佐藤\r\nBcc: all@example.com\u2028x"}}, {})

    assert mail.subject == "佐藤 Bcc: all@example.com x様へ"


XSS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "</title><script>alert(1)</script>",
    "</style><svg/onload=alert(1)>",
    "<!--[if mso]><script>",
    "{{ person.email }}{% if true %}",
    "&lt;script&gt;",
    "<a href=https://evil.example>",
    "[x](https://evil.example)**b**",
    "\x00<b>\u2028",
    "TBJ0X",
    "--><script>alert(1)</script>",
]


class _Seen(HTMLParser):
    """Tags and attribute names, links, and all text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.said: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def seen(html: str) -> _Seen:
    reader = _Seen()
    reader.feed(html)
    return reader


@pytest.mark.parametrize("value", XSS)
def test_a_value_is_only_ever_words(now: datetime, value: str) -> None:
    blocks = document(
        heading("{{ person.last_name }}"),
        text("{{ person.last_name }} **{{ person.last_name }}** [{{ person.last_name }}](https://a.example)"),
        text("- {{ person.last_name | default: 'x' }}\n\n{% if person.last_name %}{{ company }}{% endif %}"),
        button("{{ person.last_name }}"),
    )
    mail_id = a_mail(blocks, subject="{{ person.last_name }}", preheader="{{ person.last_name }}")
    compiled = mails.compiled(mails.publish(mail_id, actor=AUTOMATIC, now=now))
    harmless = seen(compiled.render({"person": {"last_name": "佐藤"}, "company": "佐藤"}, {}).html)

    mail = compiled.render({"person": {"last_name": value}, "company": value}, {})

    found = seen(mail.html)
    assert found.tags == harmless.tags
    assert found.attributes == harmless.attributes
    assert found.links == harmless.links
    assert value.replace("\x00", "") in "".join(found.said).replace("\x00", "")


@pytest.mark.parametrize("typed", [*XSS, "<b>太字</b>", "{ {x} }", "100% }", "a{b}c"])
def test_what_an_author_types_is_words_too(now: datetime, typed: str) -> None:
    if "{%" in typed:
        return
    draft = Draft("件名", "", document(text(typed), heading(typed.replace("\u2028", ""))))
    brand_kit()

    html = mails.compile_draft(draft, brand.get())[0].render({"person": {}}, {}).html

    assert "script" not in seen(html).tags
    assert "svg" not in seen(html).tags
    assert not {name for name in seen(html).attributes if name.startswith("on")}


def test_braces_that_are_no_field_stay_as_typed(now: datetime) -> None:
    draft = Draft(
        "割引{5%}",
        "",
        document(text("f(x) = {x} ただし {% は使えません".replace("{% ", "{ ")), text("a{{ company }}{b}")),
    )
    brand_kit()

    mail = mails.compile_draft(draft, brand.get())[0].render({"company": "青葉"}, {})

    assert mail.subject == "割引{5%}"
    assert "f(x) = {x} ただし { は使えません" in mail.text
    assert "a青葉{b}" in mail.text
    assert "a青葉&#123;b&#125;" in mail.html


def test_a_published_version_never_changes(now: datetime) -> None:
    mail_id = a_mail()
    first = mails.publish(mail_id, actor=AUTOMATIC, now=now)
    before = mails.get_version(first)

    mails.save_draft(mail_id, actor=AUTOMATIC, subject="新しい件名")
    brand.change(actor=AUTOMATIC, main_colour="#7a1f1f")
    second = mails.publish(mail_id, actor=AUTOMATIC, now=now + timedelta(days=1))

    assert second != first
    assert mails.get_version(first) == before
    assert [version.number for version in mails.list_versions(mail_id)] == [2, 1]
    assert mails.current_version(mail_id) == second
    for change in ("UPDATE mail_version SET subject = 'x'", "DELETE FROM mail_version"):
        with pytest.raises((InternalError, psycopg.Error)), transaction.atomic():
            postgres.execute(change)


def test_publishing_an_unchanged_draft_makes_no_new_version(now: datetime) -> None:
    mail_id = a_mail()
    first = mails.publish(mail_id, actor=AUTOMATIC, now=now)

    assert mails.publish(mail_id, actor=AUTOMATIC, now=now) == first
    assert len(mails.list_versions(mail_id)) == 1
    assert definitions.get(mail_id).state == "published"
    assert not mails.get(mail_id).is_changed


def test_the_sender_is_the_one_of_today_not_of_the_publishing(now: datetime) -> None:
    reader = person(now, last_name="佐藤")
    compiled = mails.compiled(mails.publish(a_mail(), actor=AUTOMATIC, now=now))

    brand.change(actor=AUTOMATIC, address="大阪府大阪市北区4-5-6")

    assert (
        "大阪府大阪市北区4-5-6" in compiled.render(merge_fields.contexts([reader], now=now)[reader], {}).text
    )


def test_saving_over_somebody_elses_draft_is_refused() -> None:
    mail_id = a_mail()
    opened = mails.get(mail_id).revision
    mails.save_draft(mail_id, actor=AUTOMATIC, subject="一人目", revision=opened)

    with pytest.raises(mails.ChangedMeanwhile):
        mails.save_draft(mail_id, actor=AUTOMATIC, subject="二人目", revision=opened)

    assert mails.get(mail_id).subject == "一人目"


def test_an_editor_that_saves_every_two_seconds_does_not_fill_the_audit_log(now: datetime) -> None:
    mail_id = a_mail()
    mails.publish(mail_id, actor=AUTOMATIC, now=now)

    for minute in range(20):
        mails.save_draft(mail_id, actor=AUTOMATIC, subject=f"件名{minute}")

    lines = audit.list_entries(ListQuery(filters={"object_kind": "mail", "action": "change"})).rows
    assert len([line for line in lines if line.fields == ["subject"]]) == 1


@pytest.mark.parametrize(
    "blocks",
    [
        {"version": 2, "blocks": []},
        {"version": 1, "blocks": [{"kind": "html", "html": "<script>"}]},
        {"version": 1, "blocks": [{"kind": "text", "text": "x", "style": "color:red"}]},
        {"version": 1, "blocks": [{"kind": "text", "text": "x" * 20_001}]},
        {"version": 1, "blocks": [{"kind": "text", "text": "x"}] * 201},
        {
            "version": 1,
            "blocks": [{"kind": "columns", "columns": [[{"kind": "columns", "columns": [[], []]}], []]}],
        },
        {"version": 1, "blocks": [{"kind": "image", "source": "x", "width": 10**9}]},
        {"blocks": "x"},
        [],
        "x",
    ],
)
def test_what_is_no_document_is_not_saved(blocks: Any) -> None:
    with pytest.raises(BadDocument):
        mails.create("x", actor=AUTOMATIC, document=blocks)


def test_missing_values_fall_back(now: datetime) -> None:
    fields.create("budget", label="予算", type="money")
    draft = Draft(
        "{{ person | honorific }}",
        "",
        document(text("{{ person.title | default: 'ご担当' }} {{ person.fields.budget | default: '未定' }}")),
    )
    reader = person(now, company="青葉製作所")
    mail_id = a_mail(draft.document, subject=draft.subject)

    shown = previewing.preview(mail_id, reader, now=now)

    assert shown.mail is not None
    assert shown.mail.subject == "青葉製作所 御中"
    assert "ご担当 未定" in shown.mail.text


def test_a_preview_names_what_the_person_lacks_and_saves_nothing(now: datetime) -> None:
    fields.create("budget", label="予算", type="choice", choices=[{"value": "b2", "label": "100〜300万円"}])
    rich = person(now, last_name="佐藤", title="主任", budget="b2")
    poor = person(now)
    mail_id = a_mail(document(text("{{ person | honorific }} {{ person.title }} {{ person.fields.budget }}")))
    revision = mails.get(mail_id).revision

    full, bare = (previewing.preview(mail_id, one, now=now) for one in (rich, poor))

    assert full.missing == ()
    assert full.mail is not None
    assert "主任 100〜300万円" in full.mail.text
    assert len(bare.missing) == 3
    assert "予算" in bare.missing
    assert mails.get(mail_id).revision == revision


def test_a_preview_of_an_unsaved_draft_with_a_mistake_shows_the_mistake(now: datetime) -> None:
    reader = person(now)
    mail_id = a_mail()

    shown = previewing.preview(
        mail_id, reader, now=now, draft=Draft("件名", "", document(text("{{ person.last_nam }}")))
    )

    assert shown.mail is None
    assert [problem.code for problem in shown.problems] == ["unknown_field"]
    assert mails.find_problems(mails.draft_of(mails.get(mail_id))) == []


def test_the_hardest_reader_is_the_one_who_lacks_most_of_what_this_mail_uses(now: datetime) -> None:
    fields.create("budget", label="予算", type="text")
    person(now, last_name="佐藤", title="主任", budget="300")
    without_budget = person(now, last_name="鈴木", title="部長")
    without_title_and_name = person(now, budget="100")
    mail_id = a_mail(document(text("{{ person.fields.budget }}")))
    other_id = a_mail(document(text("{{ person.last_name }} {{ person.title }}")))

    assert previewing.fullest_gap(mail_id) == without_budget
    assert previewing.fullest_gap(other_id) == without_title_and_name


def test_the_hardest_reader_of_a_mail_without_fields_is_anybody_or_nobody(now: datetime) -> None:
    mail_id = a_mail(document(text("こんにちは")))
    assert previewing.fullest_gap(mail_id) is None

    somebody = person(now)

    assert previewing.fullest_gap(mail_id) == somebody


def test_a_mail_is_found_by_name_and_subject() -> None:
    found_id = a_mail(subject="外注の前に決めておく3つのこと")
    a_mail(subject="別の話")

    page = mails.list_mails(ListQuery(filters={"q": "外注"}))

    assert [mail.id for mail in page.rows] == [found_id]
    assert page.total == 1
    first = mails.list_mails(ListQuery(limit=1))
    assert (len(first.rows), first.total) == (1, 2)
    assert [mail.id for mail in mails.list_mails(ListQuery(limit=1, after=first.next)).rows] == [found_id]


def test_another_workspace_sees_nothing_not_even_through_the_cache(now: datetime) -> None:
    mail_id = a_mail()
    version_id = mails.publish(mail_id, actor=AUTOMATIC, now=now)
    mails.compiled(version_id)
    ours = postgres.workspace_id()
    theirs = workspaces.create(f"ren-{os.urandom(4).hex()}", name="みなと看護ナビ", is_practice=True)

    token = postgres._scope.set(None)
    try:
        with postgres.workspace_scope(theirs.id):
            assert mails.current_version(mail_id) is None
            assert mails.name_of(mail_id) == ""
            assert mails.list_versions(mail_id) == []
            for ask in (mails.get, mails.get_version, mails.compiled):
                with pytest.raises(mails.NoSuchMail):
                    ask(version_id if ask is not mails.get else mail_id)
            with pytest.raises(mails.NoSuchMail):
                mails.save_draft(mail_id, actor=AUTOMATIC, subject="x")
            with pytest.raises(mails.NoSuchMail):
                mails.publish(mail_id, actor=AUTOMATIC, now=now)
    finally:
        postgres._scope.reset(token)
        postgres.execute("SELECT set_config('app.ws', %s, true)", [str(ours)])


def test_the_english_mail_has_english_legal_words(now: datetime) -> None:
    mail_id = a_mail(language="en")

    mail = mails.compiled(mails.publish(mail_id, actor=AUTOMATIC, now=now)).render({"person": {}}, {})

    assert "Unsubscribe" in mail.text
    assert "Mail settings" in mail.html
    assert "配信停止" not in mail.html
    assert "Customer" in mail.text


def test_nothing_is_fetched_and_no_font_is_named_that_lives_elsewhere(now: datetime) -> None:
    html = mails.compiled(mails.publish(a_mail(), actor=AUTOMATIC, now=now)).render({"person": {}}, {}).html

    assert "<link" not in html
    assert "@import" not in html
    assert "fonts." not in html


def test_thirty_kilobytes_are_filled_in_well_under_a_millisecond(now: datetime) -> None:
    blocks = document(
        text("{{ person | honorific: 'company' }}"),
        *[
            text(
                "ご検討のご参考に、"
                + "進め方と費用の内訳をまとめました。" * 20
                + f"[詳しく](https://a.example/{n})"
            )
            for n in range(14)
        ],
        text("{{ person.title | default: 'ご担当' }}の{{ person.last_name }}様、{{ today }}"),
        button("資料を開く"),
    )
    compiled = mails.compiled(mails.publish(a_mail(blocks), actor=AUTOMATIC, now=now))
    context = merge_fields.contexts([one := person(now, last_name="佐藤")], now=now)[one]
    urls = {link.number: f"https://c.example/c/{'x' * 60}{link.number}" for link in compiled.links}
    assert len(compiled.render(context, urls).html.encode()) > 30_000

    took = min(timeit.repeat(lambda: compiled.render(context, urls), number=50, repeat=5)) / 50

    assert took < 0.000_5


def test_a_kit_keeps_only_what_it_can_hold() -> None:
    with pytest.raises(brand.BadBrand):
        brand.change(actor=AUTOMATIC, main_colour="red;}</style>")
    with pytest.raises(brand.BadBrand):
        brand.change(actor=AUTOMATIC, policy_url="javascript:alert(1)")
    with pytest.raises(brand.BadBrand) as light:
        brand.change(actor=AUTOMATIC, main_colour="#ffee88")
    assert light.value.why == "too_light"
    with pytest.raises(KeyError):
        brand.change(actor=AUTOMATIC, colour="#000000")

    assert brand.change(actor=AUTOMATIC, company="  株式会社 \n タノモア ").company == "株式会社 タノモア"


def test_today_is_the_date_where_the_workspace_is(now: datetime) -> None:
    readers = [person(now, last_name="佐藤") for _ in range(3)]

    found = merge_fields.contexts(readers, now=datetime(2026, 5, 6, 15, tzinfo=UTC))

    assert [found[reader]["today"].day for reader in readers] == [7, 7, 7]
