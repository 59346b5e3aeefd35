"""Score models: a document of rules, drafted, then published as a version that never changes."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.scoring import rules
from tabiji.scoring.contracts import MAIN, ScoreModelInfo
from tabiji.scoring.rules import ScoreDocument
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "score_model"


class NoSuchScoreModel(LookupError):
    """No score model of this key in this workspace."""


def publish(
    document: dict[str, Any], *, actor: Actor, at: datetime, model: str = MAIN, name: str = ""
) -> int:
    """Let this document count from now on; the version's number. Audited.

    Makes the model where there is none. Points given before stay as they were given. A document equal
    to the one that counts makes no new version. Raises rules.BadRules.
    """
    rules.parse(document)
    info = _ensure(model, name=name, actor=actor)
    if info.version and info.document == document:
        return info.version
    number = info.version + 1
    postgres.execute(
        "INSERT INTO score_version (workspace_id, model_id, number, document, published_at, published_by_id)"
        " SELECT %s, id, %s, %s, %s, %s FROM score_model WHERE key = %s",
        [postgres.workspace_id(), number, Jsonb(document), at, actor.user_id or None, model],
    )
    postgres.execute("UPDATE score_model SET draft = NULL WHERE key = %s", [model])
    audit.record(actor, "publish", KIND, info.definition_id, values={"version": number, "document": document})
    definitions.update(info.definition_id, actor=actor, state="running")
    return number


def save_draft(document: dict[str, Any], *, actor: Actor, model: str = MAIN, name: str = "") -> None:
    """Keep a document that does not count yet, checked as far as it is. Raises rules.BadRules."""
    rules.parse(document)
    info = _ensure(model, name=name, actor=actor)
    postgres.execute("UPDATE score_model SET draft = %s WHERE key = %s", [Jsonb(document), model])
    audit.record(actor, "draft", KIND, info.definition_id, values={"document": document})


def discard_draft(*, actor: Actor, model: str = MAIN) -> None:
    """What counts stays; what was drafted beside it is gone. Audited. Raises NoSuchScoreModel."""
    info = get(model)
    postgres.execute("UPDATE score_model SET draft = NULL WHERE key = %s", [model])
    audit.record(actor, "discard", KIND, info.definition_id)


def get(model: str = MAIN) -> ScoreModelInfo:
    """Raises NoSuchScoreModel."""
    found = find(model)
    if found is None:
        raise NoSuchScoreModel(f"there is no score model {model!r} here: publish one in Settings")
    return found


def find(model: str = MAIN) -> ScoreModelInfo | None:
    for info in list_models():
        if info.key == model:
            return info
    return None


def list_models() -> list[ScoreModelInfo]:
    """Every model of the workspace, by key."""
    rows = postgres.rows(
        "SELECT m.key, m.definition_id, d.name, coalesce(v.number, 0), v.published_at, v.document, m.draft"
        " FROM score_model m JOIN definition d ON d.id = m.definition_id"
        " LEFT JOIN LATERAL (SELECT * FROM score_version v WHERE v.model_id = m.id ORDER BY number DESC LIMIT 1)"
        " v ON true ORDER BY m.key"
    )
    return [
        ScoreModelInfo(
            key,
            definition_id,
            name,
            number,
            document["threshold"] if document else None,
            at,
            document or {},
            draft,
        )
        for key, definition_id, name, number, at, document, draft in rows
    ]


def live(model: str = MAIN) -> tuple[int, ScoreDocument] | None:
    """(version, document) that counts now; None where nothing was published."""
    row = postgres.find_row(
        "SELECT v.id, v.number FROM score_version v JOIN score_model m ON m.id = v.model_id"
        " WHERE m.key = %s ORDER BY v.number DESC LIMIT 1",
        [model],
    )
    return None if row is None else (row[1], _document(row[0]))


@lru_cache(maxsize=64)
def _document(version_id: int) -> ScoreDocument:
    """A published version never changes, so each process reads it once."""
    return rules.parse(postgres.scalar("SELECT document FROM score_version WHERE id = %s", [version_id]))


def _ensure(model: str, *, name: str, actor: Actor) -> ScoreModelInfo:
    """The model, locked against a second publisher, made where there is none."""
    if postgres.find_row("SELECT 1 FROM score_model WHERE key = %s FOR UPDATE", [model]) is None:
        definition_id = definitions.create(KIND, name=name or model, actor=actor)
        postgres.execute(
            "INSERT INTO score_model (workspace_id, key, definition_id) VALUES (%s, %s, %s)",
            [postgres.workspace_id(), model, definition_id],
        )
    return get(model)
