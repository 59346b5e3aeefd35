"""What becomes a conversion: once for each cause, of people and of visitors who become known."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import translation

from tabiji.core import clickhouse
from tabiji.core.postgres import workspace_scope
from tabiji.events.public import processor
from tabiji.people.public import merging, persons
from tabiji.purpose.contracts import ALWAYS, Period
from tabiji.purpose.matching import BadMatch
from tabiji.purpose.public import conversions, recording
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db

FORM = {"kind": "event", "names": ["form_submitted"], "sources": ["form"]}
WON = {"kind": "change", "change": "deal", "new": ["won"]}
ORDER = {"kind": "event", "names": ["order_placed"]}
THANKS = {"kind": "event", "names": ["page_viewed"], "paths": ["/thanks*"]}


def define(key: str, rule: dict[str, Any], **more: Any) -> None:
    conversions.create(key, name=key, rule=rule, actor=AUTOMATIC, **more)


def causes(key: str) -> list[tuple[str, UUID]]:
    return [(one.cause, one.person_id) for one in conversions.counted(key, ALWAYS)]


def test_a_form_counts_once_for_its_person_with_the_time_of_the_form(workspace: WorkspaceInfo) -> None:
    define("request", FORM, worth={"kind": "fixed", "amount": 500})
    (sato,) = told.people(1)

    told.tell(told.event("form_submitted", sato, at(), line="omakase", initiative_id=7), source="form")

    (one,) = conversions.counted("request", ALWAYS)
    assert (one.person_id, one.at, one.value, one.line, one.initiative_id) == (sato, at(), 500, "omakase", 7)


def test_a_form_that_a_stranger_claims_over_the_public_key_counts_nothing(workspace: WorkspaceInfo) -> None:
    define("request", {"kind": "event", "names": ["form_submitted"]})

    told.tell(told.known("b", "a@one.example", at()), told.event("form_submitted", "b", at(1)), source="web")

    assert causes("request") == []


def test_a_won_deal_is_worth_its_amount_and_keeps_its_line(workspace: WorkspaceInfo) -> None:
    define("contract", WON, worth={"kind": "number"})
    (sato,) = told.people(1)

    told.record([told.won(sato, 12, at(), 1_800_000, "omakase")])

    (one,) = conversions.counted("contract", ALWAYS)
    assert (one.cause, one.deal_id, one.value, one.line) == ("deal:12", 12, 1_800_000, "omakase")


def test_the_same_cause_again_changes_nothing(workspace: WorkspaceInfo) -> None:
    define("contract", WON)
    (sato,) = told.people(1)

    told.record([told.won(sato, 12, at())])
    told.record([told.won(sato, 12, at(60)), told.won(sato, 12, at(90))])

    assert [(one.cause, one.at) for one in conversions.counted("contract", ALWAYS)] == [("deal:12", at())]


def test_a_cancelled_contract_counts_no_more_and_counts_again_when_it_comes_true(
    workspace: WorkspaceInfo,
) -> None:
    define("contract", WON, undone_by=["lost"])
    sato, suzuki = told.people(2)
    told.record([told.won(sato, 1, at()), told.won(suzuki, 2, at())])

    told.record([told.change(sato, "deal", 1, "lost", at(10))])
    after_the_cancelling = causes("contract")
    told.record([told.won(sato, 1, at(20))])

    assert after_the_cancelling == [("deal:2", suzuki)]
    assert [(one.cause, one.at) for one in conversions.counted("contract", ALWAYS)] == [
        ("deal:2", at()),
        ("deal:1", at(20)),
    ]


def test_a_contract_whose_deal_is_opened_again_counts_only_once_it_is_won_again(
    workspace: WorkspaceInfo,
) -> None:
    define("contract", WON, worth={"kind": "number"}, undone_by=["*"])
    (sato,) = told.people(1)
    told.record([told.won(sato, 1, at(), 100)])
    told.record([told.change(sato, "deal", 1, "proposal", at(10), 100, old="won")])
    while_open = causes("contract")

    told.record([told.won(sato, 1, at(20), 250)])

    assert while_open == []
    assert [(one.at, one.value) for one in conversions.counted("contract", ALWAYS)] == [(at(20), 250)]
    assert recording.backfill("contract") == 0


def test_a_contract_opened_and_won_again_in_one_batch_counts_as_it_was_won_last(
    workspace: WorkspaceInfo,
) -> None:
    define("contract", WON, worth={"kind": "number"}, undone_by=["*"])
    (sato,) = told.people(1)
    told.record([told.won(sato, 1, at(), 100)])

    told.record(
        [told.change(sato, "deal", 1, "proposal", at(10), 100, old="won"), told.won(sato, 1, at(20), 250)]
    )

    assert [(one.at, one.value) for one in conversions.counted("contract", ALWAYS)] == [(at(20), 250)]


def test_the_past_of_an_opened_deal_counts_nothing(workspace: WorkspaceInfo) -> None:
    sato, suzuki = told.people(2)
    told.record([told.won(sato, 1, at()), told.won(suzuki, 2, at())])
    told.record([told.change(sato, "deal", 1, "proposal", at(10), old="won")])
    define("contract", WON, undone_by=["*"])

    recording.backfill("contract")
    processor.process_all()

    assert causes("contract") == [("deal:2", suzuki)]


def test_won_and_lost_in_one_batch_counts_nothing(workspace: WorkspaceInfo) -> None:
    define("contract", WON, undone_by=["lost"])
    (sato,) = told.people(1)

    told.record([told.won(sato, 1, at()), told.change(sato, "deal", 1, "lost", at(1))])

    assert causes("contract") == []


def test_a_first_order_counts_once_a_person_and_the_earliest_of_the_batch(workspace: WorkspaceInfo) -> None:
    define("first_order", ORDER, once=True)
    sato, suzuki = told.people(2)

    told.tell(
        told.event("order_placed", sato, at(30)),
        told.event("order_placed", sato, at(10)),
        told.event("order_placed", suzuki, at(20)),
    )
    told.tell(told.event("order_placed", sato, at(40)))

    counted = conversions.counted("first_order", ALWAYS)
    assert [(one.person_id, one.at) for one in counted] == [(sato, at(10)), (suzuki, at(20))]


def test_what_a_visitor_did_counts_when_the_visitor_becomes_known(workspace: WorkspaceInfo) -> None:
    define("thanks", THANKS)
    told.tell(told.page("b", "/thanks/", at()), told.page("b", "/top", at(1)), source="web")
    before = causes("thanks")

    told.tell(told.known("b", "sato@aoba.example", at(60)), source="web")

    (sato,) = persons.search("sato@aoba.example")
    assert before == []
    assert [(one.person_id, one.at) for one in conversions.counted("thanks", ALWAYS)] == [(sato.id, at())]


def test_a_visitor_known_in_the_same_batch_counts_too_but_once_for_a_once_rule(
    workspace: WorkspaceInfo,
) -> None:
    define("thanks", THANKS, once=True)

    told.tell(
        told.page("b", "/thanks/", at(5)),
        told.page("b", "/thanks/", at(2)),
        told.known("b", "sato@aoba.example", at(6)),
        told.page("b", "/thanks/", at(7)),
        source="web",
    )

    assert len(causes("thanks")) == 1


def test_a_machine_causes_nothing(workspace: WorkspaceInfo) -> None:
    define("thanks", THANKS)
    crawler = told.page("b", "/thanks/", at())
    crawler["context"] = {"userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}

    told.tell(told.known("b", "sato@aoba.example", at()), crawler, source="web")

    assert causes("thanks") == []


def test_the_past_is_counted_when_a_rule_is_new_and_only_once(workspace: WorkspaceInfo) -> None:
    sato, suzuki = told.people(2)
    told.tell(told.page(sato, "/thanks/a", at()), told.page("b", "/thanks/b", at(1)))
    told.record(
        [
            told.won(sato, 1, at()),
            told.won(suzuki, 2, at()),
            told.change(suzuki, "deal", 2, "lost", at(5)),
        ]
    )
    define("thanks", THANKS)
    define("contract", WON, worth={"kind": "number"}, undone_by=["lost"])

    began = [recording.backfill(key) for key in ("thanks", "contract", "thanks", "contract")]
    processor.process_all()

    assert began == [1, 1, 0, 0]
    assert [person for _, person in causes("thanks")] == [sato]
    assert causes("contract") == [("deal:1", sato)]


def test_a_visitor_of_the_past_counts_when_known_after_the_backfill(workspace: WorkspaceInfo) -> None:
    told.tell(told.page("b", "/thanks/", at()), source="web")
    define("thanks", THANKS)
    recording.backfill("thanks")

    told.tell(told.known("b", "sato@aoba.example", at(60)), source="web")

    assert [one.at for one in conversions.counted("thanks", ALWAYS)] == [at()]


def test_merged_people_keep_one_first_order_between_them(workspace: WorkspaceInfo) -> None:
    define("first_order", ORDER, once=True)
    kept, absorbed = told.people(2)
    told.tell(told.event("order_placed", kept, at(9)), told.event("order_placed", absorbed, at(3)))

    changes, subjects = merging.merge(kept, absorbed, reason="same", at=at(30), actor="auto")
    told.record(changes)
    clickhouse.store().insert(
        "identity_override",
        {
            "workspace_id": [workspace.id] * len(subjects),
            "subject_id": subjects,
            "person_id": [kept] * len(subjects),
            "version": [1] * len(subjects),
        },
    )

    assert [(one.person_id, one.at) for one in conversions.counted("first_order", ALWAYS)] == [(kept, at(3))]


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(workspace: WorkspaceInfo) -> None:
    define("contract", WON)
    (sato,) = told.people(1)
    told.record([told.won(sato, place, at(place)) for place in range(4)])

    counted = conversions.counted("contract", Period(0, "", at(1), at(3)))

    assert [one.cause for one in counted] == ["deal:1", "deal:2"]


def test_another_workspace_counts_nothing_of_this_one() -> None:
    ours, theirs = (
        workspaces.create(f"walls-{name}-{uuid4().hex[:8]}", name=name, shards=1)
        for name in ("ours", "theirs")
    )
    for info in (ours, theirs):
        with workspace_scope(info.id):
            define("contract", WON)
    with workspace_scope(ours.id):
        (sato,) = told.people(1)
        told.record([told.won(sato, 1, at())])
        ours_counted = causes("contract")
    with workspace_scope(theirs.id):
        theirs_counted = causes("contract")

    assert (ours_counted, theirs_counted) == ([("deal:1", sato)], [])


def test_a_taking_back_needs_a_thing_that_can_be_taken_back(workspace: WorkspaceInfo) -> None:
    with translation.override("en"), pytest.raises(BadMatch, match="taken back"):
        define("thanks", THANKS, undone_by=["lost"])


def test_conversions_of_conversions_stop_after_some_hops(workspace: WorkspaceInfo) -> None:
    define(
        "ping", {"kind": "any", "of": [ORDER, {"kind": "change", "change": "conversion", "refs": ["pong"]}]}
    )
    define("pong", {"kind": "change", "change": "conversion", "refs": ["ping"]})
    (sato,) = told.people(1)

    told.tell(told.event("order_placed", sato, at()))

    assert 1 < len(causes("ping")) + len(causes("pong")) < 12
