"""What keeps a journey from starting, and what is only worth a look. Each problem names its step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from django.db import transaction

from tabiji.audiences.public import asking, audience, conditions
from tabiji.content.public import CannotRender, mails, merge_fields
from tabiji.core import clock, postgres
from tabiji.core.paging import ListQuery
from tabiji.journeys import graph as graphs
from tabiji.journeys import nodes
from tabiji.journeys.contracts import Fail, Problem, Traveller
from tabiji.journeys.graph import AudienceEntry, Graph
from tabiji.journeys.nodes import Context, NodeType
from tabiji.messaging.contracts import Candidate
from tabiji.messaging.public import gate
from tabiji.people.public import persons
from tabiji.purpose.public import conversions
from tabiji.workspaces.public import calendar

SAMPLE: Final = 10
log = structlog.get_logger()


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
    found += _transactional_to_audience(graph)
    return found


def sample(graph: Graph) -> list[UUID]:
    """Ten real people to try a journey on: who is in its audiences, else the newest."""
    inside = [
        person_id
        for entry in graph.entries
        if isinstance(entry, AudienceEntry)
        for person_id in audience.member_ids(entry.audience_id)[:SAMPLE]
    ]
    if inside:
        return list(dict.fromkeys(inside))[:SAMPLE]
    return [person.id for person in persons.list_people(ListQuery(limit=SAMPLE)).rows]


def dry_run(graph: Graph, *, now: datetime) -> list[Problem]:
    """Let each step think about ten real people without doing anything; what would be missing, by step."""
    people = sample(graph)
    if not people:
        return []
    travellers = [
        Traveller(place, person_id, now, now, None, False, None, None, 0, 0, 0)
        for place, person_id in enumerate(people)
    ]
    found: list[Problem] = []
    for node in graph.nodes:
        node_type = nodes.types.find(node.type)
        config = nodes.read_config(node_type, node.id, node.config)[0] if node_type else None
        if node_type is None or config is None:
            continue  # `problems` says so
        found += _try_step(node_type, config, travellers, _context(node.id, now))
        if node.type == "send":
            found += _try_mail(node.id, int(node.config.get("mail_id") or 0), people, now)
    return found


def _try_step(
    node_type: NodeType[Any], config: Any, travellers: list[Traveller], context: Context
) -> list[Problem]:
    try:
        failures = _failures(node_type, config, travellers, context)
    except asking.CountingRests:
        return [Problem(context.node_id, "not_tried", is_warning=True)]
    if not failures:
        return []
    values = {"people": len(failures), "of": len(travellers), "why": failures[0][:200]}
    return [Problem(context.node_id, "step_fails_for", values)]


def _failures(
    node_type: NodeType[Any], config: Any, travellers: list[Traveller], context: Context
) -> list[str]:
    """Why the step fails, for each of these for whom it does: all at once, or alone where that fails."""
    try:
        with transaction.atomic():
            outcomes = node_type.run(config, travellers, context).outcomes
    except asking.CountingRests:
        raise
    except Exception as error:
        if len(travellers) > 1:
            return [why for one in travellers for why in _failures(node_type, config, [one], context)]
        log.warning("dry_run_failed", node=context.node_id, error=str(error)[:300])
        return [str(error)]
    return [outcome.error for outcome in outcomes if isinstance(outcome, Fail)]


def _context(node_id: str, now: datetime) -> Context:
    def matching(condition: dict[str, Any], travellers: Sequence[Traveller]) -> set[UUID]:
        # About what is processed by now: a screen does not wait for facts that are on their way.
        return asking.matching(
            conditions.parse(condition),
            [one.person_id for one in travellers],
            now=now,
            asked_at=clock.EPOCH,
            since={one.person_id: one.entered_at for one in travellers},
        )

    return Context(now, clock.EPOCH, postgres.workspace_id(), 0, 0, 0, node_id, calendar.current(), matching)


def _try_mail(node_id: str, mail_id: int, people: list[UUID], now: datetime) -> list[Problem]:
    version_id = mails.current_version(mail_id) if mail_id else None
    if version_id is None:
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
    purpose = mails.get_version(version_id).purpose
    judged = gate.judge([Candidate(person_id, purpose) for person_id in people], now)
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


def _transactional_to_audience(graph: Graph) -> list[Problem]:
    """A transactional mail answers what somebody has just done; coming into an audience is no such act."""
    if not any(isinstance(entry, AudienceEntry) for entry in graph.entries):
        return []
    return [Problem(node_id, "transactional_to_audience") for node_id in transactional_steps(graph)]


def transactional_steps(graph: Graph) -> list[str]:
    """The steps whose mails skip consent, caps and quiet hours, as they would be published now."""
    found = []
    for node in graph.nodes:
        mail_id = node.config.get("mail_id") if node.type == "send" else 0
        version_id = mails.current_version(mail_id) if isinstance(mail_id, int) and mail_id else None
        if version_id is not None and mails.get_version(version_id).purpose == "transactional":
            found.append(node.id)
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
