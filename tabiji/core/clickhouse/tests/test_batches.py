"""Accepted = stored, exactly once, whatever dies."""

from __future__ import annotations

import random
import threading
import time
import uuid
from typing import Any

import pytest

from tabiji.core.clickhouse import BatchDoubled, ClickHouse, ClickHouseError, ClickHouseResting
from tabiji.core.clickhouse.tests.conftest import Mortal

_TYPES = {
    "workspace_id": "UInt32",
    "shard": "UInt8",
    "batch_id": "UInt64",
    "ordinal": "UInt32",
    "subject_id": "UUID",
    "name": "LowCardinality(String)",
    "month": "UInt8",
    "props": "JSON(max_dynamic_paths=16)",
}
_MAKE = """
CREATE TABLE happened (
    workspace_id UInt32, shard UInt8, batch_id UInt64, ordinal UInt32, subject_id UUID,
    name LowCardinality(String), month UInt8, props JSON(max_dynamic_paths = 16)
)
ENGINE = MergeTree PARTITION BY month ORDER BY (workspace_id, name, subject_id)
"""


def _rows(batch_id: int, count: int = 500) -> dict[str, list[Any]]:
    return {
        "workspace_id": [1] * count,
        "shard": [2] * count,
        "batch_id": [batch_id] * count,
        "ordinal": list(range(count)),
        "subject_id": [uuid.uuid4().bytes for _ in range(count)],
        "name": ["page_viewed"] * count,
        "month": [n % 3 for n in range(count)],  # several parts, so that half an insert can exist
        "props": ['{"path": "/a"}'] * count,
    }


def _insert(store: ClickHouse, batch_id: int, columns: dict[str, list[Any]], **options: Any) -> int:
    return store.insert_batch(
        "happened", columns, _TYPES, workspace_id=1, shard=2, batch_id=batch_id, **options
    )


def _stored(store: ClickHouse) -> dict[int, tuple[int, int]]:
    """By batch: rows, and different ordinals."""
    found = store.rows(
        "SELECT batch_id, count(), uniqExact(ordinal) FROM happened GROUP BY batch_id", lane="writer"
    )
    return {batch_id: (rows, ordinals) for batch_id, rows, ordinals in found}


def test_a_batch_is_written_once_however_often_it_is_sent(store: ClickHouse) -> None:
    store.command(_MAKE)
    columns = _rows(7)

    written = [_insert(store, 7, columns) for _ in range(3)]

    assert written == [500, 0, 0]
    assert _stored(store) == {7: (500, 500)}


def test_only_what_is_missing_is_written(store: ClickHouse) -> None:
    store.command(_MAKE)
    columns = _rows(7)
    store.insert("happened", {name: values[100:200] for name, values in columns.items()}, types=_TYPES)

    written = _insert(store, 7, columns)

    assert written == 400
    assert _stored(store) == {7: (500, 500)}


def test_batches_of_other_streams_are_not_mistaken_for_it(store: ClickHouse) -> None:
    store.command(_MAKE)
    for place, value in (("workspace_id", 9), ("shard", 9), ("batch_id", 9)):
        store.insert("happened", {**_rows(7), place: [value] * 500}, types=_TYPES)

    assert _insert(store, 7, _rows(7)) == 500


def test_a_doubled_batch_is_an_alarm(store: ClickHouse) -> None:
    store.command(_MAKE)
    columns = _rows(7)
    store.insert("happened", columns, types=_TYPES)
    store.insert("happened", {name: values[:1] for name, values in columns.items()}, types=_TYPES)

    with pytest.raises(BatchDoubled, match="501 rows"):
        _insert(store, 7, columns)


def test_a_table_that_drops_superseded_rows_is_written_until_acknowledged(store: ClickHouse) -> None:
    store.command("""
        CREATE TABLE happened (
            workspace_id UInt32, shard UInt8, batch_id UInt64, ordinal UInt32, subject_id UUID,
            name LowCardinality(String), month UInt8, props JSON(max_dynamic_paths = 16)
        ) ENGINE = ReplacingMergeTree(batch_id) ORDER BY (workspace_id, name)
    """)

    _insert(store, 7, _rows(7))
    _insert(store, 7, _rows(7))
    _insert(store, 8, _rows(8))

    assert store.rows("SELECT batch_id FROM happened FINAL") == [(8,)]


def test_an_attempt_under_way_is_waited_for(store: ClickHouse) -> None:
    """A second caller, as after a restart: it must not write beside an insert that still runs."""
    slow = _MAKE.replace("name Low", "pause UInt8 MATERIALIZED sleepEachRow(0.003), name Low", 1)
    store.command(slow)
    columns = _rows(7)
    first = threading.Thread(target=_insert, args=(store, 7, columns))
    first.start()
    time.sleep(0.3)

    second = _insert(store, 7, columns)
    first.join()

    assert second == 0
    assert _stored(store) == {7: (500, 500)}


def test_what_the_server_refuses_is_not_repeated(store: ClickHouse) -> None:
    store.command(_MAKE)
    store.command("ALTER TABLE happened ADD CONSTRAINT never CHECK ordinal > 1000")

    with pytest.raises(ClickHouseError) as refused:
        _insert(store, 7, _rows(7))

    assert refused.value.code == 469
    assert _stored(store) == {}


def test_accepted_is_stored_through_sigkills(mortal: Mortal) -> None:
    """Kills at random moments of a loop of inserts; every call that returned is there once, and only once."""
    random.seed(20260428)
    store = ClickHouse(mortal.url)
    store.command(_MAKE)
    accepted: list[int] = []
    enough = threading.Event()

    def write() -> None:
        batch_id = 0
        while not enough.is_set():
            batch_id += 1
            columns = _rows(batch_id)
            while True:
                try:
                    _insert(store, batch_id, columns, patience_s=60)
                    break
                except ClickHouseError:
                    time.sleep(0.05)
            accepted.append(batch_id)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(6):
        time.sleep(random.uniform(0.1, 0.4))
        mortal.kill()
        mortal.start()
    time.sleep(0.2)
    enough.set()
    writer.join()

    assert len(accepted) > 6
    assert _stored(store) == dict.fromkeys(accepted, (500, 500))
    store.close()


def test_patience_ends(mortal: Mortal) -> None:
    store = ClickHouse(mortal.url)
    store.command(_MAKE)
    mortal.kill()

    began = time.monotonic()
    with pytest.raises(ClickHouseResting):
        _insert(store, 7, _rows(7), patience_s=1)

    assert time.monotonic() - began < 3
    store.close()
