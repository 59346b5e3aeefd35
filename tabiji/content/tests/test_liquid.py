"""Texts with merge fields: what they say, and what they can never do."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tabiji.content import liquid
from tabiji.content.contracts import Language

KNOWN = {"person.last_name", "person.title", "person.fields.budget", "company", "today", "owner.name"}
SATO: dict[str, Any] = {
    "person": {
        "last_name": "佐藤",
        "first_name": "美咲",
        "company": "青葉製作所",
        "department": "業務改善室",
        "title": "主任",
        "fields": {"budget": "100〜300万円", "amount": 1800000},
    },
    "company": "青葉製作所",
    "today": date(2026, 4, 28),
}


def fill(source: str, context: dict[str, Any] | None = None, language: Language = "ja") -> str:
    return liquid.compile(source, language=language, markup=False).render(context or SATO)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{{ person.last_name }}さん", "佐藤さん"),
        ("{{person.last_name}}さん", "佐藤さん"),
        ("{{ person | honorific }}", "佐藤 様"),
        ("{{ person | honorific: 'company' }}", "青葉製作所 佐藤 様"),
        ("{{ person | honorific: 'full' }}", "青葉製作所 業務改善室 主任 佐藤 美咲 様"),
        ("{{ person.phone | default: '未登録' }}", "未登録"),
        ("{{ person.title | default: '未登録' | append: 'の方' }}", "主任の方"),
        ("{{ today }}", "2026年4月28日(火)"),
        ("{{ today | date: 'short' }}", "4/28(火)"),
        ("{{ today | date: '%-m月%-d日' }}", "4月28日"),
        ("{{ person.fields.amount | yen }}", "¥1,800,000"),
        ("{{ person.fields.amount | number }}円", "1,800,000円"),
        ("{{ person.last_name | truncate: 1, '' }}", "佐"),
        ("{% if person.title %}役職あり{% else %}なし{% endif %}", "役職あり"),
        ("{% if person.phone %}電話あり{% else %}なし{% endif %}", "なし"),
        ("{% unless person.phone %}電話を教えてください{% endunless %}", "電話を教えてください"),
        ("{% if person.fields.budget == '100〜300万円' %}○{% elsif person.title %}△{% endif %}", "○"),
        ("{% if person.fields.amount >= 1000000 and person.title %}大{% endif %}", "大"),
        ("{% if person.title contains '主' or person.phone %}主{% endif %}", "主"),
        ("{% if person.title > 5 %}おかしい{% else %}比べられない{% endif %}", "比べられない"),
        ("{% if person.phone == blank %}空{% endif %}", "空"),
    ],
)
def test_a_text_is_filled_in(source: str, said: str) -> None:
    assert fill(source) == said


@pytest.mark.parametrize(
    ("person", "said"),
    [
        ({"last_name": "佐藤", "company": "青葉製作所"}, "佐藤 様"),
        ({"last_name": "佐藤様"}, "佐藤 様"),
        ({"last_name": "", "company": "青葉製作所"}, "青葉製作所 御中"),
        (
            {"last_name": "", "company": "青葉製作所", "department": "業務改善室"},
            "青葉製作所 業務改善室 御中",
        ),
        ({"last_name": " ", "company": None}, "ご担当者様"),
        ({}, "ご担当者様"),
    ],
)
def test_nobody_gets_sama_and_onchu_at_once(person: dict[str, Any], said: str) -> None:
    assert fill("{{ person | honorific }}", {"person": person}) == said


def test_the_same_is_said_in_english() -> None:
    assert fill("{{ person | honorific }}", language="en") == "美咲 佐藤"
    assert fill("{{ person | honorific }}", {"person": {"company": "Aoba"}}, "en") == "Aoba team"
    assert fill("{{ today }}", language="en") == "Tue, Apr 28, 2026"


@pytest.mark.parametrize(
    ("source", "line", "code", "near"),
    [
        ("こんにちは\n{{ person.last_nam }}様", 2, "unknown_field", "person.last_name"),
        ("{{ person.last_name | defalut: '様' }}", 1, "unknown_filter", "default"),
        ("1\n2\n{{ person.last_name }", 3, "brace_not_closed", None),
        ("1\n\n{{ person.last_name } {{ company }}", 3, "brace_not_closed", None),
        ("{ person.last_name }}", 1, "brace_not_opened", None),
        ("\n{% if person.title %}\n役職", 2, "tag_not_closed", None),
        ("a\n{% endif %}", 2, "tag_not_opened", None),
        ("a\n{% else %}", 2, "tag_not_opened", None),
        ("{% fi person.title %}x", 1, "unknown_tag", None),
        ("{{ person.last_name | }}", 1, "bad_syntax", None),
        ("{{ 'person }}", 1, "bad_syntax", None),
        ("{{ }}", 1, "bad_syntax", None),
        ("{% if %}x{% endif %}", 1, "bad_syntax", None),
        ("{{ person }}", 1, "whole_person", None),
        ("{{ person.last_name | honorific }}", 1, "honorific_of_field", None),
        ("{{ person.title | truncate }}", 1, "filter_arguments", None),
        ("{{ person.title | truncate: size: 5 }}", 1, "filter_arguments", None),
    ],
)
def test_a_typo_is_found_in_its_line(source: str, line: int, code: str, near: str | None) -> None:
    found = liquid.find_faults(source, known=KNOWN)

    assert (line, code) in [(fault.line, fault.code) for fault in found]
    if near is not None:
        assert [fault.values["near"] for fault in found if fault.code == code] == [near]


HOSTILE = [
    "{{ x.__class__ }}",
    "{{ person.__class__.__mro__ }}",
    "{{ ''.__class__ }}",
    "{{ person['__init__'] }}",
    "{{ person[company] }}",
    "{{ person[0] }}",
    "{{ self }}",
    "{{ settings.SECRET_KEY }}",
    "{{ now }}",
    "{% for i in (1..1000000000) %}x{% endfor %}",
    "{% for i in (1..1000000000) reversed %}{% endfor %}",
    "{% tablerow i in (1..9999999) %}{% endtablerow %}",
    "{{ (1..1000000000) }}",
    "{% if (1..1000000000) contains 'x' %}{% endif %}",
    "{% assign a = 'x' %}{{ a }}",
    "{% capture a %}x{% endcapture %}",
    "{% include '/etc/passwd' %}",
    "{% render 'secret' %}",
    "{% liquid\necho 'x' %}",
    "{% raw %}{{ <script>alert(1)</script> }}{% endraw %}",
    "{% comment %}{% endcomment %}",
    "{% doc %}<script>{% enddoc %}",
    "{% # a comment %}",
    "{% increment x %}",
    "{% echo '<script>' %}",
    "{{ 'a' | replace: 'a', 'aaaaaaaaaa' | replace: 'a', 'aaaaaaaaaa' }}",
    "{{ '<script>' | safe }}",
    "{{ person.title | map: '__class__' }}",
    "{{ person.title | base64_decode }}",
    "{{ company | url_decode }}",
    "{{ person.title if true else company }}",
    "{{ person.title || upcase }}",
    "{{ a | b: c: d }}",
    "{%- if person.title == (1..3) -%}{%- endif -%}",
    "{% if " + "not " * 50 + "true %}{% endif %}",
    "{% if a == b == c %}{% endif %}",
    "{{ " + "[" * 300 + " }}",
    "{{ " + "a" * 600 + " }}",
    "{% if true %}" * 200 + "{% endif %}" * 200,
    "{{ company }}" * 2_000,
    "{{ {{ company }} }}",
    "{{ '{{' }}",
    "{% if company %}{{",
]


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_text_is_refused(source: str) -> None:
    assert liquid.find_faults(source, known=KNOWN)


@pytest.mark.parametrize("source", HOSTILE)
def test_a_hostile_text_does_nothing_even_if_it_was_not_checked(source: str) -> None:
    """Compiled anyway, it shows no more than the plain values that it was given."""
    started = time.process_time()

    try:
        said = liquid.compile(source, language="ja", markup=True).render(SATO)
    except liquid.CannotRender:
        said = ""

    assert time.process_time() - started < 1
    assert "class" not in said
    assert "<script>" not in said


def test_braces_without_partners_cost_no_time() -> None:
    started = time.process_time()

    for mark in ("{{", "}}", "{%", "{", "}", "{{{{%", "{{ x "):
        liquid.find_faults(mark * 10_000, known=KNOWN)

    assert time.process_time() - started < 3


def test_values_and_literals_are_escaped_in_markup() -> None:
    template = liquid.compile(
        "<b>{{ person.last_name }}</b>{{ '<i>' }}{{ company | default: '<u>' }}", language="ja", markup=True
    )

    said = template.render({"person": {"last_name": "<script>\"'&"}, "company": ""})

    assert said == "<b>&lt;script&gt;&#34;&#39;&amp;</b>&lt;i&gt;&lt;u&gt;"


def test_objects_are_never_entered() -> None:
    class Secret:
        last_name = "秘密"

        def __str__(self) -> str:
            return "秘密"

    assert fill("{{ person.last_name }}", {"person": Secret()}) == ""
    assert fill("{{ person.last_name }}", {"person": {"last_name": Secret()}}) == ""


@pytest.mark.parametrize(
    "value",
    [10**5000, float("inf"), float("nan"), b"x", {"a": 1}, ["x"] * 10**5],
    ids=["long", "infinite", "no number", "bytes", "dict", "list"],
)
@pytest.mark.parametrize("end", ["", " | number", " | yen", " | date", " | upcase", " | default: 'x'"])
def test_odd_values_are_survived(value: object, end: str) -> None:
    fill("{{ company" + end + " }}", {"company": value})


def test_a_date_format_cannot_ask_for_a_gigabyte() -> None:
    assert len(fill("{{ today | date: '%0999999999Y%999999999d' }}")) < 100


@given(st.text(alphabet="{}%|:'. ab\n一person", max_size=60))
def test_whatever_is_typed_there_are_faults_or_a_text(source: str) -> None:
    if not liquid.find_faults(source, known=KNOWN):
        liquid.compile(source, language="ja", markup=True).render(SATO)


@given(st.text(max_size=200))
def test_pieces_are_the_text_again(source: str) -> None:
    assert "".join(piece.source for piece in liquid.pieces(source)) == source
