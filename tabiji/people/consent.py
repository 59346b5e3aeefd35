"""Consent: a ledger of grants and withdrawals with basis and evidence, and where it stands.

Unknown means no. A withdrawal stands against every basis. 特定電子メール法 3条: keep the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from tabiji.core import facts, postgres, sql
from tabiji.core.facts import Change
from tabiji.people.contracts import ConsentAct, ConsentState

BASES: Final = ("consent", "card", "trade", "published", "request")


def record(acts: Sequence[ConsentAct], *, actor: str, hops: int = 0) -> list[Change]:
    """Write the ledger and the present state, in the caller's transaction; returns what changed.

    Among acts on one person, channel and topic the latest `at` stands; of equals a withdrawal.
    """
    if not acts:
        return []
    ordered = sorted(acts, key=lambda act: (act.person_id, act.at, act.act))
    postgres.execute(
        "SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [list({a.person_id for a in acts})]
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
    """The ledger of one person, newest first, with evidence."""
    return postgres.records(
        "SELECT channel, topic, act, basis, at, source, evidence, recorded_at FROM consent_entry"
        " WHERE person_id = %s ORDER BY id DESC",
        [person_id],
    )


def suppress(addresses: Iterable[tuple[str, str]], *, channel: str, at: datetime, detail: str = "") -> None:
    """Never write to these addresses again: (address, reason) with reason bounce, complaint or manual."""
    pairs = sorted(set(addresses))
    postgres.execute(
        "INSERT INTO suppression (workspace_id, channel, address, reason, at, detail)"
        " SELECT %s, %s, a, r, %s, %s FROM unnest(%s::text[], %s::text[]) AS n(a, r)"
        " ON CONFLICT (workspace_id, channel, address) DO UPDATE"
        " SET reason = excluded.reason, at = excluded.at, detail = excluded.detail, lifted_at = NULL",
        [
            postgres.workspace_id(),
            channel,
            at,
            detail,
            [address for address, _ in pairs],
            [reason for _, reason in pairs],
        ],
    )


def suppressed(addresses: Iterable[str], channel: str) -> dict[str, str]:
    """Of these addresses, those not to be written to, with the reason."""
    rows = postgres.rows(
        "SELECT address, reason FROM suppression WHERE channel = %s AND address = ANY(%s) AND lifted_at IS NULL",
        [channel, list(addresses)],
    )
    return dict(rows)
