"""A typed registry: plug points are found by name, and an unknown name raises."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Unknown(LookupError):
    """Nothing is registered under this name; it never means "everything" or "nothing"."""


class Registry(Generic[T]):
    def __init__(self, what: str) -> None:
        self._what = what
        self._entries: dict[str, T] = {}

    def add(self, name: str, entry: T) -> T:
        if name in self._entries and self._entries[name] is not entry:
            raise ValueError(f"{self._what} {name!r} is registered twice")
        self._entries[name] = entry
        return entry

    def get(self, name: str) -> T:
        """Raises Unknown."""
        try:
            return self._entries[name]
        except KeyError:
            raise Unknown(
                f"no {self._what} is called {name!r}; known: {', '.join(sorted(self._entries))}"
            ) from None

    def find(self, name: str) -> T | None:
        return self._entries.get(name)

    def names(self) -> list[str]:
        return sorted(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[T]:
        return iter(self._entries.values())

    def __len__(self) -> int:
        return len(self._entries)
