"""The demo company on its opening day, with drawn journeys, colleagues, hand-overs and deals.

Reports count what `insights.tests.story` tells; the screens of three packages are read with this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Final
from uuid import UUID

from tabiji.core import clock
from tabiji.events.public import inlet, processor
from tabiji.insights.tests import story
from tabiji.insights.tests.story import Company, Journey
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields
from tabiji.purpose.public import initiatives
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, deals, hand_overs, tasks
from tabiji.sales.tests.cast import Staff, a_person, staff
from tabiji.workspaces.public import Role, definitions, members
from tests.builders.journey import journey, then
from tests.builders.mails import published_mail

CLICKED: Final = {
    "version": 1,
    "kind": "event",
    "name": "click_judged",
    "where": [{"prop": "props.verdict", "op": "is", "value": "human"}],
    "window": {"kind": "since_entry"},
}
_LAST: Final = (
    "佐藤",
    "鈴木",
    "高橋",
    "田中",
    "伊藤",
    "渡辺",
    "山本",
    "中村",
    "小林",
    "加藤",
    "吉田",
    "山田",
    "森",
    "林",
)
_FIRST: Final = (
    "美咲",
    "一郎",
    "由美",
    "実",
    "健",
    "翔太",
    "恵子",
    "修",
    "玲",
    "直樹",
    "彩",
    "誠",
    "舞",
    "拓也",
    "薫",
)
_COMPANIES: Final = (
    "青葉製作所",
    "みどり食品",
    "北斗印刷",
    "東雲商事",
    "さくら工務店",
    "海風運輸",
    "星野精機",
)


@dataclass(frozen=True, slots=True)
class Console:
    """What the screens are about: the reports' company, its colleagues, and what sales has in hand."""

    company: Company
    staff: Staff
    waiting: int
    returned: int
    deal: int
    leaderless: int


def tell(now: datetime) -> Console:
    """All of it; `now` is the opening."""
    colleagues = staff()
    company = story.company(lambda follow: _draw(follow, now))
    name(company.people, now)
    _defined_by(colleagues, company)
    left = _left_behind(now)
    waiting, returned, deal = _sales(colleagues, now)
    _just_now(company.people[195:198], now)
    processor.process_all()
    return Console(company, colleagues, waiting, returned, deal, left)


def name(people: Sequence[UUID], at: datetime) -> None:
    """Names and companies for these people, the same ones each time."""
    named = list(product(_FIRST, _LAST))
    told = [
        FieldUpdate(person, key, value, clock.to_ms(at))
        for place, person in enumerate(people)
        for key, value in (
            ("first_name", named[place % len(named)][0]),
            ("last_name", named[place % len(named)][1]),
            ("company", _COMPANIES[place % len(_COMPANIES)]),
        )
    ]
    fields.apply(told, actor="person")


def _draw(follow: int, now: datetime) -> tuple[Journey, Journey]:
    case, basics = (published_mail(name, at=now) for name in ("事例メール", "基本メール"))
    made = journey("資料請求後フォロー(おまかせ)").enter_on("asked").wait(business_days=3)
    made.branch(CLICKED, then().send(case), then().send(basics))
    branch = next(node for node in made.graph["nodes"] if node["type"] == "branch")
    branch["config"] = {
        "question": "この施策のメールをクリックした?",
        "arms": [{**branch["config"]["arms"][0], "port": "clicked", "label": "クリックした"}],
    }
    for edge in made.graph["edges"]:
        edge["port"] = "clicked" if edge["port"] == "yes" else edge["port"]
    followed = made.goal("appointment").start(now, initiative_id=follow)
    hour = published_mail("時刻の比較", at=now)
    divided = journey("朝と夜").enter_on("asked")
    divided.split("hour", morning=(1, then().send(hour)), evening=(1, then().send(hour)))
    split = divided.exit().start(now)
    return Journey(followed, follow, branch["id"], case, basics), Journey(split, 0, "n1")


def _defined_by(who: Staff, company: Company) -> None:
    initiatives.update(
        company.initiative_id,
        actor=who.aoi,
        why="資料を読んだだけで止まる人が8割。営業に会う理由を3営業日後に1つだけ渡す",
        from_state="資料を持っている",
        to_state="商談を予約した",
        responsible_id=who.aoi.user_id,
        review_on=date(2026, 5, 29),
    )
    for one in (
        company.kgi,
        company.bookings_kpi,
        company.seminar_id,
        company.funnel_id,
        company.experiment_id,
    ):
        definitions.update(one, actor=who.aoi, responsible_id=who.aoi.user_id)


def _left_behind(now: datetime) -> int:
    """A journey that runs on although its responsible colleague has left and its review is 72 days late."""
    ono = members.create_user(
        f"ono-{clock.to_ms(datetime.now().astimezone())}@tanomoa.example", name="大野 拓"
    )
    members.join(ono, Role.MARKETER)
    made = journey("旧・メルマガ登録お礼").enter_on("newsletter").add_score(1).start(now)
    definitions.update(made, actor=members.get_actor(ono), responsible_id=ono, review_on=date(2026, 2, 15))
    members.leave(ono)
    return made


def _sales(who: Staff, now: datetime) -> tuple[int, int, int]:
    """A hand-over that waits for 陽, one that came back, one overdue; a deal, a call, a meeting of today."""
    sato, yamamoto, suzuki, kato = (
        a_person(now - timedelta(days=30), last_name=last, company=company, owner=who.haru)
        for last, company in (
            ("佐藤", "青葉製作所"),
            ("山本", "東雲商事"),
            ("鈴木", "北斗印刷"),
            ("加藤", "海風運輸"),
        )
    )
    early = now - timedelta(days=5)
    made = hand_overs.request(
        [yamamoto.id, kato.id],
        reason="資料請求から3日、料金を2回見ています",
        at=early,
        owner_id=who.haru.user_id,
    ).made
    hand_overs.return_(
        made[yamamoto.id],
        reason="too_early",
        at=early + timedelta(hours=1),
        actor=who.haru,
        note="予算は9月から",
        restart_on=date(2026, 9, 1),
    )
    (waiting,) = hand_overs.request(
        [sato.id],
        reason="比較ページを見て、予算は100万円以上です",
        at=now - timedelta(hours=1),
        owner_id=who.haru.user_id,
    ).made.values()
    deal = deals.open_(
        suzuki.id, name="受発注のWeb化", at=early, actor=who.haru, amount=1_800_000, owner_id=who.haru.user_id
    )
    tasks.add(
        suzuki.id,
        kind="call",
        due_at=now - timedelta(minutes=40),
        at=early,
        actor=who.haru,
        title="見積もりの件で再架電",
        owner_id=who.haru.user_id,
    )
    appointments.book(
        suzuki.id,
        NewAppointment(now + timedelta(hours=1)),
        at=early,
        actor=who.haru,
        deal_id=deal.id,
    )
    hand_overs.tell_overdue(now)
    return waiting, made[yamamoto.id], deal.id


def _just_now(people: Sequence[UUID], now: datetime) -> None:
    for place, person in enumerate(people):
        for step, (path, title) in enumerate((("/", "トップ"), ("/cases/", "事例"), ("/pricing/", "料金"))):
            moment = now - timedelta(minutes=60 * place + 10 - step)
            event = {
                "type": "page",
                "event": "page_viewed",
                "personId": str(person),
                "messageId": f"just-{place}-{step}",
                "timestamp": moment.isoformat(),
                "properties": {"path": path, "title": title},
            }
            inlet.accept([event], source="system", is_history=True)
