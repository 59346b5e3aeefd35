"""Conditions as sentences, in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from tabiji.audiences import operators, wording
from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Takes
from tabiji.audiences.public import conditions
from tabiji.people.public import fields, lists
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("data", "japanese", "english"),
    [
        ({"kind": "everyone"}, "全員", "everyone"),
        (
            {"kind": "attribute", "field": "budget", "op": "gte", "value": 1_000_000},
            "予算が¥1,000,000以上",
            "予算 is at least ¥1,000,000",
        ),
        (
            {"kind": "attribute", "field": "industry", "op": "in", "value": ["maker", "shop"]},
            "業種が「製造」、「小売」のどれか",
            "業種 is one of “Manufacturing”, “Retail”",
        ),
        (
            {
                "kind": "event",
                "name": "page_viewed",
                "where": [{"prop": "path", "op": "starts_with", "value": "/pricing/"}],
                "count": {"op": "at_least", "n": 3},
                "window": {"kind": "last", "n": 30, "unit": "days"},
            },
            "過去30日間にページを見た(ページが「/pricing/」で始まる)(3回以上)",
            "3 times or more viewed a page (page begins with “/pricing/”) in the last 30 days",
        ),
        (
            {
                "kind": "event",
                "name": "click_judged",
                "where": [
                    {"prop": "props.verdict", "op": "is", "value": "human"},
                    {"prop": "props.link_kind", "op": "is", "value": "content"},
                ],
                "window": {"kind": "since_entry"},
            },
            "参加してからメールのリンクをクリックした(判定が「人」、リンクの種類が「内容」)",
            "clicked in a mail (judged is “a person”, kind of link is “content”) since entry",
        ),
        (
            {
                "kind": "event",
                "name": "order_placed",
                "total": {"of": "sum", "prop": "props.amount", "op": "at_least", "n": 50_000},
                "window": {"kind": "calendar", "unit": "fiscal_year", "back": 1},
            },
            "前年度、「order_placed」をしたときの「amount」の合計が50,000以上",
            "the sum of amount of: did “order_placed” is at least 50,000 last fiscal year",
        ),
        (
            {
                "kind": "event",
                "name": "page_viewed",
                "where": [{"prop": "path", "op": "is", "value": "/pricing/"}],
                "pick": {"n": 1, "from": "end"},
                "window": {"kind": "ago", "from": 90, "to": 30},
            },
            "90日前から30日前までに最後の回にページを見た(ページが「/pricing/」)",
            "the last time: viewed a page (page is “/pricing/”) between 90 and 30 days ago",
        ),
        (
            {
                "kind": "event",
                "name": "form_submitted",
                "window": {"kind": "since_event", "name": "page_viewed", "for": {"n": 3, "unit": "days"}},
            },
            "最後にページを見た後、3日以内にフォームを送信した",
            "submitted a form within 3 days after the last time: viewed a page",
        ),
        (
            {
                "kind": "sequence",
                "steps": [
                    {"name": "page_viewed"},
                    {
                        "name": "cart_filled",
                        "within": {"n": 3, "unit": "hours"},
                        "without": [{"name": "form_submitted"}],
                    },
                ],
            },
            "ページを見た、その後3時間以内に「cart_filled」をした(その間にフォームを送信したことがない)",
            "viewed a page, then within 3 hours did “cart_filled” (without in between: submitted a form)",
        ),
        (
            {
                "kind": "change",
                "change": "list",
                "new": [""],
                "window": {"kind": "calendar", "unit": "month"},
            },
            "今月、固定リストから外れた",
            "left Static list this month",
        ),
        (
            {"kind": "change", "change": "call", "new": ["no_answer"]},
            "電話が「不在」になった",
            "Call became “No answer”",
        ),
        (
            {"kind": "top", "percent": 10, "name": "page_viewed"},
            "ページを見た回数が多い上位10%に入る",
            "is among the top 10 % by: the number of times: viewed a page",
        ),
        (
            {"kind": "attribute", "field": "created_at", "op": "in_month", "value": -3},
            "登録日が3か月前",
            "Known since is in: 3 months ago",
        ),
        (
            {"kind": "event", "name": "form_submitted", "count": {"op": "exactly", "n": 0}},
            "フォームを送信したことが一度もない",
            "never submitted a form",
        ),
        (
            {"kind": "value", "of": "consent", "ref": "mail/marketing", "op": "is", "value": "granted"},
            "配信の同意「メール」が「あり」",
            "Consent “Mail” is “given”",
        ),
        (
            {
                "kind": "all",
                "of": [
                    {"kind": "value", "of": "score", "op": "gte", "value": 80},
                    {
                        "kind": "any",
                        "of": [
                            {"kind": "attribute", "field": "title", "op": "is_empty"},
                            {
                                "kind": "attribute",
                                "field": "created_at",
                                "op": "before",
                                "value": "2026-04-01",
                            },
                        ],
                    },
                ],
            },
            "スコアが80以上、かつ(役職が空、または登録日が2026/4/1より前)",
            "Score is at least 80 and (Job title is empty or Known since is before 2026/4/1)",
        ),
        (
            {
                "kind": "change",
                "change": "stage",
                "new": ["mql"],
                "window": {"kind": "between", "from": "2026-04-01"},
            },
            "2026/4/1以降にステージが「mql」になった",
            "Stage became “mql” since 2026/4/1",
        ),
    ],
)
def test_a_condition_reads_as_a_sentence(
    workspace: WorkspaceInfo, data: dict[str, Any], japanese: str, english: str
) -> None:
    fields.create("budget", label="予算", type="money")
    choices = [
        {"value": "maker", "label": "製造", "label_en": "Manufacturing"},
        {"value": "shop", "label": "小売", "label_en": "Retail"},
    ]
    fields.create("industry", label="業種", type="choice", choices=choices)
    condition = conditions.parse(data)

    assert conditions.sentence(condition, "ja") == japanese
    assert conditions.sentence(condition, "en") == english


def test_a_list_is_called_by_its_name(workspace: WorkspaceInfo) -> None:
    made = lists.create("名簿", actor=AUTOMATIC)
    listed = {"kind": "value", "of": "list", "ref": str(made), "op": "member"}
    condition = conditions.parse({"kind": "none", "of": [listed]})

    assert conditions.sentence(condition, "ja") == "次のどれにも当てはまらない:固定リスト「名簿」に入っている"
    assert wording.lines(condition, "en")["of.0"] == "is in Static list “名簿”"


def test_every_operator_has_words_in_both_languages(workspace: WorkspaceInfo) -> None:
    operands: dict[Takes, Any] = {
        Takes.NOTHING: None,
        Takes.ONE: 5,
        Takes.MANY: [5, 6],
        Takes.TWO: [5, 6],
        Takes.DAYS: 5,
        Takes.UNITS: -1,
    }
    for operator in operators.registry:
        if not operator.types & {Type.WORD, Type.NUMBER}:
            continue
        test = {"prop": "props.amount", "op": operator.name, "value": operands[operator.takes]}
        condition = conditions.parse({"kind": "event", "name": "bought", "where": [test]})
        japanese, english = (conditions.sentence(condition, language) for language in ("ja", "en"))
        assert "%(" not in japanese + english
        assert japanese != english


def test_every_event_that_the_snippet_sends_by_itself_has_words_in_both_languages() -> None:
    said = {
        name: tuple(
            conditions.sentence(conditions.parse({"kind": "event", "name": name}), language)
            for language in ("ja", "en")
        )
        for name in (
            "page_viewed",
            "page_left",
            "form_viewed",
            "form_started",
            "form_error",
            "form_field_left",
        )
    }

    assert said == {
        "page_viewed": ("ページを見た", "viewed a page"),
        "page_left": ("ページを離れた", "left a page"),
        "form_viewed": ("フォームを見た", "saw a form"),
        "form_started": ("フォームに入力を始めた", "began a form"),
        "form_error": ("フォームで入力エラーになった", "made a mistake in a form"),
        "form_field_left": ("フォームを途中でやめた", "gave up a form"),
    }
