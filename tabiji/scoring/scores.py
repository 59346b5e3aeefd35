"""Scores: how interested a person is, in points, with every reason kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from tabiji.core import facts, postgres
from tabiji.core.facts import Change
from tabiji.scoring import ledger, score_models
from tabiji.scoring.contracts import MAIN, ScoreLine
from tabiji.scoring.ledger import Proposal


def add(
    person_ids: Iterable[UUID],
    points: int,
    *,
    rule: str,
    at: datetime,
    cause: str | Mapping[UUID, str],
    model: str = MAIN,
    actor: str = facts.AUTOMATIC,
    label: str = "",
    initiative_id: int = 0,
    hops: int = 0,
) -> list[Change]:
    """Give these people points (below zero takes them away), in the caller's transaction.

    cause: what it was given for, in one text for all or one for each; the same (person, rule, cause)
    gives points once. label: the reason as people read it. Returns one change for each who got them.
    """
    published = score_models.live(model)
    version = published[0] if published else 0
    proposals = [
        Proposal(
            person_id,
            rule,
            because,
            because,
            points,
            at,
            at,
            version,
            label or rule,
            "",
            actor,
            initiative_id,
            hops,
        )
        for person_id in dict.fromkeys(person_ids)
        for because in [cause if isinstance(cause, str) else cause[person_id]]
    ]
    return ledger.give(proposals, now=at, model=model) if points else []


def of(person_ids: Iterable[UUID], model: str = MAIN) -> dict[UUID, int]:
    """Scores of these people; those who never got a point have 0."""
    people = list(person_ids)
    rows = postgres.rows(
        "SELECT person_id, score FROM person_score WHERE person_id = ANY(%s) AND model = %s", [people, model]
    )
    return dict.fromkeys(people, 0) | dict(rows)


def explain(person_id: UUID, model: str = MAIN, *, until: datetime | None = None) -> list[ScoreLine]:
    """Why the score is what it is, newest reason first; `until`: as it was at that moment."""
    rows = postgres.rows(
        "SELECT rule, label, subject, points, (sum(points) OVER (ORDER BY at, act_at, id))::integer, act_at, at,"
        " version, actor, cause FROM score_entry"
        " WHERE person_id = %s AND model = %s AND (%s::timestamptz IS NULL OR at <= %s)"
        " ORDER BY at DESC, act_at DESC, id DESC",
        [person_id, model, until, until],
    )
    return [ScoreLine(*row) for row in rows]


def threshold(model: str = MAIN) -> int | None:
    """The score at which sales take over; None where no model counts."""
    published = score_models.live(model)
    return published[1].threshold if published else None


def rearm(
    person_ids: Iterable[UUID], *, at: datetime, since: datetime | None = None, model: str = MAIN
) -> None:
    """Reaching the threshold counts again for these people, from `since` on (default: at once).

    Only a return (差し戻し) and a lost deal (失注) call this.
    """
    ledger.set_arming(person_ids, armed=True, at=at, since=since or at, model=model)


def disarm(person_ids: Iterable[UUID], *, at: datetime, model: str = MAIN) -> None:
    """Reaching the threshold has had its effect for these people (histories brought from elsewhere)."""
    ledger.set_arming(person_ids, armed=False, at=at, since=None, model=model)


def is_armed(person_ids: Iterable[UUID], model: str = MAIN) -> set[UUID]:
    """Of these people, those for whom reaching the threshold would count."""
    people = set(person_ids)
    rows = postgres.rows(
        "SELECT person_id FROM person_score WHERE person_id = ANY(%s) AND model = %s AND NOT armed",
        [list(people), model],
    )
    return people - {row[0] for row in rows}


def people_at_least(points: int, model: str = MAIN) -> list[UUID]:
    """Everybody with this score or more, highest first."""
    rows = postgres.rows(
        "SELECT s.person_id FROM person_score s JOIN person p ON p.id = s.person_id AND p.merged_into IS NULL"
        " WHERE s.model = %s AND s.score >= %s ORDER BY s.score DESC, s.person_id",
        [model, points],
    )
    return [row[0] for row in rows]
