"""The way in: bodies cut by stream, ready to be accepted in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from tabiji.core import ids, postgres
from tabiji.events.contracts import Envelope

MAX_BODY_BYTES: Final = 512_000
MAX_BATCH: Final = 2_500
HISTORY_BATCH: Final = 20_000


class _Ids(msgspec.Struct):
    anonymousId: Any = None
    userId: Any = None


_ids = msgspec.json.Decoder(_Ids)
_bodies = msgspec.msgpack.Encoder()
_envelopes = msgspec.msgpack.Decoder(list[Envelope])


class Accepted(msgspec.Struct, frozen=True):
    """One inbox row to be: a part of what arrived, for one stream."""

    workspace_id: int
    shard: int
    envelope: Envelope


def cut(workspace_id: int, shards: int, envelope: Envelope) -> list[Accepted]:
    """Split an envelope so that one visitor's or user's events stay in one stream, in order."""
    if shards == 1 or len(envelope.events) == 0:
        return [Accepted(workspace_id, 0, envelope)]
    if len(envelope.events) == 1:
        return [Accepted(workspace_id, _shard(envelope.events[0], shards), envelope)]
    parts: dict[int, list[bytes]] = {}
    for raw in envelope.events:
        parts.setdefault(_shard(raw, shards), []).append(raw)
    return [
        Accepted(workspace_id, shard, msgspec.structs.replace(envelope, events=part))
        for shard, part in parts.items()
    ]


def pack(parts: Iterable[Accepted]) -> tuple[list[int], list[int], list[int], list[bytes]]:
    """Columns of `accept_events`: one row for each stream, whatever the number of requests."""
    rows: dict[tuple[int, int], list[Envelope]] = {}
    for part in parts:
        rows.setdefault((part.workspace_id, part.shard), []).append(part.envelope)
    columns: tuple[list[int], list[int], list[int], list[bytes]] = ([], [], [], [])
    for (workspace_id, shard), envelopes in rows.items():
        columns[0].append(workspace_id)
        columns[1].append(shard)
        columns[2].append(sum(len(envelope.events) for envelope in envelopes))
        columns[3].append(_bodies.encode(envelopes))
    return columns


def unpack(body: bytes) -> list[Envelope]:
    return _envelopes.decode(body)


def accept(
    events: Sequence[dict[str, Any]],
    *,
    source: str,
    is_history: bool = False,
    address: str = "",
    agent: str = "",
) -> None:
    """Take in events of our own (a form, a click, an import) in the caller's transaction.

    events: Segment-spec dicts; with is_history their timestamps are business time already, and those of
    sources that are not TRUSTED are history.
    Stored exactly once if the transaction commits, not at all otherwise.
    """
    workspace_id = postgres.workspace_id()
    shards = int(postgres.scalar("SELECT shards FROM workspace"))
    for start in range(0, len(events), HISTORY_BATCH):
        raws = [msgspec.json.encode(event) for event in events[start : start + HISTORY_BATCH]]
        envelope = Envelope(source, "", address, agent, raws, is_history)
        columns = pack(cut(workspace_id, shards, envelope))
        postgres.execute(
            "SELECT accept_events(%s::bigint[], %s::smallint[], %s::integer[], %s::bytea[])", columns
        )


def _shard(raw: bytes, shards: int) -> int:
    try:
        found = _ids.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return 0  # the processor will say what is wrong with it
    return ids.shard_of(str(found.anonymousId or found.userId or ""), shards)
