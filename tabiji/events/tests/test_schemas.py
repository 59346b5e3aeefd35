"""Rules for names of events: what breaks one is refused and can be sent again, or stored and counted."""

from __future__ import annotations

from typing import Any

import pytest

from tabiji.core import clickhouse, postgres
from tabiji.core.paging import ListQuery
from tabiji.events import values
from tabiji.events.public import inlet, processor, rejects, schemas
from tabiji.events.schemas import PropertyRule, Schema
from tabiji.events.values import Kind
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db
PRICED = (PropertyRule("price", Kind.NUMBER, True), PropertyRule("plan.name", Kind.TEXT))


def ordered(**props: Any) -> dict[str, Any]:
    return {"type": "track", "event": "ordered", "anonymousId": "b", "properties": props}


def arrive(*events: dict[str, Any], source: str = "server") -> None:
    inlet.accept(list(events), source=source)
    processor.process_all()


def stored(workspace: WorkspaceInfo) -> int:
    found: int = clickhouse.store().scalar(
        "SELECT count() FROM event WHERE workspace_id = {ws:UInt32}", {"ws": workspace.id}
    )
    return found


def refused() -> list[tuple[str, str]]:
    return [(one.reason, one.detail) for one in rejects.list_rejects(ListQuery()).rows]


@pytest.mark.parametrize(
    ("value", "kind", "wider"),
    [
        ("a", Kind.TEXT, None),
        ("2026-04-28", Kind.DATE, Kind.TEXT),
        ("2026-04-28T14:00:00Z", Kind.DATE, Kind.TEXT),
        (3, Kind.WHOLE, Kind.NUMBER),
        (3.5, Kind.NUMBER, None),
        (True, Kind.YES_NO, None),
        ([1], Kind.LIST, None),
        ({"a": 1}, Kind.GROUP, None),
    ],
)
def test_a_value_has_its_narrowest_kind_and_fits_a_wider_one(
    value: Any, kind: Kind, wider: Kind | None
) -> None:
    assert values.kind_of(value) is kind
    assert {one for one in Kind if values.fits(value, one)} == {kind, wider or kind}


def test_what_a_rule_blocks_is_refused_with_its_reason(workspace: WorkspaceInfo) -> None:
    schemas.save(Schema("ordered", blocks=True, properties=PRICED), actor=AUTOMATIC)

    arrive(ordered(price=980), ordered(), ordered(price="980"), ordered(price=1.5, plan={"name": 7}))

    assert stored(workspace) == 1
    assert sorted(refused()) == [
        ("property_missing", "price"),
        ("property_type", "plan.name: whole"),
        ("property_type", "price: text"),
    ]


def test_a_refused_event_is_taken_in_once_the_rule_is_mended(workspace: WorkspaceInfo) -> None:
    schemas.save(Schema("ordered", is_allowed=False, blocks=True), actor=AUTOMATIC)
    arrive(ordered(price=1))
    (found,) = rejects.list_rejects(ListQuery()).rows
    assert (found.reason, found.can_be_sent_again, stored(workspace)) == ("name_not_allowed", True, 0)

    schemas.save(Schema("ordered", blocks=True, properties=PRICED), actor=AUTOMATIC)
    rejects.replay(found.id, actor=AUTOMATIC)
    processor.process_all()

    assert stored(workspace) == 1


def test_a_rule_that_warns_stores_the_event_and_counts_it_once(workspace: WorkspaceInfo) -> None:
    schemas.save(Schema("ordered", properties=PRICED), actor=AUTOMATIC)
    twice = {**ordered(), "messageId": "m-1"}

    arrive(twice, twice, ordered(price="x"), ordered(price=1))
    arrive(twice, ordered())

    assert stored(workspace) == 4
    assert refused() == []
    found = [(one.reason, one.property, one.count) for one in schemas.warnings_of("ordered")]
    assert found == [("property_missing", "price", 2), ("property_type", "price", 1)]
    assert schemas.count_warnings(["ordered", "other"]) == {"ordered": 3}


def test_a_rule_is_not_for_what_our_own_inlets_say(workspace: WorkspaceInfo) -> None:
    schemas.save(Schema("ordered", is_allowed=False, blocks=True), actor=AUTOMATIC)

    arrive(ordered(), source="system")

    assert stored(workspace) == 1


def test_a_rule_holds_in_its_workspace_only_and_is_in_the_audit_log(workspace: WorkspaceInfo) -> None:
    schemas.save(Schema("ordered", is_allowed=False, blocks=True), actor=AUTOMATIC)
    schemas.save(Schema("ordered", is_allowed=False, blocks=True), actor=AUTOMATIC)
    audited = "SELECT action, object_id FROM audit_entry WHERE object_kind = 'event_schema'"
    assert postgres.rows(audited) == [("change", "ordered")]

    with outside():
        other = workspaces.create("neighbour-of-rules", name="隣", is_practice=False)
    with in_workspace(other.id):
        assert schemas.get("ordered") == Schema("ordered")
        arrive(ordered())
        assert stored(other) == 1


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        (Schema(" "), "name"),
        (Schema("n" * 201), "name"),
        (Schema("a\x00"), "name"),
        (Schema("a", description="x" * 1_001), "description"),
        (Schema("a", properties=(PropertyRule("p"), PropertyRule("p"))), "properties"),
        (Schema("a", properties=(PropertyRule(""),)), "properties"),
        (Schema("a", properties=tuple(PropertyRule(f"p{n}") for n in range(51))), "properties"),
    ],
)
def test_a_rule_that_cannot_be_kept_says_why(workspace: WorkspaceInfo, schema: Schema, part: str) -> None:
    with pytest.raises(schemas.BadSchema) as refusal:
        schemas.save(schema, actor=AUTOMATIC)

    assert refusal.value.part == part
