"""Numbered SQL files that make the tables, applied once and in order.

ClickHouse has no transaction around DDL, so the record is kept by statement: `begun` before it, `done` or
`failed` after it. A statement that was begun by a process that died may have happened; only then the
answer "it exists already" means done.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tabiji.core.clickhouse.client import ClickHouse
from tabiji.core.clickhouse.errors import ClickHouseError, ClickHouseResting, UnknownOutcome

_FILE: Final = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")
_PIECE: Final = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*` | --[^\n]* | /\*.*?\*/ | (?P<end>;) | .""",
    re.VERBOSE | re.DOTALL,
)
_COMMENT: Final = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
_HAPPENED_BEFORE: Final = frozenset({15, 44, 57, 82})  # duplicate column, column, table, database exists
RECORD: Final = """
CREATE TABLE IF NOT EXISTS schema_migration (
    name String,
    statement UInt16,
    checksum String,
    state LowCardinality(String),
    applied_at DateTime64(3, 'UTC')
)
ENGINE = MergeTree
ORDER BY (name, statement)
"""
"""What was applied."""
_SUMMARY: Final = """
SELECT
    name,
    statement,
    argMax(checksum, applied_at),
    countIf(state = 'done') > 0,
    countIf(state = 'begun') > countIf(state IN ('done', 'failed'))
FROM schema_migration
GROUP BY name, statement
"""
_TYPES: Final = {
    "name": "String",
    "statement": "UInt16",
    "checksum": "String",
    "state": "LowCardinality(String)",
    "applied_at": "DateTime64(3, 'UTC')",
}


class MigrationRefused(RuntimeError):
    """The files do not fit what was applied before; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Migration:
    name: str
    """Room and file: events/0001_events.sql"""
    checksum: str
    statements: tuple[str, ...]


def migrate(store: ClickHouse, directories: Sequence[Path]) -> list[str]:
    """Apply what is new in the directories, in their order; the names of what was applied.

    Raises MigrationRefused for a file that changed after it was applied, two files of one number or a
    name that is not NNNN_name.sql; ClickHouseError for a statement that failed.
    """
    migrations = read(directories)
    store.command(RECORD)
    records = _records(store)
    for migration in migrations:
        _check_unchanged(migration, records)
    return [migration.name for migration in migrations if _apply(store, migration, records)]


def read(directories: Sequence[Path]) -> list[Migration]:
    """The migrations of the directories in order. Raises MigrationRefused."""
    return [_migration(directory, file) for directory in directories for file in _files(directory)]


def split(text: str) -> list[str]:
    """The statements of a file; semicolons in strings, names and comments do not end one."""
    statements = [""]
    for piece in _PIECE.finditer(text):
        if piece["end"]:
            statements.append("")
        else:
            statements[-1] += piece.group()
    return [statement.strip() for statement in statements if _COMMENT.sub("", statement).strip()]


@dataclass(frozen=True, slots=True)
class _Record:
    checksum: str
    done: bool
    cut_off: bool
    """Begun, and nobody knows how it ended."""


_Records = dict[tuple[str, int], _Record]
_NEVER: Final = _Record("", done=False, cut_off=False)


def _records(store: ClickHouse) -> _Records:
    rows = store.rows(_SUMMARY, lane="writer")
    return {
        (name, number): _Record(checksum, bool(done), bool(cut_off))
        for name, number, checksum, done, cut_off in rows
    }


def _check_unchanged(migration: Migration, records: _Records) -> None:
    first = records.get((migration.name, 0), _NEVER)
    if first.done and first.checksum != migration.checksum:
        raise MigrationRefused(
            f"{migration.name} was changed after it had been applied. "
            "Put it back as it was and write what is new into a file with the next number."
        )


def _apply(store: ClickHouse, migration: Migration, records: _Records) -> bool:
    changed = False
    for number, statement in enumerate(migration.statements):
        record = records.get((migration.name, number), _NEVER)
        if not record.done:
            _note(store, migration, number, "begun")
            _run(store, migration, number, statement, may_have_happened=record.cut_off)
            _note(store, migration, number, "done")
            changed = True
    return changed


def _run(
    store: ClickHouse, migration: Migration, number: int, statement: str, *, may_have_happened: bool
) -> None:
    try:
        store.command(statement)
    except (UnknownOutcome, ClickHouseResting):
        raise
    except ClickHouseError as error:
        if may_have_happened and error.code in _HAPPENED_BEFORE:
            return
        _note(store, migration, number, "failed")
        raise ClickHouseError(
            error.code, f"{migration.name}, statement {number + 1}: {error.message}"
        ) from error


def _note(store: ClickHouse, migration: Migration, number: int, state: str) -> None:
    store.insert(
        "schema_migration",
        {
            "name": [migration.name],
            "statement": [number],
            "checksum": [migration.checksum],
            "state": [state],
            "applied_at": [datetime.now(UTC)],
        },
        types=_TYPES,
    )


def _files(directory: Path) -> list[Path]:
    files = sorted(directory.glob("*.sql"))
    numbers: dict[str, Path] = {}
    for file in files:
        match = _FILE.fullmatch(file.name)
        if not match:
            raise MigrationRefused(f"{file} is not named NNNN_what_it_does.sql")
        other = numbers.setdefault(match[1], file)
        if other is not file:
            raise MigrationRefused(f"{file.name} and {other.name} have the same number in {directory}")
    return files


def _migration(directory: Path, file: Path) -> Migration:
    room = directory.parent.name if directory.name == "clickhouse" else directory.name
    text = file.read_text(encoding="utf-8")
    return Migration(f"{room}/{file.name}", hashlib.sha256(text.encode()).hexdigest(), tuple(split(text)))
