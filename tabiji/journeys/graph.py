"""A journey as data: entries, nodes, edges, goal. Pure: nothing here reads or writes anything."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tabiji.journeys.contracts import Problem

MAX_NODES = 200


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class BadGraph(ValueError):
    """Not a journey: an unknown node, a wrong type, a missing field. problems says where."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.node or 'journey'}: {problem.code}" for problem in problems))
        self.problems = problems


class PropertyFilter(_Strict):
    """A property of the entry event must equal one of these values."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,60}$")
    values: list[str] = Field(min_length=1, max_length=100)


class EventEntry(_Strict):
    kind: Literal["event"]
    event: str = Field(min_length=1, max_length=200)
    where: list[PropertyFilter] = []


class FormEntry(_Strict):
    kind: Literal["form"]
    form_id: int


class AudienceEntry(_Strict):
    kind: Literal["audience"]
    audience_id: int


Entry = Annotated[EventEntry | FormEntry | AudienceEntry, Field(discriminator="kind")]


class Reentry(_Strict):
    """once: never again; every_time: each cause anew; after_days: so long after the last entry."""

    kind: Literal["once", "every_time", "after_days"] = "once"
    days: int = Field(default=0, ge=0, le=3_650)


class Node(_Strict):
    id: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")
    type: str
    config: dict[str, Any] = {}


class Edge(_Strict):
    source: str
    port: str = "next"
    target: str


class Graph(_Strict):
    """version: of this schema. The first node is where people begin."""

    version: Literal[1] = 1
    entries: list[Entry] = []
    reentry: Reentry = Reentry()
    start: str = ""
    nodes: list[Node] = Field(default=[], max_length=MAX_NODES)
    edges: list[Edge] = Field(default=[], max_length=MAX_NODES * 6)
    goal: str = ""
    """The key of the conversion that this journey is for; whoever reaches it leaves as a success."""

    def node(self, node_id: str) -> Node:
        """Raises KeyError."""
        for node in self.nodes:
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def targets_of(self, node_id: str) -> dict[str, str]:
        """Where its ports lead, by port."""
        return {edge.port: edge.target for edge in self.edges if edge.source == node_id}

    def walk(self) -> Iterator[str]:
        """Node ids that can be reached from the start, each once, in drawing order."""
        seen: set[str] = set()
        waiting = [self.start] if self.start else []
        while waiting:
            node_id = waiting.pop(0)
            if node_id in seen:
                continue
            seen.add(node_id)
            yield node_id
            waiting += [edge.target for edge in self.edges if edge.source == node_id]


def parse(data: Any) -> Graph:
    """Raises BadGraph with every problem found, never a half-read graph."""
    try:
        graph = Graph.model_validate(data)
    except ValidationError as error:
        raise BadGraph(
            [
                Problem(
                    _node_of(data, problem["loc"]),
                    "malformed",
                    {"where": _where(problem["loc"]), "why": problem["msg"]},
                )
                for problem in error.errors()
            ]
        ) from None
    duplicates = {node.id for node in graph.nodes if sum(n.id == node.id for n in graph.nodes) > 1}
    if duplicates:
        raise BadGraph([Problem(node_id, "duplicate_id") for node_id in sorted(duplicates)])
    ids = {node.id for node in graph.nodes}
    loose = [edge for edge in graph.edges if edge.source not in ids or edge.target not in ids]
    if loose or (graph.start and graph.start not in ids):
        raise BadGraph([Problem("", "edge_to_nowhere")])
    return graph


def cycles_without_wait(graph: Graph, waiting_types: frozenset[str]) -> list[str]:
    """Nodes on a circle in which nobody ever waits: people would run round it for ever."""
    instant = {node.id for node in graph.nodes if node.type not in waiting_types}
    targets = {
        node_id: [edge.target for edge in graph.edges if edge.source == node_id and edge.target in instant]
        for node_id in instant
    }
    on_circle = []
    for node_id in sorted(instant):
        seen: set[str] = set()
        ways = list(targets[node_id])
        while ways:
            step = ways.pop()
            if step == node_id:
                on_circle.append(node_id)
                break
            if step not in seen:
                seen.add(step)
                ways += targets[step]
    return on_circle


def _node_of(data: Any, where: tuple[int | str, ...]) -> str:
    if len(where) >= 2 and where[0] == "nodes" and isinstance(where[1], int):
        try:
            return str(data["nodes"][where[1]]["id"])
        except (KeyError, IndexError, TypeError):
            return ""
    return ""


def _where(where: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in where)
