"""`clickhouse-connect`, unmodified: what it can do against a server it can do here."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import SECRET


def _client(server: EmbeddedClickHouse, lane: str, **options: Any) -> Client:
    return clickhouse_connect.get_client(
        host="127.0.0.1",
        port=server.port,
        username="anyone",
        password=SECRET,
        database=server.database,
        headers={"X-Tabiji-Lane": lane},
        dedicated_pool=True,
        tz_mode="aware",
        **options,
    )


@pytest.fixture(params=["lz4", "zstd", "gzip", False])
def client(server: EmbeddedClickHouse, request: pytest.FixtureRequest) -> Iterator[Client]:
    made = _client(server, "writer", compress=request.param)
    yield made
    made.close()


@pytest.fixture
def reader(server: EmbeddedClickHouse) -> Iterator[Client]:
    made = _client(server, "decision")
    yield made
    made.close()


_COLUMNS = {
    "id": "UInt32",
    "uuid": "UUID",
    "word": "LowCardinality(String)",
    "at": "DateTime64(3, 'UTC')",
    "day": "Date",
    "seen": "Nullable(DateTime64(3, 'UTC'))",
    "props": "JSON(max_dynamic_paths=64)",
    "numbers": "Array(UInt32)",
    "labels": "Map(String, String)",
}


def test_every_kind_of_column_goes_there_and_back(client: Client) -> None:
    at = datetime(2026, 4, 28, 5, 0, 0, 123000, tzinfo=UTC)
    row = [
        *(7, uuid.uuid4(), "言葉", at, date(2026, 4, 28), None),
        *({"a": {"b": 1}, "c": "x"}, [1, 2, 3], {"k'": "v\n"}),
    ]
    table = f"kinds_{uuid.uuid4().hex}"
    columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
    client.command(f"CREATE TABLE {table} ({columns}) ENGINE = MergeTree ORDER BY id")

    summary = client.insert(table, [row], column_names=list(_COLUMNS))
    result = client.query(f"SELECT * FROM {table}")

    assert summary.written_rows == 1
    assert list(result.column_names) == list(_COLUMNS)
    assert [list(found) for found in result.result_rows] == [row]


def test_an_insert_of_many_blocks_and_a_result_of_many_rows(client: Client) -> None:
    table = f"many_{uuid.uuid4().hex}"
    client.command(f"CREATE TABLE {table} (n UInt64, s String) ENGINE = MergeTree ORDER BY n")

    client.insert(table, [[n, f"text {n}" * 10] for n in range(60_000)], column_names=["n", "s"])
    with client.query_rows_stream(f"SELECT n, s FROM {table} ORDER BY n") as rows:
        numbers = [n for n, _ in rows]

    assert numbers == list(range(60_000))
    assert client.command(f"SELECT count() FROM {table}") == 60_000


def test_raw_inserts_and_raw_queries(client: Client) -> None:
    table = f"raw_{uuid.uuid4().hex}"
    client.command(f"CREATE TABLE {table} (n UInt64, s String) ENGINE = MergeTree ORDER BY n")

    client.raw_insert(table, ["n", "s"], b'{"n":1,"s":"a"}\n{"n":2,"s":"b"}\n', fmt="JSONEachRow")

    assert client.raw_query(f"SELECT n, s FROM {table} ORDER BY n", fmt="CSV") == b'1,"a"\n2,"b"\n'


def test_typed_parameters(reader: Client) -> None:
    values = {
        "text": 'it\'s\ta \\ "test"\n%s {x}',
        "words": ["a'b", "c,d", "", "\\", "tab\there"],
        "id": uuid.UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0"),
        "at": datetime(2026, 4, 28, 5, 0, tzinfo=UTC),
        "day": date(2026, 4, 28),
        "nothing": None,
    }

    row = reader.query(
        "SELECT {text:String}, {words:Array(String)}, {id:UUID}, {at:DateTime('UTC')}, {day:Date}, {nothing:Nullable(Int8)}",
        parameters=values,
    ).result_rows[0]

    assert list(row) == list(values.values())


def test_a_hostile_value_is_only_a_value(reader: Client) -> None:
    for hostile in (
        "'; DROP TABLE x; --",
        "\\'; SELECT 1",
        "') UNION ALL SELECT file('/etc/passwd') --",
        "\0\\N",
    ):
        assert reader.query("SELECT {v:String}", parameters={"v": hostile}).result_rows == [(hostile,)]
    with pytest.raises(DatabaseError) as refused:
        reader.query("SELECT {v:UInt8}", parameters={"v": "1 OR 1"})
    assert refused.value.code == 457


def test_many_parameters_come_as_a_form(reader: Client) -> None:
    numbers = list(range(40_000))

    result = reader.query(
        "SELECT length({n:Array(UInt32)}), arraySum({n:Array(UInt32)})", parameters={"n": numbers}
    )

    assert result.result_rows == [(len(numbers), sum(numbers))]


def test_external_tables(reader: Client) -> None:
    external = ExternalData(file_name="ids.tsv", data=b"2\n4\n", fmt="TSV", structure="id UInt32")
    external.add_file(file_name="names.csv", data=b'4,"four"\n', fmt="CSV", types=["UInt32", "String"])

    result = reader.query(
        "SELECT n.number, names._2 FROM numbers(10) AS n JOIN names ON _1 = n.number WHERE n.number IN ids",
        external_data=external,
    )

    assert result.result_rows == [(4, "four")]
    with pytest.raises(DatabaseError) as gone:
        reader.query("SELECT * FROM ids")
    assert gone.value.code == 60


def test_errors_have_their_code(reader: Client) -> None:
    with pytest.raises(DatabaseError) as unknown:
        reader.query("SELECT * FROM nonsense")
    with pytest.raises(DatabaseError) as writing:
        reader.command("CREATE TABLE x (a UInt8) ENGINE = Memory")

    assert (unknown.value.code, unknown.value.name) == (60, "UNKNOWN_TABLE")
    assert writing.value.code == 164


def test_an_exception_in_the_middle_of_a_stream_is_noticed(client: Client) -> None:
    sql = "SELECT number, throwIf(number = 900000) FROM numbers(1000000)"

    with pytest.raises(StreamFailureError) as broken, client.query_rows_stream(sql) as rows:
        for _ in rows:
            pass

    assert broken.value.code == 395


def test_no_rows_are_no_error(reader: Client) -> None:
    assert reader.query("SELECT number FROM numbers(10) WHERE number > 10").result_rows == []
    assert reader.query("SELECT number, 'a' AS b FROM numbers(10) LIMIT 0").column_names == ("number", "b")
    assert reader.command("SELECT number FROM numbers(0)") == ""


def test_it_pings_and_knows_the_version(reader: Client) -> None:
    assert reader.ping()
    assert reader.server_version is not None
    assert reader.server_version.startswith("26.")
    assert str(reader.server_tz) == "UTC"
