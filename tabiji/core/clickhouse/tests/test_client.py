from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from tabiji.core.clickhouse import (
    ClickHouse,
    ClickHouseError,
    ClickHouseResting,
    External,
    QueryTooBig,
    QueryTooLong,
    UnknownOutcome,
)

AT = datetime(2026, 4, 28, 5, 0, 0, 123000, tzinfo=UTC)
AT_MS = 1777352400123


@pytest.fixture
def kinds(store: ClickHouse) -> str:
    store.command("""
        CREATE TABLE kinds (
            id UInt32,
            small UInt8,
            big UInt64,
            uuid UUID,
            word LowCardinality(String),
            at DateTime64(3, 'UTC'),
            seen Nullable(DateTime64(3, 'UTC')),
            day Date,
            props JSON(max_dynamic_paths = 64),
            numbers Array(UInt32),
            labels Map(String, String),
            ratio Float64,
            flag Bool,
            doubled UInt64 MATERIALIZED id * 2
        ) ENGINE = MergeTree ORDER BY id
    """)
    return "kinds"


def test_columns_go_there_and_back(store: ClickHouse, kinds: str) -> None:
    ids = [uuid.uuid4(), uuid.uuid4()]
    columns: dict[str, list[Any]] = {
        "id": [1, 2],
        "small": [0, 255],
        "big": [0, 2**64 - 1],
        "uuid": ids,
        "word": ["言葉", ""],
        "at": [AT, AT],
        "seen": [None, AT],
        "day": [date(2026, 4, 28), date(1990, 1, 1)],
        "props": [{"a": {"b": 1}}, {}],
        "numbers": [[1, 2], []],
        "labels": [{"k'": "v\n"}, {}],
        "ratio": [0.5, -1.0],
        "flag": [True, False],
    }

    written = store.insert(kinds, columns)

    assert written == 2
    assert store.columns(f"SELECT * FROM {kinds} ORDER BY id") == columns


def test_faster_spellings_mean_the_same(store: ClickHouse, kinds: str) -> None:
    one = uuid.uuid4()
    columns: dict[str, list[Any]] = {
        "id": [1],
        "uuid": [one.bytes],
        "at": [AT_MS],
        "seen": [AT_MS],
        "props": ['{"a": [1, 2]}'],
    }
    types = store.types(kinds)

    store.insert(kinds, columns, types=types)

    assert store.rows("SELECT uuid, at, seen, props FROM kinds") == [(one, AT, AT, {"a": [1, 2]})]
    assert "doubled" not in types


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("id", [-1]),
        ("small", [256]),
        ("uuid", [b"short"]),
        ("uuid", ["no uuid"]),
        ("at", ["yesterday"]),
        ("numbers", [["x"]]),
        ("id", [1, 2]),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_sent(
    store: ClickHouse, kinds: str, column: str, values: list[object]
) -> None:
    with pytest.raises(ValueError, match=column if len(values) == 1 else "length"):
        store.insert(kinds, {"word": ["x"], column: values}, types=store.types(kinds))

    assert store.scalar("SELECT count() FROM kinds") == 0


def test_an_empty_insert_asks_nobody(store: ClickHouse) -> None:
    assert store.insert("nowhere", {"id": []}, types={"id": "UInt32"}) == 0


def test_names_of_tables_come_from_a_closed_set(store: ClickHouse) -> None:
    for name in ("t; DROP TABLE x", "t (a) SELECT", "`t`", "T", ""):
        with pytest.raises(ValueError, match="name of a table"):
            store.insert(name, {"id": [1]}, types={"id": "UInt32"})


def test_rows_scalar_and_stream_agree(store: ClickHouse) -> None:
    sql, params = "SELECT number, toString(number) AS text FROM numbers({n:UInt64})", {"n": 100_000}

    rows = store.rows(sql, params)

    assert rows == [(n, str(n)) for n in range(100_000)]
    assert list(store.stream(sql, params)) == rows
    assert store.scalar(sql, params) == 0
    assert store.scalar("SELECT number FROM numbers(0)") is None
    assert store.rows("SELECT 1 FROM numbers(0)") == []


def test_columns_are_there_also_without_rows(store: ClickHouse) -> None:
    sql = "SELECT number AS n, {x:String} AS x FROM numbers(10) WHERE n IN (SELECT id FROM ids) -- none"

    found = store.columns(sql, {"x": "a"}, external=External("ids", {"id": ("UInt64", [99])}))

    assert found == {"n": [], "x": []}


def test_external_tables_travel_with_their_question(store: ClickHouse) -> None:
    ids = [uuid.uuid4() for _ in range(20_000)]
    people = External(
        "people", {"id": ("UUID", [one.bytes for one in ids]), "score": ("Int32", range(20_000))}
    )
    chosen = External("chosen", {"id": ("UUID", ids[:3])})

    total = store.rows(
        "SELECT count(), sum(score) FROM people WHERE id IN chosen",
        external=[people, chosen],
        lane="decision",
    )

    assert total == [(3, 0 + 1 + 2)]
    with pytest.raises(ClickHouseError) as gone:
        store.rows("SELECT * FROM people", lane="decision")
    assert gone.value.code == 60


def test_very_long_parameters_travel_too(store: ClickHouse) -> None:
    ids = [uuid.uuid4() for _ in range(5_000)]

    assert store.scalar("SELECT length({ids:Array(UUID)})", {"ids": ids}) == 5_000


def test_questions_only_read(store: ClickHouse, kinds: str) -> None:
    for lane in ("screen", "decision"):
        with pytest.raises(ClickHouseError) as refused:
            store.rows(f"TRUNCATE TABLE {kinds}", lane=lane)
        assert refused.value.code == 164


def test_errors_say_what_a_caller_can_do(store: ClickHouse) -> None:
    with pytest.raises(QueryTooLong):
        store.rows("SELECT sleep(3)", timeout_s=0.5)
    with pytest.raises(QueryTooBig):
        store.rows("SELECT number FROM numbers(1000000000)", lane="decision")
    with pytest.raises(ClickHouseError) as unknown:
        store.rows("SELECT * FROM nonsense")
    assert unknown.value.code == 60
    with pytest.raises(ClickHouseError) as middle:
        list(store.stream("SELECT throwIf(number = 900000) FROM numbers(1000000)"))
    assert middle.value.code == 395


def test_a_stream_that_is_left_frees_its_slot(store: ClickHouse) -> None:
    for _ in range(12):  # more than there are slots
        stream = store.stream("SELECT number FROM numbers(100000000000)")
        assert next(iter(stream)) == (0,)
        stream.close()  # type: ignore[attr-defined]

    assert store.scalar("SELECT 1") == 1


def test_a_lane_without_a_slot_is_resting(store: ClickHouse) -> None:
    slow = [threading.Thread(target=store.rows, args=("SELECT sleep(2.5)",)) for _ in range(4)]
    for thread in slow:
        thread.start()
    time.sleep(0.3)

    with pytest.raises(ClickHouseResting):
        store.rows("SELECT 1")
    assert store.rows("SELECT 1", lane="decision") == [(1,)]
    for thread in slow:
        thread.join()


def test_nobody_at_home_is_resting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    absent = ClickHouse(f"http://a:b@127.0.0.1:{port}/tabiji")

    for call in (
        lambda: absent.rows("SELECT 1"),
        lambda: absent.command("SELECT 1"),
        lambda: absent.insert("t", {"a": [1]}, types={"a": "UInt8"}),
    ):
        with pytest.raises(ClickHouseResting):
            call()
    assert not absent.ready()


@pytest.mark.parametrize("url", ["", "clickhouse://a", "http://", "127.0.0.1:8123"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="CLICKHOUSE_URL"):
        ClickHouse(url)


def test_threads_share_one_client(store: ClickHouse) -> None:
    answers: dict[int, int] = {}

    def ask(number: int) -> None:
        for _ in range(20):
            answers[number] = store.scalar("SELECT {n:UInt32}", {"n": number}, lane="decision")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: number for number in range(8)}


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_opens_connections_of_its_own(store: ClickHouse) -> None:
    assert store.scalar("SELECT 1") == 1

    child = os.fork()
    if child == 0:
        os._exit(0 if store.scalar("SELECT 41 + 1") == 42 else 1)

    assert os.waitpid(child, 0)[1] == 0
    assert [store.scalar("SELECT {n:UInt8}", {"n": n}) for n in range(5)] == list(range(5))


def test_it_brings_no_pandas_along() -> None:
    """Two seconds and 70 MB in every process, if the codec's lazy imports are touched."""
    code = """
import sys
from tabiji.core.clickhouse import native
native.encode({"a": [1], "b": ["x"], "j": [{}]}, {"a": "UInt8", "b": "LowCardinality(String)", "j": "JSON"})
assert not {"pandas", "pyarrow", "polars"} & set(sys.modules), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class _CutOff:
    """Passes requests on to a server and closes the connection instead of giving the answer back."""

    def __init__(self, port: int) -> None:
        self.target = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        client, _ = self.listener.accept()
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            client.settimeout(0.3)
            try:
                while piece := client.recv(1 << 16):
                    server.sendall(piece)
            except TimeoutError:
                server.recv(100)

    def close(self) -> None:
        self.thread.join()
        self.listener.close()


@pytest.fixture
def cut_off(clickhouse_url: str) -> Iterator[_CutOff]:
    proxy = _CutOff(int(clickhouse_url.rpartition(":")[2].partition("/")[0]))
    yield proxy
    proxy.close()


def test_an_insert_without_an_answer_has_an_unknown_outcome(
    store: ClickHouse, kinds: str, clickhouse_url: str, cut_off: _CutOff
) -> None:
    base = clickhouse_url.rpartition(":")[0]
    unlucky = ClickHouse(f"{base}:{cut_off.port}/{store.database}")

    with pytest.raises(UnknownOutcome):
        unlucky.insert(kinds, {"id": [1]}, types={"id": "UInt32"})

    assert store.scalar("SELECT count() FROM kinds") == 1  # this time it was done, and never twice
