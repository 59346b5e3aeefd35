"""Where consent stands: the latest act, of equals the withdrawal, and never an act of a day to come."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db


def test_whoever_unsubscribes_is_out_even_if_their_card_is_dated_next_year(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    person = customer("a@aoba.example", at=now, consents=False)
    consent.record(
        [ConsentAct(person, "mail", "grant", "card", now + timedelta(days=365), "import")], actor="auto"
    )

    changed = consent.record([ConsentAct(person, "mail", "withdraw", "request", now, "page")], actor="person")

    assert [change.new for change in changed] == ["withdrawn"]
    assert consent.states([person], "mail")[person].state == "withdrawn"


def test_a_card_of_a_day_to_come_brings_nobody_back(workspace: WorkspaceInfo, now: datetime) -> None:
    person = customer("a@aoba.example", at=now, consents=False)
    tomorrow = ConsentAct(person, "mail", "grant", "card", now + timedelta(days=1), "import")
    consent.record([ConsentAct(person, "mail", "withdraw", "request", now, "page")], actor="person")

    told = consent.record([tomorrow], actor="auto")

    assert told == []
    assert consent.states([person], "mail")[person].state == "withdrawn"
    assert len(consent.history(person)) == 2


def test_of_one_batch_too_the_withdrawal_stands_against_a_day_to_come(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    person = customer("a@aoba.example", at=now, consents=False)

    consent.record(
        [
            ConsentAct(person, "mail", "grant", "card", now + timedelta(days=1), "import"),
            ConsentAct(person, "mail", "withdraw", "request", now, "page"),
        ],
        actor="auto",
    )

    assert consent.states([person], "mail")[person].state == "withdrawn"


def test_whoever_asks_again_is_in_again(workspace: WorkspaceInfo, now: datetime) -> None:
    person = customer("a@aoba.example", at=now - timedelta(days=2))
    consent.record(
        [ConsentAct(person, "mail", "withdraw", "request", now - timedelta(days=1), "page")], actor="person"
    )

    consent.record([ConsentAct(person, "mail", "grant", "consent", now, "preferences")], actor="person")

    assert consent.states([person], "mail")[person].state == "granted"
