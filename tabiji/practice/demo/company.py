"""Founding the demo company: colleagues, fields, calendar, brand, goals, forms, mails, journeys.

Everything is made through the public functions of the rooms, by the colleague who would do it. Journeys
are published last (`open_journeys`), when the former tool's history is in: nobody enters one for what
happened before.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.conf import settings

from tabiji.content.public import brand, mails
from tabiji.experiments.contracts import Variant
from tabiji.experiments.public import experiments
from tabiji.insights.public import funnels
from tabiji.journeys.public import versions
from tabiji.messaging.public import domains
from tabiji.pages.public import forms, landing
from tabiji.people.public import exclusions, fields, lists
from tabiji.practice import demo_site
from tabiji.practice.demo import cast, content, correspondence, days, drawings, seminar, staff
from tabiji.practice.demo.content import Language
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.sales.public import policy
from tabiji.scoring.public import score_models, stage_models
from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.public import Role, keys, members, workspace

SLUG: Final = staff.SLUG
WRITE_KEY: Final = "wk_tanomoa_practice"
DKIM_SELECTOR: Final = "tabiji"
PHASES: Final = ("meeting", "proposal", "quote", "closing")
LINES: Final = (
    ("omakase", "タノモア おまかせ", "Tanomoa Omakase"),
    ("market", "タノモア マーケット", "Tanomoa Market"),
)
_CONTRACT: Final = "contract"
_URGENT_REVIEW: Final = date(2025, 11, 4)
_NEXT_REVIEW: Final = date(2026, 5, 29)
_FORGOTTEN_REVIEW: Final = date(2026, 2, 15)
"""72 days before the opening."""


@dataclass(slots=True)
class Company:
    """The ids of what was founded, by the keys that the plan uses."""

    workspace: WorkspaceInfo
    language: Language
    users: dict[str, int] = field(default_factory=dict)
    mails: dict[str, int] = field(default_factory=dict)
    initiatives: dict[str, int] = field(default_factory=dict)
    journeys: dict[str, int] = field(default_factory=dict)
    experiments: dict[str, int] = field(default_factory=dict)
    kpis: dict[str, int] = field(default_factory=dict)
    lists: dict[str, int] = field(default_factory=dict)
    watched: list[int] = field(default_factory=list)
    """Audiences that nothing waits for: their sizes are looked at once a day."""
    form_id: int = 0
    form_version_id: int = 0
    page_id: int = 0
    funnel_id: int = 0
    period_id: int = 0
    time_test_key: str = ""
    test_audience_id: int = 0
    _actors: dict[str, Actor] = field(default_factory=dict)

    def say(self, japanese: str, english: str) -> str:
        return english if self.language == "en" else japanese

    def actor(self, key: str) -> Actor:
        """The colleague as who acts, read once (also one who has left since)."""
        if key not in self._actors:
            self._actors[key] = members.get_actor(self.users[key])
        return self._actors[key]


def site() -> str:
    """Where the demo company's own site is served, with its last slash."""
    return f"{settings.PUBLIC_URL}/site/{SLUG}/"


def open_workspace(language: Language, *, now: datetime) -> WorkspaceInfo:
    """The workspace, its clock at the founding. now: real time."""
    return workspace.create(
        SLUG,
        name={"ja": "株式会社タノモア", "en": "Tanomoa Inc."}[language],
        language=language,
        is_practice=True,
        clock_offset=days.FOUNDING - now,
        shards=1,
        settings={"calendar": {"country": "JP", "recurring": [list(pair) for pair in days.RECURRING]}},
    )


def found(where: WorkspaceInfo, language: Language, *, password: str) -> Company:
    """Everything but the journeys, in the open scope. password: of every colleague."""
    company = Company(where, language)
    _hire(company, password)
    _settle(company)
    _define_goals(company)
    _define_scores(company)
    _write_mails(company)
    _open_pages(company)
    _make_lists(company)
    _prepare_time_test(company)
    return company


def open_journeys(company: Company, *, now: datetime) -> None:
    """Those that run from the beginning."""
    aoi = company.actor("aoi")
    _follow_up(company, aoi, now)
    _smaller_ones(company, aoi, now)
    _forgotten(company)
    _belong(company, aoi)


# -- who, and how -----------------------------------------------------------------------------------


def _hire(company: Company, password: str) -> None:
    for one in staff.STAFF:
        company.users[one.key] = members.create_user(
            one.email, name=one.name, password=password, language=company.language
        )
        members.join(company.users[one.key], Role(one.role))


def _settle(company: Company) -> None:
    """Fields, exclusions, brand, sending domain, site, tracking key, lines of business."""
    admin, say = company.actor("megumi"), company.say
    choices = [{"value": key, "label": say(*labels)} for key, labels in cast.ROLES.items()]
    fields.create(
        content.BUDGET,
        label=say("予算", "Budget"),
        type="choice",
        choices=content.budget_choices(company.language),
    )
    fields.create("role", label=say("区分", "Kind"), type="choice", choices=choices)
    fields.create(content.CONSULTATION, label=say("相談内容", "Wish"), type="text")
    exclusions.add("domain", "tanomoa.example", reason=say("自社", "Own staff"))
    exclusions.add("domain", cast.COMPETITOR, reason=say("競合", "Competitor"))
    exclusions.add("ip", "203.0.113.0/24", reason=say("本社", "Head office"), from_sends=False)
    brand.change(actor=admin, **content.brand_values(company.language, site=site()))
    domains.save(
        actor=admin,
        from_name=say("タノモア おまかせ", "Tanomoa Omakase"),
        from_address="omakase@tanomoa.example",
        reply_to="haru@tanomoa.example",
        bounce_domain="bounce.tanomoa.example",
        host=domains.PRACTICE_HOST,
        port=domains.PRACTICE_PORT,
        security="none",
        connections=12,
    )
    domains.make_dkim_key("tanomoa.example", DKIM_SELECTOR, actor=admin)
    keys.create_write_key(say("タノモアのサイト", "Tanomoa's site"), actor=admin, public=WRITE_KEY)
    demo_site.open_site(landing_path=f"/p/{SLUG}/{content.PAGE_KEY}")
    standing = policy.current()
    policy.set_policy(
        policy.Policy(
            lines=tuple((key, say(ja, en)) for key, ja, en in LINES),
            phases=tuple((key, standing.phase_label(key)) for key in PHASES),
        ),
        actor=admin,
    )


# -- what for ---------------------------------------------------------------------------------------


def _define_goals(company: Company) -> None:
    aoi, say = company.actor("aoi"), company.say
    company.period_id = periods.create(say("90日", "90 days"), starts_at=days.PERIOD, actor=aoi).id
    requested = {
        "kind": "event",
        "names": ["form_submitted"],
        "sources": ["form", "import"],
        "where": [{"property": "form_key", "operator": "is", "values": [content.FORM_KEY]}],
    }
    contract = {"kind": "change", "change": "deal", "new": ["won"]}
    booked = {"kind": "change", "change": "appointment", "new": ["booked"]}
    goals: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        (_CONTRACT, say("契約", "Contract"), contract, {"worth": {"kind": "number"}, "undone_by": ["*"]}),
        (drawings.APPOINTMENT, say("商談予約", "Appointment"), booked, {"undone_by": ["cancelled"]}),
        ("document_request", say("資料請求", "Document request"), requested, {}),
        ("signed_up", say("会員登録", "Sign-up"), {"kind": "event", "names": ["signed_up"]}, {}),
        (
            drawings.FIRST_ORDER,
            say("初回依頼", "First order"),
            {"kind": "event", "names": ["order_placed"]},
            {"once": True},
        ),
    ]
    for key, name, rule, more in goals:
        conversions.create(key, name=name, rule=rule, actor=aoi, review_on=_NEXT_REVIEW, **more)
    _plant_tree(company, aoi)
    _begin_initiatives(company, aoi)
    company.funnel_id = funnels.create(
        say("おまかせ", "Omakase"), steps=_steps(company), actor=aoi, kpi_id=company.kpis["booked"],
        why=say("どこで人が減るかを、毎週同じ形で見る", "See every week, in the same form, where people are lost"),
    )  # fmt: skip


def _plant_tree(company: Company, aoi: Actor) -> None:
    root = _kpi(company, aoi, "contracts", ("全契約", "All contracts"), _CONTRACT, 120, responsible="megumi")
    for key, labels, target in (
        ("omakase", ("おまかせ", "Omakase"), 30),
        ("market", ("マーケット法人", "Market"), 90),
    ):
        part = {"kind": "line", "line": key}
        _kpi(company, aoi, key, labels, _CONTRACT, target, parent=root, part=part, responsible="makoto")
    _kpi(company, aoi, "requests", ("資料請求", "Requests"), "document_request", 240, parent=root)
    _kpi(company, aoi, "booked", ("商談予約", "Appointments"), drawings.APPOINTMENT, 140, parent=root)
    _kpi(company, aoi, "signed_up", ("会員登録", "Sign-ups"), "signed_up", 900, parent=root)
    _kpi(company, aoi, "orders", ("初回依頼", "First orders"), drawings.FIRST_ORDER, 270, parent=root)


def _kpi(
    company: Company,
    aoi: Actor,
    key: str,
    labels: tuple[str, str],
    conversion: str,
    target: float,
    *,
    parent: int | None = None,
    part: dict[str, Any] | None = None,
    responsible: str = "aoi",
) -> int:
    company.kpis[key] = kpi.create(
        labels[0],
        label_en=labels[1],
        conversion=conversion,
        target=target,
        period_id=company.period_id,
        actor=aoi,
        parent_id=parent,
        part=part,
        responsible_id=company.users[responsible],
        review_on=_NEXT_REVIEW,
    )
    return company.kpis[key]


def _steps(company: Company) -> list[tuple[str, dict[str, Any]]]:
    say = company.say
    viewed = {"kind": "event", "names": ["page_viewed"]}
    reached = {"kind": "change", "change": "conversion"}
    key = [{"property": "form_key", "operator": "is", "values": [content.FORM_KEY]}]
    return [
        (say("訪問", "Visit"), viewed),
        (say("料金/事例", "Prices or cases"), {**viewed, "paths": ["*/pricing/*", "*/cases/*"]}),
        (say("フォーム表示", "Form seen"), {"kind": "event", "names": ["form_viewed"]}),
        (
            say("送信", "Form sent"),
            {"kind": "event", "names": ["form_submitted"], "sources": ["form"], "where": key},
        ),
        # By the conversions: what was cancelled, reopened or corrected is taken back here, too.
        (say("商談予約", "Appointment"), {**reached, "refs": [drawings.APPOINTMENT]}),
        (say("契約", "Contract"), {**reached, "refs": [_CONTRACT], "line": "omakase"}),
    ]


def _begin_initiatives(company: Company, aoi: Actor) -> None:
    for key, (kpi_key, *words) in _INITIATIVES.items():
        name, why, before, after = (company.say(*pair) for pair in words)
        company.initiatives[key] = initiatives.create(
            name,
            why=why,
            from_state=before,
            to_state=after,
            kpi_id=company.kpis[kpi_key],
            actor=aoi,
            responsible_id=aoi.user_id,
            review_on=_URGENT_REVIEW if key == "urgent" else _NEXT_REVIEW,
            period_id=company.period_id,
            state="ended" if key == "urgent" else "running",
        )


# -- scores and stages ------------------------------------------------------------------------------


def _define_scores(company: Company) -> None:
    aoi, say = company.actor("aoi"), company.say
    now = days.FOUNDING
    score_models.publish(_score_document(company), actor=aoi, at=now, name=say("関心", "Interest"))
    stage_models.publish(_stage_document(company), actor=aoi, at=now, name=say("ステージ", "Stages"))


def _score_document(company: Company) -> dict[str, Any]:
    say = company.say

    def viewed(path: str) -> dict[str, Any]:
        where = [{"prop": "path", "op": "contains", "value": path}]
        return {"kind": "event", "name": "page_viewed", "where": where}

    key = [{"prop": "props.form_key", "op": "is", "value": content.FORM_KEY}]
    human = [
        {"prop": "props.verdict", "op": "is", "value": "human"},
        {"prop": "props.link_kind", "op": "is", "value": "content"},
    ]
    over = {"kind": "field", "field": content.BUDGET, "op": "in", "value": list(content.FROM_ONE_MILLION)}
    return {
        "version": 1,
        "threshold": 80,
        "rules": [
            {
                "key": "document_request",
                "label": say("資料請求", "Document request"),
                "points": 25,
                "trigger": {"kind": "event", "name": "form_submitted", "where": key},
            },
            {
                "key": "budget",
                "label": say("予算{subject}", "Budget {subject}"),
                "points": 15,
                "trigger": over,
            },
            {
                "key": "pricing",
                "label": say("料金ページの閲覧", "Prices viewed"),
                "points": 10,
                "cap": "daily",
                "trigger": viewed("/pricing/"),
            },
            {
                "key": "compare",
                "label": say("比較ページの閲覧", "Comparison viewed"),
                "points": 5,
                "trigger": viewed("/compare/"),
            },
            {
                "key": "cases",
                "label": say("事例ページの閲覧", "Cases viewed"),
                "points": 5,
                "trigger": viewed("/cases/"),
            },
            {
                "key": "mail_click",
                "label": say("{subject}のクリック", "Click in {subject}"),
                "subject": say("メール", "a mail"),
                "points": 10,
                "cap": "per",
                "per": "props.mail_id",
                "trigger": {"kind": "event", "name": "click_judged", "where": human},
            },
        ],
    }


def _stage_document(company: Company) -> dict[str, Any]:
    say = company.say
    requested = {
        "kind": "event",
        "name": "form_submitted",
        "where": [{"prop": "props.form_key", "op": "is", "value": content.FORM_KEY}],
        "window": {"kind": "last", "n": 90, "unit": "days"},
    }
    dealing = {
        "kind": "any",
        "of": [
            {"kind": "value", "of": "deal", "op": "in", "value": list(PHASES)},
            {"kind": "value", "of": "appointment", "op": "is", "value": "booked"},
        ],
    }
    considering = {
        "kind": "any",
        "of": [{"kind": "value", "of": "score", "op": "gte", "value": 40}, requested],
    }
    rows: list[tuple[str, tuple[str, str], tuple[str, str], tuple[str, str], dict[str, Any]]] = [
        (
            "contract",
            ("契約", "Contract"),
            ("契約したばかり", "has just signed"),
            ("最初の成果を社内に見せられる", "can show a first result"),
            {"kind": "value", "of": "deal", "op": "is", "value": "won"},
        ),
        (
            "dealing",
            ("商談中", "In talks"),
            ("会う日が決まった", "has a day to meet"),
            ("社内で稟議を出せる", "can ask for approval"),
            dealing,
        ),
        (
            "dormant",
            ("休眠", "Dormant"),
            ("半年動きがない", "did nothing for half a year"),
            ("もう一度サイトに来る", "comes back to the site"),
            {"kind": "attribute", "field": "last_act_at", "op": "longer_ago_than_days", "value": 180},
        ),
        (
            "considering",
            ("検討中", "Considering"),
            ("資料を持っている", "has the case book"),
            ("商談を予約した", "booked an appointment"),
            considering,
        ),
        (
            "prospect",
            ("見込み", "Prospect"),
            ("タノモアを知っている", "knows Tanomoa"),
            ("資料を請求した", "asked for the case book"),
            {"kind": "attribute", "field": "last_act_at", "op": "is_not_empty"},
        ),
    ]
    return {
        "version": 1,
        "stages": [
            {
                "key": key,
                "label": say(*label),
                "change_from": say(*before),
                "change_to": say(*after),
                "rule": rule,
            }
            for key, label, before, after, rule in rows
        ],
    }


# -- what is said -----------------------------------------------------------------------------------


def _write_mails(company: Company) -> None:
    aoi, language = company.actor("aoi"), company.language
    for mail in (*content.mails(language, site=site()), *correspondence.mails(language, site=site())):
        made = mails.create(
            mail.name,
            actor=aoi,
            document=mail.document,
            subject=mail.subject,
            preheader=mail.preheader,
            purpose=mail.purpose,
            language=language,
            why=mail.why,
            review_on=_NEXT_REVIEW,
        )
        mails.publish(made, actor=aoi, now=days.at(_WRITTEN[mail.key], 16, 20 + len(mail.name) % 40))
        company.mails[mail.key] = made


def _open_pages(company: Company) -> None:
    aoi, language = company.actor("aoi"), company.language
    now = days.FOUNDING - timedelta(days=30)
    company.form_id = forms.create(
        content.form_name(language),
        key=content.FORM_KEY,
        actor=aoi,
        document=content.form(
            language,
            site=site(),
            auto_reply_mail_id=company.mails["auto_reply"],
            initiative_id=company.initiatives["follow_up"],
        ),
        language=language,
        why=company.say("営業に会う前の人に、先に役に立つ", "Be useful before anybody meets sales"),
        review_on=_NEXT_REVIEW,
    )
    company.form_version_id = forms.publish(company.form_id, actor=aoi, now=now)
    company.page_id = landing.create(
        content.page_name(language),
        key=content.PAGE_KEY,
        actor=aoi,
        document=content.landing_page(language, form_id=company.form_id),
        language=language,
        why=company.say(
            "FAXの受発注に悩む会社に、事例集を渡す", "Give the case book to those who order by fax"
        ),
        review_on=_NEXT_REVIEW,
    )
    landing.publish(company.page_id, actor=aoi, now=now)


def _make_lists(company: Company) -> None:
    aoi, say = company.actor("aoi"), company.say
    for key, name, note in (
        ("cards", ("展示会名刺 Aランク", "Exhibition cards, rank A"), ("2025年11月", "November 2025")),
        ("sleepers", ("休眠ランサー 2026春", "Sleeping freelancers, spring 2026"), ("", "")),
        ("guests", ("事例セミナー 3/26 案内先", "Case seminar 3/26, invited"), ("", "")),
        ("met", ("役員に会えた会社の人", "Where we met the board"), ("営業のメモから", "from sales' notes")),
    ):
        company.lists[key] = lists.create(say(*name), actor=aoi, note=say(*note))


# -- journeys ---------------------------------------------------------------------------------------


def _prepare_time_test(company: Company) -> None:
    """The test's journey, still empty: its number is part of what divides people."""
    aoi, say = company.actor("aoi"), company.say
    made = draft(
        company, aoi, say("配信時刻の比較(朝8時と夜20時)", "Time of sending"), "time_test", {"version": 1}
    )
    company.journeys["time_test"] = made
    begin_test(
        company,
        aoi,
        key="send_hour",
        name=say("朝8時と夜20時、どちらに送るか", "Eight in the morning or in the evening?"),
        step=f"{made}/{drawings.SPLIT}",
        labels=(
            ("morning", say("朝 8:00", "Morning, 8:00"), {"default_send_hour": "08:00"}),
            ("evening", say("夜 20:00", "Evening, 20:00"), {"default_send_hour": "20:00"}),
        ),
        initiative="time_test",
        window_days=60,
    )
    _divide_bookings(company, aoi)


def _follow_up(company: Company, aoi: Actor, now: datetime) -> None:
    """Version 1 of last autumn sent everybody the same; version 2 asks whether the case book was opened."""
    say, initiative = company.say, company.initiatives["follow_up"]
    made = versions.create(
        say("資料請求後フォロー(おまかせ)", "After the case book (Omakase)"),
        actor=aoi,
        why=say(*_INITIATIVES["follow_up"][2]),
        graph=drawings.follow_up_of_last_year(form_id=company.form_id, basics_id=company.mails["basics"]),
        initiative_id=initiative,
        kpi_id=company.kpis["booked"],
        review_on=_NEXT_REVIEW,
    )
    versions.publish(made, actor=aoi, now=days.at(date(2025, 11, 10), 15))
    drawing = drawings.follow_up(
        form_id=company.form_id,
        initiative_id=initiative,
        case_id=company.mails["case"],
        basics_id=company.mails["basics"],
        labels=(
            say("資料のリンクをクリックした?", "Clicked a link in our mails?"),
            say("はい", "Yes"),
            say("いいえ", "No"),
        ),
    )
    versions.save_draft(made, drawing, actor=aoi, revision=versions.get(made).draft_revision)
    versions.publish(made, actor=aoi, now=now)
    company.journeys["follow_up"] = made
    initiatives.update(initiative, actor=aoi, branch=f"{made}/{drawings.BRANCH}")


def _smaller_ones(company: Company, aoi: Actor, now: datetime) -> None:
    say, written = company.say, company.mails
    for key, initiative, names, drawing in (
        (
            "applied",
            "seminar",
            ("セミナー申込後のご案内", "After a seminar application"),
            drawings.seminar_applied(event=seminar.APPLICATION, mail_id=written["seminar_day"]),
        ),
        (
            "welcome",
            "freelancers",
            ("ようこそ、タノモアへ(ランサー)", "Welcome to Tanomoa (freelancers)"),
            drawings.welcome_freelancers(
                tips_id=written["tips"],
                english_id=written["tips_en"],
                labels=(
                    say("登録から3日、どこまで進んだ?", "How far after three days?"),
                    say("英語に切り替えた", "Switched to English"),
                    say("プロフィールを書いた", "Wrote the profile"),
                    say("まだ何もしていない", "Nothing yet"),
                ),
            ),
        ),
        (
            "guide",
            "first_order",
            ("はじめての依頼ガイド(発注者)", "Guide to the first order (clients)"),
            drawings.first_order(mail_id=written["guide"]),
        ),
        (
            "inquiry",
            "inquiries",
            ("問い合わせ後のフォロー", "After an inquiry"),
            drawings.inquiry(mail_id=written["inquiry"]),
        ),
    ):
        company.journeys[key] = _start(company, aoi, say(*names), initiative, drawing, now)


def _forgotten(company: Company) -> None:
    """Ono's: he has left, and nobody looks at it."""
    ono = company.actor(staff.LEFT)
    made = versions.create(
        company.say("旧・メルマガ登録お礼", "Old newsletter thanks"),
        actor=ono,
        why=company.say("登録のお礼を自動で送る", "Send thanks by itself"),
        graph=drawings.newsletter(mail_id=company.mails["newsletter"]),
        review_on=_FORGOTTEN_REVIEW,
    )
    versions.publish(made, actor=ono, now=days.BEGINNING)
    company.journeys["forgotten"] = made
    members.leave(company.users[staff.LEFT])


def _start(
    company: Company, aoi: Actor, name: str, initiative: str, drawing: drawings.Graph, now: datetime
) -> int:
    made = draft(company, aoi, name, initiative, drawing)
    versions.publish(made, actor=aoi, now=now)
    return made


def draft(company: Company, aoi: Actor, name: str, initiative: str, drawing: drawings.Graph) -> int:
    """A journey of an initiative, not started yet."""
    made = versions.create(
        name,
        actor=aoi,
        why=company.say(*_INITIATIVES[initiative][2]),
        graph=drawing,
        initiative_id=company.initiatives[initiative],
        kpi_id=company.kpis[_INITIATIVES[initiative][0]],
        review_on=_NEXT_REVIEW,
    )
    initiatives.add_members(company.initiatives[initiative], [made], actor=aoi)
    return made


def begin_test(
    company: Company,
    aoi: Actor,
    *,
    key: str,
    name: str,
    step: str,
    labels: tuple[tuple[str, str, dict[str, Any]], ...],
    initiative: str,
    window_days: int | None,
) -> int:
    """An experiment on a journey's split. labels: variant, label, what adopting it sets."""
    made = experiments.create(
        key,
        name=name,
        variants=[Variant(variant, label, effects=effects) for variant, label, effects in labels],
        goal=drawings.APPOINTMENT,
        actor=aoi,
        why=company.say(*_INITIATIVES[initiative][2]),
        step=step,
        window_days=window_days,
        initiative_id=company.initiatives[initiative],
        kpi_id=company.kpis["booked"],
        responsible_id=aoi.user_id,
        review_on=_NEXT_REVIEW,
    )
    initiatives.add_members(company.initiatives[initiative], [made], actor=aoi)
    company.experiments[key] = made
    return made


def _divide_bookings(company: Company, aoi: Actor) -> None:
    """Appointments by the funnel, by the test of the hour, and all others; the first that fits takes one."""
    parent, booked = company.kpis["booked"], drawings.APPOINTMENT
    for key, labels, target, part in (
        (
            "by_funnel",
            ("Webファネル", "Web funnel"),
            55,
            {"kind": "funnel", "funnel_id": company.funnel_id, "step": 5},
        ),
        (
            "by_test",
            ("配信時刻テスト", "Time test"),
            60,
            {"kind": "experiment", "experiment_id": company.experiments["send_hour"]},
        ),
        ("by_others", ("その他", "Others"), 25, {"kind": "rest"}),
    ):
        _kpi(company, aoi, key, labels, booked, target, parent=parent, part=part)


def _belong(company: Company, aoi: Actor) -> None:
    """Form, page, auto-reply and journey belong to one initiative."""
    written = company.mails
    follow_up = [company.form_id, company.page_id, company.journeys["follow_up"]]
    for key, its in (
        ("follow_up", [*follow_up, written["auto_reply"], written["case"], written["basics"]]),
        ("time_test", [written["hour"]]),
        (
            "seminar",
            [written[key] for key in ("invitation", "seminar_day", "thanks_plain", "thanks_question")],
        ),
        ("freelancers", [written["tips"], written["tips_en"]]),
        ("first_order", [written["guide"]]),
        ("cards", [written["card_thanks"]]),
        ("sleepers", [written["wake"]]),
        ("inquiries", [written["inquiry"]]),
    ):
        initiatives.add_members(company.initiatives[key], its, actor=aoi)


_WRITTEN: Final = {
    "newsletter": date(2025, 4, 24),
    "auto_reply": date(2025, 11, 6),
    "basics": date(2025, 11, 7),
    "card_thanks": date(2025, 11, 17),
    "guide": date(2025, 12, 2),
    "inquiry": date(2025, 12, 9),
    "tips": date(2025, 12, 16),
    "tips_en": date(2025, 12, 18),
    "case": date(2026, 1, 23),
    "seminar_day": date(2026, 1, 26),
    "thanks_plain": date(2026, 1, 27),
    "thanks_question": date(2026, 1, 27),
    "hour": date(2026, 2, 5),
    "wake": date(2026, 3, 6),
    "invitation": date(2026, 3, 12),
}
"""When each mail was finished: shortly before its first use, also those that the founding makes for later."""
_Pair = tuple[str, str]
_INITIATIVES: Final[dict[str, tuple[str, _Pair, _Pair, _Pair, _Pair]]] = {
    "follow_up": (
        "booked",
        ("資料請求後フォロー(おまかせ)", "After the case book (Omakase)"),
        (
            "資料を読んだだけで止まる人が8割。営業に会う理由を3営業日後に1つだけ渡す",
            "Eight of ten stop after reading. Give them one reason to meet us, three business days later",
        ),
        ("資料を持っている", "has the case book"),
        ("商談を予約した", "booked an appointment"),
    ),
    "time_test": (
        "booked",
        ("配信時刻の比較(朝8時と夜20時)", "Time of sending (8 in the morning or evening)"),
        (
            "朝に送るのは慣習で、根拠がない。開封ではなく商談予約で決める",
            "We send in the morning by habit. Decide by appointments, not by opens",
        ),
        ("タノモアを知っている", "knows Tanomoa"),
        ("商談を予約した", "booked an appointment"),
    ),
    "seminar": (
        "booked",
        ("事例セミナー(おまかせ)", "Case seminar (Omakase)"),
        (
            "資料では動かなかった人に、同じ規模の会社の声を聞いてもらう",
            "Let those who were not moved by paper hear a company of their size",
        ),
        ("資料を読み終えた", "has read the case book"),
        ("商談を予約した", "booked an appointment"),
    ),
    "freelancers": (
        "signed_up",
        ("ランサー定着(ようこそ)", "Freelancers settle in (welcome)"),
        (
            "登録後3日で半分が来なくなる。最初の一歩だけを手伝う",
            "Half are gone after three days. Help with the first step only",
        ),
        ("登録した", "signed up"),
        ("プロフィールを書いた", "wrote the profile"),
    ),
    "first_order": (
        "orders",
        ("はじめての依頼(発注者)", "First order (clients)"),
        (
            "登録だけで止まる発注者に、書き方の型を渡す",
            "Give clients who only signed up a pattern to write by",
        ),
        ("登録した", "signed up"),
        ("最初の依頼をした", "placed a first order"),
    ),
    "cards": (
        "booked",
        ("展示会名刺のお礼", "Thanks for exhibition cards"),
        ("会った日の話を忘れられる前に、1枚だけ届ける", "Send one page before the talk is forgotten"),
        ("名刺を交換した", "gave a card"),
        ("商談を予約した", "booked an appointment"),
    ),
    "sleepers": (
        "orders",
        ("休眠の掘り起こし(2026春)", "Waking sleepers (spring 2026)"),
        ("半年いない人に、戻る理由をひとつだけ渡す", "One reason to return after half a year"),
        ("半年動きがない", "did nothing for half a year"),
        ("もう一度サイトに来る", "comes back to the site"),
    ),
    "inquiries": (
        "booked",
        ("問い合わせ後フォロー", "After inquiries"),
        (
            "問い合わせは答えて終わりになりがち。近い事例をひとつ渡す",
            "Answers end the talk: give one close case",
        ),
        ("質問をした", "asked a question"),
        ("商談を予約した", "booked an appointment"),
    ),
    "urgent": (
        "booked",
        ("件名に【至急】をつける", "“Urgent” in the subject"),
        ("開封率を上げたい", "Raise the open rate"),
        ("メールを開かない", "does not open mails"),
        ("商談を予約した", "booked an appointment"),
    ),
}
LEARNT: Final = (
    "開封は22%から41%に上がったが、商談予約は9件から2件に減った。急いでいない人に急げと言うと、信用が減る。",
    "Opens rose from 22% to 41%, appointments fell from 9 to 2. Telling people to hurry who need not costs trust.",
)
