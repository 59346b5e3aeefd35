"""Chance that comes out the same on every machine and version: one number at a time from one seed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Chance:
    """Only `Random.random` is asked: its sequence for a seed is promised for ever, other methods' are not."""

    def __init__(self, seed: str) -> None:
        self._next: Callable[[], float] = Random(seed).random  # noqa: S311 (nothing secret is made of it)

    def share(self) -> float:
        """0 to just below 1."""
        return self._next()

    def below(self, limit: int) -> int:
        return int(self._next() * limit)

    def between(self, low: int, high: int) -> int:
        """Both included."""
        return low + int(self._next() * (high - low + 1))

    def happens(self, probability: float) -> bool:
        return self._next() < probability

    def pick(self, choices: Sequence[T]) -> T:
        return choices[int(self._next() * len(choices))]

    def shuffled(self, things: Iterable[T]) -> list[T]:
        order = list(things)
        for place in range(len(order) - 1, 0, -1):
            other = int(self._next() * (place + 1))
            order[place], order[other] = order[other], order[place]
        return order

    def weighted(self, bounds: Sequence[float]) -> int:
        """The place in rising sums of weights (`sums`) into which the next number falls."""
        wanted = self._next() * bounds[-1]
        low, high = 0, len(bounds) - 1
        while low < high:
            middle = (low + high) // 2
            if bounds[middle] > wanted:
                high = middle
            else:
                low = middle + 1
        return low


def sums(weights: Iterable[float]) -> list[float]:
    total, found = 0.0, []
    for weight in weights:
        total += weight
        found.append(total)
    return found


def spread(total: int, weights: Sequence[float]) -> list[int]:
    """`total` whole things divided by weight: the largest remainders get the rest, the earlier among equals."""
    whole = sum(weights)
    shares = [total * weight / whole for weight in weights]
    counts = [int(share) for share in shares]
    rest = sorted(range(len(weights)), key=lambda place: (counts[place] - shares[place], place))
    for place in rest[: total - sum(counts)]:
        counts[place] += 1
    return counts
