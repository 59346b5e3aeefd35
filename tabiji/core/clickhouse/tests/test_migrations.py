from __future__ import annotations

from pathlib import Path

import pytest

from tabiji.core.clickhouse import ClickHouse, ClickHouseError, MigrationRefused, migrate, migrations


@pytest.fixture
def room(tmp_path: Path) -> Path:
    """The folder of a room's migrations, as in tabiji/events/clickhouse."""
    folder = tmp_path / "events" / "clickhouse"
    folder.mkdir(parents=True)
    (folder / "0001_first.sql").write_text(
        "-- Two; tables.\nCREATE TABLE a (n UInt8) ENGINE = Log;\nCREATE TABLE b (n UInt8) ENGINE = Log;\n"
    )
    return folder


def test_new_files_are_applied_once_and_in_order(store: ClickHouse, room: Path, tmp_path: Path) -> None:
    other = tmp_path / "scoring" / "clickhouse"
    other.mkdir(parents=True)
    (other / "0001_first.sql").write_text("INSERT INTO a VALUES (1), (2)")

    first = migrate(store, [room, other])
    (room / "0002_more.sql").write_text("INSERT INTO b VALUES (3);")
    second = migrate(store, [room, other])
    third = migrate(store, [room, other])

    assert first == ["events/0001_first.sql", "scoring/0001_first.sql"]
    assert second == ["events/0002_more.sql"]
    assert third == []
    assert store.rows("SELECT (SELECT sum(n) FROM a), (SELECT sum(n) FROM b)") == [(3, 3)]


def test_a_file_changed_after_it_was_applied_is_refused(store: ClickHouse, room: Path) -> None:
    migrate(store, [room])
    (room / "0001_first.sql").write_text("CREATE TABLE a (n UInt16) ENGINE = Log")

    with pytest.raises(MigrationRefused, match=r"events/0001_first\.sql was changed.*next number"):
        migrate(store, [room])


def test_what_failed_can_be_mended(store: ClickHouse, room: Path) -> None:
    (room / "0001_first.sql").write_text("CREATE TABEL a (n UInt8)")
    with pytest.raises(ClickHouseError, match=r"events/0001_first\.sql, statement 1"):
        migrate(store, [room])

    (room / "0001_first.sql").write_text("CREATE TABLE a (n UInt8) ENGINE = Log")

    assert migrate(store, [room]) == ["events/0001_first.sql"]


def test_it_goes_on_after_the_statement_that_failed(store: ClickHouse, room: Path) -> None:
    store.command("CREATE TABLE b (n UInt8) ENGINE = Log")
    for _ in range(2):  # refused again: that b exists is nobody's unfinished work
        with pytest.raises(ClickHouseError, match="statement 2"):
            migrate(store, [room])

    store.command("DROP TABLE b")

    assert migrate(store, [room]) == ["events/0001_first.sql"]


def test_a_statement_cut_off_after_it_happened_counts_as_done(store: ClickHouse, room: Path) -> None:
    migrate(store, [room])
    store.command("ALTER TABLE schema_migration DELETE WHERE state = 'done' SETTINGS mutations_sync = 2")

    assert migrate(store, [room]) == ["events/0001_first.sql"]
    assert migrate(store, [room]) == []


@pytest.mark.parametrize("name", ["first.sql", "1_first.sql", "0001-first.sql", "0001_First.sql"])
def test_names_are_numbers_and_words(store: ClickHouse, room: Path, name: str) -> None:
    (room / name).write_text("SELECT 1")

    with pytest.raises(MigrationRefused, match="NNNN"):
        migrate(store, [room])


def test_a_number_is_given_once(room: Path) -> None:
    (room / "0001_second.sql").write_text("SELECT 1")

    with pytest.raises(MigrationRefused, match="same number"):
        migrations.read([room])


def test_statements_end_at_semicolons_that_are_nothing_else() -> None:
    text = "SELECT ';', 'it''s; \\';', `a;b`, \";\" -- not; here\n; /* nor; here */ SELECT 2;\n-- the end;\n"

    assert migrations.split(text) == [
        "SELECT ';', 'it''s; \\';', `a;b`, \";\" -- not; here",
        "/* nor; here */ SELECT 2",
    ]
