"""The high-volume ways in. Rooms register an inlet by path prefix; `runtime` assembles them.

An inlet is an async function without any framework: it reads a Request, accepts events through
the Acceptance (durable when it returns) and gives a Response.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tabiji.core.registry import Registry


@dataclass(slots=True)
class Request:
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    address: str


@dataclass(slots=True)
class Response:
    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Sequence[tuple[str, str]] = field(default_factory=tuple)


class Acceptance(Protocol):
    """What an inlet may do with the stores."""

    async def accept(
        self,
        workspace_id: int,
        events: Sequence[bytes],
        *,
        source: str,
        sent_at: str = "",
        address: str = "",
        agent: str = "",
        is_history: bool = False,
    ) -> None:
        """Store events (Segment-spec JSON); returns when they are durable. Raises Busy."""

    async def reject(self, workspace_id: int, reason: str, detail: str, source: str, body: bytes) -> None:
        """Keep what could not be read, with its reason, where a colleague sees it."""

    async def workspace_of(self, write_key: str) -> int | None:
        """The workspace of a public write key."""

    async def row(self, sql: str, params: Sequence[Any]) -> tuple[Any, ...] | None:
        """One row, outside any workspace: for lookups by functions that check for themselves."""


class Busy(RuntimeError):
    """The database is away or behind: the client should come again (503 with Retry-After)."""


Inlet = Callable[[Request, Acceptance], Awaitable[Response]]
inlets: Registry[Inlet] = Registry("inlet")
"""By path prefix, such as `/v1/`."""
