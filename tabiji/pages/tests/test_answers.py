"""What people type, and what is kept of it."""

from __future__ import annotations

import time

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from tabiji.pages import answers, typos
from tabiji.pages.answers import BadAnswer
from tabiji.pages.documents import FieldType, FormField


def clean(type: FieldType, raw: str, **values: object) -> str:
    with override("ja"):
        return answers.clean(FormField(key="x", type=type, label="x", **values), raw)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type", "typed", "kept"),
    [
        ("text", "  佐藤　 美咲\u3000", "佐藤 美咲"),
        ("text", "髙﨑①㈱", "髙﨑①㈱"),
        ("text", "ｻﾄｳ", "サトウ"),
        ("text", "a\x00b\u202ec\u200b", "abc"),
        ("text", "一行目\r\n二行目", "一行目 二行目"),
        ("kana", "さとう　みさき", "サトウ ミサキ"),
        ("kana", "ｻﾄｳ ﾐｻｷ", "サトウ ミサキ"),
        ("kana", "ヴァージニア・ｳﾙﾌ", "ヴァージニア・ウルフ"),
        ("kana", "ゆ－き", "ユーキ"),
        ("email", " ＳＡＴＯ＠aoba．example ", "sato@aoba.example"),
        ("email", "sato @aoba.example", "sato@aoba.example"),
        ("email", "foo.@docomo.ne.jp", "foo.@docomo.ne.jp"),
        ("email", "a..b@ezweb.ne.jp", "a..b@ezweb.ne.jp"),
        ("phone", "０３−１２３４−５６７８", "+81312345678"),
        ("phone", "090ー1234ー5678", "+819012345678"),
        ("phone", "", ""),
        ("textarea", "  一\r\n\r\n二 \x07 \n", "一\n\n二"),
        ("company", "㈱ 青葉製作所", "㈱ 青葉製作所"),
    ],
)
def test_input_is_made_uniform_without_changing_what_was_said(type: FieldType, typed: str, kept: str) -> None:
    assert clean(type, typed) == kept


@pytest.mark.parametrize(
    ("type", "typed", "said"),
    [
        ("kana", "佐藤", "カタカナ"),
        ("kana", "sato", "カタカナ"),
        ("email", "sato.aoba.example", "「@」がありません"),
        ("email", "sato@aoba", "「.」がありません"),
        ("email", "sato@aoba..example", "もう一度"),
        ("email", "sato@-aoba.example", "もう一度"),
        ("email", "佐藤@aoba.example", "もう一度"),
        ("email", "sato@aoba.example\nBcc:x@y.example", "もう一度"),
        ("email", "<script>@x.example", "もう一度"),
        ("phone", "電話はありません", "電話番号"),
        ("phone", "12", "電話番号"),
        ("text", "長" * 201, "200文字以内"),
        ("textarea", "長" * 3_000_000, "200文字以内"),
    ],
)
def test_what_cannot_be_taken_is_told_in_a_sentence(type: FieldType, typed: str, said: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        clean(type, typed)
    assert said in refused.value.sentence


def test_a_required_answer_and_an_unknown_choice_are_asked_for() -> None:
    choices = [{"value": "a", "label": "A"}, {"value": "b", "label": "B"}]
    for type, typed, said in (("text", "　", "入力"), ("choice", "", "選んで"), ("choice", "c", "選んで")):
        with pytest.raises(BadAnswer) as refused:
            clean(type, typed, is_required=True, choices=choices)  # type: ignore[arg-type]
        assert said in refused.value.sentence


@pytest.mark.parametrize(
    "typed", ["http://evil.example", "www.win.example", "お金 bit.ly/x.com", "winner.xyz"]
)
def test_a_name_carries_no_link_to_a_stranger(typed: str) -> None:
    with pytest.raises(BadAnswer):
        clean("text", typed, maps_to="last_name")
    assert clean("text", typed)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("sato@gmial.com", "sato@gmail.com"),
        ("sato@gmai.com", "sato@gmail.com"),
        ("sato@gmaill.com", "sato@gmail.com"),
        ("sato@gnail.com", "sato@gmail.com"),
        ("sato@docomo.ne.jo", "sato@docomo.ne.jp"),
        ("sato@yahoo.co.jpp", "sato@yahoo.co.jp"),
        ("sato@yaho.co.jp", "sato@yahoo.co.jp"),
        ("sato@aoba.con", "sato@aoba.com"),
        ("sato@gmail.com", ""),
        ("sato@mail.com", ""),
        ("sato@me.com", ""),
        ("sato@aoba.example", ""),
        ("sato", ""),
    ],
)
def test_a_slip_in_an_address_is_noticed(typed: str, meant: str) -> None:
    assert typos.suggestion(typed) == meant


@given(st.sampled_from(["text", "kana", "email", "phone", "textarea", "company"]), st.text(max_size=300))
def test_whatever_is_typed_is_kept_clean_or_refused(type: FieldType, typed: str) -> None:
    try:
        kept = clean(type, typed)
    except BadAnswer:
        return
    assert "\x00" not in kept
    assert len(kept) <= 320
    assert clean(type, kept) == kept


def test_a_huge_answer_costs_no_time() -> None:
    started = time.process_time()
    for type in ("text", "kana", "email", "phone", "textarea", "company"):
        with pytest.raises(BadAnswer):
            clean(type, "あ@-" * 1_000_000)
    assert time.process_time() - started < 1
