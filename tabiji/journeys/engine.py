"""The engine: due enrolments move, in sets, along the node graph of their version.

One transaction a workspace and tick: claim what is due, lock its people, let each (version, node)
group think, apply its effects set-wise, and go on with where they came to, until all wait or have
left. Then one statement moves every enrolment (guarded by its fence), and their history is recorded
from what really moved. Nodes have no side effects; everything that they want is an effect here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import psycopg
import structlog
from django.db import transaction

from tabiji.audiences.public import asking, conditions
from tabiji.core import clickhouse, clock, facts, postgres, sql
from tabiji.core.crashpoints import crashpoint
from tabiji.core.facts import Change
from tabiji.journeys import versions
from tabiji.journeys.contracts import (
    AddScore,
    Advance,
    Effect,
    Exit,
    Fail,
    HandOver,
    PutOff,
    SendIntent,
    SetField,
    Traveller,
    WaitUntil,
)
from tabiji.journeys.graph import Graph
from tabiji.journeys.nodes import Context, NodeType, Result
from tabiji.messaging.contracts import Intent
from tabiji.messaging.public import intents
from tabiji.people.contracts import FieldUpdate
from tabiji.people.public import fields
from tabiji.sales.public import hand_overs
from tabiji.scoring.public import scores
from tabiji.workspaces.public import calendar

CLAIM: Final = 20_000
MAX_STEPS: Final = 100
"""Steps that one enrolment may take without waiting; a published graph has no such circle."""
_TRIES_FOR: Final = timedelta(hours=1)
log = structlog.get_logger()


class _Way(msgspec.Struct, gc=False):
    """One claimed enrolment and how far it has come in this tick."""

    traveller: Traveller
    journey_id: int
    version_id: int
    node: str
    started_at_node: str
    was_waiting: bool
    due_at: datetime | None = None
    has_waited: bool = False
    is_active: bool = True
    outcome: str = ""
    error: str = ""
    put_off: bool = False
    steps: list[tuple[str, str]] = []


def advance_due(now: datetime) -> int:
    """Move what is due in the scope's workspace; the number of steps taken.

    now: business time. Runs in the caller's transaction.
    """
    ways = _claim(now)
    if not ways:
        return 0
    asked_at = postgres.scalar("SELECT clock_timestamp()")
    business = calendar.current()
    groups: dict[tuple[int, str], list[_Way]] = defaultdict(list)
    for way in ways:
        groups[way.version_id, way.node].append(way)
    steps = 0
    for _ in range(MAX_STEPS):
        if not groups:
            break
        following: dict[tuple[int, str], list[_Way]] = defaultdict(list)
        for (version_id, node_id), group in groups.items():
            steps += len(group)
            for way in _step(version_id, node_id, group, now, asked_at, business):
                following[version_id, way.node].append(way)
        groups = following
    for group in groups.values():
        for way in group:
            _park(way, f"took {MAX_STEPS} steps without waiting")
    _move(ways, now)
    crashpoint("engine.before_commit")
    return steps


def next_due(now: datetime) -> datetime | None:
    """The next business time at which an enrolment of the scope's workspace has something to do."""
    due: datetime | None = postgres.scalar("SELECT min(due_at) FROM enrolment WHERE is_active")
    return due


def retry(enrolment_id: int, *, now: datetime) -> bool:
    """A colleague mended the cause: let a parked enrolment go on."""
    return bool(
        postgres.execute(
            "UPDATE enrolment SET error = '', attempts = 0, due_at = %s WHERE id = %s AND is_active AND error <> ''",
            [now, enrolment_id],
        )
    )


def _claim(now: datetime) -> list[_Way]:
    # People first, enrolments second: the consumers lock in that order too, so nobody waits in a ring.
    params = {"now": now, "most": CLAIM}
    due = postgres.rows(sql.named("journeys", "choose_due"), params)
    if not due:
        return []
    deciding = sorted({row[1] for row in due if versions.loaded(row[2]).touches_people})
    if deciding:
        postgres.execute("SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [deciding])
    rows = postgres.rows(sql.named("journeys", "claim_due"), {"ids": [row[0] for row in due], "now": now})
    return [
        _Way(
            Traveller(
                row[0], row[4], row[6], row[7], row[5], row[8], row[9], row[10], row[11], row[12], row[13]
            ),
            row[1],
            row[2],
            row[3],
            row[3],
            row[8],
        )
        for row in rows
    ]


def _step(
    version_id: int,
    node_id: str,
    group: list[_Way],
    now: datetime,
    asked_at: datetime,
    business: calendar.BusinessCalendar,
) -> list[_Way]:
    """Let one node think about its travellers and do what it wants; those who go on at once."""
    version = versions.loaded(version_id)
    try:
        node_type, config = version.node(node_id)
        context = _context(version, node_id, group, now, asked_at, business)
        with transaction.atomic():
            result = node_type.run(config, [way.traveller for way in group], context)
            _apply(result.effects, version, now)
    except asking.CountingRests as resting:
        for way in group:
            _put_off(way, PutOff(5, str(resting)), now, asked_at)
        return []
    except (psycopg.OperationalError, clickhouse.ClickHouseError) as error:
        log.warning(
            "step_put_off", version=version_id, node=node_id, people=len(group), error=str(error)[:300]
        )
        for way in group:
            _try_later(way, error, now, asked_at)
        return []
    except Exception as error:
        if len(group) > 1:  # one poison enrolment must not hold the others: let each think alone
            log.warning(
                "step_failed", version=version_id, node=node_id, people=len(group), error=str(error)[:300]
            )
            return [
                way for one in group for way in _step(version_id, node_id, [one], now, asked_at, business)
            ]
        log.exception("enrolment_parked", enrolment=group[0].traveller.id, node=node_id)
        _park(group[0], _told(error))
        return []
    return _follow(version.graph, node_id, node_type, group, result, now, asked_at)


def _context(
    version: versions.Loaded,
    node_id: str,
    group: list[_Way],
    now: datetime,
    asked_at: datetime,
    business: calendar.BusinessCalendar,
) -> Context:
    # A question put off is asked again about the same moment, not about an ever later one.
    moments = [way.traveller.asked_at for way in group]
    moment = max((one for one in moments if one is not None), default=asked_at) if all(moments) else asked_at

    def matching(condition: dict[str, Any], travellers: Sequence[Traveller]) -> set[UUID]:
        return asking.matching(
            conditions.parse(condition),
            [one.person_id for one in travellers],
            now=now,
            asked_at=moment,
            since={one.person_id: one.entered_at for one in travellers},
        )

    return Context(
        now,
        moment,
        postgres.workspace_id(),
        version.journey_id,
        version.id,
        version.initiative_id,
        node_id,
        business,
        matching,
    )


def _follow(
    graph: Graph,
    node_id: str,
    node_type: NodeType[Any],
    group: list[_Way],
    result: Result,
    now: datetime,
    asked_at: datetime,
) -> list[_Way]:
    going_on = []
    targets = graph.targets_of(node_id)
    for way, outcome in zip(group, result.outcomes, strict=True):
        match outcome:
            case Advance(port):
                target = targets.get(port)
                way.steps.append((node_id, port))
                if target is None:
                    way.is_active, way.outcome = False, "finished"
                    continue
                way.node = target
                way.traveller.arrived_at = now
                way.traveller.has_waited = False
                way.traveller.asked_at = None
                way.traveller.attempts = 0
                going_on.append(way)
            case WaitUntil(at):
                way.due_at, way.has_waited = at, True
            case PutOff():
                _put_off(way, outcome, now, asked_at)
            case Exit(why):
                way.steps.append((node_id, "exit"))
                way.is_active, way.outcome = False, why
            case Fail(error):
                _park(way, error)
    return going_on


def _put_off(way: _Way, outcome: PutOff, now: datetime, asked_at: datetime) -> None:
    way.due_at = now + timedelta(seconds=outcome.seconds)
    way.has_waited = way.traveller.has_waited
    way.put_off = True
    way.traveller.asked_at = way.traveller.asked_at or asked_at
    way.traveller.attempts += 1


def _try_later(way: _Way, error: Exception, now: datetime, asked_at: datetime) -> None:
    """A store that was busy (a deadlock, a time-out) is no fault of the person's: later, for an hour at most."""
    first = way.traveller.asked_at
    if first is not None and asked_at - first > _TRIES_FOR:
        _park(way, _told(error))
        return
    _put_off(way, PutOff(5 * 2 ** min(way.traveller.attempts, 5), ""), now, asked_at)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1_000]


def _park(way: _Way, error: str) -> None:
    way.due_at, way.error = None, error


def _move(ways: list[_Way], now: datetime) -> None:
    moved = postgres.rows(
        sql.named("journeys", "move_enrolments"),
        {
            "ids": [way.traveller.id for way in ways],
            "fences": [way.traveller.fence for way in ways],
            "nodes": [way.node for way in ways],
            "actives": [way.is_active for way in ways],
            "dues": [way.due_at if way.is_active else None for way in ways],
            "waited": [way.has_waited for way in ways],
            "asked": [way.traveller.asked_at for way in ways],
            "attempts": [min(way.traveller.attempts, 30_000) for way in ways],
            "arrived": [way.traveller.arrived_at for way in ways],
            "messages": [way.traveller.last_message_at for way in ways],
            "outcomes": [way.outcome for way in ways],
            "errors": [way.error for way in ways],
            "now": now,
        },
    )
    if len(moved) != len(ways):
        raise RuntimeError("a claimed enrolment was moved by somebody else: the lock order is broken")
    now_ms = clock.to_ms(now)
    facts.record([change for way in ways for change in _history(way, now_ms)])


def _history(way: _Way, now_ms: int) -> list[Change]:
    version = versions.loaded(way.version_id)
    traveller = way.traveller
    detail = {"enrolment": traveller.id, "version": version.number}

    def told(kind: str, ref: str, old: str, new: str) -> Change:
        return Change(
            traveller.person_id,
            kind,
            ref,
            old,
            new,
            0.0,
            now_ms,
            facts.AUTOMATIC,
            version.cause,
            version.initiative_id,
            traveller.hops + 1,
            detail,
        )

    changes = [told("step", f"{way.journey_id}/{node_id}", "", port) for node_id, port in way.steps]
    if not way.is_active:
        changes.append(told("journey", str(way.journey_id), "active", way.outcome))
    return changes


# -- effects, one statement (or a few) for each kind --------------------------------------------


def _apply(effects: Sequence[Effect], version: versions.Loaded, now: datetime) -> None:
    by_kind: dict[type[Any], list[Any]] = defaultdict(list)
    for effect in effects:
        by_kind[type(effect)].append(effect)
    for kind, part in by_kind.items():
        _APPLY[kind](part, version, now)


def _send(effects: list[SendIntent], version: versions.Loaded, now: datetime) -> None:
    arrivals = {at: f"{at.timestamp():.0f}" for at in {effect.traveller.arrived_at for effect in effects}}
    intents.request(
        [
            Intent(
                effect.traveller.person_id,
                effect.mail_id,
                effect.mail_version_id,
                effect.kind,
                "journey",
                version.journey_id,
                f"{effect.traveller.id}:{effect.node}:{arrivals[effect.traveller.arrived_at]}",
                now,
                version.initiative_id,
                effect.traveller.id,
                effect.node,
                hops=min(effect.traveller.hops + 1, 255),
            )
            for effect in effects
        ]
    )
    for effect in effects:
        effect.traveller.last_message_at = now


def _set_fields(effects: list[SetField], version: versions.Loaded, now: datetime) -> None:
    moment = int(now.timestamp() * 1000)
    fields.write(
        [FieldUpdate(one.traveller.person_id, one.field, one.value, moment) for one in effects],
        actor=facts.AUTOMATIC,
        cause=version.cause,
        hops=max(one.traveller.hops for one in effects) + 1,
        initiative_id=version.initiative_id,
    )


def _add_scores(effects: list[AddScore], version: versions.Loaded, now: datetime) -> None:
    by_points: dict[tuple[int, str], list[AddScore]] = defaultdict(list)
    for effect in effects:
        by_points[effect.points, effect.node].append(effect)
    for (points, node), part in by_points.items():
        scores.add(
            [one.traveller.person_id for one in part],
            points,
            rule=f"{version.cause}/{node}",
            at=now,
            cause={one.traveller.person_id: f"{one.traveller.id}:{node}" for one in part},
            initiative_id=version.initiative_id,
            hops=max(one.traveller.hops for one in part) + 1,
        )


def _hand_over(effects: list[HandOver], version: versions.Loaded, now: datetime) -> None:
    by_reason: dict[str, list[HandOver]] = defaultdict(list)
    for effect in effects:
        by_reason[effect.reason].append(effect)
    for reason, part in by_reason.items():
        hand_overs.request(
            [one.traveller.person_id for one in part],
            reason=reason or version.cause,
            at=now,
            cause={one.traveller.person_id: f"enrolment:{one.traveller.id}:{one.node}" for one in part},
            initiative_id=version.initiative_id,
            hops=max(one.traveller.hops for one in part) + 1,
        )


_APPLY: dict[type[Any], Callable[[list[Any], versions.Loaded, datetime], None]] = {
    SendIntent: _send,
    SetField: _set_fields,
    AddScore: _add_scores,
    HandOver: _hand_over,
}
