"""The gate: everything that may speak against a message, asked in sets, in a written order.

Consent, suppression, holds and caps are read in PostgreSQL only. One worker at a time decides the
intents of a person (an advisory lock for each slice of people), so no cap is passed by two at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tabiji.core import facts, postgres, sql
from tabiji.core.crashpoints import crashpoint
from tabiji.core.facts import Change
from tabiji.messaging import limits, quiet_hours
from tabiji.messaging.contracts import Candidate, Judgement, Refusal
from tabiji.people.public import consent, exclusions, holds, persons
from tabiji.workspaces.public import workspace

SLICES: Final = 8
BATCH: Final = 5_000
_LOCK: Final = 7_463


def decide_due(now: datetime) -> int:
    """Decide due intents of the scope's workspace, one slice of people after the other; the number decided."""
    return sum(_decide_slice(slice_, now) for slice_ in range(SLICES))


def judge(candidates: Sequence[Candidate], now: datetime) -> Judgement:
    """What the gate would say now: also the pre-send screen's answer. Writes nothing."""
    people = persons.get_many({candidate.person_id for candidate in candidates})
    addresses = {person_id: person.email for person_id, person in people.items()}
    marketing = {candidate.person_id for candidate in candidates if candidate.kind == "marketing"}
    excluded = exclusions.from_sends()
    suppressed = consent.suppressed([a for a in addresses.values() if a], "mail")
    states = consent.states(marketing, "mail")
    left = consent.left_addresses((addresses.get(person_id, "") for person_id in marketing), "mail")
    held = holds.standing(marketing, now)
    settings = workspace.current()
    capped = _capped(marketing, now, settings.settings)
    allowed_at = _allowed_at(now, settings.settings, settings.zone)
    judgement = Judgement(addresses)
    for candidate in candidates:
        person_id = candidate.person_id
        address = addresses.get(person_id, "")
        refusal: tuple[Refusal, str] | None = None
        if person_id not in people:
            refusal = (Refusal.GONE, "")
        elif not address:
            refusal = (Refusal.NO_ADDRESS, "")
        elif address in suppressed:
            refusal = (Refusal.SUPPRESSED, suppressed[address])
        elif candidate.kind == "marketing":
            state = states.get(person_id)
            if excluded.covers_email(address):
                refusal = (Refusal.EXCLUDED, "")
            elif state is None:
                refusal = (Refusal.NO_CONSENT, "")
            elif state.state != "granted":
                refusal = (Refusal.UNSUBSCRIBED, state.at.isoformat())
            elif address in left and left[address] >= state.at:
                # Somebody else's withdrawal, later than this grant: whoever reads this address has left.
                refusal = (Refusal.UNSUBSCRIBED, left[address].isoformat())
            elif person_id in held:
                refusal = (Refusal.ON_HOLD, held[person_id].reason)
            elif person_id in capped:
                refusal = (Refusal.CAPPED, str(capped[person_id]))
            elif allowed_at > now:
                judgement.delays[candidate] = allowed_at
        if refusal:
            judgement.refusals[candidate] = refusal
    return judgement


def _decide_slice(slice_: int, now: datetime) -> int:
    locked = postgres.scalar(
        "SELECT pg_try_advisory_xact_lock(%s::int, %s::int)", [_LOCK, postgres.workspace_id() << 4 | slice_]
    )
    if not locked:
        return 0
    asked = postgres.records(
        sql.named("messaging", "claim_intents"),
        {"slice": slice_, "slices": SLICES, "now": now, "most": BATCH},
    )
    if not asked:
        return 0
    moved = persons.resolve({row["person_id"] for row in asked})
    for row in asked:
        row["person_id"] = moved.get(row["person_id"], row["person_id"])
    judgement = judge([Candidate(row["person_id"], row["kind"]) for row in asked], now)
    _store(asked, judgement, now)
    crashpoint("gate.before_commit")
    return len(asked)


def _store(asked: list[dict[str, Any]], judgement: Judgement, now: datetime) -> None:
    # Two wishes for one person in one batch: the cap counts the first before it judges the second.
    room = _room_left(asked, now)
    ids, states, reasons, addresses, delays = [], [], [], [], []
    changes: list[Change] = []
    for row in asked:
        candidate = Candidate(row["person_id"], row["kind"])
        refusal = judgement.refusals.get(candidate)
        delay = judgement.delays.get(candidate)
        if refusal is None and delay is None and row["kind"] == "marketing":
            left = room.get(row["person_id"], 1)
            room[row["person_id"]] = left - 1
            if left <= 0:
                refusal = (Refusal.CAPPED, "")
        ids.append(row["id"])
        delays.append(delay if refusal is None else None)
        addresses.append(judgement.addresses.get(row["person_id"], ""))
        states.append("refused" if refusal else "intent" if delay else "queued")
        reasons.append(f"{refusal[0].value}:{refusal[1]}" if refusal else "")
        if refusal:
            changes.append(_fact(row, "refused", now, {"refusal": refusal[0].value, "detail": refusal[1]}))
    postgres.execute(
        sql.named("messaging", "store_decisions"),
        {
            "ids": ids,
            "states": states,
            "reasons": reasons,
            "addresses": addresses,
            "delays": delays,
            "people": [row["person_id"] for row in asked],
            "now": now,
        },
    )
    facts.record(changes)
    postgres.execute("SELECT pg_notify('tabiji_send', '')")


def _fact(row: dict[str, Any], state: str, now: datetime, detail: dict[str, Any]) -> Change:
    return Change(
        row["person_id"],
        "message",
        str(row["id"]),
        "",
        state,
        0.0,
        int(now.timestamp() * 1000),
        facts.AUTOMATIC,
        f"{row['source']}:{row['source_id']}",
        row["initiative_id"],
        row["hops"] + 1,
        {"mail_id": row["mail_id"], "node": row["node"], **detail},
    )


def _capped(people: set[UUID], now: datetime, settings: dict[str, Any]) -> dict[UUID, int]:
    cap = limits.read(settings)
    if not cap.messages or not people:
        return {}
    sent_lately = _sent_lately(people, now, cap.days)
    return {person: sent for person, sent in sent_lately.items() if sent >= cap.messages}


def _room_left(asked: list[dict[str, Any]], now: datetime) -> dict[UUID, int]:
    cap = limits.current()
    people = {row["person_id"] for row in asked if row["kind"] == "marketing"}
    if not cap.messages:
        return dict.fromkeys(people, len(asked))
    sent = _sent_lately(people, now, cap.days)
    return {person: cap.messages - sent.get(person, 0) for person in people}


def _sent_lately(people: set[UUID], now: datetime, days: int) -> dict[UUID, int]:
    return dict(
        postgres.rows(
            "SELECT person_id, count(*) FROM message WHERE person_id = ANY(%s) AND kind = 'marketing'"
            " AND state IN ('queued', 'leased', 'sending', 'sent', 'deferred', 'uncertain')"
            " AND decided_at > %s GROUP BY person_id",
            [list(people), now - timedelta(days=days)],
        )
    )


def _allowed_at(now: datetime, settings: dict[str, Any], zone: Any) -> datetime:
    quiet = limits.read(settings)
    return quiet_hours.next_allowed(now, zone, quiet.starts, quiet.ends)
