"""Consent: a ledger of grants and withdrawals with basis and evidence, and where it stands.

Unknown means no. A withdrawal stands against every basis. 特定電子メール法 3条: keep the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.core import facts, paging, postgres, sql
from tabiji.core.facts import Change
from tabiji.core.paging import ListQuery, Page
from tabiji.people import identity, persons
from tabiji.people.contracts import ConsentAct, ConsentState, SuppressedAddress
from tabiji.workspaces.public import workspace

BASES: Final = ("consent", "card", "trade", "published", "request")
SKEW: Final = timedelta(minutes=5)
"""How far ahead of ours the clock of whoever tells of an act may go."""


def record(acts: Sequence[ConsentAct], *, actor: str, hops: int = 0) -> list[Change]:
    """Write the ledger and the present state, in the caller's transaction; returns what changed.

    Among acts on one person, channel and topic the latest `at` stands; of equals a withdrawal. A grant
    dated after now (and SKEW) never stands against a withdrawal. An act on somebody who was merged is one
    on whom they are now.
    """
    if not acts:
        return []
    where = persons.lock({act.person_id for act in acts})
    ordered = sorted(
        (replace(act, person_id=where.get(act.person_id, act.person_id)) for act in acts),
        key=lambda act: (act.person_id, act.at, act.act),
    )
    rows = postgres.rows(
        sql.named("people", "record_consent"),
        {
            "workspace": postgres.workspace_id(),
            "people": [act.person_id for act in ordered],
            "channels": [act.channel for act in ordered],
            "topics": [act.topic for act in ordered],
            "acts": [act.act for act in ordered],
            "bases": [act.basis for act in ordered],
            "ats": [act.at for act in ordered],
            "sources": [act.source for act in ordered],
            "evidence": [Jsonb(act.evidence) for act in ordered],
            "horizon": workspace.business_now() + SKEW,
        },
    )
    changes = [
        Change(
            person_id,
            "consent",
            f"{channel}/{topic}",
            old or "",
            state,
            0.0,
            int(at.timestamp() * 1000),
            actor,
            f"{source}",
            hops=hops,
            detail={"basis": basis},
        )
        for person_id, channel, topic, old, state, basis, at, source in rows
    ]
    facts.record(changes)
    return changes


def states(person_ids: Iterable[UUID], channel: str, topic: str = "marketing") -> dict[UUID, ConsentState]:
    """Where people stand; those of whom nothing is known are left out, and that means no."""
    rows = postgres.rows(
        "SELECT person_id, channel, topic, state, basis, at FROM consent"
        " WHERE person_id = ANY(%s) AND channel = %s AND topic = %s",
        [list(person_ids), channel, topic],
    )
    return {row[0]: ConsentState(*row) for row in rows}


def history(person_id: UUID) -> list[dict[str, Any]]:
    """The ledger of one person, newest first, with evidence; of those who were merged into them, too."""
    subjects = [subject for subject, _person in identity.subjects_of([person_id])]
    return postgres.records(
        "SELECT channel, topic, act, basis, at, source, evidence, recorded_at FROM consent_entry"
        " WHERE person_id = ANY(%s) ORDER BY id DESC",
        [subjects],
    )


def of_person(person_id: UUID) -> list[ConsentState]:
    """Where one person stands, by channel and topic."""
    rows = postgres.rows(
        "SELECT person_id, channel, topic, state, basis, at FROM consent WHERE person_id = %s"
        " ORDER BY channel, topic",
        [person_id],
    )
    return [ConsentState(*row) for row in rows]


def count_standing() -> dict[tuple[str, str, str], int]:
    """How many people stand where: (channel, state, basis) to people, topics of one channel together."""
    rows = postgres.rows(
        "SELECT c.channel, c.state, c.basis, count(DISTINCT c.person_id) FROM consent c"
        " JOIN person p ON p.id = c.person_id AND p.merged_into IS NULL GROUP BY 1, 2, 3"
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def list_standing(query: ListQuery) -> Page[ConsentState]:
    """Consents and withdrawals as they stand, the newest first. Filters: `channel`, `state`, `basis`."""
    wanted = [query.filters.get(name, "") for name in ("channel", "state", "basis")]
    where = (
        " FROM consent c JOIN person p ON p.id = c.person_id AND p.merged_into IS NULL"
        " WHERE (%s = '' OR c.channel = %s) AND (%s = '' OR c.state = %s) AND (%s = '' OR c.basis = %s)"
    )
    params = [text for text in wanted for _ in (0, 1)]
    after = paging.from_cursor(query.after, 2) if query.after else None
    rows = postgres.rows(
        "SELECT c.person_id, c.channel, c.topic, c.state, c.basis, c.at, c.id"
        + where
        + (" AND (c.at, c.id) < (%s::timestamptz, %s::bigint)" if after else "")
        + " ORDER BY c.at DESC, c.id DESC LIMIT %s",
        [*params, *(after or []), query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*)" + where, params)
    kept = rows[: query.limit]
    cursor = paging.to_cursor(kept[-1][5], kept[-1][6]) if len(rows) > query.limit else ""
    return Page([ConsentState(*row[:6]) for row in kept], cursor, total)


def people_without_basis(channel: str = "mail", topic: str = "marketing") -> list[UUID]:
    """Of whom nothing is known: no message of this kind may be sent to them."""
    rows = postgres.rows(
        "SELECT p.id FROM person p WHERE p.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM consent c"
        " WHERE c.person_id = p.id AND c.channel = %s AND c.topic = %s) ORDER BY p.id",
        [channel, topic],
    )
    return [row[0] for row in rows]


def people_standing(channel: str, state: str, basis: str = "") -> list[UUID]:
    """Exactly the people whom `count_standing` counts there; any basis if none is given."""
    rows = postgres.rows(
        "SELECT DISTINCT c.person_id FROM consent c JOIN person p ON p.id = c.person_id AND p.merged_into IS NULL"
        " WHERE c.channel = %s AND c.state = %s AND (%s = '' OR c.basis = %s)",
        [channel, state, basis, basis],
    )
    return [row[0] for row in rows]


def list_suppressed(query: ListQuery) -> Page[SuppressedAddress]:
    """Addresses that are not written to any more, the newest first. Filters: `channel`, `reason`."""
    wanted = [query.filters.get(name, "") for name in ("channel", "reason")]
    where = (
        " FROM suppression WHERE lifted_at IS NULL AND (%s = '' OR channel = %s) AND (%s = '' OR reason = %s)"
    )
    params = [text for text in wanted for _ in (0, 1)]
    after = [paging.from_cursor(query.after, 1)[0]] if query.after else []
    rows = postgres.rows(
        "SELECT channel, address, reason, at, detail, id"
        + where
        + (" AND id < %s::bigint" if after else "")
        + " ORDER BY id DESC LIMIT %s",
        [*params, *after, query.limit + 1],
    )
    total = postgres.scalar("SELECT count(*)" + where, params)
    kept = rows[: query.limit]
    cursor = paging.to_cursor(kept[-1][5]) if len(rows) > query.limit else ""
    return Page([SuppressedAddress(*row[:5]) for row in kept], cursor, total)


def suppress(addresses: Iterable[tuple[str, str, datetime]], *, channel: str, detail: str = "") -> None:
    """Never write to these addresses again: (address, reason, at) with reason bounce, complaint or manual.

    Of several about one address the last one stands.
    """
    told = {address: (reason, at) for address, reason, at in sorted(addresses, key=lambda one: one[2])}
    postgres.execute(
        "INSERT INTO suppression (workspace_id, channel, address, reason, at, detail)"
        " SELECT %s, %s, a, r, t, %s FROM unnest(%s::text[], %s::text[], %s::timestamptz[]) AS n(a, r, t)"
        " ORDER BY a"
        " ON CONFLICT (workspace_id, channel, address) DO UPDATE"
        " SET reason = excluded.reason, at = excluded.at, detail = excluded.detail, lifted_at = NULL",
        [
            postgres.workspace_id(),
            channel,
            detail,
            list(told),
            [reason for reason, _ in told.values()],
            [at for _, at in told.values()],
        ],
    )


def left_addresses(addresses: Iterable[str], channel: str, topic: str = "marketing") -> dict[str, datetime]:
    """Of these addresses, those at which somebody withdrew and stands by it, with the last such moment."""
    rows = postgres.rows(
        "SELECT p.email, max(c.at) FROM person p JOIN consent c ON c.person_id = p.id"
        " WHERE p.workspace_id = (SELECT current_ws()) AND p.email = ANY(%s) AND p.email <> ''"
        " AND p.merged_into IS NULL AND c.channel = %s AND c.topic = %s AND c.state = 'withdrawn' GROUP BY 1",
        [sorted({address for address in addresses if address}), channel, topic],
    )
    return dict(rows)


def suppressed(addresses: Iterable[str], channel: str) -> dict[str, str]:
    """Of these addresses, those not to be written to, with the reason."""
    rows = postgres.rows(
        "SELECT address, reason FROM suppression WHERE channel = %s AND address = ANY(%s) AND lifted_at IS NULL",
        [channel, list(addresses)],
    )
    return dict(rows)
