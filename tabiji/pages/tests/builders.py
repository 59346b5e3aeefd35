"""What the room's tests are told with: a form with its page, and what people send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tabiji.content.tests.builders import brand_kit
from tabiji.core import postgres
from tabiji.pages.contracts import Errors, Submission, Ticket
from tabiji.pages.public import forms, landing, tickets
from tabiji.people.public import fields
from tabiji.workspaces.contracts import AUTOMATIC

BUDGETS = [("under_50", "〜50万円"), ("100_300", "100〜300万円")]
SATO = {
    "company": "青葉製作所",
    "last_name": "佐藤",
    "first_name": "美咲",
    "kana": "さとう みさき",
    "email": "sato@aoba.example",
    "phone": "03－1234－5678",
    "budget": "100_300",
    "message": "受発注をWeb化したい",
    "mail_consent": "1",
    "terms": "1",
}
CONSENT = "事例や催しの案内をメールで受け取る"


def questions() -> list[dict[str, Any]]:
    budgets = [{"value": value, "label": label} for value, label in BUDGETS]
    return [
        {"key": "company", "type": "company", "label": "会社名", "is_required": True, "maps_to": "company"},
        {"key": "last_name", "label": "姓", "is_required": True, "is_half": True, "maps_to": "last_name"},
        {"key": "first_name", "label": "名", "is_required": True, "is_half": True, "maps_to": "first_name"},
        {"key": "kana", "type": "kana", "label": "カナ", "maps_to": "last_kana"},
        {"key": "email", "type": "email", "label": "メール", "is_required": True, "maps_to": "email"},
        {"key": "phone", "type": "phone", "label": "電話", "maps_to": "phone"},
        {"key": "budget", "type": "choice", "label": "予算", "choices": budgets, "maps_to": "budget"},
        {"key": "message", "type": "textarea", "label": "相談内容", "most": 1000},
        {"key": "plan", "type": "hidden", "value": "omakase"},
        {"key": "mail_consent", "type": "consent", "label": CONSENT, "channel": "mail"},
        {"key": "terms", "type": "consent", "label": "個人情報の扱いに同意する", "is_required": True},
    ]


def form_document(**values: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "fields": questions(),
        "submit_label": "事例集をもらう(無料・18ページ)",
        "source": "資料請求",
        "thanks": {"title": "ありがとうございます", "text": "[サイトへ戻る](https://tanomoa.example/)"},
        **values,
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """A published form on a published page."""

    form_id: int
    form_version_id: int
    page_id: int
    page_version_id: int


def a_budget_field() -> None:
    choices = [{"value": value, "label": label} for value, label in BUDGETS]
    fields.create("budget", label="予算", type="choice", choices=choices)


def a_shown_form(now: datetime, *, key: str = "siryo", **values: Any) -> Shown:
    brand_kit()
    if "budget" not in {info.key for info in fields.list_fields()}:
        a_budget_field()
    form_id = forms.create("資料請求フォーム", key=key, actor=AUTOMATIC, document=form_document(**values))
    version_id = forms.publish(form_id, actor=AUTOMATIC, now=now)
    page_id = landing.create("事例集", key=key, actor=AUTOMATIC, document=page_document(form_id))
    return Shown(form_id, version_id, page_id, landing.publish(page_id, actor=AUTOMATIC, now=now))


def page_document(form_id: int) -> dict[str, Any]:
    return {
        "version": 1,
        "title": "その発注、3か月でWebになります。",
        "blocks": [
            {
                "kind": "hero",
                "title": "その発注、3か月でWebになります。",
                "lead": "従業員48名の工場が、FAXの受発注をやめるまで",
                "form_id": form_id,
                "form_title": "事例集をもらう",
            }
        ],
    }


def ticket(shown: Shown, now: datetime, *, before: timedelta = timedelta(minutes=1)) -> Ticket:
    """Of a page that was opened a moment ago."""
    workspace_id = postgres.workspace_id()
    return tickets.issue(workspace_id, shown.form_version_id, shown.page_id, now=now - before)


def send(
    shown: Shown, now: datetime, data: dict[str, str] | None = None, **values: Any
) -> Submission | Errors:
    given = {
        "anonymous_id": "visitor-12345678",
        "address": "203.0.113.7",
        "agent": "Mozilla/5.0",
        "now": now,
        "url": "https://t.example/p/x/siryo",
        "utm": {"utm_source": "search", "other": "x"},
        **values,
    }
    return forms.submit(shown.form_version_id, SATO if data is None else data, **given)
