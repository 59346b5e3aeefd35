"""ClickHouse counts: the client of the whole product.

`configure` names the server once, when the process starts; `store` is the client that all share.
"""

from __future__ import annotations

from tabiji.core.clickhouse.client import ClickHouse, Columns, External, ExternalFile, Lane, Params, Span
from tabiji.core.clickhouse.errors import (
    BatchDoubled,
    ClickHouseError,
    ClickHouseResting,
    QueryTooBig,
    QueryTooLong,
    UnknownOutcome,
)
from tabiji.core.clickhouse.migrations import RECORD, Migration, MigrationRefused, migrate, read

__all__ = [
    "RECORD",
    "BatchDoubled",
    "ClickHouse",
    "ClickHouseError",
    "ClickHouseResting",
    "Columns",
    "External",
    "ExternalFile",
    "Lane",
    "Migration",
    "MigrationRefused",
    "Params",
    "QueryTooBig",
    "QueryTooLong",
    "Span",
    "UnknownOutcome",
    "configure",
    "migrate",
    "read",
    "store",
]

_store: ClickHouse | None = None


def configure(url: str) -> None:
    """Name the server of this process: `http://user:secret@host:port/database`. Raises ValueError."""
    global _store
    _store = ClickHouse(url)


def store() -> ClickHouse:
    """The client that all rooms share."""
    if _store is None:
        raise RuntimeError("call tabiji.core.clickhouse.configure(url) when the process starts")
    return _store
