"""A client on the session's server, and a server of its own for what must die."""

from __future__ import annotations

import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tabiji.core.clickhouse import ClickHouse


@pytest.fixture
def store(clickhouse_url: str) -> Iterator[ClickHouse]:
    """A client on a database of its own."""
    database = f"tabiji_{uuid.uuid4().hex}"
    base, _, _ = clickhouse_url.rpartition("/")
    owner = ClickHouse(clickhouse_url)
    owner.command(f"CREATE DATABASE {database}")
    client = ClickHouse(f"{base}/{database}")
    yield client
    client.close()
    owner.command(f"DROP DATABASE {database} SYNC")
    owner.close()


class Mortal:
    """A server process by its command line; it may be killed and started again on the same port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        (path / "secret").write_text("mortal")

    @property
    def url(self) -> str:
        return f"http://anyone:mortal@127.0.0.1:{self.port}/tabiji"

    def start(self) -> None:
        port_file = self.path / "port"
        port_file.unlink(missing_ok=True)
        command = [
            *(sys.executable, "-m", "tabiji.runtime.clickhouse", "--path", str(self.path / "data")),
            *("--secret-file", str(self.path / "secret"), "--ready-file", str(port_file)),
            *("--port", str(self.port), "--memory-mib", "1024"),
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not port_file.exists():
            assert self.process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.02)
        self.port = int(port_file.read_text())

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[Mortal]:
    server = Mortal(tmp_path)
    server.start()
    yield server
    server.kill()
