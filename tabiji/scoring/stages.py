"""Stages: where a person stands. Judged from the top, the first rule that holds; exactly one, or 例外.

Judged are the people whom a batch touched, and once a day, at local midnight in business time,
everybody: rules such as "no act for 180 days" come true without anybody doing anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
_LATE: Final = timedelta(minutes=5)
"""A loop that comes so much after midnight has missed nothing: days begin and end at midnight."""


def judge_touched(batch: Batch) -> list[Change]:
    """Judge whom the batch touched; a change of stage is dated by the last thing that touched them."""
    published = stage_models.live()
    if published is None:
        return []
    moments = _touched(batch, published[1])
    hops = _hops(batch)
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
    hops: Mapping[UUID, int] | None = None,
) -> list[Change]:
    """Judge these people as of `now`, in the caller's transaction; what changed, dated as stated.

    ahead: the batch in hand by shard, stored but not closed yet, whose facts count too. hops: of each
    person's change. People are locked in order of id before anything is read: of two that judge a
    person, the later sees all that the earlier saw.
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
    found = _decide(document, standing, now, _through(ahead or {}))
    moved = [(person, found[person]) for person, stage in standing.items() if found[person] != stage]
    _write(moved, moments, version)
    changes = [
        _change(person, standing[person], stage, moments[person], version, (hops or {}).get(person, 0))
        for person, stage in moved
    ]
    facts.record(changes)
    return changes


def sweep(now: datetime) -> int:
    """Judge everybody whom time may have moved, if a sweep is due; how many were looked at, 1 at least.

    After a publication (or a pause longer than a rule's window) that is everybody, a chunk at each
    call: progress is kept in the row. Else it is those for whom a rule that moves with time answers
    otherwise than at the sweep before.
    """
    row = postgres.find_row(
        "SELECT due_at, position, judged_at FROM stage_sweep WHERE due_at <= %s FOR UPDATE SKIP LOCKED", [now]
    )
    published = stage_models.live()
    if row is None or published is None:
        return 0
    due_at, position, judged_at = row
    moving = [stage.rule for stage in published[1].stages if stage_rules.moves_with_time(stage.rule)]
    is_everybody = judged_at is None or now - judged_at > stage_rules.shortest_window(moving) + _LATE
    if is_everybody:
        people = _next_chunk(position)
    else:
        people = sorted(stage_rules.moved_by_time(moving, before=judged_at, now=now))
        if len(people) > CHUNK:  # a day that moves so many: everybody, a part a turn
            is_everybody, people = True, _next_chunk(None)
    for start in range(0, len(people), CHUNK):
        judge(dict.fromkeys(people[start : start + CHUNK], due_at), now=now)
    if is_everybody and len(people) == CHUNK:
        postgres.execute("UPDATE stage_sweep SET position = %s, judged_at = NULL", [people[-1]])
    else:
        postgres.execute(
            "UPDATE stage_sweep SET due_at = %s, position = NULL, judged_at = %s",
            [_next_midnight(now) if moving else None, now],
        )
    return max(len(people), 1)


def judge_everybody_again(now: datetime) -> None:
    """What days come to is different: everybody is judged anew, a part a turn of the loop."""
    postgres.execute("UPDATE stage_sweep SET due_at = %s, judged_at = NULL, position = NULL", [now])


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
    judging = stage_rules.Judging([person.id], now=now, through=_through({}))
    for stage in model.stages:
        holds = bool(judging.matching(stage.rule, {person.id}))
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


def _touched(batch: Batch, document: StageDocument) -> dict[UUID, datetime]:
    """Whom the batch brought something that a rule depends on, or who has no stage yet; and when."""
    wanted = set().union(*(stage_rules.depends(stage.rule) for stage in document.stages))
    facts_of: list[tuple[UUID, int, set[str]]] = [
        (one.person_id, one.occurred_ms, stage_rules.brings_event(one))
        for one in batch.events
        if one.person_id is not None
    ]
    facts_of += [
        (one.person_id, one.occurred_ms, stage_rules.brings_change(one))
        for one in batch.changes
        if one.kind not in stage_rules.QUIET
    ]
    facts_of += [(one.person_id, one.occurred_ms, {"person"}) for one in batch.known]
    latest: dict[UUID, int] = {}
    relevant: set[UUID] = set()
    for person, at, keys in facts_of:
        latest[person] = max(latest.get(person, 0), at)
        if keys & wanted:
            relevant.add(person)
    relevant |= _without_stage([person for person in latest if person not in relevant])
    now = clock.to_ms(batch.now)
    return {person: clock.from_ms(min(at or now, now)) for person, at in latest.items() if person in relevant}


def _hops(batch: Batch) -> dict[UUID, int]:
    """One more than the longest chain that touched each person, whatever else came with it in the batch."""
    told = [(one.person_id, one.hops) for one in batch.events if one.person_id is not None]
    told += [(one.person_id, one.hops) for one in batch.changes if one.kind not in stage_rules.QUIET]
    hops: dict[UUID, int] = {}
    for person, far in told:
        hops[person] = max(hops.get(person, 1), far + 1)
    return hops


def _without_stage(people: list[UUID]) -> set[UUID]:
    if not people:
        return set()
    rows = postgres.rows("SELECT id FROM person WHERE id = ANY(%s) AND stage = ''", [people])
    return {row[0] for row in rows}


def _next_chunk(position: UUID | None) -> list[UUID]:
    rows = postgres.rows(
        "SELECT id FROM person WHERE merged_into IS NULL AND (%s::uuid IS NULL OR id > %s) ORDER BY id LIMIT %s",
        [position, position, CHUNK],
    )
    return [row[0] for row in rows]


def _decide(
    document: StageDocument, standing: Mapping[UUID, str], now: datetime, through: Mapping[int, int]
) -> dict[UUID, str]:
    """From the top, the first that holds."""
    judging = stage_rules.Judging(sorted(standing), now=now, through=through)
    places = judging.first_that_holds([stage.rule for stage in document.stages], set(standing))
    keys = [stage.key for stage in document.stages]
    return {person: keys[places[person]] if person in places else "" for person in standing}


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
