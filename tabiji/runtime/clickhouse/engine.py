"""chDB, and the only module that touches it.

A connection is used by one query at a time; connections of one process run in parallel. The engine
must be opened after exec and its process must never fork (a forked child hangs, checked).
"""

from __future__ import annotations

import ctypes
import importlib
import importlib.util
import os
import re
import sys
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from tabiji.runtime.clickhouse.faults import BAD_ARGUMENTS, EngineError, from_engine

_CONNECTION: Final = "engine?config-file=engine.xml"  # relative to the folder: a path may hold any character
_RTLD_DEEPBIND: Final = 0x8
_SETTING: Final = re.compile(r"[a-z][a-z0-9_]*\Z")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


@dataclass(frozen=True, slots=True)
class Access:
    """What a connection is prepared for; connections of equal access are interchangeable."""

    reads_only: bool
    database: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ExternalTable:
    """A table that travels with its query: made before it, gone after it."""

    name: str
    structure: str
    format: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Done:
    """A finished statement."""

    data: bytes
    rows: int
    """Of the result."""
    rows_read: int
    bytes_read: int
    rows_written: int
    bytes_written: int


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a streamed result, complete in its format."""

    data: bytes
    rows: int


class Engine:
    """The open data directory. The working directory of the process must be its folder."""

    def __init__(self) -> None:
        self._open = _load().connect
        self._lock = threading.Lock()
        self._control = self._connect()
        self.version = self._control.query("SELECT version()", "TSVRaw").bytes().decode().strip()

    def connection(self, access: Access, tables: list[ExternalTable]) -> Connection:
        """A new connection. Raises EngineError for a setting or table that the engine refuses."""
        connection = Connection(self._connect(), access)
        try:
            connection.prepare(tables)
        except BaseException:
            connection.close()
            raise
        return connection

    def control(self, sql: str) -> bytes:
        """Run a statement of the server itself and return TabSeparated text."""
        with self._lock, _engine_errors():
            return bytes(self._control.query(sql, "TSVRaw").bytes())

    def beat(self) -> None:
        """Return if the engine still turns; hangs if it hangs, so that a supervisor notices."""
        with suppress(EngineError):  # out of memory is not dead
            self.control("SELECT 1")

    def kill(self, query_id: str) -> None:
        """Ask a running query to stop; without effect if it has not begun or is over."""
        with suppress(EngineError):
            self.control(f"KILL QUERY WHERE startsWith(query, '{marker(query_id)}') ASYNC")

    def close(self) -> None:
        with self._lock:
            self._control.close()

    def _connect(self) -> Any:
        with _engine_errors():
            return self._open(_CONNECTION)


class Connection:
    def __init__(self, raw: Any, access: Access) -> None:
        self._raw = raw
        self.access = access

    def prepare(self, tables: list[ExternalTable]) -> None:
        """Give up rights first, then take what the client named, then forbid further change."""
        if self.access.reads_only:
            self._query("SET ROLE reader")
        self._query(f"USE {_identifier(self.access.database)}")
        if self.access.settings:
            self._query(
                "SET "
                + ", ".join(f"{_setting(name)} = {quoted(value)}" for name, value in self.access.settings)
            )
        for table in tables:
            self._make(table)
        if self.access.reads_only:
            self._query("SET readonly = 1")

    def classify(self, sql: str) -> tuple[str, int]:
        """By the engine's parser: READ_ONLY, MUTATING, MUTATING_GLOBAL, CONTROL or UNKNOWN, and how many statements."""
        with _engine_errors():
            verdict = self._raw.classify_query(sql)
        return verdict["query_class"].name, verdict["statement_count"]

    def query(self, sql: str, format_name: str, params: Mapping[str, str]) -> Done:
        with _engine_errors():
            result = self._raw.query(sql, format_name, params=dict(params))
        return Done(
            bytes(result.bytes()),
            result.rows_read(),
            result.storage_rows_read(),
            result.storage_bytes_read(),
            result.rows_written(),
            result.bytes_written(),
        )

    def blocks(self, sql: str, format_name: str, params: Mapping[str, str]) -> Generator[Block, None, None]:
        """The result of a reading statement block by block, in memory bounded by a few blocks.

        Raises EngineError before the first block or between blocks. Close the iterator, whatever
        happens: that cancels what is left of the query.
        """
        try:
            with _engine_errors():
                stream = self._raw.send_query(sql, format_name, params=dict(params))
        except EngineError as error:
            if "Streaming query is not supported" not in error.message:  # SHOW, DESCRIBE, EXPLAIN …
                raise
            done = self.query(sql, format_name, params)
            yield Block(done.data, done.rows)
            return
        ended = False
        try:
            while True:
                with _engine_errors():
                    fetched = self._raw.streaming_fetch_result(stream)
                block = Block(bytes(fetched.bytes()), fetched.rows_read())
                if not block.data:
                    ended = True
                    return
                yield block
        except EngineError:
            ended = True
            raise
        finally:
            if not ended:
                with suppress(RuntimeError):
                    self._raw.streaming_cancel_query(stream)

    def insert(
        self, target: str, settings: str, format_name: str, file: int, params: Mapping[str, str]
    ) -> Done:
        """Insert what the open file holds.

        chDB's own streaming insert (send_insert … insert_done) reports success for inserts that a memory
        limit, a constraint, a time limit or KILL has stopped (26.9.0); FROM INFILE reports them all.
        """
        sql = f"{target} FROM INFILE '/proc/self/fd/{file}' COMPRESSION 'none' {settings} FORMAT {_identifier(format_name)}"
        return self.query(sql, "TSVRaw", params)

    def close(self) -> None:
        with suppress(RuntimeError):
            self._raw.close()

    def _make(self, table: ExternalTable) -> None:
        name = _identifier(table.name)
        sql = f"CREATE TEMPORARY TABLE {name} ({table.structure}) ENGINE = Memory"
        if self.classify(sql)[1] > 1:
            raise EngineError(
                BAD_ARGUMENTS, f"The structure of the external table {name!r} is not a list of columns"
            )
        self._query(sql)
        if table.data:
            with memory_file() as file:
                write_all(file, table.data)
                self.insert(f"INSERT INTO {name}", "", table.format, file, {})

    def _query(self, sql: str) -> None:
        with _engine_errors():
            self._raw.query(sql, "TSVRaw")


@contextmanager
def memory_file() -> Iterator[int]:
    """An anonymous file in memory, as a descriptor, gone at the end of the block."""
    file = os.memfd_create("tabiji")
    try:
        yield file
    finally:
        os.close(file)


def write_all(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def marker(query_id: str) -> str:
    """chDB gives queries ids of its own; ours travels as a comment, visible in system.processes."""
    return f"/* query_id={query_id} */"


def quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _load() -> Any:
    """The extension module alone: chdb's own package imports numpy and pyarrow and opens a second engine in
    memory first, half a second and 50 MB for nothing that is used here."""
    found = importlib.util.find_spec("chdb")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent
    if sys.platform == "linux":
        # As the package does: the engine's own allocator goes before any other that was loaded.
        ctypes.CDLL(str(folder / "_chdb.abi3.so"), mode=sys.getdlopenflags() | _RTLD_DEEPBIND)
    package = ModuleType("chdb")
    package.__path__ = [str(folder)]
    sys.modules.setdefault("chdb", package)
    return importlib.import_module("chdb._chdb")


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise from_engine(error) from None


def _identifier(name: str) -> str:
    if not _IDENTIFIER.match(name):
        raise EngineError(BAD_ARGUMENTS, f"{name!r} is not a name: letters, digits and _ only")
    return name


def _setting(name: str) -> str:
    if not _SETTING.match(name):
        raise EngineError(BAD_ARGUMENTS, f"{name!r} is not the name of a setting")
    return name
