"""Numbers that may be missing for a moment: while ClickHouse is away, the rest of a page still stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from tabiji.core import clickhouse

T = TypeVar("T")


class Counting:
    """The questions of one page. After the first one that finds ClickHouse away, no other is asked.

    rests: whether that happened, so that the page says it once.
    """

    def __init__(self) -> None:
        self.rests = False

    def ask(self, question: Callable[[], T]) -> T | None:
        """The answer, or None while counting rests. Anything else that goes wrong is raised."""
        if self.rests:
            return None
        try:
            return question()
        except clickhouse.ClickHouseResting:
            self.rests = True
            return None
