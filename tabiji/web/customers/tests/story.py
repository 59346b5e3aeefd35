"""佐藤 美咲 of DEMO.md: five anonymous pages, the form, a reply clicked, the case mail, the hand-over, the call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from tabiji.content.contracts import Purpose
from tabiji.content.public import mails
from tabiji.core import clock, facts, postgres
from tabiji.core.facts import Change
from tabiji.events.public import inlet, processor
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import intents
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields, persons
from tabiji.purpose.public import conversions
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Role, definitions, members, workspace
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail

TOKYO = ZoneInfo("Asia/Tokyo")
SITE = "https://tanomoa.example"
CLICKED = {
    "version": 1,
    "kind": "event",
    "name": "click_judged",
    "where": [{"prop": "props.verdict", "op": "is", "value": "human"}],
    "window": {"kind": "since_entry"},
}


@dataclass(frozen=True)
class Story:
    person_id: UUID
    haru: Actor
    journey_id: int
    form_id: int


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=TOKYO)


def tell(now: datetime) -> Story:
    """The whole of it, as facts; the workspace's clock then stands at its end, 7 May 13:10."""
    end = at(5, 7, 13, 10)
    workspace.set_clock_offset(end - datetime.now(TOKYO))
    haru = _haru()
    fields.create(
        "budget", label="予算", type="choice", choices=[{"value": "100-300", "label": "100〜300万円"}]
    )
    conversions.create(
        "booked",
        name="商談予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        actor=haru,
    )
    form_id = definitions.create("form", name="資料請求", actor=haru)
    reply = published_mail("事例集をお送りします", at=now, purpose=Purpose.TRANSACTIONAL)
    case = published_mail("事例メール", at=now)
    journey_id = _journey(case, now)
    _visits(form_id)
    (person,) = persons.search("sato@aoba.example")
    _first_day(person.id, journey_id, form_id, reply)
    _seventh_of_may(person.id, journey_id, case, haru)
    return Story(person.id, haru, journey_id, form_id)


def _haru() -> Actor:
    user_id = members.create_user(f"haru-{clock.to_ms(datetime.now(TOKYO))}@tanomoa.example", name="小林 陽")
    members.join(user_id, Role.SALES)
    return members.get_actor(user_id)


def _journey(case: int, now: datetime) -> int:
    made = journey("資料請求後フォロー(おまかせ)").enter_on("form_submitted").wait(business_days=3)
    made.branch(CLICKED, then().send(case), then())
    branch = next(node for node in made.graph["nodes"] if node["type"] == "branch")
    branch["config"] |= {"question": "この施策のメールをクリックした?"}
    branch["config"]["arms"][0]["label"] = "資料を開いた"
    return made.goal("booked").start(now)


def _visits(form_id: int) -> None:
    pages = [("/", "トップ"), ("/omakase/", "おまかせ"), ("/cases/", "事例"), ("/compare/", "比較")]
    views = [view(at(4, 28, 14, 3 + 4 * n), path, title) for n, (path, title) in enumerate(pages)]
    views[0]["properties"]["referrer"] = "https://www.google.com/"
    inlet.accept([*views, view(at(4, 28, 14, 19), "/pricing/", "料金")], source="web", is_history=True)
    sent = {
        "type": "form",
        "event": "form_submitted",
        "anonymousId": "browser",
        "messageId": "the-form",
        "timestamp": at(4, 28, 14, 20).isoformat(),
        "traits": {
            "email": "sato@aoba.example",
            "last_name": "佐藤",
            "first_name": "美咲",
            "budget": "100-300",
        },
        "properties": {
            "form_id": form_id,
            "form_name": "資料請求",
            "answers": {
                "姓": "佐藤",
                "メールアドレス": "sato@aoba.example",
                "予算": "100〜300万円",
                "相談内容": "受発注をWeb化したい",
            },
        },
    }
    inlet.accept([sent], source="form", is_history=True)
    processor.process_all()


def _first_day(person_id: UUID, journey_id: int, form_id: int, reply: int) -> None:
    updates = {
        "company": "青葉製作所",
        "title": "主任",
        "last_kana": "サトウ",
        "first_kana": "ミサキ",
        "phone": "03-1234-5678",
    }
    moment = clock.to_ms(at(4, 28, 14, 21))
    fields.write(
        [FieldUpdate(person_id, key, value, moment) for key, value in updates.items()], actor="user:1"
    )
    message = _message(person_id, reply, "transactional", "auto_reply", form_id, at(4, 28, 14, 20))
    facts.record(
        [
            _change(
                person_id, "message", message, "sent", at(4, 28, 14, 20, 4),
                cause=f"auto_reply:{form_id}", detail={"mail_id": reply},
            ),
        ]
    )  # fmt: skip
    _clicks(person_id, message, reply, at(4, 28, 14, 31), machines=12)


def _seventh_of_may(person_id: UUID, journey_id: int, case: int, haru: Actor) -> None:
    message = _message(person_id, case, "marketing", "journey", journey_id, at(5, 7, 10))
    told: list[Change] = [
        _change(
            person_id,
            "step",
            f"{journey_id}/{node}",
            port,
            at(5, 7, 10),
            cause=f"journey:{journey_id}",
            detail=_WAY,
        )
        for node, port in (("n1", "next"), ("n2", "yes"), ("n3", "next"))
    ]
    told.append(
        _change(
            person_id, "message", message, "sent", at(5, 7, 10, 0, 1),
            cause=f"journey:{journey_id}", detail={"mail_id": case, "node": "n3"},
        )
    )  # fmt: skip
    facts.record(told)
    _clicks(person_id, message, case, at(5, 7, 12, 8))
    reason = {
        "reason": "threshold",
        "label": "事例メールのクリック",
        "points": 10,
        "threshold": 80,
        "score": 80,
        "version": 3,
    }
    sales = haru.label
    starts = clock.to_ms(at(5, 12, 14))
    facts.record(
        [
            _change(person_id, "hand_over", 1, "pending", at(5, 7, 12, 18), detail=reason | {"owner_id": haru.user_id}),
            _change(person_id, "hand_over", 1, "accepted", at(5, 7, 12, 31), actor=sales, detail={"after_s": 780}),
            _change(person_id, "appointment", 7, "booked", at(5, 7, 13, 5), actor=sales, detail={"at": starts, "title": ""}),
            _change(
                person_id, "call", 9, "booked", at(5, 7, 13, 5),
                actor=sales, number=372.0, detail={"appointment_id": 7, "seconds": 372},
            ),
        ]
    )  # fmt: skip
    processor.process_all()


def view(when: datetime, path: str, title: str, visitor: str = "browser") -> dict[str, Any]:
    return {
        "type": "page",
        "anonymousId": visitor,
        "timestamp": when.isoformat(),
        "properties": {"url": SITE + path, "path": path, "title": title},
    }


def _message(person_id: UUID, mail_id: int, kind: str, source: str, source_id: int, when: datetime) -> int:
    version = mails.current_version(mail_id)
    assert version is not None
    intents.request([Intent(person_id, mail_id, version, kind, source, source_id, f"{source}-1", when)])
    return int(postgres.scalar("SELECT max(id) FROM message"))


def _clicks(person_id: UUID, message: int, mail_id: int, when: datetime, machines: int = 0) -> None:
    verdicts = [("human", when)]
    verdicts += [("machine", when - timedelta(minutes=10, milliseconds=80 * n)) for n in range(machines)]
    props = {"message_id": message, "mail_id": mail_id, "link_number": 1, "link_kind": "content"}
    events = []
    for n, (verdict, moment) in enumerate(verdicts):
        same = {"type": "track", "personId": str(person_id)}
        events.append(
            same
            | {
                "event": "mail_clicked",
                "messageId": f"clicked-{message}-{n}",
                "timestamp": moment.isoformat(),
                "properties": props,
            }
        )
        events.append(
            same
            | {
                "event": "click_judged",
                "messageId": f"judged-{message}-{n}",
                "timestamp": (moment + timedelta(minutes=10)).isoformat(),
                "properties": props | {"verdict": verdict, "clicked_at": moment.isoformat()},
            }
        )
    inlet.accept(events, source="mail", is_history=True)
    processor.process_all()


def _change(person_id: UUID, kind: str, ref: object, new: str, when: datetime, **more: Any) -> Change:
    return Change(person_id, kind, str(ref), new=new, occurred_ms=clock.to_ms(when), **more)


_WAY = {"enrolment": 1, "version": 1}
