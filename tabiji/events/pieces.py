"""Finished batches as files of bounded size: what the archive keeps, and what a rebuild writes.

A file holds rows of one ClickHouse table, in the order of their batches, with batch and ordinal in each
row. A batch may be cut between two files: whoever writes them goes by (batch_id, ordinal).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from tabiji.core import postgres, sql
from tabiji.core.clickhouse import ExternalFile, Span, native
from tabiji.events import deciding, store
from tabiji.events.contracts import Decision

NAME: Final = "piece"
"""Under which name a file travels."""
MAX_ROWS: Final = 100_000
"""Of a piece, more only where one batch has more."""
_MAX_BYTES: Final = 16 << 20
_BLOCK_ROWS: Final = 2_000

APPEND_ONLY: Final = ("event", "person_change")
"""Tables that keep every row: a piece's rows can be counted there."""
NEWEST_WINS: Final = ("person_value", "person", "identity_override")
TABLES: Final = APPEND_ONLY + NEWEST_WINS
TYPES: Final[dict[str, dict[str, str]]] = {
    # JSON travels as the text that was decided.
    table: {
        column: "String" if kind.startswith("JSON") else kind for column, kind in store.TYPES[table].items()
    }
    for table in TABLES
}


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive finished batches of one stream that closed on one day (UTC), with their events and changes."""

    span: Span
    day: date
    events: int
    changes: int


@dataclass(frozen=True, slots=True)
class File:
    """Rows of one table, ready to travel."""

    table: str
    file: ExternalFile
    rows: int


def next_in_postgres(
    workspace_id: int,
    shard: int,
    *,
    after: int = 0,
    before: int | None = None,
    keep: timedelta | None = None,
) -> Piece | None:
    """The first batches after a number that PostgreSQL holds; None where there are none.

    before: only batches below this number. keep: for the archive, only what closed longer ago than this
    and has nothing parked.
    """
    found = postgres.rows(
        sql.named("events", "finished_batches"),
        {
            "workspace": workspace_id,
            "shard": shard,
            "after": after,
            "before": 2**62 if before is None else before,
            "keep": keep or timedelta(),
            "archiving": keep is not None,
        },
    )
    if not found:
        return None
    first, day, events, changes = found[0]
    last = first
    for batch_id, closed_on, more_events, more_changes in found[1:]:
        rows = events + more_events + changes + more_changes
        if batch_id != last + 1 or closed_on != day or rows > MAX_ROWS:
            break
        last, events, changes = batch_id, events + more_events, changes + more_changes
    return Piece(Span(workspace_id, shard, first, last), day, events, changes)


def files(span: Span, tables: Sequence[str] = TABLES) -> Iterator[File]:
    """What the decisions of a span write into these tables. Reads one decision at a time, in scopes of its own."""
    held: dict[str, _Growing] = {}
    for batch_id in range(span.first, span.last + 1):
        decision = _decision(span, batch_id)
        for table, columns in store.tables(span.workspace_id, span.shard, batch_id, decision):
            if table not in tables:
                continue
            for block, rows in _blocks(columns, TYPES[table]):
                growing = held.setdefault(table, _Growing())
                growing.add(block, rows)
                if growing.size >= _MAX_BYTES:
                    yield held.pop(table).file(table)
    for table, growing in held.items():
        yield growing.file(table)


def of(table: str, data: bytes, rows: int) -> File:
    """A file that comes out of the archive."""
    return File(table, ExternalFile(NAME, TYPES[table], "Parquet", data), rows)


class _Growing:
    """Blocks of one table, until they are enough for a file."""

    def __init__(self) -> None:
        self.size = self._rows = 0
        self._blocks: list[bytes] = []

    def add(self, block: bytes, rows: int) -> None:
        self._blocks.append(block)
        self._rows += rows
        self.size += len(block)

    def file(self, table: str) -> File:
        return File(table, ExternalFile(NAME, TYPES[table], "Native", b"".join(self._blocks)), self._rows)


def _decision(span: Span, batch_id: int) -> Decision:
    with postgres.workspace_scope(span.workspace_id):
        stored = postgres.scalar(
            "SELECT decision FROM event_batch WHERE workspace_id = %s AND shard = %s AND batch_id = %s",
            [span.workspace_id, span.shard, batch_id],
        )
    if stored is None:
        raise LookupError(f"batch {batch_id} of stream {span.workspace_id}/{span.shard} is not in PostgreSQL")
    return deciding.decode(stored)


def _blocks(columns: dict[str, Sequence[Any]], types: dict[str, str]) -> Iterator[tuple[bytes, int]]:
    rows = len(columns["ordinal"])
    for start in range(0, rows, _BLOCK_ROWS):
        part = {name: values[start : start + _BLOCK_ROWS] for name, values in columns.items()}
        yield native.encode(part, types), len(part["ordinal"])
