"""T1: what a batch means, decided once and stored.

The steps, in order: claim, normalise, drop with a reason, tag machines, de-duplicate, resolve
identity, update people. Everything is written in sets; the loop over events only thinks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import msgspec
import psycopg
import zstandard
from django.db import transaction

from tabiji.core import clock, facts, ids, postgres, sql
from tabiji.core.facts import BecameKnown, Change, Event
from tabiji.events import inlet, machines, schemas
from tabiji.events.contracts import Decision, Envelope, Override, Reason, Reject
from tabiji.events.normalising import CANARY, TRUSTED, Normal, Refused, normalise
from tabiji.events.schemas import Schema
from tabiji.people.contracts import FieldUpdate, Identifier, IdentifierKind
from tabiji.people.public import exclusions, fields, identity, merging, naming, persons

MAX_EVENTS: Final = 20_000
_CLAIM_ATTEMPTS: Final = 5


class ContendedIdentity(RuntimeError):
    """The same identifiers were claimed by others five times in a row; the batch will be tried again."""


@dataclass(slots=True)
class Claimed:
    """The rows of one stream that a batch is made of."""

    batch_id: int
    received_at: datetime
    oldest: datetime
    offset: timedelta
    is_practice: bool
    envelopes: list[tuple[int, int, Envelope]]
    """(inbox row, received ms, envelope) in order of arrival."""
    changes: list[Change]
    canaries: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Resolved:
    """What resolving identities of a batch came to."""

    events: list[Event] = field(default_factory=list)
    people: dict[UUID, datetime] = field(default_factory=dict)
    claims: dict[Identifier, UUID] = field(default_factory=dict)
    moves: dict[Identifier, UUID] = field(default_factory=dict)
    known: list[BecameKnown] = field(default_factory=list)
    overrides: list[Override] = field(default_factory=list)
    merges: list[tuple[UUID, UUID, int]] = field(default_factory=list)
    candidates: list[tuple[UUID, UUID]] = field(default_factory=list)
    updates: list[FieldUpdate] = field(default_factory=list)
    acts: dict[UUID, datetime] = field(default_factory=dict)
    moved: dict[UUID, UUID] = field(default_factory=dict)
    """Where people named by our own inlets are now (merged ones elsewhere)."""


def decide(workspace_id: int, shard: int) -> tuple[int, Decision] | None:
    """Claim what waits in this stream and store what it means; None where nothing waits.

    Runs in the caller's transaction and scope, which must hold the stream alone.
    """
    claimed = _claim(workspace_id, shard)
    if claimed is None:
        return None
    rules = schemas.rules() if claimed.envelopes else {}
    normal, rejects = _normalise(claimed, rules)
    normal = _without_repeats(workspace_id, normal)
    try:
        with transaction.atomic():
            decision, stored = _resolve_and_write(workspace_id, claimed, normal)
    except _PASSING:
        raise
    except Exception:
        normal, poison = _without_poison(workspace_id, claimed, normal)
        rejects += poison
        decision, stored = _resolve_and_write(workspace_id, claimed, normal)
    if rules:
        schemas.warn(rules, normal)
    _store_rejects(workspace_id, rejects)
    postgres.execute(
        sql.named("events", "store_batch"),
        {
            "workspace": workspace_id,
            "shard": shard,
            "batch": claimed.batch_id,
            "events": len(decision.events),
            "changes": len(decision.changes),
            "oldest": claimed.oldest,
            "decision": stored,
        },
    )
    return claimed.batch_id, decision


def encode(decision: Decision) -> bytes:
    return _compressor().compress(_encoder.encode(decision))


def decode(stored: bytes) -> Decision:
    return _decoder.decode(zstandard.ZstdDecompressor().decompress(stored))


def _claim(workspace_id: int, shard: int) -> Claimed | None:
    params = {"workspace": workspace_id, "shard": shard, "most": MAX_EVENTS}
    inbox = postgres.rows(sql.named("events", "claim_inbox"), params)
    outbox = postgres.rows(sql.named("events", "claim_facts"), params)
    if not inbox and not outbox:
        return None
    (batch_id,) = postgres.rows(sql.named("events", "number_batch"), params)[0]
    for statement, rows in (
        ("UPDATE event_inbox SET batch_id = %s WHERE id = ANY(%s)", inbox),
        ("UPDATE fact_outbox SET batch_id = %s WHERE id = ANY(%s)", outbox),
    ):
        if rows:
            postgres.execute(statement, [batch_id, [row[0] for row in rows]])
    now, offset, practice = postgres.rows(
        "SELECT clock_timestamp(), clock_offset, is_practice FROM workspace"
    )[0]
    envelopes = [
        (row[0], clock.to_ms(row[1]), envelope) for row in inbox for envelope in inlet.unpack(row[2])
    ]
    return Claimed(
        batch_id,
        # One moment of arrival for the batch keeps it in one partition: rows of another month wait.
        max((row[1] for row in inbox), default=now),
        min(row[1] for row in (*inbox, *outbox)),
        offset,
        practice,
        envelopes,
        [change for row in outbox for change in facts.decode_changes(row[2])],
    )


def _normalise(claimed: Claimed, rules: Mapping[str, Schema]) -> tuple[list[Normal], list[Reject]]:
    offset_ms = int(claimed.offset.total_seconds() * 1000)
    taken: list[Normal] = []
    rejects: list[Reject] = []
    place = 0
    for row_id, received_ms, envelope in claimed.envelopes:
        for raw in envelope.events:
            place += 1
            try:
                event = normalise(raw, envelope, received_ms, offset_ms, f"row-{row_id}-{place}")
                if envelope.source == CANARY:
                    claimed.canaries.append(event.message_id)
                    continue
                if rules:
                    schemas.refuse(rules, event)
                taken.append(event)
            except Refused as refusal:
                rejects.append(
                    Reject(refusal.reason.value, refusal.detail, envelope.source, raw, envelope.is_history)
                )
    return taken, rejects


def _without_repeats(workspace_id: int, events: list[Normal]) -> list[Normal]:
    if not events:
        return events
    first: dict[bytes, int] = {}
    for place, event in enumerate(events):
        first.setdefault(ids.message_hash(workspace_id, event.message_id), place)
    fresh = postgres.rows(sql.named("events", "remember_seen"), [workspace_id, sorted(first)])
    kept = sorted(first[row[0]] for row in fresh)
    return events if len(kept) == len(events) else [events[place] for place in kept]


def _resolve_and_write(workspace_id: int, claimed: Claimed, events: list[Normal]) -> tuple[Decision, bytes]:
    """The decision, and as it is stored. Raises for an event that no batch can hold."""
    at = claimed.received_at + claimed.offset
    for _ in range(_CLAIM_ATTEMPTS):
        found = identity.find(_identifiers_of(events))
        resolved = _resolve(workspace_id, claimed, events, found)
        with transaction.atomic():
            persons.create(resolved.people)
            lost = identity.claim(resolved.claims, at)
            if not lost:
                changes = _write(resolved, at)
                decision = _decision(claimed, resolved, changes)
                return decision, encode(decision)
            transaction.set_rollback(True)
    raise ContendedIdentity(f"batch {claimed.batch_id} of workspace {workspace_id}")


def _without_poison(
    workspace_id: int, claimed: Claimed, events: list[Normal]
) -> tuple[list[Normal], list[Reject]]:
    """Halve until the events that no batch can hold stand alone, and set those aside."""
    try:
        with transaction.atomic():
            _resolve_and_write(workspace_id, claimed, events)
            transaction.set_rollback(True)
        return events, []
    except _PASSING:
        raise
    except Exception as error:
        if len(events) <= 1:
            detail = f"{type(error).__name__}: {error}"[:300]
            _forget_seen(workspace_id, events)
            return [], [
                Reject(Reason.QUARANTINED.value, detail, event.source, event.raw, event.is_history)
                for event in events
            ]
    half = len(events) // 2
    left, left_rejects = _without_poison(workspace_id, claimed, events[:half])
    right, right_rejects = _without_poison(workspace_id, claimed, events[half:])
    return left + right, left_rejects + right_rejects


def _forget_seen(workspace_id: int, events: Sequence[Normal]) -> None:
    """What was set aside has had no effect: sent again, it is no repeat."""
    hashes = [ids.message_hash(workspace_id, event.message_id) for event in events]
    postgres.execute(
        "DELETE FROM event_seen WHERE workspace_id = %s AND message_hash = ANY(%s)", [workspace_id, hashes]
    )


def _identifiers_of(events: Sequence[Normal]) -> set[Identifier]:
    wanted = set()
    for event in events:
        if event.anonymous_id:
            wanted.add(Identifier(IdentifierKind.ANONYMOUS, event.anonymous_id))
        wanted.update(_strong_identifiers(event))
    return wanted


def _strong_identifiers(event: Normal) -> list[Identifier]:
    """What makes a visitor known: a member number, an address. In order of trust."""
    found = []
    if event.user_id:
        found.append(Identifier(IdentifierKind.USER, event.user_id))
    if event.previous_id and event.type == "alias":
        found.append(Identifier(IdentifierKind.USER, event.previous_id))
    if event.type in ("identify", "form") and isinstance(event.traits.get("email"), str):
        key = naming.email_key(event.traits["email"])
        if key:
            found.append(Identifier(IdentifierKind.EMAIL, key))
    return found


def _resolve(
    workspace_id: int, claimed: Claimed, events: Sequence[Normal], found: dict[Identifier, UUID]
) -> _Resolved:
    """Walk the events in order; whose is each, and who became known by it."""
    out = _Resolved()
    named = {event.person_id for event in events if event.person_id is not None}
    out.moved = persons.resolve(named) if named else {}
    owners = dict(found)
    subjects: dict[str, UUID] = {}
    excluded = exclusions.from_numbers()
    for event in events:
        person_id = _person_of(workspace_id, claimed, event, owners, out)
        if person_id is None:
            subject_id = _subject(workspace_id, event.anonymous_id, subjects)
        else:
            subject_id = person_id
            if event.anonymous_id:
                _link_browser(workspace_id, event, person_id, owners, subjects, out)
        machine = machines.reason(event.agent, event.address, excluded)
        ordinal = len(out.events)
        out.events.append(
            Event(
                ordinal,
                event.message_id,
                subject_id,
                person_id,
                event.type,
                event.name,
                event.occurred_ms,
                event.received_ms,
                machine,
                event.session,
                event.url,
                event.path,
                event.title,
                event.referrer,
                event.source,
                event.hops,
                event.props,
                event.is_history and event.source not in TRUSTED,
            )
        )
        if person_id is not None and not machine and _is_own_act(event):
            moment = clock.from_ms(event.occurred_ms)
            if out.acts.get(person_id, clock.EPOCH) < moment:
                out.acts[person_id] = moment
        if person_id is not None and event.type in ("identify", "form"):
            _collect_updates(person_id, event, ordinal, out)
    return out


def _is_own_act(event: Normal) -> bool:
    """A click counts once it was judged a person's: until then it may be a scanner's."""
    if event.name in ("mail_clicked", "click_judged"):
        return event.props.get("verdict") == "human"
    return event.source not in _NOT_OWN_ACTS


def _person_of(
    workspace_id: int, claimed: Claimed, event: Normal, owners: dict[Identifier, UUID], out: _Resolved
) -> UUID | None:
    if event.person_id is not None:
        return out.moved.get(event.person_id, event.person_id)
    strong = _strong_identifiers(event)
    if not strong:
        return owners.get(Identifier(IdentifierKind.ANONYMOUS, event.anonymous_id))
    people = list(dict.fromkeys(owners[one] for one in strong if one in owners))
    if not people:
        person_id = _new_person_id(workspace_id, claimed.is_practice, strong[0])
        out.people[person_id] = clock.from_ms(event.occurred_ms)
    else:
        person_id = people[0]
        for other in people[1:]:
            if event.type == "alias" or _may_merge(strong, owners, person_id, other):
                out.merges.append((person_id, other, event.occurred_ms))
                for known, owner in owners.items():
                    if owner == other:
                        owners[known] = person_id
            else:
                out.candidates.append((person_id, other))
    for one in strong:
        if one not in owners:
            owners[one] = person_id
            out.claims[one] = person_id
    return person_id


def _may_merge(strong: Sequence[Identifier], owners: dict[Identifier, UUID], kept: UUID, other: UUID) -> bool:
    """One act that names a member number and an address says that both are one person …

    … unless the other already has a member number of its own (then a colleague decides).
    """
    return not any(
        one.kind == IdentifierKind.USER and owner == other for one, owner in owners.items()
    ) and not _has_user(other)


def _has_user(person_id: UUID) -> bool:
    return any(one.kind == IdentifierKind.USER for one in identity.list_of(person_id))


def _link_browser(
    workspace_id: int,
    event: Normal,
    person_id: UUID,
    owners: dict[Identifier, UUID],
    subjects: dict[str, UUID],
    out: _Resolved,
) -> None:
    """The first person known on a browser takes over its past; a later one only its future."""
    browser = Identifier(IdentifierKind.ANONYMOUS, event.anonymous_id)
    owner = owners.get(browser)
    if owner == person_id:
        return
    owners[browser] = person_id
    if owner is None:
        out.claims[browser] = person_id
        subject_id = _subject(workspace_id, event.anonymous_id, subjects)
        out.known.append(BecameKnown(subject_id, person_id, event.occurred_ms))
        out.overrides.append(Override(subject_id, person_id))
    elif browser in out.claims:
        out.claims[browser] = person_id
    else:
        out.moves[browser] = person_id


def _collect_updates(person_id: UUID, event: Normal, ordinal: int, out: _Resolved) -> None:
    for trait, value in event.traits.items():
        name = _TRAITS.get(trait, trait)
        out.updates.append(FieldUpdate(person_id, name, value, event.occurred_ms, ordinal))


def _write(resolved: _Resolved, at: datetime) -> list[Change]:
    changes: list[Change] = []
    identity.move(resolved.moves)
    identity.own_subjects({one.subject_id: one.person_id for one in resolved.known})
    for kept, absorbed, occurred_ms in resolved.merges:
        moment = clock.from_ms(occurred_ms)
        told, subjects = merging.merge(kept, absorbed, reason="same_act", at=moment, actor=facts.AUTOMATIC)
        changes += told
        resolved.overrides += [Override(subject_id, kept) for subject_id in subjects]
    merging.suggest(resolved.candidates, reason="same_act", at=at)
    changes += fields.apply(_settable(resolved.updates), actor=facts.PERSON)
    persons.touch(resolved.acts)
    changes += [
        Change(one.person_id, "known", str(one.subject_id), occurred_ms=one.occurred_ms)
        for one in resolved.known
    ]
    return changes


def _settable(updates: Sequence[FieldUpdate]) -> list[FieldUpdate]:
    """A client's traits: fields that exist with values that fit; the rest stays in the event."""
    known = {info.key: info for info in fields.list_fields()}
    fit = []
    for update in updates:
        if update.field not in known or update.field == "owner_id":
            continue
        try:
            fields.clean(known, update.field, update.value)
        except fields.BadValue:
            continue
        fit.append(update)
    return fit


def _decision(claimed: Claimed, resolved: _Resolved, changes: list[Change]) -> Decision:
    all_changes = claimed.changes + changes
    for ordinal, change in enumerate(all_changes):
        change.ordinal = ordinal
    touched = {change.person_id for change in all_changes if change.kind in _MIRRORED}
    touched.update(resolved.people, resolved.acts)
    touched.update(absorbed for _, absorbed, _ in resolved.merges)
    return Decision(
        resolved.events,
        all_changes,
        resolved.known,
        resolved.overrides,
        persons.mirror_rows(sorted(touched)) if touched else [],
        clock.to_ms(claimed.received_at),
        clock.to_ms(claimed.received_at + claimed.offset),
        claimed.canaries,
    )


def _store_rejects(workspace_id: int, rejects: Sequence[Reject]) -> None:
    if not rejects:
        return
    postgres.execute(
        "INSERT INTO event_reject (workspace_id, reason, detail, source, body, is_history)"
        " SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::boolean[])",
        [
            [workspace_id] * len(rejects),
            [reject.reason for reject in rejects],
            [reject.detail for reject in rejects],
            [reject.source for reject in rejects],
            [reject.body[:100_000] for reject in rejects],
            [reject.is_history for reject in rejects],
        ],
    )


def _subject(workspace_id: int, anonymous_id: str, known: dict[str, UUID]) -> UUID:
    subject_id = known.get(anonymous_id)
    if subject_id is None:
        subject_id = known[anonymous_id] = subject_of(workspace_id, anonymous_id)
    return subject_id


def subject_of(workspace_id: int, anonymous_id: str) -> UUID:
    """The subject under which an unknown browser's events are stored."""
    text = f"{workspace_id}:anonymous:{anonymous_id}".encode()
    return UUID(bytes=hashlib.blake2b(text, digest_size=16).digest())


def _new_person_id(workspace_id: int, is_practice: bool, strongest: Identifier) -> UUID:
    """Practice people come out the same each time that the demo is made."""
    if is_practice:
        return ids.stable_id(workspace_id, strongest.kind, strongest.value)
    return ids.new_id()


def _compressor() -> zstandard.ZstdCompressor:
    return zstandard.ZstdCompressor(level=1)


_PASSING: Final = (psycopg.OperationalError, psycopg.InterfaceError, ContendedIdentity)
"""Errors of the moment, not of an event: the batch is tried again as it is."""
_NOT_OWN_ACTS: Final = frozenset({"mail_result", "system"})
_MIRRORED: Final = frozenset({"field", "merge", "stage", "score", "owner", "person"})
_TRAITS: Final = {
    "lastName": "last_name",
    "firstName": "first_name",
    "last_name_kana": "last_kana",
    "first_name_kana": "first_kana",
    "companyName": "company",
    "jobTitle": "title",
}
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Decision)
