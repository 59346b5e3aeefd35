"""The stages of a workspace: one ordered row, drafted, then published as a version that never changes."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext_lazy as _
from psycopg.types.json import Jsonb
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tabiji.core import postgres
from tabiji.scoring import stage_rules
from tabiji.scoring.contracts import StageInfo, StageModelInfo
from tabiji.scoring.rules import BadRules
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions

KIND: Final = "stage_model"
MOST_STAGES: Final = 30


class NoStages(LookupError):
    """This workspace has no stages yet."""


class Stage(BaseModel):
    """One stage. change_from, change_to: what should become different for people here (S1: from → to)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    key: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
    label: Annotated[str, Field(min_length=1, max_length=60)]
    change_from: Annotated[str, Field(max_length=200)] = ""
    change_to: Annotated[str, Field(max_length=200)] = ""
    rule: dict[str, Any]


class StageDocument(BaseModel):
    """Read from the top: the first stage whose rule holds is the person's; none = 例外."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    version: Literal[1]
    stages: Annotated[list[Stage], Field(min_length=1, max_length=MOST_STAGES)]

    @model_validator(mode="after")
    def _keys_differ(self) -> StageDocument:
        keys = [stage.key for stage in self.stages]
        if len(set(keys)) != len(keys):
            raise ValueError(_("every stage needs a key of its own"))
        return self


def parse(data: object) -> StageDocument:
    """The document, every rule in it checked in the open scope. Raises rules.BadRules with the place."""
    document = _read(data)
    rules = [stage.rule for stage in document.stages]
    for number in range(len(rules)):
        try:
            stage_rules.check(rules[number])
            stage_rules.check(stage_rules.together(rules[: number + 1]))
        except BadRules as error:
            raise BadRules(f"stages.{number}.rule.{error.path}".rstrip("."), error.why) from None
    return document


def publish(document: dict[str, Any], *, actor: Actor, at: datetime, name: str = "") -> int:
    """Let these stages count from now on; the version's number. Audited. Raises rules.BadRules.

    Everybody is judged anew (by the sweep, which is due at once).
    """
    parse(document)
    info = _ensure(name=name, actor=actor)
    if info.version and _stored(info.version) == document:
        return info.version
    number = info.version + 1
    postgres.execute(
        "INSERT INTO stage_version (workspace_id, number, document, published_at, published_by_id)"
        " VALUES (%s, %s, %s, %s, %s)",
        [postgres.workspace_id(), number, Jsonb(document), at, actor.user_id or None],
    )
    postgres.execute("UPDATE stage_model SET draft = NULL")
    postgres.execute(
        "INSERT INTO stage_sweep (workspace_id, due_at) VALUES (%s, %s)"
        " ON CONFLICT (workspace_id) DO UPDATE SET due_at = excluded.due_at, judged_at = NULL, position = NULL",
        [postgres.workspace_id(), at],
    )
    audit.record(actor, "publish", KIND, info.definition_id, values={"version": number, "document": document})
    definitions.update(info.definition_id, actor=actor, state="running")
    return number


def save_draft(document: dict[str, Any], *, actor: Actor, name: str = "") -> None:
    """Keep stages that do not count yet. Raises rules.BadRules."""
    parse(document)
    info = _ensure(name=name, actor=actor)
    postgres.execute("UPDATE stage_model SET draft = %s", [Jsonb(document)])
    audit.record(actor, "draft", KIND, info.definition_id, values={"document": document})


def discard_draft(*, actor: Actor) -> None:
    """What counts stays; what was drafted beside it is gone. Audited. Raises NoStages."""
    info = get()
    postgres.execute("UPDATE stage_model SET draft = NULL")
    audit.record(actor, "discard", KIND, info.definition_id)


def find() -> StageModelInfo | None:
    row = postgres.find_row(
        "SELECT m.definition_id, d.name, m.draft, coalesce(v.number, 0), v.published_at, v.document"
        " FROM stage_model m JOIN definition d ON d.id = m.definition_id"
        " LEFT JOIN LATERAL (SELECT * FROM stage_version ORDER BY number DESC LIMIT 1) v ON true"
    )
    if row is None:
        return None
    definition_id, name, draft, number, at, document = row
    stages = tuple(
        StageInfo(one["key"], one["label"], one.get("change_from", ""), one.get("change_to", ""), one["rule"])
        for one in (document or {}).get("stages", ())
    )
    return StageModelInfo(definition_id, name, number, at, stages, draft)


def get() -> StageModelInfo:
    """Raises NoStages."""
    found = find()
    if found is None:
        raise NoStages("there are no stages here yet: publish some in Settings")
    return found


def live() -> tuple[int, StageDocument] | None:
    """(version, document) that counts now; None where nothing was published."""
    row = postgres.find_row("SELECT id, number FROM stage_version ORDER BY number DESC LIMIT 1")
    return None if row is None else (row[1], _document(row[0]))


def _read(data: object) -> StageDocument:
    """The shape alone."""
    try:
        return StageDocument.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise BadRules(place, first["msg"].removeprefix("Value error, ")) from None


@lru_cache(maxsize=64)
def _document(version_id: int) -> StageDocument:
    """A published version never changes, so each process reads it once."""
    return _read(postgres.scalar("SELECT document FROM stage_version WHERE id = %s", [version_id]))


def _stored(number: int) -> dict[str, Any]:
    found: dict[str, Any] = postgres.scalar("SELECT document FROM stage_version WHERE number = %s", [number])
    return found


def _ensure(*, name: str, actor: Actor) -> StageModelInfo:
    """The row of stages, locked against a second publisher, made where there is none."""
    if postgres.find_row("SELECT 1 FROM stage_model FOR UPDATE") is None:
        definition_id = definitions.create(KIND, name=name or str(_("Stages")), actor=actor)
        postgres.execute(
            "INSERT INTO stage_model (workspace_id, definition_id) VALUES (%s, %s)",
            [postgres.workspace_id(), definition_id],
        )
    return get()
