"""The score ledger: points given once, the score that they come to, and the moment of the threshold.

Points are proposed in sets; the ledger takes each (person, rule, slot) and (person, rule, cause)
once, so a batch that comes again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.people.public import persons
from tabiji.scoring import score_models
from tabiji.scoring.contracts import MAIN


@dataclass(frozen=True, slots=True)
class Proposal:
    """Points that a person should get, unless this rule gave them for the same slot or cause already.

    act_at: when the act happened; at: when it begins to count. label and subject: the reason in words.
    """

    person_id: UUID
    rule: str
    slot: str
    cause: str
    points: int
    act_at: datetime
    at: datetime
    version: int
    label: str
    subject: str = ""
    actor: str = facts.AUTOMATIC
    initiative_id: int = 0
    hops: int = 0


class Gain(NamedTuple):
    """Points that were really given (or moved by a merge), to be added up."""

    person_id: UUID
    points: int
    at: datetime
    rule: str
    detail: dict[str, Any]
    actor: str = facts.AUTOMATIC
    initiative_id: int = 0
    hops: int = 0


@dataclass(slots=True)
class _Standing:
    score: int
    armed: bool
    armed_from: datetime | None
    crossed_at: datetime | None

    def would_cross(self, gain: Gain, threshold: int, oldest: datetime) -> bool:
        """Whether this rise reaches the threshold while that counts.

        After a return (差し戻し) or a lost deal it counts again from `armed_from`, and then the next
        rise at or above the threshold is enough: nobody has to fall below it first.
        """
        return (
            self.armed
            and gain.points > 0
            and self.score >= threshold
            and gain.at >= oldest
            and (self.armed_from is None or gain.at >= self.armed_from)
        )


def give(proposals: Iterable[Proposal], *, now: datetime, model: str = MAIN) -> list[Change]:
    """Give points and record the scores that they come to, in the caller's transaction.

    People are locked in order of id; those who do not exist (any more) are passed over, those who
    were merged get theirs where they are now. Returns one change for each time points were given.
    """
    wanted = list(proposals)
    if not wanted:
        return []
    where = persons.resolve({one.person_id for one in wanted})
    ordered = sorted(
        (_fitting(one, where[one.person_id]) for one in wanted if one.person_id in where),
        key=lambda one: (one.at, one.act_at, one.rule, one.cause),
    )
    _lock(one.person_id for one in ordered)
    taken = _insert(ordered, model)
    gains = [
        Gain(
            one.person_id,
            one.points,
            one.at,
            one.rule,
            {"rule": one.rule, "label": one.label, "subject": one.subject, "version": one.version},
            one.actor,
            one.initiative_id,
            one.hops,
        )
        for one in ordered
        if (one.person_id, one.rule, one.slot, one.cause) in taken
    ]
    return _settle(gains, now=now, model=model)


def join(merges: Sequence[tuple[UUID, UUID]], *, at: datetime, hops: int = 0) -> list[Change]:
    """(kept, absorbed): what the absorbed had earned for itself now counts for the kept."""
    changes: list[Change] = []
    for kept, absorbed in merges:
        where = persons.resolve([kept])
        if kept not in where:
            continue
        _lock([where[kept], absorbed])
        moved = postgres.rows(
            sql.named("scoring", "move_points"), {"kept": where[kept], "absorbed": absorbed}
        )
        _join_arming(where[kept], absorbed)
        for model, points in moved:
            gain = Gain(where[kept], points, at, "merge", {"rule": "merge"}, hops=hops)
            changes += _settle([gain], now=at, model=model)
    return changes


def set_arming(
    person_ids: Iterable[UUID], *, armed: bool, at: datetime, since: datetime | None, model: str
) -> None:
    """Whether reaching the threshold counts for these people, and from when on."""
    people = sorted(set(person_ids))
    _lock(people)
    postgres.execute(
        sql.named("scoring", "set_arming"),
        {
            "workspace": postgres.workspace_id(),
            "people": people,
            "model": model,
            "armed": armed,
            "since": since,
            "at": at,
        },
    )


def _fitting(one: Proposal, person_id: UUID) -> Proposal:
    """For whom the person is now, and no longer than its columns (also so that it is found again)."""
    return replace(
        one,
        person_id=person_id,
        slot=one.slot[:255],
        cause=one.cause[:255],
        label=one.label[:200],
        subject=one.subject[:200],
    )


def _lock(person_ids: Iterable[UUID]) -> None:
    postgres.execute(
        "SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted(set(person_ids))]
    )


def _insert(ordered: Sequence[Proposal], model: str) -> set[tuple[UUID, str, str, str]]:
    rows = postgres.rows(
        sql.named("scoring", "give_points"),
        {
            "workspace": postgres.workspace_id(),
            "model": model,
            "people": [one.person_id for one in ordered],
            "rules": [one.rule for one in ordered],
            "slots": [one.slot for one in ordered],
            "causes": [one.cause for one in ordered],
            "points": [one.points for one in ordered],
            "act_ats": [one.act_at for one in ordered],
            "ats": [one.at for one in ordered],
            "versions": [one.version for one in ordered],
            "labels": [one.label for one in ordered],
            "subjects": [one.subject for one in ordered],
            "actors": [one.actor for one in ordered],
        },
    )
    return {(person, rule, slot, cause) for person, rule, slot, cause in rows}


def _settle(gains: Sequence[Gain], *, now: datetime, model: str) -> list[Change]:
    """Add up, in order of time; say where the threshold was reached; write where everybody stands."""
    if not gains:
        return []
    published = score_models.live(model)
    threshold = published[1].threshold if published else 0
    oldest = now - timedelta(days=published[1].fresh_days) if published else now
    people = {gain.person_id for gain in gains}
    standings = _standings(people, model)
    changes = []
    for gain in gains:
        standing = standings[gain.person_id]
        old = standing.score
        standing.score += gain.points
        detail = {**gain.detail, "points": gain.points}
        if threshold and standing.would_cross(gain, threshold, oldest):
            standing.armed, standing.armed_from, standing.crossed_at = False, None, gain.at
            detail |= {"crossed": True, "threshold": threshold}
        changes.append(_change(gain, model, old, standing.score, detail))
    _write(standings, model)
    facts.record(changes)
    return changes


def _change(gain: Gain, model: str, old: int, new: int, detail: dict[str, Any]) -> Change:
    return Change(
        gain.person_id,
        "score",
        model,
        str(old),
        str(new),
        float(new),
        clock.to_ms(gain.at),
        gain.actor,
        gain.rule,
        gain.initiative_id,
        gain.hops,
        detail,
    )


def _standings(people: set[UUID], model: str) -> dict[UUID, _Standing]:
    rows = postgres.rows(
        "SELECT person_id, score, armed, armed_from, crossed_at FROM person_score"
        " WHERE person_id = ANY(%s) AND model = %s",
        [list(people), model],
    )
    found = {row[0]: _Standing(*row[1:]) for row in rows}
    return {person: found.get(person) or _Standing(0, True, None, None) for person in people}


def _write(standings: Mapping[UUID, _Standing], model: str) -> None:
    ordered = sorted(standings)
    postgres.execute(
        sql.named("scoring", "save_scores"),
        {
            "workspace": postgres.workspace_id(),
            "model": model,
            "people": ordered,
            "scores": [standings[person].score for person in ordered],
            "armed": [standings[person].armed for person in ordered],
            "armed_from": [standings[person].armed_from for person in ordered],
            "crossed_at": [standings[person].crossed_at for person in ordered],
        },
    )
    if model == MAIN:
        # The room that judges owns this column of `person`; the mirror follows with the recorded fact.
        postgres.execute(
            "UPDATE person p SET score = n.score, version = version + 1"
            " FROM unnest(%s::uuid[], %s::integer[]) AS n(id, score) WHERE p.id = n.id AND p.score <> n.score",
            [ordered, [standings[person].score for person in ordered]],
        )


def _join_arming(kept: UUID, absorbed: UUID) -> None:
    """Whoever of the two was handed over already, the one person was."""
    postgres.execute(
        "INSERT INTO person_score AS k (workspace_id, person_id, model, score, armed, armed_from, crossed_at)"
        " SELECT workspace_id, %s, model, 0, armed, armed_from, crossed_at FROM person_score a"
        " WHERE a.person_id = %s ON CONFLICT (person_id, model) DO UPDATE"
        " SET armed = k.armed AND excluded.armed, crossed_at = coalesce(k.crossed_at, excluded.crossed_at)",
        [kept, absorbed],
    )
