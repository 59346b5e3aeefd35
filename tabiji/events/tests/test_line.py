"""A person's line: folded as people would tell it, whole, and at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tabiji.core import clock, facts, paging, postgres
from tabiji.core.facts import Change
from tabiji.events import deciding
from tabiji.events.public import inlet, line, processor
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields, merging, persons
from tabiji.workspaces.contracts import WorkspaceInfo

pytestmark = pytest.mark.django_db
TOKYO = ZoneInfo("Asia/Tokyo")
SITE = "https://tanomoa.example"


def at(day: int, hour: int, minute: int = 0, second: int = 0, month: int = 4) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=TOKYO)


def view(when: datetime, path: str, title: str, visitor: str = "b", **more: Any) -> dict[str, Any]:
    page = {"url": SITE + path, "path": path, "title": title, **more}
    return {"type": "page", "anonymousId": visitor, "timestamp": when.isoformat(), "properties": page}


def submission(when: datetime, visitor: str = "b", email: str = "sato@aoba.example") -> dict[str, Any]:
    return {
        "type": "form",
        "event": "form_submitted",
        "anonymousId": visitor,
        "timestamp": when.isoformat(),
        "traits": {"email": email, "last_name": "佐藤"},
        "properties": {"form_id": 7, "answers": {"予算": "100〜300万円"}, "path": "/lp/"},
    }


def mail_event(person: UUID, name: str, when: datetime, message: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "personId": str(person),
        "timestamp": when.isoformat(),
        "messageId": f"{name}-{message}-{when.timestamp()}-{len(more)}",
        "properties": {"message_id": message, "mail_id": 3, "link_number": 1, "link_kind": "content", **more},
    }


def judged(person: UUID, clicked: datetime, message: int, verdict: str, nth: int = 0) -> dict[str, Any]:
    event = mail_event(person, "click_judged", clicked + timedelta(minutes=10), message)
    event["messageId"] += f"-{verdict}-{nth}"
    event["properties"] |= {"verdict": verdict, "clicked_at": clicked.isoformat()}
    return event


def change(person: UUID, kind: str, ref: str, new: str, when: datetime, **more: Any) -> Change:
    return Change(person, kind, ref, new=new, occurred_ms=clock.to_ms(when), **more)


def came(*events: dict[str, Any], source: str = "web") -> None:
    inlet.accept(list(events), source=source, is_history=True)
    processor.process_all()


def heroine() -> UUID:
    """佐藤 美咲 up to the evening of 28 April: five pages, the form, the auto-reply, a click among machines."""
    came(
        view(at(28, 14, 3), "/", "トップ", referrer="https://www.google.com/"),
        view(at(28, 14, 7), "/omakase/", "おまかせ", referrer=SITE + "/"),
        view(at(28, 14, 11), "/cases/", "事例"),
        view(at(28, 14, 15), "/compare/", "比較"),
        view(at(28, 14, 19), "/pricing/", "料金"),
        view(at(28, 14, 20), "/lp/", "その発注、3か月で"),
    )
    came(submission(at(28, 14, 20, 30)), source="form")
    (person,) = persons.search("sato@aoba.example")
    facts.record(
        [
            change(person.id, "journey", "11", "active", at(28, 14, 20, 30), initiative_id=5, cause="m-1"),
            change(
                person.id,
                "message",
                "41",
                "sent",
                at(28, 14, 20, 34),
                initiative_id=5,
                cause="auto_reply:7",
                detail={"mail_id": 3},
            ),
        ]
    )
    clicks = [mail_event(person.id, "mail_clicked", at(28, 14, 20, 35 + n), 41, n=n) for n in range(12)]
    came(*clicks, mail_event(person.id, "mail_clicked", at(28, 14, 31), 41), source="mail")
    came(
        *(judged(person.id, at(28, 14, 20, 35 + n), 41, "machine", n) for n in range(12)),
        judged(person.id, at(28, 14, 31), 41, "human"),
        source="mail",
    )
    return person.id


def test_the_first_day_reads_as_it_was(workspace: WorkspaceInfo, now: datetime) -> None:
    person = heroine()

    page = line.read(person, now=at(28, 18))

    click, reply, form, visit = page.items
    assert isinstance(click, line.Entry) and isinstance(reply, line.Entry)
    assert isinstance(form, line.Entry) and isinstance(visit, line.Entry)
    assert (click.kind, click.actor, click.detail["verdict"], click.detail["machines"]) == (
        "click",
        "person",
        "human",
        12,
    )
    assert (reply.kind, reply.actor, [also.kind for also in reply.also]) == ("message", "auto", ["journey"])
    assert (form.kind, form.detail["joined"]) == ("form_submitted", 5)
    assert (visit.actor, visit.detail["views"], visit.detail["seconds"]) == ("anonymous", 5, 16 * 60)
    assert visit.detail["pages"] == ("トップ", "おまかせ", "事例", "比較", "料金")
    assert visit.detail["came_from"] == "search"


def test_a_click_is_unsure_until_it_is_judged(workspace: WorkspaceInfo, now: datetime) -> None:
    came(submission(at(28, 9)), source="form")
    (person,) = persons.search("sato@aoba.example")
    came(mail_event(person.id, "mail_clicked", at(28, 10), 41), source="mail")

    (unsure,) = line.read(person.id, now=now, kinds=["click"]).entries
    came(judged(person.id, at(28, 10), 41, "human"), source="mail")
    (sure,) = line.read(person.id, now=now, kinds=["click"]).entries

    assert (unsure.detail["verdict"], sure.detail["verdict"]) == ("", "human")


def test_views_half_an_hour_apart_are_two_visits(workspace: WorkspaceInfo, now: datetime) -> None:
    came(submission(at(28, 9)), source="form")
    came(
        view(at(28, 10), "/", "トップ"),
        view(at(28, 10, 30), "/", "トップ"),
        view(at(28, 11, 1), "/", "トップ"),
    )
    (person,) = persons.search("sato@aoba.example")

    visits = line.read(person.id, now=now, kinds=[line.VISIT]).entries

    assert [(visit.detail["views"], visit.at) for visit in visits] == [(1, at(28, 11, 1)), (2, at(28, 10))]


def test_a_silence_counts_whole_days_and_business_days(workspace: WorkspaceInfo) -> None:
    person = heroine()
    facts.record(
        [
            change(
                person, "message", "42", "sent", at(7, 10, month=5), cause="journey:11", detail={"mail_id": 4}
            )
        ]
    )
    processor.process_all()

    page = line.read(person, now=at(7, 13, month=5))

    mail, silence, *_ = page.items
    assert isinstance(mail, line.Entry) and isinstance(silence, line.Silence)
    assert (silence.days, silence.business_days, silence.is_open) == (8, 2, False)


def test_a_silence_that_lasts_stands_on_top(workspace: WorkspaceInfo) -> None:
    person = heroine()

    first = line.read(person, now=at(20, 9, month=5)).items[0]

    assert isinstance(first, line.Silence) and first.is_open and first.days == 21


def test_a_filter_leaves_out_the_others_and_their_silences(workspace: WorkspaceInfo) -> None:
    person = heroine()

    mails = line.read(person, now=at(20, 9, month=5), lanes=["mail"]).items
    own = line.read(person, now=at(20, 9, month=5), actors=["own"]).entries

    assert [item.kind for item in mails if isinstance(item, line.Entry)] == ["click", "message"]
    assert not any(isinstance(item, line.Silence) for item in mails)
    assert [entry.kind for entry in own] == ["click", "form_submitted", "visit"]


def test_a_colleagues_act_is_seen_before_any_batch(workspace: WorkspaceInfo) -> None:
    person = heroine()
    facts.record([change(person, "call", "9", "booked", at(28, 15), actor="user:4", number=372.0)])

    first = line.read(person, now=at(28, 16)).items[0]

    assert isinstance(first, line.Entry) and (first.kind, first.actor) == ("call", "user:4")


def test_an_open_batch_is_read_from_its_decision_and_only_once(workspace: WorkspaceInfo) -> None:
    person = heroine()
    facts.record([change(person, "call", "9", "booked", at(28, 15), actor="user:4")])
    deciding.decide(workspace.id, 0)

    while_open = line.read(person, now=at(28, 16), kinds=["call"]).entries
    processor.process_all()
    closed = line.read(person, now=at(28, 16), kinds=["call"]).entries

    assert len(while_open) == len(closed) == 1


def test_a_booking_call_carries_its_appointment_and_the_goal(workspace: WorkspaceInfo) -> None:
    person = heroine()
    when = at(7, 13, 5, month=5)
    facts.record(
        [
            change(person, "appointment", "3", "booked", when, actor="user:4"),
            change(person, "call", "9", "booked", when, actor="user:4", detail={"appointment_id": 3}),
        ]
    )
    processor.process_all()
    facts.record([change(person, "journey", "11", "goal", when, cause="conversion:booked")])
    processor.process_all()

    first = line.read(person, now=at(7, 14, month=5)).items[0]

    assert isinstance(first, line.Entry)
    assert (first.kind, [also.kind for also in first.also]) == ("call", ["appointment", "journey"])


def test_a_journeys_mail_knows_the_steps_that_led_to_it(workspace: WorkspaceInfo) -> None:
    person = heroine()
    when, way = at(7, 10, month=5), {"enrolment": 8, "version": 2}
    facts.record(
        [
            change(person, "step", f"11/{node}", port, when, cause="journey:11", detail=way)
            for node, port in (("wait", "next"), ("asked", "yes"), ("case", "next"))
        ]
        + [change(person, "message", "42", "sent", when, cause="journey:11", detail={"node": "case"})]
    )
    processor.process_all()

    mail = line.read(person, now=at(7, 11, month=5)).entries[0]

    assert mail.detail["steps"] == (("case", "next"), ("asked", "yes"), ("wait", "next"))
    assert mail.detail["version"] == 2


def test_records_are_kept_apart_until_they_are_asked_for(workspace: WorkspaceInfo) -> None:
    person = heroine()
    update = FieldUpdate(person, "title", "主任", clock.to_ms(at(28, 15)))
    fields.write([update], actor="user:4")
    processor.process_all()

    usual = line.read(person, now=at(28, 16))
    everything = line.read(person, now=at(28, 16), records=True)

    assert usual.has_records and not any(entry.kind == "field" for entry in usual.entries)
    assert any(entry.kind == "field" and entry.act.new == "主任" for entry in everything.entries)


def test_pages_of_a_long_line_tear_nothing_and_lose_nothing(workspace: WorkspaceInfo, now: datetime) -> None:
    came(submission(at(1, 9)), source="form")
    (person,) = persons.search("sato@aoba.example")
    came(*(view(at(1 + n // 4, 10 + n % 4, m), "/", f"p{m}") for n in range(40) for m in range(3)))

    seen: list[line.Entry] = []
    cursor, pages = "", 0
    while cursor or not pages:
        page = line.read(person.id, now=now, before=cursor, limit=7)
        seen += page.entries
        cursor, pages = page.next, pages + 1

    assert pages == 6
    assert [entry.detail["views"] for entry in seen[:-1]] == [3] * 40
    assert seen == line.read(person.id, now=now, limit=100).entries


def test_a_merged_person_brings_its_own_line(workspace: WorkspaceInfo, now: datetime) -> None:
    came(
        submission(at(27, 9), "b1", "a@one.example"),
        submission(at(27, 10), "b2", "b@two.example"),
        source="form",
    )
    kept, gone = (persons.search(mail)[0].id for mail in ("a@one.example", "b@two.example"))
    facts.record([change(gone, "call", "1", "no_answer", at(27, 11), actor="user:4")])
    processor.process_all()
    told, _ = merging.merge(kept, gone, reason="by_hand", at=at(27, 12), actor="user:4")
    facts.record(told)
    processor.process_all()

    entries = line.read(kept, now=now).entries

    assert [entry.kind for entry in entries] == ["call", "form_submitted", "form_submitted"]
    assert {entry.actor for entry in entries} == {"user:4", "person"}


def test_nobody_elses_line_and_no_invented_cursor(workspace: WorkspaceInfo, now: datetime) -> None:
    with pytest.raises(persons.NoSuchPerson):
        line.read(UUID(int=5), now=now)
    person = heroine()
    with pytest.raises(paging.BadCursor):
        line.read(person, now=now, before=paging.to_cursor("x"))


def test_twelve_months_at_a_glance(workspace: WorkspaceInfo) -> None:
    person = heroine()
    seconds = at(12, 14, month=5).timestamp()
    facts.record(
        [
            change(person, "stage", "", "considering", at(28, 14, 21)),
            change(person, "hand_over", "1", "pending", at(7, 12, 18, month=5)),
            change(person, "stage", "", "dealing", at(7, 13, 5, month=5)),
            change(
                person, "appointment", "3", "booked", at(7, 13, 5, month=5), actor="user:4", number=seconds
            ),
        ]
    )

    strip = line.strip(person, at(7, 14, month=5))

    assert [(band.stage, band.end) for band in strip.bands] == [
        ("anonymous", at(28, 14, 21)),
        ("considering", at(7, 13, 5, month=5)),
        ("dealing", at(7, 14, month=5)),
    ]
    assert sorted((stop.lane, stop.kind, stop.count) for stop in strip.stops) == [
        ("mail", "auto", 1),
        ("mail", "own", 1),
        ("sales", "hot", 1),
        ("talk", "next", 1),
        ("talk", "staff", 1),
        ("web", "anonymous", 6),
        ("web", "own", 1),
    ]
    ((start, end),) = strip.silences
    assert (start.astimezone(TOKYO).day, end.astimezone(TOKYO).day) == (28, 7)
    assert 95 < strip.place(strip.now) < 100


def test_another_workspaces_person_is_nobody(workspace: WorkspaceInfo, now: datetime) -> None:
    person = heroine()

    with postgres.raw_connection().cursor() as cursor:
        cursor.execute("SELECT set_config('app.ws', '0', true)")
    try:
        with pytest.raises(persons.NoSuchPerson):
            line.read(person, now=now)
    finally:
        with postgres.raw_connection().cursor() as cursor:
            cursor.execute("SELECT set_config('app.ws', %s, true)", [str(workspace.id)])
