"""What keeps a journey from starting, and what is only worth a look. Each problem names its step."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from tabiji.content.public import CannotRender, mails, merge_fields
from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.journeys import graph as graphs
from tabiji.journeys import nodes
from tabiji.journeys.contracts import Problem
from tabiji.journeys.graph import AudienceEntry, Graph
from tabiji.messaging.contracts import Candidate
from tabiji.messaging.public import gate
from tabiji.people.public import persons
from tabiji.purpose.public import conversions

SAMPLE: Final = 10


def problems(graph: Graph) -> list[Problem]:
    """Everything wrong with this graph, in drawing order."""
    found: list[Problem] = []
    if not graph.entries:
        found.append(Problem("", "no_entry"))
    if not graph.start:
        return [*found, Problem("", "no_start")]
    reached = list(graph.walk())
    for node in graph.nodes:
        node_type = nodes.types.find(node.type)
        if node_type is None:
            found.append(Problem(node.id, "unknown_step", {"type": node.type}))
            continue
        config, bad = nodes.read_config(node_type, node.id, node.config)
        found += bad
        if node.id not in reached:
            found.append(Problem(node.id, "unreachable"))
        if config is None:
            continue
        found += node_type.problems(config, node.id)
        found += _loose_ports(graph, node.id, node_type.ports(config))
    waiting = frozenset(node_type.name for node_type in nodes.types if node_type.waits)
    found += [
        Problem(node_id, "circle_without_wait") for node_id in graphs.cycles_without_wait(graph, waiting)
    ]
    if not graph.goal:
        found.append(Problem("", "no_goal", is_warning=True))
    elif conversions.find(graph.goal) is None:
        found.append(Problem("", "unknown_goal", {"goal": graph.goal}))
    found += _entry_problems(graph)
    return found


def dry_run(graph: Graph, *, now: datetime) -> list[Problem]:
    """Try each step on ten real people without doing anything; what would be missing, by step."""
    people = [person.id for person in persons.list_people(ListQuery(limit=SAMPLE)).rows]
    found: list[Problem] = []
    for node in graph.nodes:
        if node.type == "send":
            found += _try_mail(node.id, int(node.config.get("mail_id") or 0), people, now)
    return found


def _try_mail(node_id: str, mail_id: int, people: list[UUID], now: datetime) -> list[Problem]:
    version_id = mails.current_version(mail_id) if mail_id else None
    if version_id is None or not people:
        return []
    compiled = mails.compiled(version_id)
    contexts = merge_fields.contexts(people, now=now)
    urls = {link.number: link.url for link in compiled.links}
    broken = 0
    for person_id in people:
        try:
            compiled.render(contexts[person_id], urls)
        except (CannotRender, KeyError):
            broken += 1
    found = []
    if broken:
        found.append(Problem(node_id, "mail_fails_for", {"people": broken, "of": len(people)}))
    judged = gate.judge([Candidate(person_id, "marketing") for person_id in people], now)
    if judged.refusals:
        reasons = sorted({refusal.value for refusal, _ in judged.refusals.values()})
        found.append(
            Problem(
                node_id,
                "would_not_send_to",
                {"people": len(judged.refusals), "of": len(people), "reasons": reasons},
                is_warning=True,
            )
        )
    return found


def _loose_ports(graph: Graph, node_id: str, ports: list[str]) -> list[Problem]:
    used = {edge.port for edge in graph.edges if edge.source == node_id}
    loose = [Problem(node_id, "unknown_port", {"port": port}) for port in sorted(used - set(ports))]
    doubled = [port for port in used if sum(e.source == node_id and e.port == port for e in graph.edges) > 1]
    loose += [Problem(node_id, "port_used_twice", {"port": port}) for port in sorted(doubled)]
    return loose


def _entry_problems(graph: Graph) -> list[Problem]:
    missing = [
        entry.audience_id
        for entry in graph.entries
        if isinstance(entry, AudienceEntry)
        and not postgres.scalar(
            "SELECT 1 FROM definition WHERE id = %s AND kind = 'audience' AND state <> 'archived'",
            [entry.audience_id],
        )
    ]
    return [Problem("", "unknown_audience", {"audience": audience_id}) for audience_id in missing]
