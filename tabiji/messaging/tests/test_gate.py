"""The gate says no where it must, says why, and never twice for one person at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tabiji.core import postgres
from tabiji.messaging.contracts import Candidate, Intent, Refusal
from tabiji.messaging.public import gate, intents
from tabiji.people.contracts import ConsentAct, FieldUpdate
from tabiji.people.public import consent, exclusions, fields, holds
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


def wish(person_id: UUID, mail_id: int, at: datetime, *, cause: str = "c", kind: str = "marketing") -> Intent:
    from tabiji.content.public import mails

    version_id = mails.current_version(mail_id)
    assert version_id is not None
    return Intent(person_id, mail_id, version_id, kind, "person", 0, cause, at)


def states() -> dict[str, str]:
    return dict(postgres.rows("SELECT cause, state || ':' || reason FROM message"))


@pytest.fixture
def mail_id(workspace: WorkspaceInfo, now: datetime) -> int:
    return published_mail("お知らせ", at=now)


def test_consent_given_means_yes(workspace: WorkspaceInfo, mail_id: int, now: datetime) -> None:
    intents.request([wish(customer("a@aoba.example", at=now), mail_id, now)])

    assert gate.decide_due(now) == 1
    assert states() == {"c": "queued:"}


def test_unknown_consent_means_no_and_a_card_is_a_basis(
    workspace: WorkspaceInfo, mail_id: int, now: datetime
) -> None:
    unknown = customer("unknown@aoba.example", at=now, consents=False)
    card = customer("card@aoba.example", at=now, consents=False)
    consent.record(
        [ConsentAct(card, "mail", "grant", "card", now, "import", {"file": "名刺.csv"})], actor="auto"
    )
    intents.request([wish(unknown, mail_id, now, cause="unknown"), wish(card, mail_id, now, cause="card")])

    gate.decide_due(now)

    assert states() == {"unknown": "refused:no_consent:", "card": "queued:"}


def test_transactional_mail_skips_consent_but_not_a_dead_address(
    workspace: WorkspaceInfo, mail_id: int, now: datetime
) -> None:
    alive = customer("alive@aoba.example", at=now, consents=False)
    dead = customer("dead@aoba.example", at=now, consents=False)
    consent.suppress([("dead@aoba.example", "bounce", now)], channel="mail")
    intents.request(
        [
            wish(alive, mail_id, now, cause="alive", kind="transactional"),
            wish(dead, mail_id, now, cause="dead", kind="transactional"),
        ]
    )

    gate.decide_due(now)

    assert states() == {"alive": "queued:", "dead": "refused:suppressed:bounce"}


def test_each_refusal_has_its_own_reason(workspace: WorkspaceInfo, mail_id: int, now: datetime) -> None:
    people = {
        "no address": customer("", at=now),
        "competitor": customer("ito@rival.example", at=now),
        "held": customer("held@aoba.example", at=now),
        "left": customer("left@aoba.example", at=now),
    }
    exclusions.add("domain", "rival.example", reason="競合")
    holds.place([people["held"]], source="deal:1", reason="商談中", at=now, actor="auto")
    consent.record([ConsentAct(people["left"], "mail", "withdraw", "request", now, "page")], actor="person")
    intents.request([wish(person, mail_id, now, cause=name) for name, person in people.items()])

    gate.decide_due(now)

    told = {name: state.split(":")[1] for name, state in states().items()}
    assert told == {
        "no address": "no_address",
        "competitor": "excluded",
        "held": "on_hold",
        "left": "unsubscribed",
    }


def test_a_withdrawal_stands_against_every_basis(
    workspace: WorkspaceInfo, mail_id: int, now: datetime
) -> None:
    person = customer("a@aoba.example", at=now - timedelta(days=30))
    consent.record(
        [ConsentAct(person, "mail", "withdraw", "request", now - timedelta(days=1), "page")], actor="person"
    )
    consent.record(
        [ConsentAct(person, "mail", "grant", "card", now - timedelta(days=20), "import")], actor="auto"
    )

    verdict = gate.judge([Candidate(person, "marketing")], now)

    assert verdict.refusals[Candidate(person, "marketing")][0] is Refusal.UNSUBSCRIBED


def test_whoever_leaves_an_address_leaves_it_for_all_who_share_it(
    workspace: WorkspaceInfo, mail_id: int, now: datetime
) -> None:
    early = now - timedelta(days=9)
    leaver, other = customer("info@aoba.example", at=early), customer("b@aoba.example", at=early)
    moment = int(now.timestamp() * 1000)
    fields.write([FieldUpdate(other, "email", "info@aoba.example", moment)], actor="auto")
    consent.record([ConsentAct(leaver, "mail", "withdraw", "request", now, "page")], actor="person")

    verdict = gate.judge([Candidate(other, "marketing")], now)

    assert verdict.refusals[Candidate(other, "marketing")][0] is Refusal.UNSUBSCRIBED
    again = now + timedelta(minutes=1)
    consent.record([ConsentAct(other, "mail", "grant", "consent", again, "preferences")], actor="person")
    assert gate.judge([Candidate(other, "marketing")], again).refusals == {}


def test_quiet_hours_put_off_and_lose_nothing(workspace: WorkspaceInfo, mail_id: int, now: datetime) -> None:
    person = customer("a@aoba.example", at=now)
    late = now.replace(hour=13)  # 22:00 in Tokyo
    intents.request([wish(person, mail_id, late)])

    gate.decide_due(late)
    assert states() == {"c": "intent:"}
    gate.decide_due(late + timedelta(hours=9, minutes=59))
    assert states() == {"c": "intent:"}
    gate.decide_due(late + timedelta(hours=10))

    assert states() == {"c": "queued:"}


def test_the_cap_counts_wishes_of_the_same_batch(
    workspace: WorkspaceInfo, mail_id: int, now: datetime
) -> None:
    from tabiji.workspaces.public import workspace as workspaces

    workspaces.update_settings(frequency_cap={"messages": 2, "days": 7})
    person = customer("a@aoba.example", at=now)
    intents.request([wish(person, mail_id, now, cause=f"c{number}") for number in range(4)])

    gate.decide_due(now)

    decided = [state.split(":")[0] for state in states().values()]
    assert sorted(decided) == ["queued", "queued", "refused", "refused"]


def test_one_cause_asks_once(workspace: WorkspaceInfo, mail_id: int, now: datetime) -> None:
    person = customer("a@aoba.example", at=now)

    first = intents.request([wish(person, mail_id, now), wish(person, mail_id, now)])
    again = intents.request([wish(person, mail_id, now)])

    assert (first, again) == (1, 0)


def test_a_mail_waits_for_its_time(workspace: WorkspaceInfo, mail_id: int, now: datetime) -> None:
    from msgspec.structs import replace

    person = customer("a@aoba.example", at=now)
    intents.request([replace(wish(person, mail_id, now), send_after=now + timedelta(hours=1))])

    assert gate.decide_due(now) == 0
    assert intents.next_due(now) == now + timedelta(hours=1)
    assert gate.decide_due(now + timedelta(hours=1)) == 1
