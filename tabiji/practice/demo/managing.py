"""What the marketer of the demo company does on her screens in the ninety days, and at the very end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from tabiji.audiences.public import audience
from tabiji.core import postgres, sql
from tabiji.experiments.public import assignment
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts
from tabiji.people.public import companies, lists
from tabiji.practice.demo import company, content, drawings, employers, requests, seminar, time_test
from tabiji.practice.demo.company import Company
from tabiji.practice.demo.plan import Plan
from tabiji.practice.demo.time_test import Variant
from tabiji.practice.demo.wire import Wire
from tabiji.purpose.public import initiatives

Manage = Callable[[Company, Plan, Wire, datetime], None]
_TRIES: Final = 20_000


class NoSuchDivision(RuntimeError):
    """No key of the split divides these people as the demo tells it."""


def dividing_key(
    name: str, journey_id: int, people: Sequence[UUID], wanted: Mapping[str, int], salt: str
) -> str:
    """A key of a split by which the stable hash gives each arm exactly so many people.

    The salt of practice workspaces is fixed and the people's ids are stable, so the same key is found in
    each making. Raises NoSuchDivision.
    """
    weights = dict.fromkeys(wanted, 1)
    for number in count():
        key = name if not number else f"{name}-{number}"
        arms = assignment.divide(salt, f"journey:{journey_id}:{key}", people, weights)
        first = next(iter(wanted))
        if sum(1 for arm in arms.values() if arm == first) == wanted[first]:
            return key
        if number > _TRIES:
            raise NoSuchDivision(f"{name}: {wanted} does not come out in {_TRIES} tries")
    raise AssertionError("count() never ends")


def divide_time_test(made: Company, wire: Wire, people: list[int]) -> Mapping[Variant, list[int]]:
    """Who gets the mail when, as the published split will divide them."""
    ids = {wire.person_id(number): number for number in people}
    wanted: dict[str, int] = {variant: arm.n for variant, arm in time_test.ARMS.items()}
    journey_id = made.journeys["time_test"]
    key = dividing_key("send-hour", journey_id, list(ids), wanted, assignment.PRACTICE_SALT)
    arms = assignment.divide(
        assignment.PRACTICE_SALT, f"journey:{journey_id}:{key}", ids, dict.fromkeys(wanted, 1)
    )
    made.time_test_key = key
    return {
        variant: [number for person_id, number in ids.items() if arms[person_id] == variant]
        for variant in time_test.ARMS
    }


def start_thanks_test(made: Company, plan: Plan, wire: Wire, now: datetime) -> None:
    """Two subject lines for the seminar's guests: 14 and 12 people, too few to say anything."""
    aoi, say = made.actor("aoi"), made.say
    name = say("セミナーのお礼(件名の比較)", "Seminar thanks (two subjects)")
    journey_id = company.draft(made, aoi, name, "seminar", {"version": 1})
    guests = [wire.person_id(number) for number in plan.seminar.attended]
    wanted = dict(zip(("plain", "question"), seminar.THANKED, strict=True))
    labels = (say("ふつうの件名", "Plain subject"), say("問いかけの件名", "A question"))
    drawing = drawings.thanks_test(
        event=seminar.ATTENDANCE,
        plain_id=made.mails["thanks_plain"],
        question_id=made.mails["thanks_question"],
        key=dividing_key("subject", journey_id, guests, wanted, assignment.PRACTICE_SALT),
        labels=labels,
    )
    _publish(journey_id, drawing, made, now)
    made.journeys["thanks"] = journey_id
    company.begin_test(
        made,
        aoi,
        key="thanks_subject",
        name=say("お礼メールの件名", "Subject of the thanks"),
        step=f"{journey_id}/{drawings.SPLIT}",
        labels=(("plain", labels[0], {}), ("question", labels[1], {})),
        initiative="seminar",
        window_days=30,
    )


def keep_watched_audiences(made: Company) -> None:
    """The audiences that the marketer looks at each week, from the first day of the ninety."""
    for names, condition in _watched(made):
        made.watched.append(
            audience.create(
                made.say(*names),
                actor=made.actor("aoi"),
                condition={"version": 1, **condition},
                kpi_id=made.kpis["booked"],
            )
        )


def look_at_audiences(made: Company, now: datetime) -> None:
    """Bring the watched audiences up to date; what came of it goes along with the next facts."""
    for audience_id in made.watched:
        audience.refresh_now(audience_id, now=now)


def describe_employers(made: Company) -> None:
    """Industry and size of the customers' companies, as a colleague has noted them."""
    found = postgres.rows("SELECT id, name FROM company")
    told = {number: employers.employer(name, made.language) for number, name in found}
    companies.describe({number: (one.industry, one.employees) for number, one in told.items()})


def date_drafts(made: Company) -> None:
    """Let drafts look as old as what was last published of them: the year is told in an afternoon."""
    for statement in ("date_mails", "date_pages"):
        postgres.execute(sql.named("practice", statement))


def _start_time_test(made: Company, plan: Plan, wire: Wire, at: datetime) -> None:
    """The audience and the journey in one moment: whoever is let in goes on the way at once."""
    aoi, say = made.actor("aoi"), made.say
    audience_id = audience.create(
        say("発注者(配信できる・資料請求前・商談なし)", "Clients (may be written to, no request, no deal)"),
        actor=aoi,
        condition=_test_condition(),
        why=say(
            "時刻テストの対象。営業が話している人には送らない", "For the time test; nobody whom sales talk to"
        ),
        kpi_id=made.kpis["booked"],
    )
    drawing = drawings.time_test(
        audience_id=audience_id,
        mail_id=made.mails["hour"],
        key=made.time_test_key,
        labels=(say("朝 8:00", "Morning, 8:00"), say("夜 20:00", "Evening, 20:00")),
    )
    _publish(made.journeys["time_test"], drawing, made, at)
    made.test_audience_id = audience_id


def _drain_time_test(made: Company, plan: Plan, wire: Wire, at: datetime) -> None:
    versions.drain(made.journeys["time_test"], actor=made.actor("aoi"))
    made.watched.append(made.test_audience_id)


def _thank_cards(made: Company, plan: Plan, wire: Wire, at: datetime) -> None:
    names = (
        ("展示会名刺のお礼", "Thanks for exhibition cards"),
        ("展示会名刺 Aランク", "Exhibition cards, rank A"),
    )
    audience_id = _by_list(made, "cards", names[1])
    drawing = drawings.cards(audience_id=audience_id, mail_id=made.mails["card_thanks"])
    journey_id = company.draft(made, made.actor("aoi"), made.say(*names[0]), "cards", drawing)
    versions.publish(journey_id, actor=made.actor("aoi"), now=at)
    made.journeys["cards"] = journey_id
    _put_on(made, "cards", (wire.person_id(number) for number in plan.cards), at)


def _wake_members(made: Company, plan: Plan, wire: Wire, at: datetime) -> None:
    names = (
        ("休眠の掘り起こし(ランサー)", "Waking sleepers (freelancers)"),
        ("休眠ランサー", "Sleeping freelancers"),
    )
    audience_id = _by_list(made, "sleepers", names[1])
    drawing = drawings.wake(audience_id=audience_id, mail_id=made.mails["wake"])
    journey_id = company.draft(made, made.actor("aoi"), made.say(*names[0]), "sleepers", drawing)
    versions.publish(journey_id, actor=made.actor("aoi"), now=at)
    made.journeys["sleepers"] = journey_id
    _put_on(made, "sleepers", (wire.person_id(number) for number in plan.sleepers), at)


def _send_invitation(made: Company, plan: Plan, wire: Wire, at: datetime) -> None:
    aoi = made.actor("aoi")
    _put_on(made, "guests", (wire.person_id(number) for number in plan.seminar.invited), at)
    broadcast_id = broadcasts.create(
        made.say("事例セミナー 3/26 のご案内", "Invitation to the case seminar, 3/26"),
        actor=aoi,
        condition={"version": 1, **_on_list(made, "guests")},
        mail_id=made.mails["invitation"],
        initiative_id=made.initiatives["seminar"],
        why=made.say(
            "資料を読んだ人に、同じ規模の会社の声を", "A company of their size, for readers of the book"
        ),
        kpi_id=made.kpis["booked"],
    )
    initiatives.add_members(made.initiatives["seminar"], [broadcast_id], actor=aoi)
    broadcasts.start(broadcast_id, actor=aoi, now=at, send_at=requests.INVITED_AT)


def _publish(journey_id: int, drawing: drawings.Graph, made: Company, now: datetime) -> None:
    aoi = made.actor("aoi")
    versions.save_draft(journey_id, drawing, actor=aoi, revision=versions.get(journey_id).draft_revision)
    versions.publish(journey_id, actor=aoi, now=now)


def _by_list(made: Company, key: str, names: tuple[str, str]) -> int:
    condition = {"version": 1, **_on_list(made, key)}
    return audience.create(made.say(*names), actor=made.actor("aoi"), condition=condition)


def _put_on(made: Company, key: str, people: Iterable[UUID], at: datetime) -> None:
    lists.add(made.lists[key], people, at=at, actor=made.actor("aoi").label)


def _on_list(made: Company, key: str) -> dict[str, Any]:
    return {"kind": "value", "of": "list", "ref": str(made.lists[key]), "op": "member"}


def _test_condition() -> dict[str, Any]:
    requested = {
        "kind": "event",
        "name": "form_submitted",
        "where": [{"prop": "props.form_key", "op": "is", "value": content.FORM_KEY}],
    }
    dealing = {"kind": "value", "of": "deal", "op": "in", "value": list(company.PHASES)}
    return {
        "version": 1,
        "kind": "all",
        "of": [
            {"kind": "attribute", "field": "role", "op": "is", "value": "client"},
            {"kind": "value", "of": "consent", "ref": "mail/marketing", "op": "is", "value": "granted"},
            {"kind": "none", "of": [requested, dealing]},
        ],
    }


def _watched(made: Company) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    def viewed(path: str, days: int) -> dict[str, Any]:
        where = [{"prop": "path", "op": "contains", "value": path}]
        window = {"kind": "last", "n": days, "unit": "days"}
        return {"kind": "event", "name": "page_viewed", "where": where, "window": window}

    clients = {"kind": "attribute", "field": "role", "op": "is", "value": "client"}
    return [
        (("料金を見た人(30日)", "Saw the prices (30 days)"), viewed("/pricing/", 30)),
        (
            ("検討中の発注者", "Clients who consider us"),
            {
                "kind": "all",
                "of": [clients, {"kind": "value", "of": "stage", "op": "is", "value": "considering"}],
            },
        ),
        (
            ("休眠の発注者", "Dormant clients"),
            {
                "kind": "all",
                "of": [clients, {"kind": "value", "of": "stage", "op": "is", "value": "dormant"}],
            },
        ),
        (
            ("ホットリード(スコア80以上)", "Hot leads (80 points or more)"),
            {"kind": "value", "of": "score", "op": "gte", "value": 80},
        ),
        (
            ("発注者でもランサーでもある人", "Clients who are freelancers too"),
            {"kind": "attribute", "field": "role", "op": "is", "value": "both"},
        ),
    ]


MANAGED: Final[dict[str, Manage]] = {
    "start_time_test": _start_time_test,
    "drain_time_test": _drain_time_test,
    "thank_cards": _thank_cards,
    "wake_members": _wake_members,
    "send_invitation": _send_invitation,
}
