"""The score model of the demo company, and acts to feed it with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tabiji.core import facts
from tabiji.core.facts import Change
from tabiji.events.public import inlet, processor
from tabiji.people.public import fields, persons
from tabiji.scoring.public import score_models
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import workspace

MODEL: Final[dict[str, Any]] = {
    "version": 1,
    "threshold": 80,
    "rules": [
        {
            "key": "document_request",
            "label": "資料請求",
            "points": 25,
            "trigger": {
                "kind": "event",
                "name": "form_submitted",
                "where": [{"prop": "props.form_key", "op": "is", "value": "document"}],
            },
        },
        {
            "key": "budget",
            "label": "予算{subject}",
            "points": 15,
            "trigger": {"kind": "field", "field": "budget", "op": "in", "value": ["100-300", "300-"]},
        },
        {
            "key": "pricing",
            "label": "料金ページの閲覧",
            "points": 10,
            "cap": "daily",
            "trigger": {
                "kind": "event",
                "name": "page_viewed",
                "where": [{"prop": "path", "op": "is", "value": "/pricing"}],
            },
        },
        {
            "key": "comparison",
            "label": "比較ページの閲覧",
            "points": 5,
            "trigger": {
                "kind": "event",
                "name": "page_viewed",
                "where": [{"prop": "path", "op": "is", "value": "/compare"}],
            },
        },
        {
            "key": "case",
            "label": "事例ページの閲覧",
            "points": 5,
            "trigger": {
                "kind": "event",
                "name": "page_viewed",
                "where": [{"prop": "path", "op": "starts_with", "value": "/cases"}],
            },
        },
        {
            "key": "mail_click",
            "label": "{subject}のクリック",
            "subject": "メール",
            "points": 10,
            "cap": "per",
            "per": "props.mail_id",
            "trigger": {
                "kind": "event",
                "name": "click_judged",
                "where": [
                    {"prop": "props.verdict", "op": "is", "value": "human"},
                    {"prop": "props.link_kind", "op": "is", "value": "content"},
                ],
            },
        },
    ],
}

REQUESTED: Final[dict[str, Any]] = {
    "kind": "event",
    "name": "form_submitted",
    "where": [{"prop": "props.form_key", "op": "is", "value": "document"}],
    "window": {"kind": "last", "n": 90, "unit": "days"},
}
DORMANT: Final[dict[str, Any]] = {
    "key": "dormant",
    "label": "休眠",
    "change_from": "半年動きがない",
    "change_to": "もう一度サイトに来る",
    "rule": {"kind": "attribute", "field": "last_act_at", "op": "longer_ago_than_days", "value": 180},
}
CONSIDERING: Final[dict[str, Any]] = {
    "key": "considering",
    "label": "検討中",
    "rule": {
        "kind": "any",
        "of": [{"kind": "value", "of": "score", "op": "gte", "value": 40}, REQUESTED],
    },
}
PROSPECT: Final[dict[str, Any]] = {
    "key": "prospect",
    "label": "見込み",
    "rule": {"kind": "attribute", "field": "last_act_at", "op": "is_not_empty"},
}
STAGES: Final[dict[str, Any]] = {"version": 1, "stages": [DORMANT, CONSIDERING, PROSPECT]}
"""Those of the demo company that need no sales."""


def count_scores(now: datetime, **changes: Any) -> None:
    """Publish the demo company's model (with some of its values changed)."""
    if "budget" not in {info.key for info in fields.list_fields()}:
        fields.create(
            "budget",
            label="予算",
            type="choice",
            choices=[
                {"value": "-100", "label": "〜100万円"},
                {"value": "100-300", "label": "100〜300万円"},
                {"value": "300-", "label": "300万円〜"},
            ],
        )
    score_models.publish(MODEL | changes, actor=AUTOMATIC, at=now, name="関心")


def view(visitor: str, path: str, at: datetime, **more: Any) -> dict[str, Any]:
    return {
        "type": "page",
        "anonymousId": visitor,
        "timestamp": at.isoformat(),
        "properties": {"url": f"https://tanomoa.example{path}", "path": path},
    } | more


def submission(visitor: str, email: str, at: datetime, budget: str = "100-300") -> dict[str, Any]:
    return {
        "type": "form",
        "event": "form_submitted",
        "anonymousId": visitor,
        "timestamp": at.isoformat(),
        "traits": {"email": email, "last_name": "佐藤", "first_name": "美咲", "budget": budget},
        "properties": {"form_id": 1, "form_key": "document"},
    }


def judged(
    person_id: UUID, mail_id: int, at: datetime, verdict: str = "human", **props: Any
) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "click_judged",
        "personId": str(person_id),
        "timestamp": at.isoformat(),
        "properties": {
            "mail_id": mail_id,
            "link_kind": "content",
            "verdict": verdict,
            "clicked_at": (at - timedelta(minutes=10)).isoformat(),
        }
        | props,
    }


def it_is(moment: datetime) -> None:
    """Move the practice workspace's clock there."""
    workspace.set_clock_offset(moment - datetime.now(UTC))


def happens(*events: dict[str, Any], source: str = "import") -> None:
    """Accept these with their own (business) times, and process all that comes of them."""
    inlet.accept(list(events), source=source, is_history=True)
    processor.process_all()


def a_person(email: str = "sato@aoba.example", at: datetime | None = None) -> UUID:
    """A person who is known by an address and has done nothing else."""
    identify = {"type": "identify", "userId": email, "traits": {"email": email}}
    if at is not None:
        identify["timestamp"] = at.isoformat()
    inlet.accept([identify], source="server", is_history=True)
    processor.process_all()
    return persons.search(email)[0].id


class Recorder:
    """Facts of one kind, as they reach the consumers."""

    def __init__(self, kind: str) -> None:
        self.name = "experiments"
        self.kind = kind
        self.seen: list[Change] = []

    def consume(self, batch: facts.Batch) -> None:
        self.seen += [one for one in batch.changes if one.kind == self.kind]
