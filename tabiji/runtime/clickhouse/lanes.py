"""Lanes: who waits for whom. A slow screen never holds up a decision, and neither holds up the writer.

A request names its lane in the header X-Tabiji-Lane, which a real ClickHouse ignores; without it, it
is a screen.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from tabiji.runtime.clickhouse.configuration import Limits
from tabiji.runtime.clickhouse.faults import TOO_MANY_SIMULTANEOUS_QUERIES, EngineError

HEADER: Final = "x-tabiji-lane"
DEFAULT: Final = "screen"


@dataclass(frozen=True, slots=True)
class Rules:
    slots: int
    wait_s: float
    """How long a request waits for a slot before it is told to come again."""
    reads_only: bool
    settings: Mapping[str, int] = field(default_factory=dict)
    """Given to every query; on a reading lane a client may lower them, never raise them."""


class LaneFull(EngineError):
    def __init__(self, lane: str, retry_after_s: int) -> None:
        super().__init__(
            TOO_MANY_SIMULTANEOUS_QUERIES,
            f"Too many simultaneous queries: the lane {lane!r} is full. Come again in {retry_after_s} s.",
        )
        self.retry_after_s = retry_after_s


class Lane:
    """A number of slots, given out in the order of asking."""

    def __init__(self, name: str, rules: Rules) -> None:
        self.name = name
        self.rules = rules
        self._free = rules.slots
        self._waiting: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Hold a slot for the block. Raises LaneFull after the lane's wait."""
        self._take()
        try:
            yield
        finally:
            self._give_back()

    def settings(self, asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """The settings of a query: what the client asked for, within the lane's rules."""
        merged = dict(asked)
        if self.rules.reads_only:
            merged.pop("readonly", None)  # the lane's own is stricter, and comes last
        for name, limit in self.rules.settings.items():
            merged[name] = self._within(asked.get(name), limit)
        return tuple(sorted(merged.items()))

    def _within(self, asked: str | None, limit: int) -> str:
        if asked is None:
            return str(limit)
        if not self.rules.reads_only:
            return asked
        try:
            value = float(asked)
        except ValueError:
            return str(limit)
        return asked if 0 < value < limit else str(limit)

    def _take(self) -> None:
        with self._lock:
            if self._free and not self._waiting:
                self._free -= 1
                return
            turn = threading.Event()
            self._waiting.append(turn)
        if turn.wait(self.rules.wait_s):
            return
        with self._lock:
            if turn.is_set():  # given in the very last moment
                return
            self._waiting.remove(turn)
        raise LaneFull(self.name, retry_after_s=1)

    def _give_back(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().set()  # the slot passes on without becoming free
            else:
                self._free += 1


def lanes(limits: Limits, screens: int) -> dict[str, Lane]:
    """The three lanes of a server."""
    rules = {
        "writer": Rules(slots=1, wait_s=10, reads_only=False, settings={"max_execution_time": 3600}),
        "decision": Rules(
            slots=2,
            wait_s=5,
            reads_only=True,
            settings={"max_execution_time": 120, "max_memory_usage": limits.memory // 2},
        ),
        "screen": Rules(
            slots=screens,
            wait_s=2,
            reads_only=True,
            settings={"max_execution_time": 20, "max_memory_usage": limits.memory // 4},
        ),
    }
    return {name: Lane(name, rule) for name, rule in rules.items()}
