"""ClickHouse's HTTP interface, spoken by hand."""

from __future__ import annotations

import http.client
import json
import socket
import time
import uuid
from base64 import b64encode

import psutil
import pytest

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import SECRET, Connect, Http, logged


def test_ping_needs_no_secret_and_nothing_else_goes_without(
    server: EmbeddedClickHouse, connect: Connect
) -> None:
    stranger = connect(server, "wrong")

    stranger.connection.request("GET", "/ping")
    ping = stranger.reply()
    refused = stranger.ask("SELECT 1")

    assert (ping.status, ping.body) == (200, b"Ok.\n")
    assert (refused.status, refused.code) == (403, 516)
    assert "AUTHENTICATION_FAILED" in refused.text


def test_the_secret_is_taken_in_any_of_clickhouses_ways(server: EmbeddedClickHouse, connect: Connect) -> None:
    basic = "Basic " + b64encode(f"any:{SECRET}".encode()).decode()
    http_ = connect(server, "")

    assert http_.ask("SELECT 1", headers={"Authorization": basic, "X-ClickHouse-Key": ""}).text == "1\n"
    assert http_.ask("SELECT 1", password=SECRET).text == "1\n"
    assert http_.ask("SELECT 1", headers={"X-ClickHouse-Key": SECRET}).text == "1\n"


def test_it_listens_on_loopback_only(server: EmbeddedClickHouse) -> None:
    assert server.process is not None
    sockets = psutil.Process(server.process.pid).net_connections()

    assert [place.laddr for place in sockets if place.status == "LISTEN"] == [("127.0.0.1", server.port)]


def test_the_secret_is_on_no_command_line_and_in_no_log(server: EmbeddedClickHouse) -> None:
    assert server.process is not None
    assert SECRET not in " ".join(psutil.Process(server.process.pid).cmdline())
    assert SECRET not in server.log.read_text()
    assert (server.path / "secret").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("sql", "status", "code", "word"),
    [
        ("SELEC 1", 400, 62, "SYNTAX_ERROR"),
        ("SELECT nonsense", 404, 47, "UNKNOWN_IDENTIFIER"),
        ("SELECT * FROM nonsense", 404, 60, "UNKNOWN_TABLE"),
        ("SELECT {x:String}", 400, 456, "UNKNOWN_QUERY_PARAMETER"),
        ("SELECT throwIf(1)", 500, 395, "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO"),
        ("SELECT 1; SELECT 2", 400, 62, "one statement at a time"),
        ("", 400, 62, "Empty query"),
        ("SELECT 1 FORMAT Nonsense", 404, 73, "UNKNOWN_FORMAT"),
    ],
)
def test_errors_carry_clickhouses_code_and_words(
    http_: Http, sql: str, status: int, code: int, word: str
) -> None:
    reply = http_.ask(sql, a="1") if not sql else http_.ask(sql)

    assert (reply.status, reply.code) == (status, code) or not sql, reply.text
    assert f"Code: {reply.code}. DB::Exception" in reply.text
    assert word in reply.text or not sql
    assert "(version 26" in reply.text


def test_a_connection_serves_many_questions_also_after_errors(http_: Http) -> None:
    http_.ask("SELECT 1")
    first = http_.connection.sock
    http_.ask("SELEC")
    http_.ask("SELECT throwIf(number = 100000) FROM numbers(200000)", wait_end_of_query="1")
    http_.ask("SELECT 2")

    assert http_.connection.sock is first


def test_get_only_reads(http_: Http, table: str) -> None:
    reply = http_.ask("", "writer", method="GET", query=f"TRUNCATE TABLE {table}")

    assert (reply.status, reply.code) == (403, 164)
    assert http_.ask("", "writer", method="GET", query="SELECT 7").text == "7\n"


def test_statement_in_url_or_body_or_half_and_half(http_: Http, table: str) -> None:
    assert http_.ask("", query="SELECT 5").text == "5\n"
    assert http_.ask("1, 2", query="SELECT").text == "1\t2\n"
    assert http_.ask("1\ta\n2\tb\n", "writer", query=f"INSERT INTO {table} FORMAT TSV").status == 200
    assert http_.ask(f"INSERT INTO {table} (n) VALUES (3), (4)", "writer").status == 200
    assert http_.ask(f"SELECT count(), max(n) FROM {table}").text == "4\t4\n"


def test_params_settings_database_and_format_come_by_the_query_string(http_: Http) -> None:
    reply = http_.ask(
        "SELECT {a:Array(String)} AS a, getSetting('max_block_size') AS b, currentDatabase() AS c",
        param_a="['x\\'y','ü\\n']",
        max_block_size="1234",
        database="system",
        default_format="JSONEachRow",
    )

    assert json.loads(reply.text) == {"a": ["x'y", "ü\n"], "b": 1234, "c": "system"}
    assert reply.headers["x-clickhouse-format"] == "JSONEachRow"


@pytest.mark.parametrize("name", ["max_threads; DROP DATABASE tabiji", "no_such_setting", "readonly' = 0, x"])
def test_a_bad_setting_is_refused(http_: Http, name: str) -> None:
    reply = http_.ask("SELECT 1", "writer", settings={name: "1"})

    assert reply.code in (36, 115), reply.text
    assert http_.ask("SELECT 1", "writer").text == "1\n"


def test_limits_of_a_screen_cannot_be_lifted(http_: Http) -> None:
    reply = http_.ask(
        "SELECT getSetting('max_execution_time'), getSetting('readonly')",
        max_execution_time="0",
        readonly="0",
    )

    assert reply.text == "20\t1\n"


def test_a_statement_that_a_memory_limit_stops_leaves_the_server_well(http_: Http) -> None:
    reply = http_.ask("SELECT length(groupArray(number)) FROM numbers(1000000000)", "decision")

    assert reply.code == 241, reply.text
    assert http_.ask("SELECT 1").text == "1\n"


def test_the_engine_may_take_what_it_was_given(http_: Http) -> None:
    limit = http_.ask(
        "SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'", "writer"
    )
    durable = http_.ask(
        "SELECT count() FROM system.merge_tree_settings WHERE name LIKE 'fsync_%' AND value = '1'", "writer"
    )

    assert int(limit.text) == 1024 << 20
    assert durable.text == "2\n"
    for lane in ("screen", "decision", "writer"):
        assert http_.ask("SELECT getSetting('async_insert')", lane).text == "false\n"


def test_inserts_that_fail_say_so_and_leave_nothing(http_: Http, table: str) -> None:
    """chDB's own streaming insert swallows each of these."""
    assert http_.ask(f"ALTER TABLE {table} ADD CONSTRAINT small CHECK n < 10", "writer").status == 200

    broken = http_.ask(f"INSERT INTO {table} (n) FORMAT TSV\n1\n99\n", "writer")
    nonsense = http_.ask(f"INSERT INTO {table} FORMAT Native\n" + "nonsense", "writer")
    short = http_.ask(f"INSERT INTO {table} (n) FORMAT TSV\n1\n", "writer", max_memory_usage="100")

    assert broken.code == 469
    assert nonsense.status >= 400
    assert short.status >= 400 or http_.ask(f"SELECT count() FROM {table}").text == "1\n"
    assert http_.ask(f"SELECT countIf(n >= 10) FROM {table}").text == "0\n"


def test_an_insert_is_one_part(http_: Http, table: str) -> None:
    rows = "".join(f"{n}\ttext {n}\n" for n in range(20_000))

    reply = http_.ask(f"INSERT INTO {table} FORMAT TSV\n{rows}", "writer", query_id="the-insert")

    assert json.loads(reply.headers["x-clickhouse-summary"])["written_rows"] == "20000"
    assert http_.ask(f"SELECT count(), uniq(_part) FROM {table}").text == "20000\t1\n"


def test_a_long_result_streams_and_a_short_one_has_its_length(http_: Http) -> None:
    long = http_.ask("SELECT number FROM numbers(1000000) FORMAT RowBinary")
    short = http_.ask("SELECT number FROM numbers(10) FORMAT RowBinary")

    assert long.headers["transfer-encoding"] == "chunked"
    assert len(long.body) == 8_000_000
    assert short.headers["content-length"] == "80"


def test_formats_with_a_head_have_one_head(http_: Http) -> None:
    reply = http_.ask("SELECT number FROM numbers(300000) FORMAT CSVWithNames")

    assert reply.text.count("number") == 1
    assert len(reply.text.splitlines()) == 300_001


def test_an_exception_after_the_first_byte_stands_in_clickhouses_frame(http_: Http) -> None:
    http_.connection.request(
        "POST",
        "/",
        "SELECT throwIf(number = 900000) FROM numbers(1000000) FORMAT RowBinary",
        {"X-ClickHouse-Key": SECRET},
    )
    answer = http_.connection.getresponse()
    tag = answer.getheader("X-ClickHouse-Exception-Tag")
    with pytest.raises(http.client.IncompleteRead) as cut_off:
        answer.read()

    assert answer.status == 200
    assert cut_off.value.partial.endswith(f" {tag}\r\n__exception__\r\n".encode())
    assert b"Code: 395. DB::Exception" in cut_off.value.partial


def test_memory_stays_bounded_while_a_large_result_streams(server: EmbeddedClickHouse, http_: Http) -> None:
    before = _rss_mib(server)
    http_.connection.request(
        "POST",
        "/",
        "SELECT number, toString(number) FROM numbers(20000000) FORMAT RowBinary",
        {"X-ClickHouse-Key": SECRET},
    )
    answer = http_.connection.getresponse()

    size = highest = 0
    while piece := answer.read(1 << 20):
        size += len(piece)
        if not size % 16:
            highest = max(highest, _rss_mib(server))

    assert size > 300_000_000
    assert highest - before < 150


def test_a_result_wanted_whole_has_an_end(http_: Http) -> None:
    reply = http_.ask("SELECT number FROM numbers(50000000) FORMAT RowBinary", wait_end_of_query="1")

    assert (reply.status, reply.code) == (500, 396)
    assert "stream" in reply.text


def test_a_full_lane_answers_503_and_the_others_go_on(
    server: EmbeddedClickHouse, connect: Connect, http_: Http
) -> None:
    slow = [connect(server), connect(server)]
    for screen in slow:
        screen.send("SELECT sleep(2.5)")
    time.sleep(0.2)

    began = time.monotonic()
    refused = http_.ask("SELECT 1")
    waited = time.monotonic() - began
    decision = http_.ask("SELECT 1", "decision")
    writer = http_.ask("SELECT 1", "writer")
    for screen in slow:
        screen.reply()

    assert (refused.status, refused.code) == (503, 202)
    assert refused.headers["retry-after"] == "1"
    assert waited < 3
    assert (decision.text, writer.text) == ("1\n", "1\n")


def test_a_slow_decision_does_not_delay_the_writer(
    server: EmbeddedClickHouse, connect: Connect, http_: Http, table: str
) -> None:
    slow = connect(server)
    began = time.monotonic()
    slow.send("SELECT sleep(1.5)", "decision")
    for number in range(5):
        assert http_.ask(f"INSERT INTO {table} (n) VALUES ({number})", "writer").status == 200
    written = time.monotonic() - began
    assert slow.reply().status == 200
    decided = time.monotonic() - began

    assert written < 1.3 < decided


def test_a_query_id_runs_once_at_a_time(server: EmbeddedClickHouse, connect: Connect, http_: Http) -> None:
    slow = connect(server)
    slow.send("SELECT sleep(1)", "decision", query_id="twin")
    time.sleep(0.3)
    twin = http_.ask("SELECT 1", "decision", query_id="twin")
    slow.reply()

    assert twin.code == 216
    assert http_.ask("SELECT 1", "decision", query_id="twin").text == "1\n"


def test_each_query_leaves_one_line_in_the_log(server: EmbeddedClickHouse, http_: Http) -> None:
    good, bad = f"good-{uuid.uuid4()}", f"bad-{uuid.uuid4()}"

    http_.ask("SELECT number FROM numbers(5) FORMAT RowBinary", "decision", query_id=good)
    http_.ask("SELECT nonsense", query_id=bad)
    http_.ask("SELECT 1")  # the line is written after the answer

    line = logged(server, good)
    assert (line["lane"], line["rows"], line["bytes"], line["code"]) == ("decision", 5, 40, 0)
    assert isinstance(line["ms"], float)
    assert logged(server, bad)["code"] == 47


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"GET /" + b"a" * (2 << 20) + b" HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: minus\r\nX-ClickHouse-Key: " + SECRET.encode() + b"\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX-ClickHouse-Key: "
        + SECRET.encode()
        + b"\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
    ],
)
def test_what_is_not_http_ends_its_own_connection_only(
    server: EmbeddedClickHouse, http_: Http, sent: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        try:
            raw.sendall(sent)
            raw.shutdown(socket.SHUT_WR)
            answer = raw.recv(1000)
        except OSError:  # the server was quicker: the connection is gone, or no longer there to be shut
            answer = b""

    assert answer == b"" or answer.startswith(b"HTTP/1.1 4"), answer
    assert http_.ask("SELECT 1").text == "1\n"


def test_an_insert_that_is_cut_off_does_nothing(server: EmbeddedClickHouse, http_: Http, table: str) -> None:
    head = f"POST /?query=INSERT+INTO+{table}+(n)+FORMAT+TSV HTTP/1.1\r\nX-Tabiji-Lane: writer\r\n"
    with socket.create_connection(("127.0.0.1", server.port)) as raw:
        raw.sendall(f"{head}X-ClickHouse-Key: {SECRET}\r\nContent-Length: 100\r\n\r\n1\n2\n3\n".encode())
    time.sleep(0.2)

    assert http_.ask(f"SELECT count() FROM {table}").text == "0\n"


def _rss_mib(server: EmbeddedClickHouse) -> int:
    assert server.process is not None
    return int(psutil.Process(server.process.pid).memory_info().rss) >> 20
