"""PostgreSQL: the scope of a workspace, and plain SQL inside the current transaction.

Django's connection of this thread carries both the ORM and the statements here, so a public
function joins whatever transaction its caller has open. Values are bound by the server, never
pasted into text, which also lets whole sets travel as arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Final, TypeVar, cast
from uuid import UUID

import psycopg
from django.db import connection, transaction
from psycopg.adapt import AdaptersMap
from psycopg.rows import dict_row, tuple_row
from psycopg.types.array import ListBinaryDumper
from psycopg.types.datetime import DatetimeBinaryDumper
from psycopg.types.json import Jsonb, JsonbBinaryLoader, JsonbLoader
from psycopg.types.uuid import UUIDBinaryDumper

Params = Sequence[Any] | Mapping[str, Any] | None

Row = TypeVar("Row")
_scope: ContextVar[int | None] = ContextVar("workspace_scope", default=None)


class _ColumnDumper(ListBinaryDumper):
    """A column of a set; one value throughout (a mail, a moment, a kind) is encoded once and repeated."""

    def _dump_list(self, L: list[Any], dim: int, dims: list[int], data: list[Any]) -> int:
        first = L[0]
        # Equal is the same for these only: 0.0 and -0.0 are equal, and so are two hours of a clock put back.
        if not isinstance(first, (int, str, bytes, UUID)) and not _is_utc(first):
            return super()._dump_list(L, dim, dims, data)
        if dim < len(dims) - 1 or L.count(first) < len(L):
            return super()._dump_list(L, dim, dims, data)
        one: list[Any] = []
        super()._dump_list(L[:1], dim, [*dims[:dim], 1], one)
        data.append(b"".join(one) * len(L))
        return 0


def _is_utc(value: object) -> bool:
    return isinstance(value, datetime) and str(value.tzinfo) == "UTC"


def _adapters() -> AdaptersMap:
    """Sets travel in binary (three times faster than text), and jsonb comes as values.

    A map of our own: Django reads jsonb as text on the same connection, and keeps doing so.
    """
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_loader("jsonb", JsonbLoader)
    adapters.register_loader("jsonb", JsonbBinaryLoader)
    adapters.register_dumper(list, _ColumnDumper)
    adapters.register_dumper(UUID, UUIDBinaryDumper)
    adapters.register_dumper(datetime, DatetimeBinaryDumper)
    return adapters


_ADAPTERS: Final = _adapters()


class _Cursor(psycopg.Cursor[Row]):
    @property
    def adapters(self) -> AdaptersMap:
        return _ADAPTERS


class NoWorkspace(RuntimeError):
    """Code that needs a workspace ran outside `workspace_scope`."""


class OtherWorkspace(RuntimeError):
    """A scope was opened inside the scope of another workspace."""


@contextmanager
def workspace_scope(workspace_id: int) -> Iterator[None]:
    """One transaction that sees the rows of one workspace only (row-level security).

    Nests for the same workspace; raises OtherWorkspace for another one.
    """
    outer = _scope.get()
    if outer is not None:
        if outer != workspace_id:
            raise OtherWorkspace(f"workspace {workspace_id} asked for inside the scope of {outer}")
        with transaction.atomic():
            yield
        return
    token = _scope.set(workspace_id)
    try:
        with transaction.atomic():
            execute("SELECT set_config('app.ws', %s, true)", [str(workspace_id)])
            try:
                yield
            finally:
                if connection.in_atomic_block and not connection.needs_rollback and not _broken():
                    execute("SELECT set_config('app.ws', '', true)")
    finally:
        _scope.reset(token)


def workspace_id() -> int:
    """The workspace of the open scope; raises NoWorkspace outside one."""
    value = _scope.get()
    if value is None:
        raise NoWorkspace("open a workspace_scope first")
    return value


def cursor() -> psycopg.Cursor[tuple[Any, ...]]:
    """A server-bound cursor on this thread's connection; close it, or use `with`."""
    return _Cursor(raw_connection(), row_factory=tuple_row)


def raw_connection() -> psycopg.Connection[tuple[Any, ...]]:
    connection.ensure_connection()
    return cast("psycopg.Connection[tuple[Any, ...]]", connection.connection)


def execute(sql: str, params: Params = None) -> int:
    """Run one statement; the number of rows that it touched."""
    with cursor() as cur:
        cur.execute(sql, params)
        return cur.rowcount


def rows(sql: str, params: Params = None) -> list[tuple[Any, ...]]:
    with cursor() as cur:
        cur.execute(sql, params, binary=True)
        return cur.fetchall()


def records(sql: str, params: Params = None) -> list[dict[str, Any]]:
    """Rows as dicts by column name."""
    with _Cursor(raw_connection(), row_factory=dict_row) as cur:
        cur.execute(sql, params, binary=True)
        return cur.fetchall()


def find_row(sql: str, params: Params = None) -> tuple[Any, ...] | None:
    with cursor() as cur:
        cur.execute(sql, params, binary=True)
        return cur.fetchone()


def scalar(sql: str, params: Params = None) -> Any:
    """The first column of the first row, or None where there is no row."""
    found = find_row(sql, params)
    return None if found is None else found[0]


def _broken() -> bool:
    return raw_connection().info.transaction_status == psycopg.pq.TransactionStatus.INERROR


def json(value: Any) -> Jsonb:
    """A value to bind to a jsonb parameter."""
    return Jsonb(value)
