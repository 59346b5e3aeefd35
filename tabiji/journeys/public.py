"""What other rooms may call."""

from tabiji.journeys import checks, engine, enrolment, graph, nodes, versions

__all__ = ["checks", "engine", "enrolment", "graph", "nodes", "versions"]
