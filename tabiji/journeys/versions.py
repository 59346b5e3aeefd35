"""Journeys and their versions: drafts change, what was published never does."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.journeys import checks, nodes
from tabiji.journeys import graph as graphs
from tabiji.journeys.contracts import JourneyInfo, VersionInfo
from tabiji.journeys.graph import Graph
from tabiji.journeys.nodes import NodeType
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions, workspace

_COLUMNS: Final = (
    "j.id, d.name, d.why, d.kpi_id, d.responsible_id, d.review_on, d.state, j.initiative_id, j.draft,"
    " j.draft_revision, j.draft_saved_at, j.draft_saved_by, j.version_id, v.number,"
    " (SELECT count(*) FROM enrolment e WHERE e.journey_id = j.id AND e.is_active)"
)
_FROM: Final = (
    " FROM journey j JOIN definition d ON d.id = j.id LEFT JOIN journey_version v ON v.id = j.version_id"
)


class NoSuchJourney(LookupError):
    """No journey of this id in this workspace."""


class CannotPublish(ValueError):
    """The draft has problems; nothing was started. problems says where and what."""

    def __init__(self, problems: list[Any]) -> None:
        super().__init__(f"{len(problems)} problems")
        self.problems = problems


class SavedByAnother(ValueError):
    """Somebody else saved a newer draft; nothing of it was overwritten."""


class Loaded:
    """A published version, read once for each process: it never changes."""

    def __init__(self, version: VersionInfo, initiative_id: int) -> None:
        self.id = version.id
        self.number = version.number
        self.journey_id = version.journey_id
        self.initiative_id = initiative_id
        self.cause = f"journey:{version.journey_id}"
        """What its steps give as the cause of a change."""
        self.graph: Graph = graphs.parse(version.graph)
        self.touches_people = any(
            nodes.types.get(node.type).touches_people for node in self.graph.nodes if node.type in nodes.types
        )
        """Some step reads or changes people: their rows are locked before any step of a tick runs."""
        self._nodes: dict[str, tuple[NodeType[Any], Any]] = {}

    def node(self, node_id: str) -> tuple[NodeType[Any], Any]:
        """(type, configuration) of a step. Raises KeyError, registry.Unknown or ValidationError."""
        if node_id not in self._nodes:
            node = self.graph.node(node_id)
            node_type = nodes.types.get(node.type)
            self._nodes[node_id] = (node_type, node_type.config.model_validate(node.config))
        return self._nodes[node_id]


def create(
    name: str,
    *,
    actor: Actor,
    why: str,
    graph: dict[str, Any] | None = None,
    initiative_id: int = 0,
    kpi_id: int | None = None,
    responsible_id: int | None = None,
    review_on: Any = None,
) -> int:
    """A new draft."""
    made = definitions.create(
        "journey",
        name=name,
        actor=actor,
        why=why,
        kpi_id=kpi_id,
        responsible_id=responsible_id,
        review_on=review_on,
    )
    draft = graphs.parse(graph or {}).model_dump(mode="json")
    postgres.execute(
        "INSERT INTO journey (id, workspace_id, initiative_id, draft, draft_saved_at, draft_saved_by)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [
            made,
            postgres.workspace_id(),
            initiative_id,
            Jsonb(draft),
            workspace.business_now(),
            actor.user_id or None,
        ],
    )
    return made


def save_draft(journey_id: int, graph: dict[str, Any], *, actor: Actor, revision: int) -> int:
    """Keep a draft that was changed from `revision`; the new revision.

    Raises BadGraph for what is no journey, SavedByAnother when somebody saved in between.
    """
    draft = graphs.parse(graph).model_dump(mode="json")
    saved = postgres.find_row(
        "UPDATE journey SET draft = %s, draft_revision = draft_revision + 1, draft_saved_at = %s,"
        " draft_saved_by = %s WHERE id = %s AND draft_revision = %s RETURNING draft_revision",
        [Jsonb(draft), workspace.business_now(), actor.user_id or None, journey_id, revision],
    )
    if saved is None:
        get(journey_id)
        raise SavedByAnother("somebody else has saved this draft meanwhile: reload to see it")
    audit.record(actor, "change", "journey", journey_id, values={"revision": saved[0]})
    return int(saved[0])


def publish(journey_id: int, *, actor: Actor, now: datetime) -> VersionInfo:
    """Start the draft as a new version for whoever enters from now on. Raises CannotPublish."""
    journey = get(journey_id)
    graph = graphs.parse(journey.draft)
    problems = [problem for problem in checks.problems(graph) if not problem.is_warning]
    if problems:
        raise CannotPublish(problems)
    pinned = _pinned(graph).model_dump(mode="json")
    row = postgres.rows(
        "INSERT INTO journey_version (workspace_id, journey_id, number, graph, published_at, published_by)"
        " SELECT %s, %s, coalesce(max(number), 0) + 1, %s, %s, %s FROM journey_version WHERE journey_id = %s"
        " RETURNING id, number",
        [postgres.workspace_id(), journey_id, Jsonb(pinned), now, actor.user_id or None, journey_id],
    )[0]
    postgres.execute("UPDATE journey SET version_id = %s WHERE id = %s", [row[0], journey_id])
    definitions.update(journey_id, actor=actor, state="running")
    # A choice to skip consent and caps is kept with the name of who made it.
    transactional = checks.transactional_steps(graph)
    told = {"version": row[1], **({"transactional_mails": len(transactional)} if transactional else {})}
    audit.record(actor, "publish", "journey", journey_id, values=told)
    return VersionInfo(row[0], journey_id, row[1], pinned, now, actor.user_id or None)


def drain(journey_id: int, *, actor: Actor) -> None:
    """新規停止: nobody enters any more; those inside go on to the end."""
    definitions.update(journey_id, actor=actor, state="draining")
    audit.record(actor, "drain", "journey", journey_id)


def resume(journey_id: int, *, actor: Actor) -> None:
    definitions.update(journey_id, actor=actor, state="running")
    audit.record(actor, "resume", "journey", journey_id)


def get(journey_id: int) -> JourneyInfo:
    """Raises NoSuchJourney."""
    row = postgres.find_row("SELECT " + _COLUMNS + _FROM + " WHERE j.id = %s", [journey_id])
    if row is None:
        raise NoSuchJourney(f"there is no journey {journey_id} here")
    return JourneyInfo(*row)


def list_all() -> list[JourneyInfo]:
    """All journeys, newest first."""
    rows = postgres.rows("SELECT " + _COLUMNS + _FROM + " WHERE d.state <> 'archived' ORDER BY j.id DESC")
    return [JourneyInfo(*row) for row in rows]


def list_versions(journey_id: int) -> list[VersionInfo]:
    rows = postgres.rows(
        "SELECT id, journey_id, number, graph, published_at, published_by FROM journey_version"
        " WHERE journey_id = %s ORDER BY number DESC",
        [journey_id],
    )
    return [VersionInfo(*row) for row in rows]


def loaded(version_id: int) -> Loaded:
    """A published version of the scope's workspace, from this process's memory after the first time."""
    return _loaded(postgres.workspace_id(), version_id)


@lru_cache(maxsize=512)
def _loaded(workspace_id: int, version_id: int) -> Loaded:
    row = postgres.find_row(
        "SELECT v.id, v.journey_id, v.number, v.graph, v.published_at, v.published_by, j.initiative_id"
        " FROM journey_version v JOIN journey j ON j.id = v.journey_id WHERE v.id = %s AND v.workspace_id = %s",
        [version_id, workspace_id],
    )
    if row is None:
        raise NoSuchJourney(f"there is no journey version {version_id} here")
    return Loaded(VersionInfo(*row[:6]), row[6])


def _pinned(graph: Graph) -> Graph:
    pinned = []
    for node in graph.nodes:
        node_type = nodes.types.get(node.type)
        config = node_type.pin(node_type.config.model_validate(node.config))
        pinned.append(node.model_copy(update={"config": config.model_dump(mode="json")}))
    return graph.model_copy(update={"nodes": pinned})
