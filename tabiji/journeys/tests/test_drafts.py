"""Edits of a draft are taken back one by one; two colleagues never write over each other."""

from __future__ import annotations

import pytest

from tabiji.journeys import drafts, editing, graph, versions
from tabiji.workspaces.contracts import AUTOMATIC


def edit(journey_id: int, type: str = "wait") -> int:
    found = versions.get(journey_id)
    changed, _ = editing.insert(graph.parse(found.draft), source="", port="", type=type)
    return drafts.save(journey_id, changed, actor=AUTOMATIC, revision=found.draft_revision)


def sizes(journey_id: int) -> tuple[int, int, int]:
    steps = drafts.steps(journey_id)
    return len(versions.get(journey_id).draft["nodes"]), steps.undo, steps.redo


def test_fifty_edits_go_back_and_come_again(workspace: object) -> None:
    journey_id = versions.create("follow-up", actor=AUTOMATIC, why="to see")
    for _ in range(53):
        revision = edit(journey_id)
    assert sizes(journey_id) == (53, 50, 0)

    for _ in range(50):
        revision = drafts.undo(journey_id, actor=AUTOMATIC, revision=revision)
    assert sizes(journey_id) == (3, 0, 50)
    with pytest.raises(drafts.NothingToUndo):
        drafts.undo(journey_id, actor=AUTOMATIC, revision=revision)

    revision = drafts.redo(journey_id, actor=AUTOMATIC, revision=revision)
    assert sizes(journey_id) == (4, 1, 49)


def test_a_new_edit_forgets_what_was_taken_back(workspace: object) -> None:
    journey_id = versions.create("follow-up", actor=AUTOMATIC, why="to see")
    revision = edit(journey_id)
    drafts.undo(journey_id, actor=AUTOMATIC, revision=revision)

    edit(journey_id, "send")

    assert sizes(journey_id) == (1, 1, 0)


def test_the_same_draft_again_is_no_edit(workspace: object) -> None:
    journey_id = versions.create("follow-up", actor=AUTOMATIC, why="to see")
    revision = edit(journey_id)
    again = graph.parse(versions.get(journey_id).draft)

    assert drafts.save(journey_id, again, actor=AUTOMATIC, revision=revision) == revision
    assert drafts.steps(journey_id).undo == 1


def test_an_edit_of_an_older_draft_changes_nothing(workspace: object) -> None:
    journey_id = versions.create("follow-up", actor=AUTOMATIC, why="to see")
    edit(journey_id)

    with pytest.raises(versions.SavedByAnother):
        drafts.save(journey_id, graph.Graph(), actor=AUTOMATIC, revision=1)

    assert sizes(journey_id) == (1, 1, 0)
