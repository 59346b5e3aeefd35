"""Connections kept for the next query of equal access: preparing one costs about a millisecond."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tabiji.runtime.clickhouse.engine import Access, Connection, Engine, ExternalTable

_KEPT: Final = 16


class Pool:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._idle: list[Connection] = []  # the most recently used last
        self._lock = threading.Lock()

    @contextmanager
    def connection(self, access: Access, tables: list[ExternalTable]) -> Iterator[Connection]:
        """A connection for one query. One that held external tables, or failed, is not used again."""
        connection = (None if tables else self._take(access)) or self._engine.connection(access, tables)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if tables:
            connection.close()
        else:
            self._keep(connection)

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self, access: Access) -> Connection | None:
        with self._lock:
            for place in range(len(self._idle) - 1, -1, -1):
                if self._idle[place].access == access:
                    return self._idle.pop(place)
        return None

    def _keep(self, connection: Connection) -> None:
        with self._lock:
            self._idle.append(connection)
            surplus = self._idle[:-_KEPT]
            del self._idle[:-_KEPT]
        for old in surplus:
            old.close()
