"""Editing a graph: every change that people make to a drawing. Pure; a changed graph is a new one.

A change keeps the way whole: what is put on a way is led on to what came after it, what is taken out
is bridged. Steps that nobody can reach any more because of a change go with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final

from tabiji.journeys import nodes
from tabiji.journeys.graph import Edge, Entry, Graph, Node, Reentry

START: Final = ""
"""As a source: the way from the entry to the first step."""
_CLICKED: Final[dict[str, Any]] = {
    "version": 1,
    "kind": "event",
    "name": "click_judged",
    "where": [
        {"prop": "props.verdict", "op": "is", "value": "human"},
        {"prop": "props.link_kind", "op": "is", "value": "content"},
    ],
    "window": {"kind": "since_entry"},
}


class CannotEdit(ValueError):
    """A change that makes no sense on this graph; the code says why (see the screens' words)."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def insert(
    graph: Graph,
    *,
    source: str,
    port: str,
    type: str,
    config: dict[str, Any] | None = None,
    used: Collection[str] = (),
) -> tuple[Graph, str]:
    """Put a new step on the way that leaves `source` by `port` (START: before the first step).

    config: else what a new step of this type begins with. used: ids that stand for other steps already
    (of published versions: their facts must not be mixed up). Returns the graph and the step's id.
    Raises CannotEdit, registry.Unknown for an unknown type.
    """
    node_type = nodes.types.get(type)
    node_id = _new_id(type, {*used, *(node.id for node in graph.nodes)})
    chosen = beginning(type, node_id) if config is None else config
    ports = node_type.ports(node_type.config.model_validate(chosen))
    _check_place(graph, source, port)
    after = _target(graph, source, port)
    with_node = graph.model_copy(update={"nodes": [*graph.nodes, Node(id=node_id, type=type, config=chosen)]})
    led = _lead(with_node, source, port, node_id)
    for own in ports:
        led = _lead(led, node_id, own, after)
    return _without_stranded(led, graph), node_id


def remove(graph: Graph, node_id: str) -> Graph:
    """Take a step out; the ways that led to it lead on along its first way. Raises CannotEdit."""
    after = _after(graph, node_id)
    edges = [
        edge if edge.target != node_id else edge.model_copy(update={"target": after})
        for edge in graph.edges
        if edge.source != node_id and (edge.target != node_id or (after and edge.source != after))
    ]
    start = after if graph.start == node_id else graph.start
    rest = [node for node in graph.nodes if node.id != node_id]
    return _without_stranded(graph.model_copy(update={"nodes": rest, "edges": edges, "start": start}), graph)


def move(graph: Graph, node_id: str, *, source: str, port: str) -> Graph:
    """Take a step with one way on out, and put it on another way. Raises CannotEdit."""
    node = _node(graph, node_id)
    ports = ports_of(node)
    if len(ports) != 1:
        raise CannotEdit("cannot_move_branch")
    _check_place(graph, source, port)
    if source == node_id:
        return graph
    lifted = remove(graph, node_id)
    after = _target(lifted, source, port)
    put = lifted.model_copy(update={"nodes": [*lifted.nodes, node]})
    return _lead(_lead(put, source, port, node_id), node_id, ports[0], after)


def move_up(graph: Graph, node_id: str) -> Graph:
    """Before the step that stands before it. Raises CannotEdit."""
    before = _only_way_to(graph, node_id)
    if before[0] == START:
        raise CannotEdit("already_first")
    source, port = _only_way_to(graph, before[0])
    return move(graph, node_id, source=source, port=port)


def move_down(graph: Graph, node_id: str) -> Graph:
    """After the step that stands after it; into the first arm of a branch. Raises CannotEdit."""
    after = _after(graph, node_id)
    ports = ports_of(_node(graph, after)) if after else []
    if not ports:
        raise CannotEdit("already_last")
    return move(graph, node_id, source=after, port=ports[0])


def connect(graph: Graph, *, source: str, port: str, target: str) -> Graph:
    """Lead a way to a step that is there already; an empty target ends it. Raises CannotEdit."""
    _check_place(graph, source, port)
    if target:
        _node(graph, target)
    return _lead(graph, source, port, target)


def configure(graph: Graph, node_id: str, config: dict[str, Any]) -> Graph:
    """Give a step other settings; ways of arms that are gone go with them. Raises CannotEdit."""
    changed = _node(graph, node_id).model_copy(update={"config": config})
    kept = graph.model_copy(
        update={"nodes": [changed if node.id == node_id else node for node in graph.nodes]}
    )
    ports = set(ports_of(changed)) or set(ports_of(_node(graph, node_id)))
    edges = [edge for edge in graph.edges if edge.source != node_id or edge.port in ports]
    return _without_stranded(kept.model_copy(update={"edges": edges}), graph)


def set_entries(graph: Graph, entries: Iterable[Entry], reentry: Reentry) -> Graph:
    return graph.model_copy(update={"entries": list(entries), "reentry": reentry})


def set_goal(graph: Graph, key: str) -> Graph:
    return graph.model_copy(update={"goal": key})


def ports_of(node: Node) -> list[str]:
    """The ways on from a step; none for settings that cannot be read."""
    node_type = nodes.types.find(node.type)
    config = nodes.read_config(node_type, node.id, node.config)[0] if node_type else None
    return node_type.ports(config) if node_type and config is not None else []


def beginning(type: str, node_id: str) -> dict[str, Any]:
    """What a new step of this type says before anybody changed it."""
    match type:
        case "wait":
            return {"kind": "business_days", "amount": 1, "at": "10:00"}
        case "branch":
            return {"arms": [{"port": "yes", "condition": _CLICKED}]}
        case "split":
            arms = [{"port": "a", "label": "A"}, {"port": "b", "label": "B"}]
            return {"key": node_id, "arms": arms}
        case _:
            return {}


def _new_id(type: str, taken: Collection[str]) -> str:
    stem = type.replace("_", "-")
    numbers = [
        int(number)
        for name, _, number in (node_id.rpartition("-") for node_id in taken)
        if name == stem and number.isdecimal()
    ]
    return f"{stem}-{max(numbers, default=0) + 1}"


def _node(graph: Graph, node_id: str) -> Node:
    try:
        return graph.node(node_id)
    except KeyError:
        raise CannotEdit("no_such_step") from None


def _check_place(graph: Graph, source: str, port: str) -> None:
    if source == START:
        return
    if port not in ports_of(_node(graph, source)):
        raise CannotEdit("no_such_way")


def _target(graph: Graph, source: str, port: str) -> str:
    return graph.start if source == START else graph.targets_of(source).get(port, "")


def _after(graph: Graph, node_id: str) -> str:
    """Where the first way of a step leads."""
    node = _node(graph, node_id)
    targets = {edge.port: edge.target for edge in graph.edges if edge.source == node_id}
    ordered = [*ports_of(node), *sorted(targets)]
    return next((targets[port] for port in ordered if targets.get(port, node_id) != node_id), "")


def _only_way_to(graph: Graph, node_id: str) -> tuple[str, str]:
    ways = [(edge.source, edge.port) for edge in graph.edges if edge.target == node_id]
    if graph.start == node_id:
        ways.append((START, ""))
    if len(ways) != 1:
        raise CannotEdit("several_ways_lead_here")
    return ways[0]


def _lead(graph: Graph, source: str, port: str, target: str) -> Graph:
    """The way that leaves source by port leads to target; nowhere where it is empty."""
    if source == START:
        return graph.model_copy(update={"start": target})
    edges = [edge for edge in graph.edges if (edge.source, edge.port) != (source, port)]
    if target:
        edges.append(Edge(source=source, port=port, target=target))
    return graph.model_copy(update={"edges": edges})


def _without_stranded(graph: Graph, before: Graph) -> Graph:
    """Leave out what could be reached before the change and cannot any more."""
    stranded = set(before.walk()) - set(graph.walk())
    if not stranded:
        return graph
    return graph.model_copy(
        update={
            "nodes": [node for node in graph.nodes if node.id not in stranded],
            "edges": [
                edge for edge in graph.edges if edge.source not in stranded and edge.target not in stranded
            ],
        }
    )
