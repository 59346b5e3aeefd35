"""Another engine on the data of an earlier one."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from tabiji.runtime.clickhouse import ClickHouseFailed, EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import Connect
from tabiji.runtime.clickhouse.versions import rows_on_disk

_NOW = version("chdb-core")


@pytest.fixture
def old(own_server: EmbeddedClickHouse, connect: Connect) -> Iterator[EmbeddedClickHouse]:
    """A stopped server whose data another version seems to have written."""
    http_ = connect(own_server)
    for sql in (
        "CREATE TABLE events (n UInt32, m UInt8) ENGINE = MergeTree PARTITION BY m ORDER BY n",
        "INSERT INTO events SELECT number, number % 3 FROM numbers(900)",
        "INSERT INTO events SELECT number, 1 FROM numbers(100)",
        "OPTIMIZE TABLE events FINAL",
        "INSERT INTO events SELECT number, 2 FROM numbers(10)",
        "ALTER TABLE events DELETE WHERE n < 5 SETTINGS mutations_sync = 2",
        "CREATE TABLE people (id UInt32, v UInt32) ENGINE = ReplacingMergeTree(v) ORDER BY id",
        "INSERT INTO people SELECT number % 10, number FROM numbers(100)",
        "CREATE TABLE single (n UInt32) ENGINE = MergeTree ORDER BY n",
        "INSERT INTO single SELECT number FROM numbers(5000)",
    ):
        reply = http_.ask(sql, "writer")
        assert reply.status == 200, reply.text
    own_server.stop()
    (own_server.path / "engine-version").write_text("25.1.0")
    yield own_server


def test_data_of_another_version_is_opened_when_all_rows_are_there(
    old: EmbeddedClickHouse, connect: Connect
) -> None:
    # 900 + 100 + 10, less n < 5: five of the 900, five of the 100, five of the 10
    assert sorted(filter(None, rows_on_disk(old.path / "engine").values())) == [10, 995, 5000]

    old.start()
    old.wait_ready()

    assert connect(old).ask("SELECT count() FROM events").text == "995\n"
    assert (old.path / "engine-version").read_text() == _NOW
    assert (old.path / "engine-before").is_dir()

    old.stop()
    old.start()
    old.wait_ready()

    assert not (old.path / "engine-before").exists()


def test_data_that_the_new_version_cannot_keep_is_put_back(old: EmbeddedClickHouse, connect: Connect) -> None:
    data = old.path / "engine"
    rows = rows_on_disk(data)
    largest = max(data.glob("store/*/*/all_1_1_0/data.bin"), key=lambda file: file.stat().st_size)
    whole = largest.read_bytes()
    largest.write_bytes(whole[:10])  # the engine sets such a part aside when it loads the table

    old.start()
    with pytest.raises(ClickHouseFailed, match=r"does not open what 25\.1\.0 wrote"):
        old.wait_ready()

    assert "pip install chdb-core==25.1.0" in old.log.read_text()
    assert (old.path / "engine-version").read_text() == "25.1.0"
    assert rows_on_disk(data) == rows
    assert largest.exists()
    assert (old.path / f"engine-refused-{_NOW}").is_dir()

    largest.write_bytes(whole)
    old.start()
    old.wait_ready()

    assert connect(old).ask("SELECT count() FROM events").text == "995\n"


def test_a_new_folder_needs_no_comparison_and_its_settings_are_written_at_every_start(
    own_server: EmbeddedClickHouse,
) -> None:
    own_server.stop()
    Path(own_server.path / "engine.xml").write_text("nonsense")

    own_server.start()
    own_server.wait_ready()

    assert (own_server.path / "engine-version").read_text() == _NOW
    assert not (own_server.path / "engine-before").exists()
