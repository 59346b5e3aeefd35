"""Merging two people who are one. One override row in ClickHouse; nothing of the past is rewritten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.core import postgres
from tabiji.core.facts import Change
from tabiji.people import fields, identity
from tabiji.people.contracts import FieldUpdate


def merge(
    kept: UUID, absorbed: UUID, *, reason: str, at: datetime, actor: str
) -> tuple[list[Change], list[UUID]]:
    """`absorbed` becomes part of `kept`; the facts (`merge` first) and the subjects that are now theirs.

    Identifiers, list memberships and holds move; a withdrawal of consent on either side stands; empty
    fields of `kept` are filled. The caller records the facts, and writes the subjects' overrides to
    ClickHouse.
    """
    row = postgres.rows(
        "SELECT id, merged_into FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [[kept, absorbed]]
    )
    if len(row) != 2 or any(merged for _, merged in row):
        return [], []
    moved = postgres.rows(
        "UPDATE identity SET person_id = %s WHERE person_id = %s RETURNING kind, value", [kept, absorbed]
    )
    postgres.execute(
        "INSERT INTO person_merge (workspace_id, kept, absorbed, reason, merged_at, before)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        [postgres.workspace_id(), kept, absorbed, reason, at, Jsonb({"identities": moved})],
    )
    joined = [*_join_lists(kept, absorbed), *_join_consent(kept, absorbed), *_join_holds(kept, absorbed, at)]
    changes = _fill(kept, absorbed, at, actor)
    postgres.execute(
        "UPDATE person SET merged_into = %s, version = version + 1 WHERE id = %s OR merged_into = %s",
        [kept, absorbed, absorbed],
    )
    subjects = postgres.rows(
        "UPDATE subject_owner SET person_id = %s WHERE person_id = %s RETURNING subject_id", [kept, absorbed]
    )
    identity.own_subjects({absorbed: kept})
    moment = int(at.timestamp() * 1000)
    facts = [Change(kept, "merge", str(absorbed), "", str(kept), 0.0, moment, actor, reason)]
    facts += [
        Change(
            kept, one.kind, one.ref, one.old, one.new, one.number, moment, actor, "merge", detail=one.detail
        )
        for one in joined
    ]
    return [*facts, *changes], [absorbed, *(row[0] for row in subjects)]


def suggest(pairs: Sequence[tuple[UUID, UUID]], *, reason: str, at: datetime) -> None:
    """Two people who may be one: for a colleague to decide."""
    ordered = sorted({(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]})
    postgres.execute(
        "INSERT INTO merge_candidate (workspace_id, first, second, reason, found_at, decided)"
        " SELECT %s, a, b, %s, %s, '' FROM unnest(%s::uuid[], %s::uuid[]) AS n(a, b)"
        " ON CONFLICT (workspace_id, first, second) DO NOTHING",
        [postgres.workspace_id(), reason, at, [a for a, _ in ordered], [b for _, b in ordered]],
    )


def list_candidates() -> list[tuple[UUID, UUID, str]]:
    """Open pairs, newest first."""
    return [
        (row[0], row[1], row[2])
        for row in postgres.rows(
            "SELECT m.first, m.second, m.reason FROM merge_candidate m"
            " JOIN person a ON a.id = m.first AND a.merged_into IS NULL"
            " JOIN person b ON b.id = m.second AND b.merged_into IS NULL"
            " WHERE m.decided = '' ORDER BY m.id DESC"
        )
    ]


class _Joined(NamedTuple):
    """What became different about the kept person: the parts of a fact that are not the merge's own."""

    kind: str
    ref: str
    old: str
    new: str
    number: float = 0.0
    detail: dict[str, Any] = {}


def _join_lists(kept: UUID, absorbed: UUID) -> list[_Joined]:
    moved = postgres.rows(
        "UPDATE list_member m SET person_id = %s WHERE person_id = %s AND NOT EXISTS"
        " (SELECT 1 FROM list_member o WHERE o.list_id = m.list_id AND o.person_id = %s) RETURNING list_id",
        [kept, absorbed, kept],
    )
    # On the others both stood: who is merged away counts on no list.
    postgres.execute("DELETE FROM list_member WHERE person_id = %s", [absorbed])
    return [_Joined("list", str(list_id), "", "1", 1.0) for (list_id,) in sorted(moved)]


def _join_consent(kept: UUID, absorbed: UUID) -> list[_Joined]:
    before = {
        (channel, topic): state
        for channel, topic, state in postgres.rows(
            "SELECT channel, topic, state FROM consent WHERE person_id = %s", [kept]
        )
    }
    stands = postgres.rows(
        "INSERT INTO consent (workspace_id, person_id, channel, topic, state, basis, at, entry_id)"
        " SELECT workspace_id, %s, channel, topic, state, basis, at, entry_id FROM consent WHERE person_id = %s"
        " ON CONFLICT (person_id, channel, topic) DO UPDATE"
        " SET state = excluded.state, basis = excluded.basis, at = excluded.at, entry_id = excluded.entry_id"
        " WHERE excluded.state = 'withdrawn' AND consent.state <> 'withdrawn'"
        " RETURNING channel, topic, state, basis",
        [kept, absorbed],
    )
    return [
        _Joined(
            "consent",
            f"{channel}/{topic}",
            before.get((channel, topic), ""),
            state,
            detail={"basis": basis},
        )
        for channel, topic, state, basis in sorted(stands)
    ]


def _join_holds(kept: UUID, absorbed: UUID, at: datetime) -> list[_Joined]:
    """Standing holds move. Where one source holds both, one hold stands, until the later end."""
    both = (
        " FROM hold o WHERE h.person_id = %s AND o.person_id = %s AND o.source = h.source"
        " AND h.released_at IS NULL AND o.released_at IS NULL"
    )
    postgres.execute(
        "UPDATE hold h SET until = CASE WHEN h.until IS NULL OR o.until IS NULL THEN NULL"
        " ELSE greatest(h.until, o.until) END" + both,
        [kept, absorbed],
    )
    postgres.execute("UPDATE hold h SET released_at = %s" + both, [at, absorbed, kept])
    moved = postgres.rows(
        "UPDATE hold SET person_id = %s WHERE person_id = %s AND released_at IS NULL RETURNING source, reason",
        [kept, absorbed],
    )
    return [
        _Joined("hold", source, "", "held", detail={"reason": reason}) for source, reason in sorted(moved)
    ]


def _fill(kept: UUID, absorbed: UUID, at: datetime, actor: str) -> list[Change]:
    people = {
        row["id"]: row
        for row in postgres.records(
            "SELECT p.*, c.name AS company FROM person p LEFT JOIN company c ON c.id = p.company_id WHERE p.id = ANY(%s)",
            [[kept, absorbed]],
        )
    }
    moment = int(at.timestamp() * 1000)
    updates = [
        FieldUpdate(kept, name, people[absorbed][name], moment)
        for name in fields.STANDARD
        if people[absorbed][name] and not people[kept][name]
    ]
    updates += [
        FieldUpdate(kept, name, value, moment)
        for name, value in people[absorbed]["fields"].items()
        if name not in people[kept]["fields"]
    ]
    return fields.apply(updates, actor=actor, cause="merge")
