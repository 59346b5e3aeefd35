"""Which write key belongs to which workspace: read together, by one connection, once for everybody who asks."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from tabiji.core.inlets import Busy

_FRESH_S: Final = 10.0
_STALE_S: Final = 60.0
"""Older than this nothing is believed: a key that was withdrawn ends within a minute, whatever happens."""
_PAUSE_S: Final = 1.0
"""Between two looks, whoever asks for what: unknown keys cost one look a second, failures too."""
_LOOK_S: Final = 10.0


class KnownKeys:
    """All write keys and streams of an installation, kept in memory.

    Requests share one look at the database. A known key is answered from what was read before while
    the next look is on its way; only an unknown one waits for it.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._keys: dict[str, int] = {}
        self._shards: dict[int, int] = {}
        self._read = self._asked = -1e9
        self._failed: Busy | None = None
        self._look: asyncio.Task[None] | None = None
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None

    async def workspace_of(self, write_key: str) -> int | None:
        """The workspace of a key, or None for one that is unknown or withdrawn. Raises Busy."""
        is_known = write_key in self._keys
        if not is_known or time.monotonic() - self._read > _FRESH_S:
            await self._refresh(is_known=is_known)
        return self._keys.get(write_key)

    async def shards_of(self, workspace_id: int) -> int:
        """Into how many streams a workspace is cut. Raises Busy, LookupError."""
        if workspace_id not in self._shards:
            await self._refresh(is_known=False)
        if workspace_id not in self._shards:
            raise LookupError(f"there is no workspace {workspace_id}")
        return self._shards[workspace_id]

    async def close(self) -> None:
        if self._look is not None:
            self._look.cancel()
            await asyncio.gather(self._look, return_exceptions=True)
        await self._disconnect()

    async def _refresh(self, *, is_known: bool) -> None:
        look = self._shared_look()
        if is_known and time.monotonic() - self._read <= _STALE_S:
            return
        if look is not None:
            # Nobody who hangs up may end the look of the others.
            await asyncio.shield(look)
        if self._failed is not None:
            raise self._failed

    def _shared_look(self) -> asyncio.Task[None] | None:
        """The look under way, or a new one; None where the last began less than a moment ago."""
        if self._look is not None and not self._look.done():
            return self._look
        if time.monotonic() - self._asked < _PAUSE_S:
            return None
        self._asked = time.monotonic()
        self._look = asyncio.create_task(self._read_all())
        return self._look

    async def _read_all(self) -> None:
        began = time.monotonic()
        try:
            async with asyncio.timeout(_LOOK_S):
                keys = await self._rows("SELECT public, workspace_id FROM write_keys()")
                spaces = await self._rows("SELECT id, shards FROM all_workspaces()")
        except (psycopg.Error, OSError) as error:
            self._failed = Busy(f"the write keys cannot be read: {error}")
            await self._disconnect()
            return
        self._keys, self._shards = dict(keys), dict(spaces)
        self._read, self._failed = began, None

    async def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(
                self._dsn, autocommit=True, row_factory=tuple_row
            )
        cursor = await self._connection.execute(sql)
        return await cursor.fetchall()

    async def _disconnect(self) -> None:
        if self._connection is not None:
            await self._connection.close()
            self._connection = None
