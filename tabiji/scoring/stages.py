"""Stages: where a person stands. Judged from the top, the first rule that holds; exactly one, or 例外.

Judged are the people whom a batch touched, and once a day, at local midnight in business time,
everybody: rules such as "no act for 180 days" come true without anybody doing anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID

from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Batch, Change
from tabiji.events.public import watermark
from tabiji.people.public import persons
from tabiji.scoring import stage_models, stage_rules
from tabiji.scoring.contracts import PastStage, StageCount, StageExplanation, StageReason
from tabiji.scoring.stage_models import StageDocument
from tabiji.workspaces.public import workspace

CHUNK: Final = 5_000
_QUIET: Final = frozenset({"stage", "message", "step", "experiment", "conversion", "task", "call"})
"""Kinds of change that no stage rule can ask for, so that they make nobody be judged again."""


def judge_touched(batch: Batch) -> list[Change]:
    """Judge whom the batch touched; a change of stage is dated by the last thing that touched them."""
    touched: dict[UUID, int] = {}
    for event in batch.events:
        if event.person_id is not None:
            touched[event.person_id] = max(touched.get(event.person_id, 0), event.occurred_ms)
    for change in batch.changes:
        if change.kind not in _QUIET:
            touched[change.person_id] = max(touched.get(change.person_id, 0), change.occurred_ms)
    for known in batch.known:
        touched[known.person_id] = max(touched.get(known.person_id, 0), known.occurred_ms)
    hops = max([0, *(one.hops for one in batch.events), *(one.hops for one in batch.changes)]) + 1
    latest = clock.to_ms(batch.now)
    moments = {person: clock.from_ms(min(at or latest, latest)) for person, at in touched.items()}
    changes = []
    ordered = sorted(moments)
    for start in range(0, len(ordered), CHUNK):
        part = {person: moments[person] for person in ordered[start : start + CHUNK]}
        changes += judge(part, now=batch.now, ahead={batch.shard: batch.batch_id}, hops=hops)
    return changes


def judge(
    moments: Mapping[UUID, datetime],
    *,
    now: datetime,
    ahead: Mapping[int, int] | None = None,
    hops: int = 0,
) -> list[Change]:
    """Judge these people as of `now`, in the caller's transaction; what changed, dated as stated.

    ahead: the batch in hand by shard, stored but not closed yet, whose facts count too. People are
    locked in order of id before anything is read: of two that judge a person, the later sees all that
    the earlier saw.
    """
    published = stage_models.live()
    if published is None or not moments:
        return []
    version, document = published
    rows = postgres.rows(
        "SELECT id, stage FROM person WHERE id = ANY(%s) AND merged_into IS NULL ORDER BY id FOR UPDATE",
        [sorted(moments)],
    )
    standing: dict[UUID, str] = dict(rows)
    found = _decide(document, list(standing), now, _through(ahead or {}))
    moved = [(person, found[person]) for person, stage in standing.items() if found[person] != stage]
    _write(moved, moments, version)
    changes = [
        _change(person, standing[person], stage, moments[person], version, hops) for person, stage in moved
    ]
    facts.record(changes)
    return changes


def sweep(now: datetime) -> int:
    """Judge the next chunk of everybody, if a sweep is due; how many were looked at.

    Repeatable: progress is kept in the row, and the last chunk sets the next local midnight.
    """
    row = postgres.find_row(
        "SELECT due_at, position FROM stage_sweep WHERE due_at <= %s FOR UPDATE SKIP LOCKED", [now]
    )
    published = stage_models.live()
    if row is None or published is None:
        return 0
    due_at, position = row
    people = [
        found[0]
        for found in postgres.rows(
            "SELECT id FROM person WHERE merged_into IS NULL AND (%s::uuid IS NULL OR id > %s)"
            " ORDER BY id LIMIT %s",
            [position, position, CHUNK],
        )
    ]
    judge(dict.fromkeys(people, due_at), now=now)
    if len(people) == CHUNK:
        postgres.execute("UPDATE stage_sweep SET position = %s", [people[-1]])
    else:
        moves = any(stage_rules.moves_with_time(stage.rule) for stage in published[1].stages)
        postgres.execute(
            "UPDATE stage_sweep SET due_at = %s, position = NULL", [_next_midnight(now) if moves else None]
        )
    return max(len(people), 1)


def next_sweep() -> datetime | None:
    """When everybody is judged next, in business time; None while no rule moves with time."""
    moment: datetime | None = postgres.scalar("SELECT due_at FROM stage_sweep")
    return moment


def distribution() -> list[StageCount]:
    """How many people stand in each stage, in order, the exceptions last; they sum to everybody."""
    counted = dict(
        postgres.rows("SELECT stage, count(*) FROM person WHERE merged_into IS NULL GROUP BY stage")
    )
    model = stage_models.find()
    named = [(stage.key, stage.label) for stage in model.stages] if model else []
    # Between a publication and the end of its sweep some still stand in a stage of the version before.
    former = sorted(set(counted) - {key for key, _ in named} - {""})
    return [
        StageCount(key, label, counted.get(key, 0))
        for key, label in (*named, *((key, key) for key in former), ("", ""))
    ]


def people_in(stage: str) -> list[UUID]:
    """Exactly those whom `distribution` counts there; '' for the exceptions."""
    rows = postgres.rows(
        "SELECT id FROM person WHERE stage = %s AND merged_into IS NULL ORDER BY created_at DESC, id DESC",
        [stage],
    )
    return [row[0] for row in rows]


def explain(person_id: UUID, *, now: datetime, language: str) -> StageExplanation:
    """Why a person stands where it does.

    Raises people.persons.NoSuchPerson, stage_models.NoStages, audiences.asking.CountingRests.
    """
    person = persons.get(person_id)
    model = stage_models.get()
    row = postgres.find_row("SELECT since, version FROM person_stage WHERE person_id = %s", [person.id])
    reasons = []
    through = _through({})
    for stage in model.stages:
        holds = bool(stage_rules.matching(stage.rule, [person.id], now=now, through=through))
        said = stage_rules.sentence(stage.rule, language)
        reasons.append(StageReason(stage.key, stage.label, said, holds))
        if holds:
            break
    label = next((stage.label for stage in model.stages if stage.key == person.stage), person.stage)
    since, version = row or (None, model.version)
    return StageExplanation(person.stage, label, since, version, tuple(reasons))


def load(past: Sequence[PastStage]) -> None:
    """Stages of the past, as facts only: the present one is judged. For histories from elsewhere."""
    latest: dict[UUID, str] = {}
    changes = []
    where = persons.resolve({one.person_id for one in past})
    for one in sorted(past, key=lambda stage: stage.at):
        if one.person_id not in where or latest.get(one.person_id) == one.stage:
            continue
        old = latest.get(one.person_id, "")
        latest[one.person_id] = one.stage
        changes.append(_change(where[one.person_id], old, one.stage, one.at, 0, 0))
    facts.record(changes)


def _through(ahead: Mapping[int, int]) -> dict[int, int]:
    """Up to where facts are read: what is closed, and the batch in hand."""
    closed = watermark.closed_through()
    return closed | {shard: max(batch_id, closed.get(shard, 0)) for shard, batch_id in ahead.items()}


def _decide(
    document: StageDocument, people: Iterable[UUID], now: datetime, through: Mapping[int, int]
) -> dict[UUID, str]:
    """From the top, the first that holds: each rule is asked once, of those whom none before it took."""
    left = set(people)
    found = dict.fromkeys(left, "")
    for stage in document.stages:
        if not left:
            break
        taken = stage_rules.matching(stage.rule, sorted(left), now=now, through=through)
        found |= dict.fromkeys(taken & left, stage.key)
        left -= taken
    return found


def _write(moved: Sequence[tuple[UUID, str]], moments: Mapping[UUID, datetime], version: int) -> None:
    if not moved:
        return
    people, keys = [person for person, _ in moved], [stage for _, stage in moved]
    # The room that judges owns this column of `person`; the mirror follows with the recorded fact.
    postgres.execute(
        "UPDATE person p SET stage = n.stage, version = version + 1"
        " FROM unnest(%s::uuid[], %s::text[]) AS n(id, stage) WHERE p.id = n.id",
        [people, keys],
    )
    postgres.execute(
        sql.named("scoring", "save_stages"),
        [postgres.workspace_id(), version, people, keys, [moments[person] for person in people]],
    )


def _change(person: UUID, old: str, new: str, at: datetime, version: int, hops: int) -> Change:
    return Change(
        person,
        "stage",
        "",
        old,
        new,
        0.0,
        clock.to_ms(at),
        facts.AUTOMATIC,
        new or "exception",
        0,
        hops,
        {"rule": new, "version": version},
    )


def _next_midnight(now: datetime) -> datetime:
    zone = workspace.current().zone
    return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), zone)
