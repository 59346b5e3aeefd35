"""Facts: what happened, in numbered batches of one stream per workspace and shard.

Two kinds flow together. An `Event` came from outside (a page view, a click, a form). A `Change`
was made by the product in PostgreSQL (a field, a score, a stage, a step, a message) and is
appended to the fact outbox by the very transaction that made it. Both reach ClickHouse, and
both are shown to the consumers, in the order of their batches.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
import zstandard

from tabiji.core import clock, ids, postgres
from tabiji.core.registry import Registry

MAX_HOPS: Final = 8
"""A fact caused by a fact caused by … stops here and is shown: rules that feed each other."""

STATE_KINDS: Final = frozenset(
    {"stage", "score", "list", "consent", "audience", "deal", "journey", "hold", "hand_over", "appointment"}
)
"""Kinds whose newest change is a present value that audiences may ask (ClickHouse: person_value)."""

AUTOMATIC: Final = "auto"
PERSON: Final = "person"


class Event(msgspec.Struct, array_like=True, gc=False):
    """Something a person or visitor did, as decided in a batch. Times are business time in ms."""

    ordinal: int
    message_id: str
    subject_id: UUID
    person_id: UUID | None
    type: str
    name: str
    occurred_ms: int
    received_ms: int
    machine: str = ""
    """Why it counts as a machine's act; empty for a person's."""
    session: str = ""
    url: str = ""
    path: str = ""
    title: str = ""
    referrer: str = ""
    source: str = ""
    hops: int = 0
    props: dict[str, Any] = {}
    is_history: bool = False
    """It was told afterwards, by an inlet for the past: what lies far back starts nothing."""

    @property
    def occurred_at(self) -> datetime:
        return clock.from_ms(self.occurred_ms)


class Change(msgspec.Struct, array_like=True, gc=False):
    """Something that became different about a person. `number` is its measure where it has one."""

    person_id: UUID
    kind: str
    ref: str = ""
    old: str = ""
    new: str = ""
    number: float = 0.0
    occurred_ms: int = 0
    actor: str = AUTOMATIC
    """`auto`, `person`, or `user:<id>`."""
    cause: str = ""
    """The rule in one machine-readable word or id; the line explains it to people."""
    initiative_id: int = 0
    hops: int = 0
    detail: dict[str, Any] = {}
    ordinal: int = 0

    @property
    def occurred_at(self) -> datetime:
        return clock.from_ms(self.occurred_ms)


class BecameKnown(msgspec.Struct, array_like=True, gc=False):
    """From here on, what this subject did before belongs to this person."""

    subject_id: UUID
    person_id: UUID
    occurred_ms: int


@dataclass(slots=True)
class Batch:
    """One batch, already in ClickHouse, as the consumers see it."""

    workspace_id: int
    shard: int
    batch_id: int
    events: list[Event] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    known: list[BecameKnown] = field(default_factory=list)
    now: datetime = clock.EPOCH
    """Business time at which the batch was decided."""


class Consumer(Protocol):
    """Reacts to batches, in sets, inside the closing transaction.

    Must be repeatable: after a failure the same batch comes again, perhaps in halves.
    """

    name: str

    def consume(self, batch: Batch) -> None: ...


CONSUMER_ORDER: Final = (
    "people",
    "unsubscribe_and_bounce",
    "score",
    "stage",
    "hand_over",
    "conversions",
    "exits",
    "enrol",
    "auto_reply",
    "audiences",
)
consumers: Registry[Consumer] = Registry("consumer")


def in_order() -> list[Consumer]:
    """The registered consumers, in the written order."""
    unknown = set(consumers.names()) - set(CONSUMER_ORDER)
    if unknown:
        raise LookupError(f"consumers without a place in CONSUMER_ORDER: {sorted(unknown)}")
    return [consumers.get(name) for name in CONSUMER_ORDER if name in consumers]


def record(changes: Sequence[Change]) -> None:
    """Append changes to the fact outbox, in the caller's transaction and workspace scope.

    A change that would exceed MAX_HOPS raises nothing: it is stored, shown, and wakes nobody.
    """
    if changes:
        _append(pack(changes, _shards()))


def record_alike(change: Change, person_ids: Sequence[str]) -> None:
    """Append one change that was made for many people, as `record` does; its own `person_id` is not read.

    The change is encoded once, so that a million people cost a join of their ids (as text, 36 letters each).
    """
    before, after = _encoder.encode(msgspec.structs.replace(change, person_id=_NOBODY)).split(
        str(_NOBODY).encode(), 1
    )
    columns: tuple[list[int], list[int], list[bytes]] = ([], [], [])
    for shard, people in sorted(_people_by_shard(person_ids, _shards()).items()):
        for start in range(0, len(people), _CHANGES_PER_ROW):
            piece = people[start : start + _CHANGES_PER_ROW]
            one_by_one = (after + before).join([person_id.encode() for person_id in piece])
            columns[0].append(shard)
            columns[1].append(len(piece))
            columns[2].append(_compressor.compress(_array_of(len(piece)) + before + one_by_one + after))
    if columns[0]:
        _append(columns)


def pack(changes: Sequence[Change], shards: int) -> tuple[list[int], list[int], list[bytes]]:
    """Changes as columns of the fact outbox (shard, count, body): all of one person in one stream."""
    columns: tuple[list[int], list[int], list[bytes]] = ([], [], [])
    for shard, part in sorted(_by_shard(changes, shards).items()):
        for start in range(0, len(part), _CHANGES_PER_ROW):
            piece = part[start : start + _CHANGES_PER_ROW]
            columns[0].append(shard)
            columns[1].append(len(piece))
            columns[2].append(_encoder.encode(piece))
    return columns


def _by_shard(changes: Sequence[Change], shards: int) -> Mapping[int, Sequence[Change]]:
    if shards == 1:
        return {0: changes} if changes else {}
    shard_of = {person: ids.shard_of(str(person), shards) for person in {one.person_id for one in changes}}
    found: dict[int, list[Change]] = {}
    for change in changes:
        found.setdefault(shard_of[change.person_id], []).append(change)
    return found


def decode_changes(body: bytes) -> list[Change]:
    return _decoder.decode(zstandard.decompress(body) if body.startswith(zstandard.FRAME_HEADER) else body)


def _append(columns: tuple[list[int], list[int], list[bytes]]) -> None:
    postgres.execute(
        "WITH told AS (INSERT INTO fact_outbox (workspace_id, shard, n_changes, body)"
        " SELECT %s, * FROM unnest(%s::smallint[], %s::integer[], %s::bytea[]))"
        " SELECT pg_notify('tabiji_events', '')",
        [postgres.workspace_id(), *columns],
    )


def _shards() -> int:
    return int(postgres.scalar("SELECT shards FROM workspace WHERE id = %s", [postgres.workspace_id()]))


def _people_by_shard(person_ids: Sequence[str], shards: int) -> Mapping[int, Sequence[str]]:
    if shards == 1:
        return {0: person_ids}
    found: dict[int, list[str]] = {}
    for person_id in person_ids:
        found.setdefault(ids.shard_of(person_id, shards), []).append(person_id)
    return found


def _array_of(length: int) -> bytes:
    """The head of an array in msgpack."""
    return b"\xdc" + length.to_bytes(2, "big")


_CHANGES_PER_ROW: Final = 5_000
_NOBODY: Final = UUID(int=0)
_compressor = zstandard.ZstdCompressor(level=1)
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(list[Change])
