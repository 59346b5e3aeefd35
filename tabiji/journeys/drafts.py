"""Drafts while they are edited: each edit can be taken back, and one colleague edits at a time.

Whoever saved last within some minutes is the editor; others read. They may take over, and then the
first one's next save is refused (`versions.SavedByAnother`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.journeys import versions
from tabiji.journeys.graph import Graph
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import workspace

UNDONE_AT_MOST: Final = 50
EDITING_S: Final = 300


class NothingToUndo(LookupError):
    """No edit is left to take back, or to bring back."""


@dataclass(frozen=True, slots=True)
class Steps:
    """How many edits can be taken back, and brought back."""

    undo: int
    redo: int


def save(journey_id: int, graph: Graph, *, actor: Actor, revision: int) -> int:
    """Keep a draft as one edit; the new revision. The same draft again is no edit.

    Raises versions.SavedByAnother, NoSuchJourney.
    """
    before = versions.get(journey_id)
    draft = graph.model_dump(mode="json")
    if draft == before.draft and revision == before.draft_revision:
        return revision
    saved = versions.save_draft(journey_id, draft, actor=actor, revision=revision)
    _drop_undone(journey_id)
    _keep(journey_id, before.draft, is_undone=False)
    _forget_oldest(journey_id)
    return saved


def undo(journey_id: int, *, actor: Actor, revision: int) -> int:
    """Take the last edit back; the new revision. Raises NothingToUndo, versions.SavedByAnother."""
    return _exchange(journey_id, actor=actor, revision=revision, is_undone=False)


def redo(journey_id: int, *, actor: Actor, revision: int) -> int:
    """Bring the edit back that was taken back last. Raises NothingToUndo, versions.SavedByAnother."""
    return _exchange(journey_id, actor=actor, revision=revision, is_undone=True)


def steps(journey_id: int) -> Steps:
    counted = dict(
        postgres.rows(
            "SELECT is_undone, count(*) FROM draft_edit WHERE journey_id = %s GROUP BY is_undone",
            [journey_id],
        )
    )
    return Steps(counted.get(False, 0), counted.get(True, 0))


def editor(journey_id: int) -> int | None:
    """The colleague who edits this draft now; None where nobody saved it lately."""
    now = workspace.business_now()
    found: int | None = postgres.scalar(
        "SELECT draft_saved_by FROM journey WHERE id = %s AND draft_revision > 1 AND draft_saved_at BETWEEN %s AND %s",
        [journey_id, now - timedelta(seconds=EDITING_S), now],
    )
    return found


def _exchange(journey_id: int, *, actor: Actor, revision: int, is_undone: bool) -> int:
    row = postgres.find_row(
        "SELECT id, graph FROM draft_edit WHERE journey_id = %s AND is_undone = %s ORDER BY id DESC LIMIT 1",
        [journey_id, is_undone],
    )
    if row is None:
        raise NothingToUndo("there is no edit left to take back")
    before = versions.get(journey_id)
    saved = versions.save_draft(journey_id, row[1], actor=actor, revision=revision)
    postgres.execute("DELETE FROM draft_edit WHERE id = %s", [row[0]])
    _keep(journey_id, before.draft, is_undone=not is_undone)
    return saved


def _keep(journey_id: int, draft: dict[str, object], *, is_undone: bool) -> None:
    postgres.execute(
        "INSERT INTO draft_edit (workspace_id, journey_id, is_undone, graph) VALUES (%s, %s, %s, %s)",
        [postgres.workspace_id(), journey_id, is_undone, Jsonb(draft)],
    )


def _drop_undone(journey_id: int) -> None:
    postgres.execute("DELETE FROM draft_edit WHERE journey_id = %s AND is_undone", [journey_id])


def _forget_oldest(journey_id: int) -> None:
    postgres.execute(
        "DELETE FROM draft_edit WHERE id IN (SELECT id FROM draft_edit WHERE journey_id = %s AND NOT is_undone"
        " ORDER BY id DESC OFFSET %s)",
        [journey_id, UNDONE_AT_MOST],
    )
