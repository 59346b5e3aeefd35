"""Before the start: what keeps a journey from starting, and what ten real people would meet."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from tabiji.audiences.public import audience
from tabiji.content.contracts import Purpose
from tabiji.core import postgres
from tabiji.events.public import processor
from tabiji.journeys import checks, nodes
from tabiji.journeys import graph as graphs
from tabiji.journeys.contracts import Problem
from tabiji.journeys.versions import CannotPublish
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer, customers
from tests.builders.journey import Journey, journey, then
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db


def audience_of(title: str, now: datetime) -> int:
    condition = {"version": 1, "kind": "attribute", "field": "title", "op": "is", "value": title}
    processor.process_all()
    made = audience.create(title, actor=AUTOMATIC, condition=condition)
    audience.refresh_now(made, now=now)
    return made


def tried(drawn: Journey, now: datetime) -> list[Problem]:
    return checks.dry_run(graphs.parse(drawn.graph), now=now)


def test_a_transactional_mail_never_goes_to_people_of_an_audience(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    mail_id = published_mail("受付のお知らせ", at=now, purpose=Purpose.TRANSACTIONAL)
    drawn = journey("x").enter_from_audience(audience_of("部長", now)).send(mail_id).exit()

    with pytest.raises(CannotPublish) as refused:
        drawn.start(now)

    assert [(one.node, one.code) for one in refused.value.problems] == [("n1", "transactional_to_audience")]


def test_that_a_journey_skips_consent_is_kept_with_who_started_it(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    mail_id = published_mail("受付のお知らせ", at=now, purpose=Purpose.TRANSACTIONAL)

    journey("x").enter_on("signed_up").send(mail_id).exit().start(now)

    fields = postgres.scalar(
        "SELECT fields FROM audit_entry WHERE action = 'publish' AND object_kind = 'journey'"
    )
    assert fields == ["transactional_mails", "version"]


def test_each_step_is_tried_on_ten_people_and_says_for_whom_it_fails(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = customers(12, at=now)
    newest = checks.sample(graphs.parse(journey("x").enter_on("e").wait(days=1).graph))
    wait = nodes.types.get("wait")
    original = wait.run

    def fragile(config: Any, travellers: Any, context: Any) -> Any:
        if any(one.person_id in newest[:3] for one in travellers):
            raise ValueError("no calendar")
        return original(config, travellers, context)

    monkeypatch.setattr(wait, "run", fragile)

    assert len(newest) == 10
    assert set(newest) <= set(people)
    assert tried(journey("x").enter_on("e").wait(days=1), now) == [
        Problem("n1", "step_fails_for", {"people": 3, "of": 10, "why": "no calendar"})
    ]


def test_a_branch_is_really_asked(workspace: WorkspaceInfo, now: datetime) -> None:
    customers(2, at=now)
    condition = {"version": 1, "kind": "event", "name": "pricing_seen", "window": {"kind": "since_entry"}}

    assert tried(journey("x").enter_on("e").branch(condition, then().wait(days=1), then()), now) == []


def test_a_mail_is_judged_by_its_own_purpose(workspace: WorkspaceInfo, now: datetime) -> None:
    postgres.execute("DELETE FROM consent WHERE person_id = %s", [customer("a@aoba.example", at=now)])
    purposes = (Purpose.MARKETING, Purpose.TRANSACTIONAL)
    marketing, transactional = (published_mail(one, at=now, purpose=one) for one in purposes)

    (refused,) = tried(journey("x").enter_on("e").send(marketing), now)

    assert (refused.code, refused.values["people"]) == ("would_not_send_to", 1)
    assert tried(journey("x").enter_on("e").send(transactional), now) == []


def test_people_of_the_entrys_audience_are_tried_first(workspace: WorkspaceInfo, now: datetime) -> None:
    inside: UUID = customer("in@aoba.example", at=now, title="部長")
    customers(12, at=now)
    drawn = journey("x").enter_from_audience(audience_of("部長", now)).wait(days=1)

    assert checks.sample(graphs.parse(drawn.graph)) == [inside]
