"""Whose click was it: each sign of a machine by itself, its limits, and the one event that says so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tabiji.content.public import mails
from tabiji.core import clickhouse, clock, postgres
from tabiji.core.facts import Batch, Event
from tabiji.events.public import inlet, processor
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import intents, tracking
from tabiji.people.public import persons
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(workspace: WorkspaceInfo, now: datetime) -> UUID:
    return customer("misaki@aoba.example", at=now)


@pytest.fixture
def message(person: UUID, now: datetime) -> int:
    """A mail that left at `now`."""
    mail_id = published_mail("お知らせ", at=now)
    version_id = mails.current_version(mail_id)
    assert version_id is not None
    intents.request([Intent(person, mail_id, version_id, "marketing", "person", 0, "once", now)])
    return int(postgres.scalar("UPDATE message SET state = 'sent', sent_at = %s RETURNING id", [now]))


def clicks(
    person: UUID,
    message: int,
    at: Sequence[datetime],
    *,
    method: str = "GET",
    link: int = 1,
    machine: str = "",
) -> None:
    tracking.note_clicks(
        Batch(
            postgres.workspace_id(),
            0,
            1,
            [
                Event(
                    place,
                    f"{method}-{link}-{moment.isoformat()}",
                    person,
                    person,
                    "track",
                    tracking.CLICKED,
                    clock.to_ms(moment),
                    clock.to_ms(moment),
                    machine,
                    source="mail",
                    props={
                        "message_id": message,
                        "link_number": link,
                        "link_kind": "content",
                        "method": method,
                    },
                )
                for place, moment in enumerate(at)
            ],
        )
    )


def verdicts() -> list[tuple[str, str]]:
    return postgres.rows("SELECT verdict, reason FROM click ORDER BY clicked_at, id")


def seconds(now: datetime, *after: float) -> list[datetime]:
    return [now + timedelta(seconds=one) for one in after]


def test_a_click_is_checked_for_ten_minutes_and_judged_once(
    person: UUID, message: int, now: datetime
) -> None:
    clicks(person, message, seconds(now, 60))

    assert tracking.judge_due(now + timedelta(seconds=60 + 599)) == 0
    assert tracking.unsure([person]) == {person}
    assert tracking.judge_due(now + timedelta(seconds=60 + 600)) == 1
    assert tracking.judge_due(now + timedelta(days=1)) == 0

    assert verdicts() == [("human", "")]
    assert tracking.unsure([person]) == set()


@pytest.mark.parametrize(("after", "is_act"), [(1, False), (60, True)])
def test_a_click_is_the_persons_last_act_only_when_it_was_judged_a_persons(
    person: UUID, message: int, now: datetime, after: int, is_act: bool
) -> None:
    clicked = {
        "type": "track",
        "event": tracking.CLICKED,
        "personId": str(person),
        "timestamp": (now + timedelta(seconds=after)).isoformat(),
        "properties": {"message_id": message, "link_number": 1, "link_kind": "content", "method": "GET"},
    }
    inlet.accept([clicked], source=tracking.SOURCE, is_history=True)
    processor.process_all()
    assert persons.get(person).last_act_at is None

    tracking.judge_due(now + timedelta(hours=1))
    processor.process_all()

    assert (persons.get(person).last_act_at is not None) == is_act


@pytest.mark.parametrize(("after", "verdict"), [(1.9, ("machine", "too_fast")), (2.1, ("human", ""))])
def test_two_seconds_after_the_mail_left_nobody_has_read_it(
    person: UUID, message: int, now: datetime, after: float, verdict: tuple[str, str]
) -> None:
    clicks(person, message, seconds(now, after))

    tracking.judge_due(now + timedelta(hours=1))

    assert verdicts() == [verdict]


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        ((60, 60.2, 60.4, 60.6), ("machine", "burst")),
        ((60, 60.4, 60.8), ("human", "")),
        ((60, 62, 64, 66, 68), ("machine", "burst")),
        ((60, 64, 68, 72), ("human", "")),
    ],
)
def test_four_in_a_second_or_five_in_ten_are_a_machine(
    person: UUID, message: int, now: datetime, after: tuple[float, ...], verdict: tuple[str, str]
) -> None:
    clicks(person, message, seconds(now, *after))

    tracking.judge_due(now + timedelta(hours=1))

    assert set(verdicts()) == {verdict}


def test_who_follows_the_link_that_nobody_sees_is_a_machine_with_all_it_opens(
    person: UUID, message: int, now: datetime
) -> None:
    clicks(person, message, seconds(now, 60), link=tracking.TRAP)
    clicks(person, message, seconds(now, 61, 900))

    tracking.judge_due(now + timedelta(hours=1))

    assert verdicts() == [("machine", "trap"), ("machine", "trap"), ("human", "")]


def test_a_head_and_a_crawler_are_machines_by_their_own_word(
    person: UUID, message: int, now: datetime
) -> None:
    clicks(person, message, seconds(now, 60), method="HEAD")
    clicks(person, message, seconds(now, 600), machine="crawler")

    tracking.judge_due(now + timedelta(hours=1))

    assert verdicts() == [("machine", "head"), ("machine", "crawler")]


def test_the_verdict_is_an_event_of_its_moment(person: UUID, message: int, now: datetime) -> None:
    clicks(person, message, seconds(now, 60))
    tracking.judge_due(now + timedelta(seconds=660))

    processor.process_all()

    rows = clickhouse.store().rows(
        "SELECT subject_id, toString(props.verdict), toUnixTimestamp64Milli(occurred_at) FROM event"
        " WHERE workspace_id = {ws:UInt32} AND name = {name:String}",
        {"ws": postgres.workspace_id(), "name": tracking.JUDGED},
    )
    assert rows == [(person, "human", clock.to_ms(now + timedelta(seconds=660)))]
