"""Embedded ClickHouse: a server process on chDB that speaks ClickHouse's HTTP interface. See README.md."""

from tabiji.runtime.clickhouse.embedded import ClickHouseFailed, EmbeddedClickHouse

__all__ = ["ClickHouseFailed", "EmbeddedClickHouse"]
