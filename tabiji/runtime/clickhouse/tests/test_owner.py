"""One process owns the folder."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import psutil
import pytest

from tabiji.runtime.clickhouse import ClickHouseFailed, EmbeddedClickHouse
from tabiji.runtime.clickhouse.tests.conftest import SECRET, Connect


def test_a_second_owner_is_refused_with_a_clear_word(server: EmbeddedClickHouse) -> None:
    assert server.process is not None
    other = EmbeddedClickHouse(server.path, 0, SECRET)
    port = server.port
    done = subprocess.run(
        [*other.command(), "--ready-file", str(server.path / "other-port")],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    (server.path / "port").write_text(str(port))  # command() of the second forgot it

    assert done.returncode == 1
    assert f"in use by process {server.process.pid}" in done.stderr
    assert "stop that process" in done.stderr


def test_it_comes_back_after_sigkill_on_the_same_data(
    own_server: EmbeddedClickHouse, connect: Connect
) -> None:
    http_ = connect(own_server)
    http_.ask("CREATE TABLE kept (n UInt32) ENGINE = MergeTree ORDER BY n", "writer")
    http_.ask("INSERT INTO kept SELECT number FROM numbers(1000)", "writer")

    own_server.kill()
    began = time.monotonic()
    own_server.start()
    own_server.wait_ready()

    assert connect(own_server).ask("SELECT count() FROM kept").text == "1000\n"
    assert time.monotonic() - began < 15


def test_a_server_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    embedded = EmbeddedClickHouse(tmp_path, 0, "", memory_mib=512)
    embedded.start()

    with pytest.raises(ClickHouseFailed, match="secret must not be empty"):
        embedded.wait_ready()


def test_the_port_is_known_once_it_is_ready(tmp_path: Path) -> None:
    embedded = EmbeddedClickHouse(tmp_path, 0, SECRET)

    with pytest.raises(ClickHouseFailed, match="not ready"):
        _ = embedded.url


def test_at_rest_it_takes_no_processor(server: EmbeddedClickHouse) -> None:
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    time.sleep(0.5)
    before = sum(process.cpu_times()[:2])
    time.sleep(1.5)
    used = sum(process.cpu_times()[:2]) - before

    assert used / 1.5 < 0.05  # measured over a minute: 0.2 to 0.4 %
