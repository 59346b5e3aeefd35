from __future__ import annotations

import pytest

from tabiji.runtime.clickhouse import statements


@pytest.mark.parametrize(
    ("text", "target", "format_name", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\x01\x02", b"INSERT INTO t", "Native", b"\x01\x02"),
        (b"insert into `a b`.t (x, y) format CSV 1,2", b"insert into `a b`.t (x, y)", "CSV", b"1,2"),
        (b"INSERT INTO t VALUES (1, 'FORMAT x')", b"INSERT INTO t", "Values", b"(1, 'FORMAT x')"),
        (b"INSERT INTO format FORMAT TSV\r\n\n", b"INSERT INTO format", "TSV", b"\n"),
        (
            b"/* ; */ INSERT -- x\n INTO TABLE t FORMAT TSV\n1",
            b"/* ; */ INSERT -- x\n INTO TABLE t",
            "TSV",
            b"1",
        ),
        (
            b"INSERT INTO t (`format`, `select`) FORMAT TSV\n1",
            b"INSERT INTO t (`format`, `select`)",
            "TSV",
            b"1",
        ),
    ],
)
def test_an_insert_is_cut_where_its_data_begins(
    text: bytes, target: bytes, format_name: str, data: bytes
) -> None:
    insert = statements.split_insert(text)

    assert insert is not None
    assert (insert.target, insert.format, text[insert.data_at :]) == (target, format_name, data)


def test_settings_of_an_insert_stand_apart() -> None:
    insert = statements.split_insert(b"INSERT INTO t (a) SETTINGS max_threads = 1 FORMAT TSV\n1")

    assert insert is not None
    assert (insert.target, insert.settings) == (b"INSERT INTO t (a)", b"SETTINGS max_threads = 1")


@pytest.mark.parametrize(
    "text",
    [
        b"SELECT 1 FORMAT Native",
        b"INSERT INTO t SELECT 1 FORMAT Native",
        b"INSERT INTO t WITH x AS (SELECT 1) SELECT * FROM x",
        b"INSERT INTO t FROM INFILE 'x' FORMAT CSV",
        b"INSERT INTO t (a, b)",
        b"INSERT INTO t FORM",
        b"INSERT INTO t FORMAT Nati",
        b"",
    ],
)
def test_other_statements_bring_no_data(text: bytes) -> None:
    assert statements.split_insert(text) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (b"SELECT 1 FORMAT JSON", "JSON"),
        (b"SELECT 1\nformat TSV ;", "TSV"),
        (b"SELECT 1 FORMAT Native SETTINGS max_threads = 1", "Native"),
        (b"SELECT 1 FORMAT CSV -- done", "CSV"),
        (b"SELECT format FROM t", None),
        (b"SELECT 1 AS format, 2", None),
        (b"SELECT ' FORMAT JSON'", None),
        (b"SELECT 1 AS a FORMAT Native\n", "Native"),
        (b"SELECT `x FORMAT` FROM t", None),
        (b"SELECT * FROM format(TSV, 'a')", None),
        (b"SELECT (SELECT 1 AS FORMAT)", None),
    ],
)
def test_the_format_of_a_query_is_its_last_clause(text: bytes, name: str | None) -> None:
    assert statements.format_of(text) == name
