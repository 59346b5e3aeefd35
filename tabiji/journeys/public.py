"""What other rooms may call."""

from tabiji.journeys import checks, counts, drafts, editing, engine, enrolment, graph, load, nodes, versions

__all__ = [
    "checks",
    "counts",
    "drafts",
    "editing",
    "engine",
    "enrolment",
    "graph",
    "load",
    "nodes",
    "versions",
]
