"""An empty ClickHouse becomes equal to the archive and what PostgreSQL still holds.

Nothing is decided again: the rows are those of the stored decisions. Every row goes by (batch, ordinal), so
a rebuild that was stopped anywhere is simply run again. Of a stream that is being rebuilt no other process
handles a batch meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tabiji.core import clickhouse, postgres, sql
from tabiji.core.clickhouse import ClickHouseError, Span
from tabiji.events import archive, pieces
from tabiji.events.holding import StreamBusy, Work, waited_for
from tabiji.events.pieces import File, Piece

Say = Callable[[str], None]


class HoldsOtherData(RuntimeError):
    """The store has rows that do not come from here; the message says which."""


class ArchiveIncomplete(RuntimeError):
    """A file of the archive is missing or is not what was written; the message names it."""


class NotEqual(RuntimeError):
    """After a rebuild the store had another number of rows than were decided."""


ERRORS: Final = (HoldsOtherData, ArchiveIncomplete, NotEqual, StreamBusy, ClickHouseError)
"""What ends a rebuild with a sentence for whoever ran it."""


@dataclass(frozen=True, slots=True)
class Stream:
    workspace_id: int
    shard: int
    last_batch: int


@dataclass(frozen=True, slots=True)
class _Kept:
    """A file of the archive."""

    table: str
    path: str
    rows: int
    checksum: str


@dataclass(frozen=True, slots=True)
class _Source:
    """Batches that lie together, in files of the archive or (without files) in PostgreSQL."""

    span: Span
    kept: tuple[_Kept, ...] | None
    events: int
    changes: int

    @property
    def counted(self) -> tuple[tuple[str, int], ...]:
        """Rows that the tables have once all is there."""
        return ("event", self.events), ("person_change", self.changes)


def rebuild(say: Say) -> int:
    """Write all finished batches that the store lacks; the number of batches looked at.

    The tables must stand (`tabiji migrate`). Raises HoldsOtherData before anything is written;
    ArchiveIncomplete, NotEqual, holding.StreamBusy, core.clickhouse errors: run it again, it goes on.
    """
    return rebuild_streams([Stream(*row) for row in postgres.rows("SELECT * FROM event_streams()")], say)


def rebuild_streams(streams: Sequence[Stream], say: Say) -> int:
    """`rebuild` of these streams, of which the store must hold no other."""
    _refuse_other_data(streams)
    done = 0
    for stream in streams:
        with (
            waited_for(Work.ARCHIVING, stream.workspace_id, stream.shard),
            waited_for(Work.PROCESSING, stream.workspace_id, stream.shard),
        ):
            for source in _sources(stream):
                _restore(source)
                done += source.span.last - source.span.first + 1
                say(
                    f"workspace {stream.workspace_id}, stream {stream.shard}:"
                    f" batch {source.span.last} of {stream.last_batch}"
                )
    return done


def _restore(source: _Source) -> None:
    """The tables that can be counted come last: once they are full, nothing is missing."""
    store = clickhouse.store()
    if source.events + source.changes and _is_there(source):
        return
    for tables in (pieces.NEWEST_WINS, pieces.APPEND_ONLY):
        for found in _files(source, tables):
            store.insert_missing(found.table, found.file, source.span)
    if not _is_there(source):
        raise NotEqual(
            f"The batches {source.span.first} to {source.span.last} of workspace {source.span.workspace_id}, stream"
            f" {source.span.shard} have other rows than were decided. Begin again with an empty ClickHouse."
        )


def _is_there(source: _Source) -> bool:
    return all(clickhouse.store().stored(table, source.span) == rows for table, rows in source.counted)


def _files(source: _Source, tables: Sequence[str]) -> Iterator[File]:
    """The files of a source for these tables. Raises ArchiveIncomplete."""
    if source.kept is None:
        yield from pieces.files(source.span, tables)
        return
    for one in source.kept:
        if one.table in tables:
            yield pieces.of(one.table, _read(one), one.rows)


def _read(kept: _Kept) -> bytes:
    path: Path = archive.folder() / kept.path
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ArchiveIncomplete(
            f"{path} cannot be read ({error.strerror}): bring it back from a backup"
        ) from error
    if archive.checksum(data) != kept.checksum:
        raise ArchiveIncomplete(f"{path} is not what was written: bring it back from a backup")
    return data


def _sources(stream: Stream) -> Iterator[_Source]:
    """All finished batches of a stream in their order, wherever they lie."""
    after = 0
    while True:
        with postgres.workspace_scope(stream.workspace_id):
            kept = _kept_after(stream, after)
            piece = pieces.next_in_postgres(
                stream.workspace_id, stream.shard, after=after, before=kept.span.first if kept else None
            )
        source = _in_postgres(piece) if piece else kept
        if source is None:
            return
        yield source
        after = source.span.last


def _kept_after(stream: Stream, after: int) -> _Source | None:
    found = postgres.rows(
        sql.named("events", "kept_after"),
        {"workspace": stream.workspace_id, "shard": stream.shard, "after": after},
    )
    if not found:
        return None
    first, last = found[0][:2]
    kept = tuple(_Kept(*row[2:]) for row in found)
    events, changes = (sum(one.rows for one in kept if one.table == table) for table in pieces.APPEND_ONLY)
    return _Source(Span(stream.workspace_id, stream.shard, first, last), kept, events, changes)


def _in_postgres(piece: Piece) -> _Source:
    return _Source(piece.span, None, piece.events, piece.changes)


def _refuse_other_data(streams: Sequence[Stream]) -> None:
    """Raises HoldsOtherData unless all that the store holds can come from these streams' batches."""
    ours = {(stream.workspace_id, stream.shard): stream for stream in streams}
    for table, workspace_id, shard, first, last in clickhouse.store().rows(
        sql.named("events", "stored_streams"), lane="decision"
    ):
        stream = ours.get((workspace_id, shard))
        if stream is None or last > stream.last_batch:
            raise HoldsOtherData(
                f"{table} has rows of workspace {workspace_id}, stream {shard}, up to batch {last}, which this"
                " installation never decided. Give CLICKHOUSE_URL an empty database."
            )
        if table in pieces.APPEND_ONLY and not all(_is_ours(stream, table, batch) for batch in {first, last}):
            raise HoldsOtherData(
                f"{table} has rows in the batches {first} to {last} of workspace {workspace_id}, stream {shard},"
                " that were decided elsewhere. Give CLICKHOUSE_URL an empty database."
            )


def _is_ours(stream: Stream, table: str, batch_id: int) -> bool:
    """Whether every stored row of a batch is among those that we decided."""
    source = _source_of(stream, batch_id)
    if source is None:
        return False
    store, span = clickhouse.store(), Span(stream.workspace_id, stream.shard, batch_id, batch_id)
    asked = sql.named("events", f"known_rows_of_{table}")
    known = sum(
        int(store.scalar(asked, span.params, lane="decision", external=found.file))
        for found in _files(source, (table,))
    )
    return known == store.stored(table, span)


def _source_of(stream: Stream, batch_id: int) -> _Source | None:
    """Where a batch lies; a batch that is still open lies in PostgreSQL too."""
    with postgres.workspace_scope(stream.workspace_id):
        if postgres.scalar(
            "SELECT 1 FROM event_batch WHERE workspace_id = %s AND shard = %s AND batch_id = %s",
            [stream.workspace_id, stream.shard, batch_id],
        ):
            return _Source(Span(stream.workspace_id, stream.shard, batch_id, batch_id), None, 0, 0)
        first = postgres.scalar(
            "SELECT first_batch FROM event_archive WHERE workspace_id = %s AND shard = %s AND state = 'kept'"
            " AND first_batch <= %s AND last_batch >= %s LIMIT 1",
            [stream.workspace_id, stream.shard, batch_id, batch_id],
        )
        return None if first is None else _kept_after(stream, first - 1)
