"""Wishes to send: asked for in sets, unique by cause, withdrawn while they have not left."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.messaging.contracts import Intent

OPEN_STATES: Final = ("intent", "queued", "deferred", "leased")
"""Nothing of these has left: a sender that holds one asks again before it lets it go."""


def request(intents: Sequence[Intent]) -> int:
    """Ask for messages in the caller's transaction; how many of them are new.

    The same source, source_id, cause and person ask once, however often this is called.
    """
    if not intents:
        return 0
    asked = postgres.execute(
        sql.named("messaging", "request_intents"),
        {
            "workspace": postgres.workspace_id(),
            "people": [one.person_id for one in intents],
            "mails": [one.mail_id for one in intents],
            "versions": [one.mail_version_id for one in intents],
            "kinds": [one.kind for one in intents],
            "sources": [one.source for one in intents],
            "source_ids": [one.source_id for one in intents],
            "causes": [one.cause for one in intents],
            "initiatives": [one.initiative_id for one in intents],
            "enrolments": [one.enrolment_id for one in intents],
            "nodes": [one.node for one in intents],
            "priorities": [one.priority for one in intents],
            "asked": [one.asked_at for one in intents],
            "after": [one.send_after or one.asked_at for one in intents],
            "hops": [one.hops for one in intents],
        },
    )
    postgres.execute("SELECT pg_notify('tabiji_gate', '')")
    return asked


def withdraw_enrolments(enrolment_ids: Iterable[int], reason: str) -> int:
    """What these enrolments wished for and has not left yet stays here; the number withdrawn."""
    return _withdraw("enrolment_id = ANY(%s) AND kind = 'marketing'", [list(enrolment_ids)], reason)


def withdraw_people(person_ids: Iterable[UUID], reason: str) -> int:
    """What marketing was meant for these people and has not left yet stays here."""
    return _withdraw("person_id = ANY(%s) AND kind = 'marketing'", [list(person_ids)], reason)


def withdraw_source(source: str, source_id: int, reason: str) -> int:
    """Stop what one broadcast or journey has asked for and has not left yet."""
    ours = [postgres.workspace_id(), source, source_id]
    return _withdraw("workspace_id = %s AND source = %s AND source_id = %s", ours, reason)


def _withdraw(which: LiteralString, params: list[Any], reason: str) -> int:
    """In one order, as senders do: nobody waits in a ring."""
    return postgres.execute(
        "UPDATE message m SET state = 'withdrawn', reason = %s FROM ("
        " SELECT id FROM message WHERE state = ANY(%s) AND " + which + " ORDER BY id FOR UPDATE"
        ") open WHERE m.id = open.id",
        [reason, list(OPEN_STATES), *params],
    )


def next_due(now: datetime) -> datetime | None:
    """The next business time at which the gate, the judge or a broadcast has something to do."""
    due: datetime | None = postgres.scalar(
        "SELECT least((SELECT min(send_after) FROM message WHERE state = 'intent'),"
        " (SELECT min(judge_at) FROM click WHERE verdict = ''),"
        " (SELECT min(send_at) FROM broadcast WHERE finished_at IS NULL AND send_at IS NOT NULL))"
    )
    return due
