"""The queries under way: a client that leaves takes its query with it, and so does the server's end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tabiji.runtime.clickhouse.faults import QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, EngineError

_LOOK_EVERY_S: Final = 0.2


@dataclass(eq=False, slots=True)
class Running:
    query_id: str
    left: Callable[[], bool]
    """Whether whoever asked has gone."""
    writes: bool
    since: float = field(default_factory=time.monotonic)
    cancelled: bool = False


class Queries:
    """Holds what runs and looks after it five times a second, and not at all while nothing runs."""

    def __init__(self, kill: Callable[[str], None]) -> None:
        self._kill = kill
        self._running: dict[str, Running] = {}
        self._lock = threading.Lock()
        self._something = threading.Event()
        self._ending = False
        self._watch = threading.Thread(target=self._look_after, name="watch", daemon=True)
        self._watch.start()

    @contextmanager
    def running(self, query_id: str, left: Callable[[], bool], *, writes: bool) -> Iterator[Running]:
        """Registers a query for the block. Raises EngineError if its id runs already."""
        query = Running(query_id, left, writes)
        with self._lock:
            if query_id in self._running:
                raise EngineError(
                    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, f"Query with id = {query_id} is already running."
                )
            query.cancelled = self._ending
            self._running[query_id] = query
            if not self._something.is_set():
                self._something.set()
        try:
            yield query
        finally:
            with self._lock:
                del self._running[query_id]

    def count(self) -> int:
        with self._lock:
            return len(self._running)

    def cancel(self, *, writers: bool) -> None:
        """Cancel what reads, or all, and whatever would begin from now on."""
        with self._lock:
            self._ending = True
            for query in self._running.values():
                query.cancelled = query.cancelled or writers or not query.writes

    def _look_after(self) -> None:
        while True:
            self._something.wait()
            time.sleep(_LOOK_EVERY_S)
            for query in self._to_be_looked_at():
                if query.cancelled or query.left():
                    query.cancelled = True
                    # Asked again each time until it is over: it may not have begun when first asked.
                    self._kill(query.query_id)

    def _to_be_looked_at(self) -> list[Running]:
        with self._lock:
            if not self._running:
                self._something.clear()
            ripe = time.monotonic() - _LOOK_EVERY_S
            return [query for query in self._running.values() if query.since < ripe or query.cancelled]
