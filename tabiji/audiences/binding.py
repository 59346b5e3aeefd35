"""Values of a statement, bound by the server under names of their own, never pasted into its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

WORKSPACE: Final = "{ws:UInt32}"
"""The placeholder of the workspace, which every statement binds."""


@dataclass(slots=True)
class Binder:
    values: dict[str, Any] = field(default_factory=dict)

    def bind(self, value: Any, type_name: str) -> str:
        """The placeholder of this value; type_name is a ClickHouse type (or `Identifier`) from our code."""
        name = "p" + str(len(self.values))
        self.values[name] = value
        return "{" + name + ":" + type_name + "}"

    def named(self, name: str, value: Any, type_name: str) -> str:
        """The placeholder of a value that a statement reads in several places."""
        self.values[name] = value
        return "{" + name + ":" + type_name + "}"


def both(parts: list[str]) -> str:
    """All of these conditions; none at all holds for everything."""
    return "(" + " AND ".join(parts) + ")" if parts else "1"


def either(parts: list[str]) -> str:
    """At least one of these conditions; none at all holds for nothing."""
    return "(" + " OR ".join(parts) + ")" if parts else "0"


def opposite(part: str) -> str:
    return "NOT (" + part + ")"
