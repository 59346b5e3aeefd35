"""Real processes for acceptance tests: started, killed and started again like those of an installation."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tabiji.core import postgres
from tabiji.core.clickhouse import ClickHouse
from tabiji.runtime.postgres import free_port
from tests.builders import empty
from tests.builders.connecting import connected

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Process:
    """One `tabiji` process; `keep_alive` restarts it when it ends."""

    words: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    exits: list[int] = field(default_factory=list)

    def start(self) -> Process:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tabiji", *self.words],
                env={**os.environ, **self.environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self

    def keep_alive(self) -> None:
        assert self.process is not None
        if self.process.poll() is not None:
            self.exits.append(self.process.returncode)
            self.start()

    def kill(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        assert self.process is not None
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()


class House:
    """Both engines, with empty stores, and the processes of a test, on one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.postgres, self.clickhouse = empty.stores(path, free_port())
        self.web_port, self.collector_port = free_port(), free_port()
        self.processes: list[Process] = []

    def start_engines(self) -> None:
        self.postgres.start()
        self.clickhouse.start()
        self.clickhouse.wait_ready()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "TABIJI_HOME": str(self.path),
            "DATABASE_URL": self.postgres.url(),
            "CLICKHOUSE_URL": self.clickhouse.url,
            "TABIJI_PUBLIC_URL": f"http://127.0.0.1:{self.web_port}",
            "TABIJI_COLLECTOR_URL": f"http://127.0.0.1:{self.collector_port}",
        }

    def crash_at(self, point: str) -> None:
        """The process that comes to this point next ends there; `point:3` at its third time."""
        draft = self.path / "crash.new"
        draft.write_text(point)
        draft.rename(self.path / "crash")

    def run(self, *words: str) -> Process:
        environment = {**self.environment, "TABIJI_CRASH": str(self.path / "crash")}
        process = Process(words, environment, self.path / f"{words[0]}.log").start()
        self.processes.append(process)
        return process

    def collector(self) -> Process:
        return self.run("collector", "--port", str(self.collector_port))

    def worker(self, *only: str) -> Process:
        return self.run("worker", *(word for name in only for word in ("--only", name)))

    def running(self) -> list[Process]:
        """Those that were started, each alive; their earlier ends are forgotten."""
        for process in self.processes:
            process.keep_alive()
            process.exits.clear()
        return self.processes

    @contextmanager
    def inside(self, workspace_id: int) -> Iterator[None]:
        """This process's public functions answer from these stores, in the scope of one workspace."""
        with (
            connected(self.postgres.url(), self.clickhouse.url),
            postgres.workspace_scope(workspace_id),
        ):
            yield

    def python(self, code: str) -> str:
        """Run Python inside the house (Django is set up); what it prints."""
        done = subprocess.run(
            [sys.executable, "-c", "import django; django.setup()\n" + code],
            env={
                **os.environ,
                **self.environment,
                "DJANGO_SETTINGS_MODULE": "tabiji.runtime.settings",
                "PYTHONPATH": str(ROOT),
            },
            capture_output=True,
            check=False,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def forget(self) -> None:
        for process in self.processes:
            process.stop()
        self.processes.clear()

    def stop(self) -> None:
        self.forget()
        self.clickhouse.stop()
        self.postgres.stop()


class Client:
    """Sends numbered events like a well-behaved server library: the same message id until it hears 200."""

    def __init__(self, port: int, write_key: str, name: str) -> None:
        self.port, self.write_key, self.name = port, write_key, name
        self.accepted: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(60)

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            number += 1
            ids = [f"{self.name}-{number}-{place}" for place in range(3)]
            while not self._stop.is_set() and not self._send(ids):
                time.sleep(0.05)
            time.sleep(0.01)

    def _send(self, ids: list[str]) -> bool:
        batch = [
            {"type": "track", "event": "tick", "anonymousId": f"{self.name}-{place}", "messageId": one}
            for place, one in enumerate(ids)
        ]
        try:
            status = post(self.port, "/v1/batch", {"writeKey": self.write_key, "batch": batch})[0]
        except (OSError, http.client.HTTPException):
            return False
        if status == 200:
            self.accepted += ids
        return status == 200


def post(port: int, path: str, body: Any, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        connection.request("POST", path, raw, {"Content-Type": "application/json", **(headers or {})})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def get(port: int, path: str, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path, headers=dict(headers or {}))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def stored(house: House, message_id: str, columns: str = "name") -> list[tuple[Any, ...]]:
    """What ClickHouse holds of one event, once it is there."""

    def look() -> list[tuple[Any, ...]]:
        with closing(ClickHouse(house.clickhouse.url)) as store:
            return store.rows(
                f"SELECT {columns} FROM event WHERE message_id = {{id:String}}", {"id": message_id}
            )

    return wait_until(look)  # type: ignore[no-any-return]


def wait_until(question: Any, timeout_s: float = 30, every_s: float = 0.1) -> Any:
    """The first true answer; fails the test after timeout_s."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        answer = question()
        if answer:
            return answer
        time.sleep(every_s)
    raise AssertionError(f"not within {timeout_s} s: {question}")
