"""The archive: finished batches become Parquet files, and leave PostgreSQL once the files were read back.

`<folder>/<workspace>/<table>/day=<UTC day>/<shard>-<first>-<last>-<part>.parquet`, one file for each of the
five ClickHouse tables that a piece has rows for (more where it is large), named in `event_archive`. A file's
row says `begun` before the file is made; in the transaction that takes the batches out of PostgreSQL it
becomes `kept`. What a dead process left is therefore known by name, and made again.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from django.conf import settings

from tabiji.core import clickhouse, postgres, sql
from tabiji.core.clickhouse import ExternalFile
from tabiji.core.crashpoints import crashpoint
from tabiji.events import pieces
from tabiji.events.holding import Work, held
from tabiji.events.pieces import File, Piece

_TIME_S: Final = 300.0


class ArchiveDiffers(RuntimeError):
    """A file did not read back as what was decided; nothing was taken out of PostgreSQL."""


@dataclass(frozen=True, slots=True)
class _Written:
    path: str
    rows: int
    bytes: int
    checksum: str


def folder() -> Path:
    return Path(settings.ARCHIVE)


def after() -> timedelta:
    """How long a finished batch stays in PostgreSQL (TABIJI_ARCHIVE_AFTER_DAYS)."""
    return timedelta(days=settings.ARCHIVE_AFTER_DAYS)


def due(keep: timedelta) -> list[tuple[int, int]]:
    """Streams (workspace, shard) with finished batches older than this, the oldest first."""
    return [(row[0], row[1]) for row in postgres.rows("SELECT * FROM archive_due(%s)", [keep])]


def archive_next(workspace_id: int, shard: int, keep: timedelta) -> int:
    """Archive one piece of a stream; the number of its batches, 0 where nothing is due or another is at it.

    Raises ArchiveDiffers, OSError, core.clickhouse errors: then all is in PostgreSQL as before.
    """
    with held(Work.ARCHIVING, workspace_id, shard) as mine:
        if not mine:
            return 0
        _forget_unfinished(workspace_id, shard)
        with postgres.workspace_scope(workspace_id):
            piece = pieces.next_in_postgres(workspace_id, shard, keep=keep)
        if piece is None:
            return 0
        written = [_write(piece, place, file) for place, file in enumerate(pieces.files(piece.span), 1)]
        crashpoint("archive.before_commit")
        _settle(piece, written)
        crashpoint("archive.after_commit")
        return piece.span.last - piece.span.first + 1


def archive_all(keep: timedelta, say: Callable[[str], None]) -> int:
    """Everything that is due, telling of each piece; the number of batches."""
    done = 0
    for workspace_id, shard in due(keep):
        while batches := archive_next(workspace_id, shard, keep):
            done += batches
            say(f"{done} batches archived (workspace {workspace_id}, stream {shard})")
    return done


def checksum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _write(piece: Piece, place: int, made: File) -> _Written:
    """One file: announced, written under another name, read back from the disk and compared, renamed."""
    path = _path(piece, place, made.table)
    _announce(piece, made.table, path)
    target, draft = folder() / path, folder() / f"{path}.part"
    _store(draft, _parquet(made.file))
    data = draft.read_bytes()
    decided, read = _sums(made.file), _sums(pieces.of(made.table, data, made.rows).file)
    if decided != read:
        raise ArchiveDiffers(
            f"{draft} does not read back as what was decided. Nothing was deleted; look at the disk."
        )
    crashpoint("archive.before_rename")
    draft.rename(target)
    _sync_folder(target.parent)
    crashpoint("archive.after_rename")
    return _Written(path, made.rows, len(data), checksum(data))


def _settle(piece: Piece, written: list[_Written]) -> None:
    """The files are kept from here on, and what they hold goes: one transaction."""
    span = piece.span
    where = [span.workspace_id, span.shard, span.first, span.last]
    with postgres.workspace_scope(span.workspace_id):
        named = postgres.execute(
            "UPDATE event_archive a SET state = 'kept', rows = n.rows, bytes = n.bytes, checksum = n.checksum"
            " FROM unnest(%s::text[], %s::bigint[], %s::bigint[], %s::text[]) AS n(path, rows, bytes, checksum)"
            " WHERE a.path = n.path",
            [
                [one.path for one in written],
                [one.rows for one in written],
                [one.bytes for one in written],
                [one.checksum for one in written],
            ],
        )
        if named != len(written):
            raise ArchiveDiffers(f"{len(written)} files were written and {named} are on record: nothing goes")
        for statement in _LEAVE:
            postgres.execute(statement, where)


def _announce(piece: Piece, table: str, path: str) -> None:
    span = piece.span
    with postgres.workspace_scope(span.workspace_id):
        postgres.execute(
            "INSERT INTO event_archive (workspace_id, shard, day, relation, first_batch, last_batch, path)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            [span.workspace_id, span.shard, piece.day, table, span.first, span.last, path],
        )


def _forget_unfinished(workspace_id: int, shard: int) -> None:
    """Files that were begun and never kept: their batches are all in PostgreSQL."""
    with postgres.workspace_scope(workspace_id):
        begun = postgres.rows(
            "SELECT path FROM event_archive WHERE workspace_id = %s AND shard = %s AND state = 'begun'",
            [workspace_id, shard],
        )
    for (path,) in begun:
        (folder() / path).unlink(missing_ok=True)
        (folder() / f"{path}.part").unlink(missing_ok=True)
    if begun:
        with postgres.workspace_scope(workspace_id):
            postgres.execute(
                "DELETE FROM event_archive WHERE workspace_id = %s AND shard = %s AND state = 'begun'",
                [workspace_id, shard],
            )


def _path(piece: Piece, place: int, table: str) -> str:
    span = piece.span
    name = f"{span.shard}-{span.first:012}-{span.last:012}-{place:03}.parquet"
    return f"{span.workspace_id}/{table}/day={piece.day.isoformat()}/{name}"


def _parquet(file: ExternalFile) -> bytes:
    return clickhouse.store().document(
        sql.named("events", "as_parquet"), lane="decision", external=file, timeout_s=_TIME_S
    )


def _sums(file: ExternalFile) -> list[tuple[int, int, int]]:
    """(batch, rows, checksum of every column of every row) for each batch of a file."""
    asked = sql.named("events", "sums_of_piece")
    return [
        (row[0], row[1], row[2])
        for row in clickhouse.store().rows(asked, lane="decision", external=file, timeout_s=_TIME_S)
    ]


def _store(draft: Path, data: bytes) -> None:
    """On the disk when this returns, the folders too."""
    made = [one for one in draft.parents if not one.exists()]
    draft.parent.mkdir(parents=True, exist_ok=True)
    for one in made:
        _sync_folder(one.parent)
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_OF_SPAN: Final = " WHERE workspace_id = %s AND shard = %s AND batch_id BETWEEN %s AND %s"
_LEAVE: Final = tuple(
    f"DELETE FROM {table}{_OF_SPAN}" for table in ("event_inbox", "fact_outbox", "event_batch")
)
