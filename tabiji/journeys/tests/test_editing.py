"""Editing a drawing: the way stays whole whatever is put in or taken out."""

from __future__ import annotations

from typing import Any

import pytest

from tabiji.journeys import editing, graph
from tabiji.journeys.editing import START, CannotEdit
from tabiji.journeys.graph import Graph
from tabiji.journeys.load import most_mails_a_week
from tests.builders.journey import journey, then


def drawn(**settings: Any) -> Graph:
    """wait → clicked? → yes: mail 7 / no: mail 8 → goal."""
    made = (
        journey("follow-up")
        .wait(business_days=3)
        .branch({"kind": "everyone"}, then().send(7), then().send(8))
        .goal("booked")
    )
    return graph.parse({**made.graph, **settings})


def ways(found: Graph) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.port, edge.target) for edge in found.edges}


def test_a_step_put_on_a_way_leads_on_to_what_came_after_it() -> None:
    before = drawn()

    after, made = editing.insert(before, source="n1", port="next", type="send")

    assert {("n1", "next", made), (made, "next", "n2")} <= ways(after)
    assert ("n1", "next", "n2") not in ways(after)


def test_the_first_step_of_an_empty_drawing_becomes_its_start() -> None:
    after, made = editing.insert(Graph(), source=START, port="", type="wait")

    assert after.start == made
    assert list(after.walk()) == [made]


def test_both_arms_of_a_new_branch_lead_on_to_what_came_after_it() -> None:
    after, made = editing.insert(drawn(), source="n1", port="next", type="branch")

    assert {(made, "yes", "n2"), (made, "else", "n2")} <= ways(after)


def test_an_id_that_a_published_step_had_is_not_given_to_another() -> None:
    _, made = editing.insert(drawn(), source="n1", port="next", type="send", used=["send-4", "send-x"])

    assert made == "send-5"


def test_a_step_taken_out_is_bridged() -> None:
    after = editing.remove(drawn(), "n1")

    assert after.start == "n2"
    assert "n1" not in {node.id for node in after.nodes}


def test_taking_a_branch_out_keeps_its_first_arm_and_what_both_arms_share() -> None:
    after = editing.remove(drawn(), "n2")

    assert [node.config.get("mail_id") for node in after.nodes if node.type == "send"] == [7]
    assert [after.node(node_id).type for node_id in after.walk()] == ["wait", "send", "goal"]


def test_a_step_moves_over_its_neighbour_and_back() -> None:
    before, made = editing.insert(drawn(), source="n1", port="next", type="add_score")

    up = editing.move_up(before, made)
    down = editing.move_down(up, made)

    assert up.start == made
    assert ways(down) == ways(before)
    with pytest.raises(CannotEdit, match="already_first"):
        editing.move_up(up, made)


def test_a_branch_stays_where_it_is() -> None:
    with pytest.raises(CannotEdit, match="cannot_move_branch"):
        editing.move_up(drawn(), "n2")


def test_an_arm_that_is_gone_takes_its_way_with_it() -> None:
    before = drawn()
    config = {"arms": [{"port": "other", "condition": {"kind": "everyone"}}]}

    after = editing.configure(before, "n2", config)

    assert "yes" not in {edge.port for edge in after.edges}
    assert 7 not in {node.config.get("mail_id") for node in after.nodes}


def test_settings_that_cannot_be_read_leave_the_ways_alone() -> None:
    after = editing.configure(drawn(), "n2", {"arms": "nonsense"})

    assert ways(after) == ways(drawn())


def test_nothing_is_put_on_a_way_that_is_not_there() -> None:
    for source, port in (("n1", "other"), ("nowhere", "next"), ("n2", "")):
        with pytest.raises(CannotEdit):
            editing.insert(drawn(), source=source, port=port, type="send")


@pytest.mark.parametrize(
    ("days", "most"),
    [(3, 2), (8, 1)],
)
def test_the_load_is_the_worst_week_of_the_worst_way(days: int, most: int) -> None:
    made = journey("two").send(1).wait(days=days).send(2)

    assert most_mails_a_week(graph.parse(made.graph)) == most
