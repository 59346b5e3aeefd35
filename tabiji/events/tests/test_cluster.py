"""The tables of a cluster: what the embedded store has, on every shard; each statement as the engine reads it."""

from __future__ import annotations

import re

import pytest
from typer.testing import CliRunner

from tabiji.core import clickhouse
from tabiji.core.clickhouse import Migration
from tabiji.events import cluster, store
from tabiji.runtime import cli, migrate


@pytest.fixture(scope="module")
def statements() -> list[str]:
    return cluster.ddl(_migrations(), cluster="big", database="tabiji")


def test_the_engine_reads_every_statement(django_db_setup: None, statements: list[str]) -> None:
    for statement in statements:
        read = clickhouse.store().scalar(
            "SELECT formatQuerySingleLine({statement:String})", {"statement": statement}
        )

        assert read.startswith(("CREATE ", "ALTER TABLE ", "INSERT INTO ")), statement
        assert "ON CLUSTER big" in read or read.startswith("INSERT")


def test_a_statement_that_the_engine_does_not_read_is_told(django_db_setup: None) -> None:
    with pytest.raises(clickhouse.ClickHouseError, match="Syntax error"):
        clickhouse.store().scalar("SELECT formatQuerySingleLine('CREATE TABLE t ON CLUSTER (n UInt8)')")


def test_every_table_is_replicated_on_its_shards_and_distributed_over_them(statements: list[str]) -> None:
    text = "\n".join(statements)
    local = re.findall(r"^CREATE TABLE tabiji\.(\w+)_local ON CLUSTER 'big' \($", text, re.MULTILINE)
    keys = dict(re.findall(r"'big', 'tabiji', '(\w+)_local', cityHash64\((\w+)\)\)$", text, re.MULTILINE))

    assert set(local) == set(keys) == {*store.TYPES, "event_canary"}
    assert all(keys[table] in columns for table, columns in store.TYPES.items())
    assert len(re.findall(r"^ENGINE = Replicated\w*MergeTree\(", text, re.MULTILINE)) == len(local) + 1
    assert not re.findall(r"^ENGINE = (?!Replicated|Distributed)", text, re.MULTILINE)


def test_what_replaces_each_other_meets_on_one_shard(django_db_setup: None) -> None:
    """By its own sorting key a newer row replaces an older one, which must include what the shard is chosen by."""
    keys = dict(
        clickhouse.store().rows(
            "SELECT name, sorting_key FROM system.tables"
            " WHERE database = currentDatabase() AND engine = 'ReplacingMergeTree'",
            lane="writer",
        )
    )

    assert set(keys) == {"person_value", "person", "identity_override"}
    for table, key in keys.items():
        assert cluster.SHARDED_BY[table] in key.split(", ")


def test_afterwards_there_is_nothing_to_migrate(statements: list[str]) -> None:
    recorded = re.findall(r"\('(\S+)', (\d+), '(\w{64})', 'done', ", statements[-1])

    assert recorded == [
        (one.name, str(number), one.checksum)
        for one in _migrations()
        for number, _ in enumerate(one.statements)
    ]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("-- Why.\nRENAME TABLE event TO act", "RENAME TABLE event TO act"),
        ("CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1"),
        ("ALTER TABLE event DELETE WHERE 1", "ALTER TABLE event DELETE WHERE 1"),
        ("CREATE TABLE fresh (\n    n UInt8\n)\nENGINE = MergeTree\nORDER BY n", "fresh"),
    ],
)
def test_what_nobody_thought_of_for_a_cluster_is_refused(statement: str, said: str) -> None:
    with pytest.raises(cluster.CannotShard, match=said):
        cluster.ddl([Migration("events/0099_x.sql", "", (statement,))], cluster="big", database="tabiji")


def test_the_command_prints_and_a_name_cannot_end_a_quote() -> None:
    printed = CliRunner().invoke(cli.app, ["events-cluster-ddl", "--cluster", "big"])
    refused = CliRunner().invoke(cli.app, ["events-cluster-ddl", "--cluster", "a' b"])

    assert printed.exit_code == 0
    assert printed.stdout.count(";\n") == len(cluster.ddl(_migrations(), cluster="big", database="tabiji"))
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "a' b" in refused.stderr


def _migrations() -> list[Migration]:
    return clickhouse.read(migrate.clickhouse_directories())
