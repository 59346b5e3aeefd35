"""Two people who are one: what they allowed, what holds them, and where they stand on lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tabiji.core.facts import Change
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent, holds, lists, merging
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db


def merge(kept: UUID, absorbed: UUID, at: datetime) -> list[tuple[str, str, str, str]]:
    """(kind, ref, old, new) of what the merge told of the kept person, beside the merge itself."""
    changes, _subjects = merging.merge(kept, absorbed, reason="person", at=at, actor="user:1")
    assert [change.kind for change in changes].index("merge") == 0
    assert {change.person_id for change in changes} == {kept}
    return sorted(_told(change) for change in changes if change.kind in ("consent", "hold", "list"))


def _told(change: Change) -> tuple[str, str, str, str]:
    return change.kind, change.ref, change.old, change.new


def leaves(person: UUID, at: datetime) -> None:
    consent.record([ConsentAct(person, "mail", "withdraw", "request", at, "page")], actor="person")


@pytest.mark.parametrize("who", ["kept", "absorbed"])
def test_a_withdrawal_on_either_side_stands(workspace: WorkspaceInfo, now: datetime, who: str) -> None:
    early = now - timedelta(days=9)
    people = {name: customer(f"{name}@aoba.example", at=early) for name in ("kept", "absorbed")}
    leaves(people[who], now - timedelta(days=1))

    told = merge(people["kept"], people["absorbed"], now)

    assert consent.states([people["kept"]], "mail")[people["kept"]].state == "withdrawn"
    assert told == ([("consent", "mail/marketing", "granted", "withdrawn")] if who == "absorbed" else [])


def test_what_only_the_absorbed_allowed_is_allowed_with_its_evidence(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    kept = customer("kept@aoba.example", at=now, consents=False)
    absorbed = customer("absorbed@aoba.example", at=now)

    told = merge(kept, absorbed, now)

    assert told == [("consent", "mail/marketing", "", "granted")]
    assert [entry["evidence"] for entry in consent.history(kept)] == [{"text": "メールを受け取る"}]


def test_an_act_on_the_absorbed_is_an_act_on_the_kept(workspace: WorkspaceInfo, now: datetime) -> None:
    kept, absorbed = customer("kept@aoba.example", at=now), customer("absorbed@aoba.example", at=now)
    merge(kept, absorbed, now)

    leaves(absorbed, now + timedelta(minutes=1))

    assert consent.states([kept], "mail")[kept].state == "withdrawn"
    assert consent.history(kept)[0]["act"] == "withdraw"


def test_what_holds_the_absorbed_holds_the_kept(workspace: WorkspaceInfo, now: datetime) -> None:
    kept, absorbed = customer("kept@aoba.example", at=now), customer("absorbed@aoba.example", at=now)
    holds.place([absorbed], source="deal:1", reason="商談中", at=now, actor="auto")

    told = merge(kept, absorbed, now)

    assert told == [("hold", "deal:1", "", "held")]
    assert [hold.source for hold in holds.list_standing(kept, now)] == ["deal:1"]
    holds.release([absorbed], source="deal:1", at=now, actor="auto")
    assert holds.list_standing(kept, now) == []


def test_of_two_holds_by_one_colleague_the_longer_stands(workspace: WorkspaceInfo, now: datetime) -> None:
    kept, absorbed = customer("kept@aoba.example", at=now), customer("absorbed@aoba.example", at=now)
    day, week = now + timedelta(days=1), now + timedelta(days=7)
    holds.place([kept], source="user:1", reason="出張", at=now, actor="user:1", until=day)
    holds.place([absorbed], source="user:1", reason="長い出張", at=now, actor="user:1", until=week)

    told = merge(kept, absorbed, now)

    assert told == []
    assert [hold.until for hold in holds.list_standing(kept, now)] == [week]
    assert holds.list_standing(absorbed, now) == []


def test_the_kept_stands_once_on_each_list_of_both(workspace: WorkspaceInfo, now: datetime) -> None:
    kept, absorbed = customer("kept@aoba.example", at=now), customer("absorbed@aoba.example", at=now)
    shared, own = lists.create("両方", actor=AUTOMATIC), lists.create("片方", actor=AUTOMATIC)
    lists.add(shared, [kept, absorbed], at=now, actor="auto")
    lists.add(own, [absorbed], at=now, actor="auto")

    told = merge(kept, absorbed, now)

    assert told == [("list", str(own), "", "1")]
    assert (lists.member_ids(shared), lists.member_ids(own)) == ([kept], [kept])
