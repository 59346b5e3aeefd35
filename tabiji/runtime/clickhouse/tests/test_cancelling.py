"""A query ends with whoever asked for it."""

from __future__ import annotations

import time

import pytest

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import Connect, Http

_ENDLESS = "SELECT sum(cityHash64(number)) FROM numbers_mt(1000000000000)"


@pytest.mark.parametrize("lane", ["screen", "decision", "writer"])
@pytest.mark.parametrize("whole", ["0", "1"])
def test_the_query_of_a_client_that_left_is_ended(
    server: EmbeddedClickHouse, connect: Connect, http_: Http, lane: str, whole: str
) -> None:
    leaving = connect(server)
    leaving.send(_ENDLESS, lane, wait_end_of_query=whole)
    time.sleep(0.4)
    assert _endless_running(http_) == 1

    leaving.connection.close()

    assert _gone_within(http_, 3)


def test_a_client_that_stops_reading_a_stream_ends_it(
    server: EmbeddedClickHouse, connect: Connect, http_: Http
) -> None:
    leaving = connect(server)
    leaving.send("SELECT number FROM numbers(100000000000) FORMAT RowBinary")
    answer = leaving.connection.getresponse()
    answer.read(1 << 20)
    assert _endless_running(http_) == 1

    answer.close()
    leaving.connection.close()

    assert _gone_within(http_, 3)


def test_kill_query_by_the_id_of_the_client(
    server: EmbeddedClickHouse, connect: Connect, http_: Http
) -> None:
    asking = connect(server)
    asking.send(_ENDLESS, "decision", query_id="to-be-killed")
    time.sleep(0.3)

    http_.ask("KILL QUERY WHERE startsWith(query, '/* query_id=to-be-killed ') SYNC", "writer")

    assert asking.reply().code == 394


def test_time_limits_end_a_query(http_: Http) -> None:
    began = time.monotonic()

    reply = http_.ask(_ENDLESS, max_execution_time="1")

    assert reply.code == 159
    assert time.monotonic() - began < 3


def test_sigterm_ends_the_server_within_seconds_while_queries_run(
    own_server: EmbeddedClickHouse, connect: Connect
) -> None:
    asking = {lane: connect(own_server) for lane in ("screen", "decision", "writer")}
    for lane, client in asking.items():
        client.send(_ENDLESS, lane)
    time.sleep(0.5)

    began = time.monotonic()
    own_server.stop()

    assert own_server.process is not None
    assert own_server.process.returncode == 0
    assert time.monotonic() - began < 6
    assert asking["screen"].reply().code == 394
    assert not (own_server.path / "port").exists()


def _endless_running(http_: Http) -> int:
    reply = http_.ask(
        "SELECT count() FROM system.processes WHERE query LIKE '%numbers%00000000)%' AND query NOT LIKE '%processes%'",
        "decision",
    )
    return int(reply.text)


def _gone_within(http_: Http, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if _endless_running(http_) == 0:
            return True
        time.sleep(0.1)
    return False
