"""Reading conditions: what is unknown or does not fit raises, and says where."""

from __future__ import annotations

from typing import Any

import pytest

from tabiji.audiences import operators
from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Takes
from tabiji.audiences.public import audience as audiences
from tabiji.audiences.public import conditions
from tabiji.people.public import fields, lists
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db

EVENT = {"kind": "event", "name": "bought"}


def attribute(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"kind": "attribute", "field": field, "op": op, "value": value}


def bought_with(prop: str, op: str = "is", value: Any = "x") -> dict[str, Any]:
    return EVENT | {"where": [{"prop": prop, "op": op, "value": value}]}


def refused(data: Any) -> conditions.BadCondition:
    with pytest.raises(conditions.BadCondition) as caught:
        conditions.parse(data)
    return caught.value


@pytest.mark.parametrize(
    ("data", "path"),
    [
        (None, ""),
        ([], ""),
        ({}, ""),
        ({"kind": "everybody"}, ""),
        ({"kind": "everyone", "of": []}, "of"),
        ({"kind": "everyone", "version": 2}, "version"),
        ({"kind": "everyone", "version": True}, "version"),
        ({"kind": "all", "of": []}, "of"),
        ({"kind": "all", "of": [{"kind": "everyone"}, {"kind": "nobody"}]}, "of.1"),
        (attribute("shoe_size", "is", "x"), "field"),
        (attribute("last_name", "resembles", "x"), "op"),
        (attribute("last_name", "gte", 1), "op"),
        (attribute("last_name", "is", 1), "value"),
        (attribute("last_name", "is", ""), "value"),
        (attribute("last_name", "contains", "\u200b\u00ad"), "value"),
        (attribute("last_name", "in", "x"), "value"),
        (attribute("last_name", "in", []), "value"),
        (attribute("last_name", "is_empty", "x"), "value"),
        (attribute("last_name", "is", {"x": 1}), "value"),
        (attribute("owner_id", "is", 0), "value"),
        (attribute("owner_id", "is", 1.5), "value"),
        (attribute("created_at", "before", "28.4.2026"), "value"),
        (attribute("created_at", "before", "2026-04-31"), "value"),
        (attribute("created_at", "before", "9999-12-31"), "value"),
        (attribute("created_at", "between", ["2026-05-01", "2026-04-01"]), "value"),
        (attribute("created_at", "within_last_days", 0), "value"),
        (attribute("created_at", "within_last_days", True), "value"),
        (EVENT | {"name": ""}, "name"),
        (EVENT | {"count": {"op": "at_least", "n": 0}}, "count.n"),
        (EVENT | {"count": {"op": "about", "n": 1}}, "count.op"),
        (EVENT | {"window": {"kind": "last", "n": 3, "unit": "weeks"}}, "window.unit"),
        (EVENT | {"window": {"kind": "between"}}, "window"),
        (EVENT | {"window": {"kind": "between", "from": "2026-05-01", "to": "2026-04-01"}}, "window"),
        (bought_with("colour"), "where.0.prop"),
        (bought_with("props."), "where.0.prop"),
        (bought_with("props.a..b"), "where.0.prop"),
        (bought_with("props.a", "member", None), "where.0.op"),
        ({"kind": "all", "of": [bought_with("props.a", "gte", "5")]}, "of.0.where.0.value"),
        ({"kind": "change", "change": "mood"}, "change"),
        ({"kind": "value", "of": "shoes", "op": "is", "value": "x"}, "of"),
        ({"kind": "value", "of": "list", "op": "member"}, "ref"),
        ({"kind": "value", "of": "list", "ref": "999", "op": "not_member"}, "ref"),
        ({"kind": "value", "of": "audience", "ref": "999", "op": "not_member"}, "ref"),
        ({"kind": "value", "of": "score", "ref": "other", "op": "gte", "value": 5}, "ref"),
        ({"kind": "value", "of": "stage", "op": "gte", "value": 5}, "op"),
        ({"kind": "value", "of": "consent", "ref": "mail/marketing", "op": "member"}, "op"),
    ],
)
def test_what_cannot_be_asked_raises_and_says_where(workspace: WorkspaceInfo, data: Any, path: str) -> None:
    assert refused(data).path == path


def test_a_field_that_was_archived_or_never_existed_raises(workspace: WorkspaceInfo) -> None:
    fields.create("budget", label="予算", type="money")
    conditions.parse(attribute("budget", "gte", 1))

    assert "shoe" in refused(attribute("shoe", "gte", 1)).why


def test_trees_too_deep_or_too_large_are_refused_before_they_cost_anything(workspace: WorkspaceInfo) -> None:
    deep: dict[str, Any] = {"kind": "everyone"}
    for _ in range(10_000):
        deep = {"kind": "all", "of": [deep]}
    many = {"kind": "all", "of": [{"kind": "any", "of": [{"kind": "everyone"}] * 99}] * 3}

    refused(deep)
    refused(many)


def test_a_condition_is_stored_and_read_back_as_it_was(workspace: WorkspaceInfo) -> None:
    data = {
        "version": 1,
        "kind": "none",
        "of": [
            bought_with("props.we ird (税込)", "in", ["a", 5, 5.5, True])
            | {
                "count": {"op": "at_most", "n": 3},
                "window": {"kind": "between", "from": "2026-04-01", "to": None},
            },
            {"kind": "all", "of": [attribute("email", "is_empty")]},
        ],
    }

    condition = conditions.parse(data)

    assert conditions.parse(condition.data()) == condition
    assert condition.data()["of"][0]["where"][0]["value"] == ["a", 5, 5.5, True]


def test_an_audience_that_would_depend_on_itself_is_refused(workspace: WorkspaceInfo) -> None:
    first = audiences.create("一", actor=AUTOMATIC, condition={"kind": "everyone"})
    inside = {"kind": "value", "of": "audience", "ref": str(first), "op": "member"}
    second = audiences.create("二", actor=AUTOMATIC, condition=inside)

    with pytest.raises(conditions.BadCondition):
        audiences.save(
            first,
            actor=AUTOMATIC,
            condition={"kind": "none", "of": [inside | {"ref": str(second)}]},
        )


def test_each_negative_operator_is_the_opposite_of_one_with_the_same_shape() -> None:
    for operator in operators.registry:
        twin = operators.positive(operator)
        assert twin.compile is not None
        assert (twin.types, twin.takes, twin.moves_with_time) == (
            operator.types,
            operator.takes,
            operator.moves_with_time,
        ) or twin is operator
        assert (operator.compile is None) == bool(operator.negates)


def test_every_operator_is_a_file_of_its_own_and_every_type_can_be_asked_whether_it_is_filled() -> None:
    files = {path.stem.rstrip("_") for path in _folder().glob("*.py") if path.stem != "__init__"}

    assert files == set(operators.ALL)
    for kind in set(Type) - {Type.MEMBERSHIP}:
        assert kind in operators.registry.get("is_empty").types
    assert {operator.takes for operator in operators.registry} == set(Takes)


def test_a_list_that_exists_can_be_asked_for(workspace: WorkspaceInfo) -> None:
    made = lists.create("名簿", actor=AUTOMATIC)

    conditions.parse({"kind": "value", "of": "list", "ref": str(made), "op": "not_member"})


def _folder() -> Any:
    from pathlib import Path

    return Path(operators.__file__).parent
