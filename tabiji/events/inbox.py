"""The collector's connection into the inbox: one prepared statement, asked for through libpq itself.

All requests of a collector share one thread, and a statement through a cursor takes more of it (260 µs, not
160): its values are adapted one by one, and each of its waits has a timer.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Sequence
from typing import Any, Final

import psycopg
from psycopg.pq import ExecStatus, Format
from psycopg.rows import tuple_row

from tabiji.events import inlet

Rejected = tuple[int, str, str, str, bytes]
"""(workspace, reason, detail, source, body)"""

_NAME: Final = b"accept"
_PREPARE: Final = (
    "PREPARE accept (bigint[], smallint[], integer[], bytea[]) AS SELECT accept_events($1, $2, $3, $4)"
)
_REJECT: Final = "SELECT reject_events(%b::bigint[], %b::text[], %b::text[], %b::text[], %b::bytea[])"
_BIGINT, _SMALLINT, _INTEGER, _BYTEA = 20, 21, 23, 17
"""Object ids of types, fixed in PostgreSQL's catalogue (pg_type.dat)."""


class Inbox:
    """An open connection; what it stored is durable when the call returns."""

    def __init__(self, connection: psycopg.AsyncConnection[tuple[Any, ...]]) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._failure: psycopg.Error | None = None

    @classmethod
    async def open(cls, dsn: str, *, patience_s: float) -> Inbox:
        """patience_s: after so long PostgreSQL gives up a statement, and nothing of it is stored."""
        connection = await psycopg.AsyncConnection.connect(dsn, autocommit=True, row_factory=tuple_row)
        await connection.execute(
            "SELECT set_config('statement_timeout', %s, false)", [f"{patience_s * 1_000:.0f}"]
        )
        await connection.execute(_PREPARE)
        return cls(connection)

    async def close(self) -> None:
        await self._connection.close()

    async def store(self, parts: Sequence[inlet.Accepted], rejected: Sequence[Rejected]) -> None:
        """All of it or nothing. Raises psycopg.Error; the connection is of no use then."""
        if not rejected:
            return await self._accept(parts)
        async with self._connection.transaction():
            if parts:
                await self._accept(parts)
            await self._connection.execute(_REJECT, [list(column) for column in zip(*rejected, strict=True)])

    async def _accept(self, parts: Sequence[inlet.Accepted]) -> None:
        workspaces, shards, counts, bodies = inlet.pack(parts)
        values = [
            _array(_BIGINT, [struct.pack("!q", one) for one in workspaces]),
            _array(_SMALLINT, [struct.pack("!h", one) for one in shards]),
            _array(_INTEGER, [struct.pack("!i", one) for one in counts]),
            _array(_BYTEA, bodies),
        ]
        self._pgconn.send_query_prepared(_NAME, values, [Format.BINARY] * len(values))
        await self._answered()

    async def _answered(self) -> None:
        loop, socket = asyncio.get_running_loop(), self._pgconn.socket
        done: asyncio.Future[None] = loop.create_future()
        self._failure = None
        loop.add_reader(socket, self._go_on, done)
        if self._pgconn.flush():
            loop.add_writer(socket, self._go_on, done)
        try:
            await done
        finally:
            loop.remove_reader(socket)
            loop.remove_writer(socket)

    def _go_on(self, done: asyncio.Future[None]) -> None:
        """Send and read what can be; done is settled by the end of the answer, which follows the commit."""
        try:
            self._pgconn.consume_input()
            if not self._pgconn.flush():
                asyncio.get_running_loop().remove_writer(self._pgconn.socket)
            while not self._pgconn.is_busy() and not done.done():
                result = self._pgconn.get_result()
                if result is None:
                    _settle(done, self._failure)
                elif result.status != ExecStatus.TUPLES_OK:
                    self._failure = psycopg.OperationalError(result.get_error_message())
        except psycopg.Error as error:
            _settle(done, error)


def _settle(done: asyncio.Future[None], failure: psycopg.Error | None) -> None:
    if done.done():
        return
    if failure is None:
        done.set_result(None)
    else:
        done.set_exception(failure)


def _array(of: int, items: Sequence[bytes]) -> bytes:
    """A one-dimensional array without NULL in PostgreSQL's binary format (array_send): no item, no dimension."""
    head = struct.pack("!iiiii", 1, 0, of, len(items), 1) if items else struct.pack("!iii", 0, 0, of)
    return head + b"".join(part for item in items for part in (struct.pack("!i", len(item)), item))
