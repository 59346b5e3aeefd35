"""The store on a cluster of ClickHouse servers: its DDL, made of the embedded store's own migrations.

Each table becomes two: `<table>_local`, replicated, with a part of the people on every shard, and `<table>`,
Distributed over them, which Tabiji reads and writes. The migrations run on the local tables in their order; the
distributed ones are made of what came out, so that there is one template for both stores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from tabiji.core import clickhouse
from tabiji.core.clickhouse import Migration

SHARDED_BY: Final[Mapping[str, str]] = {
    "event": "subject_id",
    "person_change": "person_id",
    "person_value": "person_id",
    "person": "person_id",
    "identity_override": "subject_id",
    "event_canary": "message_id",
}
"""Rows that replace each other, and acts that are summed up together, have the same value: they meet on one shard."""
PROFILE: Final = "tabiji_cluster"
_NAME: Final = re.compile(r"[A-Za-z_]\w{0,62}")
_CREATED: Final = re.compile(r"^CREATE TABLE (?P<table>\w+) \($", re.MULTILINE)
_ALTERED: Final = re.compile(r"^ALTER TABLE (?P<table>\w+) (?=ADD )", re.MULTILINE)
_ENGINE: Final = re.compile(r"^ENGINE = (?P<kind>\w*)MergeTree(?:\((?P<version>\w+)\))?(?=;?$)", re.MULTILINE)
_RECORD: Final = "schema_migration"
_RECORD_CREATED: Final = re.compile(rf"^CREATE TABLE IF NOT EXISTS {_RECORD} \($", re.MULTILINE)
_COMMENT: Final = re.compile(r"^--.*\n", re.MULTILINE)


class CannotShard(ValueError):
    """A name or a migration that no cluster can be made of; the message says which."""


def ddl(migrations: Sequence[Migration], *, cluster: str, database: str) -> list[str]:
    """The statements for an empty cluster, to be run once, in this order, on any of its servers.

    cluster: its name in `remote_servers`; the servers have the macros `{shard}` and `{replica}`. Afterwards
    `tabiji migrate` finds nothing to do. Raises CannotShard.
    """
    place = _Place(_checked("cluster", cluster), _checked("database", database))
    written = [statement for one in migrations for statement in one.statements]
    local = [place.local(statement) for statement in written]
    tables = [found["table"] for statement in written if (found := _CREATED.search(statement))]
    return [
        place.database_itself(),
        place.profile(),
        *local,
        *(place.distributed(table) for table in tables),
        place.record(),
        *([place.recorded(migrations)] if migrations else []),
    ]


class _Place:
    """A database on a cluster."""

    def __init__(self, cluster: str, database: str) -> None:
        self._cluster = cluster
        self._database = database
        self._everywhere = f"ON CLUSTER '{cluster}'"

    def database_itself(self) -> str:
        return f"CREATE DATABASE IF NOT EXISTS {self._database} {self._everywhere}"

    def profile(self) -> str:
        return "\n".join(
            (
                "-- For the user of CLICKHOUSE_URL: ALTER USER … SETTINGS PROFILE …. An insert is acknowledged once every",
                "-- shard has it on most replicas, and counts of a batch see it; subqueries go out from the initiator.",
                f"CREATE SETTINGS PROFILE IF NOT EXISTS {PROFILE} {self._everywhere} SETTINGS",
                ",\n".join(f"    {name} = {value}" for name, value in _SETTINGS.items()),
            )
        )

    def local(self, statement: str) -> str:
        """A migration's statement, for the local tables of all servers. Raises CannotShard."""
        if _CREATED.search(statement) and _ENGINE.search(statement):
            made = _CREATED.sub(lambda found: f"CREATE TABLE {self._local(found)} (", statement)
            return _ENGINE.sub(_replicated, made)
        if _ALTERED.search(statement):
            return _ALTERED.sub(lambda found: f"ALTER TABLE {self._local(found)} ", statement)
        first = _COMMENT.sub("", statement).strip().split("\n")[0]
        raise CannotShard(
            f"“{first}” is none of the statements that are known on a cluster (CREATE TABLE … ENGINE = …MergeTree,"
            " ALTER TABLE … ADD …): say in tabiji/events/cluster.py what becomes of it."
        )

    def distributed(self, table: str) -> str:
        key = SHARDED_BY.get(table)
        if key is None:
            raise CannotShard(f"tabiji/events/cluster.py does not say by what the table {table} is sharded.")
        return "\n".join(
            (
                f"CREATE TABLE {self._database}.{table} {self._everywhere} AS {self._database}.{table}_local",
                f"ENGINE = Distributed('{self._cluster}', '{self._database}', '{table}_local', cityHash64({key}))",
            )
        )

    def record(self) -> str:
        """`schema_migration`: the same rows on all servers, whatever their shard."""
        named = f"CREATE TABLE {self._database}.{_RECORD} {self._everywhere} ("
        made = _RECORD_CREATED.sub(named, clickhouse.RECORD.strip())
        return "-- What `tabiji migrate` finds applied.\n" + _ENGINE.sub(
            "ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/all', '{shard}-{replica}')", made
        )

    def recorded(self, migrations: Sequence[Migration]) -> str:
        rows = [
            f"    ('{one.name}', {number}, '{one.checksum}', 'done', now64(3))"
            for one in migrations
            for number in range(len(one.statements))
        ]
        return f"INSERT INTO {self._database}.{_RECORD} VALUES\n" + ",\n".join(rows)

    def _local(self, found: re.Match[str]) -> str:
        return f"{self._database}.{found['table']}_local {self._everywhere}"


def _replicated(found: re.Match[str]) -> str:
    path = ["'/clickhouse/tables/{uuid}/{shard}'", "'{replica}'"]
    args = ", ".join([*path, found["version"]] if found["version"] else path)
    return f"ENGINE = Replicated{found['kind']}MergeTree({args})"


def _checked(what: str, name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise CannotShard(
            f"The {what} is named with letters, digits and _, at most 63 of them: “{name[:80]}”"
        )
    return name


_SETTINGS: Final = {
    "distributed_foreground_insert": "1",
    "insert_quorum": "'auto'",
    "insert_quorum_parallel": "0",
    "select_sequential_consistency": "1",
    "distributed_product_mode": "'global'",
}
