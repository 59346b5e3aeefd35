"""Screens and decisions cannot leave the database, whatever their text says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import Http

_READS_A_FILE = [
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT file('/etc/passwd')",
    "SELECT `file`('/etc/passwd')",
    "SELECT \"fi\\x6ce\"('/etc/passwd')",
    "SELECT `\\x66\\x69\\x6c\\x65`('/etc/passwd')",
    "SELECT * APPLY(file) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT * APPLY(x -> file(x)) FROM (SELECT '/etc/passwd' AS x)",
    "SELECT COLUMNS('x') APPLY file FROM (SELECT '/etc/passwd' AS x)",
    "SELECT arrayMap(p -> file(p), ['/etc/passwd'])",
    "EXPLAIN SELECT file('/etc/passwd')",
    "SHOW TABLES WHERE file('/etc/passwd') != ''",
    "WITH a AS (SELECT file/**/('/etc/passwd')) SELECT * FROM a",
    "SELECT $$ ' $$, file('/etc/passwd'), $$ ' $$",
    "SELECT 1 /* /* */ ' */, file('/etc/passwd') -- '",
    "-- nothing to see\nSELECT file('/etc/passwd')",
    "DESCRIBE file('/etc/passwd')",
    "SELECT * FROM default.`/etc/passwd`",
    "DESCRIBE default.`/etc/passwd`",
    "SELECT * FROM filesystem('/etc')",
    "SELECT * FROM sqlite('/etc/passwd', 't')",
    "SELECT * FROM view(SELECT * FROM file('/etc/passwd', 'LineAsString'))",
    "CREATE TEMPORARY TABLE x ENGINE = File(CSV, '/etc/passwd')",
    "SELECT * FROM executable('cat /etc/passwd', 'TSV', 'a String')",
]
_REACHES_OUT = [
    "SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
    "DESCRIBE url('http://127.0.0.1:1/')",
    "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'LineAsString')",
    "SELECT * FROM remote('127.0.0.1:9000', system.one)",
    "SELECT * FROM mysql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM postgresql('127.0.0.1:1', 'a', 'b', 'c', 'd')",
    "SELECT * FROM bigquery('a', 'b', 'c')",
    "SELECT * FROM python(x)",
    "SELECT aiGenerate(map('provider', 'x'), 'a')",
]
_CHANGES = [
    "INSERT INTO system_x VALUES (1)",
    "CREATE TABLE x (a UInt8) ENGINE = Memory",
    "DROP DATABASE tabiji",
    "SET readonly = 0",
    "SET ROLE owner",
    "SELECT 1 SETTINGS max_execution_time = 0",
    "SELECT 1 SETTINGS readonly = 0",
    "KILL QUERY WHERE 1",
    "SYSTEM SHUTDOWN",
    "USE system",
    "EXECUTE AS default SELECT 1",
    "SELECT 1; DROP DATABASE tabiji",
    "BACKUP DATABASE tabiji TO File('x')",
]


@pytest.mark.parametrize("lane", ["screen", "decision"])
@pytest.mark.parametrize("sql", _READS_A_FILE + _REACHES_OUT + _CHANGES)
def test_a_reading_lane_refuses(http_: Http, lane: str, sql: str) -> None:
    reply = http_.ask(sql, lane)

    assert reply.status >= 400, reply.text
    assert reply.code in (36, 46, 62, 164, 497), reply.text
    assert "root:" not in reply.text


@pytest.mark.parametrize("lane", ["screen", "decision", "writer"])
def test_no_lane_writes_files(http_: Http, lane: str, tmp_path: Path) -> None:
    target = tmp_path / "out.tsv"

    outfile = http_.ask(f"SELECT 1 INTO OUTFILE '{target}'", lane)
    function = http_.ask(f"INSERT INTO FUNCTION file('{target}', 'TSV', 'a UInt8') VALUES (1)", lane)

    assert outfile.status >= 400
    assert function.status >= 400
    assert not target.exists()


def test_an_external_table_is_columns_and_nothing_else(http_: Http) -> None:
    boundary = "q"
    body = b'--q\r\nContent-Disposition: form-data; name="ids"; filename="ids"\r\n\r\n1\n\r\n--q--\r\n'
    for structure in (
        "a UInt8) ENGINE = File(CSV, '/etc/passwd') --",
        "a UInt8) ENGINE = Memory; SET ROLE owner; --",
        "a UInt8) AS SELECT * FROM file('/etc/passwd', 'LineAsString') --",
    ):
        reply = http_.ask(
            body,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
            query="SELECT currentRoles(), * FROM ids",
            ids_structure=structure,
        )

        assert reply.status >= 400
        assert "root:" not in reply.text


def test_other_databases_are_out_of_sight_for_readers(http_: Http) -> None:
    assert http_.ask("CREATE DATABASE IF NOT EXISTS elsewhere", "writer").status == 200
    http_.ask("CREATE TABLE IF NOT EXISTS elsewhere.t (a UInt8) ENGINE = MergeTree ORDER BY a", "writer")

    assert http_.ask("SELECT * FROM elsewhere.t").code == 497
    assert http_.ask("SELECT * FROM elsewhere.t", "writer").status == 200


def test_everyday_questions_pass(http_: Http, table: str) -> None:
    for sql in (
        f"SELECT count() FROM {table}",
        f"DESCRIBE TABLE {table}",
        f"EXPLAIN SELECT * FROM {table}",
        "SHOW TABLES",
        "SELECT * FROM numbers(3)",
        "SELECT props.file, `props`.`file` FROM (SELECT {text:String}::JSON AS props)",
        "SELECT 1 AS profile, 2 AS files",
        "-- Rows of the profile, as a file would list them.\nSELECT 1",
    ):
        reply = http_.ask(sql, param_text='{"file": "a.pdf"}')
        assert reply.status == 200, (sql, reply.text)


def test_the_engine_stays_up_when_the_writer_is_told_to_shut_it_down(
    http_: Http, server: EmbeddedClickHouse
) -> None:
    assert http_.ask("SYSTEM SHUTDOWN", "writer").code == 164
    assert http_.ask("SELECT 1", "writer").text == "1\n"
