"""`tabiji up`: the whole stack under one supervisor.

It holds the state folder alone, starts the engines that no URL names, brings the stores to this
version, starts web, collector, worker and practice mail server, asks each for its health, restarts
what dies or hangs, and ends everything cleanly on SIGTERM.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import structlog

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.home import Engines, Home
from tabiji.runtime.postgres import EmbeddedPostgres, check_durable, free_port

_CHECK_EVERY_S: Final = 1.0
_HANGS_AFTER: Final = 20
_FIRST_REST_S: Final = 0.5
_LONGEST_REST_S: Final = 30.0
_START_GRACE_S: Final = 60.0
_LARGEST_LOG: Final = 32 * 1024 * 1024
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Ports:
    web: int = 8000
    collector: int = 8001
    clickhouse: int = 0
    postgres: int = 0
    practice_mail: int = 0


@dataclass(slots=True)
class Child:
    """One process of ours: how to start it, and how to ask whether it is well."""

    name: str
    command: Callable[[], list[str]]
    is_healthy: Callable[[], bool]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    sick: int = 0
    failures: int = 0
    rests_until: float = 0.0
    was_healthy: bool = False
    stopping: bool = field(default=False)

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command(),
                stdout=out,
                stderr=out,
                stdin=subprocess.DEVNULL,
                env={**os.environ, **self.environment},
                start_new_session=True,
            )
        self.started_at = time.monotonic()
        self.sick = 0
        self.was_healthy = False

    def look_after(self) -> None:
        """Restart it when it died, or when it has not been well for long."""
        now = time.monotonic()
        if self.process is None or self.process.poll() is not None:
            if now >= self.rests_until:
                self._again("died", now)
            return
        if self.is_healthy():
            self.sick, self.was_healthy = 0, True
            if now - self.started_at > 60:
                self.failures = 0
            return
        self.sick += 1
        grace = 0 if self.was_healthy else _START_GRACE_S
        if self.sick >= _HANGS_AFTER and now - self.started_at > grace:
            self.end(signal.SIGKILL)
            self._again("hung", now)

    def keep_log_small(self) -> None:
        """Keep one older log beside the growing one. Emptied in place: the process has it open to append."""
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
            os.truncate(self.log, 0)

    def end(self, number: signal.Signals, timeout_s: float = 35) -> None:
        if self.process is None or self.process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _again(self, why: str, now: float) -> None:
        code = self.process.returncode if self.process else None
        log.warning("process_restarted", name=self.name, why=why, code=code, failures=self.failures)
        self.failures += 1
        self.rests_until = now + min(_FIRST_REST_S * 2**self.failures, _LONGEST_REST_S)
        self.start()


class PortTaken(RuntimeError):
    """Something else listens where the stack should; the message says what to do."""


class Stack:
    """The embedded stack on one state folder."""

    def __init__(self, home: Home, ports: Ports | None = None) -> None:
        self.home = home
        self.ports = ports or Ports()
        self.postgres: EmbeddedPostgres | None = None
        self.children: list[Child] = []
        self.begin_at = ""
        """A line that says where the first workspace is made; empty once somebody can sign in."""
        self._practice_mail = 0
        self._stop = threading.Event()

    def start(self) -> None:
        """Start everything and return when every part is well. Raises what kept it from starting."""
        for option, port in (("--port", self.ports.web), ("--collector-port", self.ports.collector)):
            _check_free(port, option)
        self.home.run.mkdir(parents=True, exist_ok=True)
        database_url = os.environ.get("DATABASE_URL") or self._start_postgres()
        check_durable(database_url)
        clickhouse_url = os.environ.get("CLICKHOUSE_URL") or self._start_clickhouse()
        # Chosen once: the workers know it while the process is restarted.
        self._practice_mail = self.ports.practice_mail or free_port()
        practice_smtp = f"127.0.0.1:{self._practice_mail}"
        self.home.write_engines(Engines(database_url, clickhouse_url, practice_smtp))
        environment = {
            "DATABASE_URL": database_url,
            "CLICKHOUSE_URL": clickhouse_url,
            "TABIJI_HOME": str(self.home.path),
            "TABIJI_PUBLIC_URL": self.public_url,
            "TABIJI_COLLECTOR_URL": self.collector_url,
            "TABIJI_PRACTICE_SMTP": practice_smtp,
        }
        with self.home.changing_stores() as lock:
            self._start_ours(environment)  # they load meanwhile, and wait before they touch anything
            try:
                self._migrate(environment, lock)
            except BaseException:
                self._drop_ours()
                raise
        self._wait_until_healthy()

    @property
    def public_url(self) -> str:
        return os.environ.get("TABIJI_PUBLIC_URL", f"http://127.0.0.1:{self.ports.web}")

    @property
    def collector_url(self) -> str:
        return os.environ.get("TABIJI_COLLECTOR_URL", f"http://127.0.0.1:{self.ports.collector}")

    def run_until_stopped(self) -> None:
        while not self._stop.wait(_CHECK_EVERY_S):
            if self.postgres is not None:
                self._look_after_postgres()
            for child in self.children:
                child.look_after()
                child.keep_log_small()

    def ask_to_stop(self) -> None:
        self._stop.set()

    def stop(self) -> None:
        """End in the order in which nothing is lost: inlets, worker, mail, ClickHouse, PostgreSQL."""
        order = {"web": 0, "collector": 0, "worker": 1, "practice-mail": 2, "clickhouse": 3}
        for child in sorted(self.children, key=lambda one: order.get(one.name, 1)):
            child.end(signal.SIGTERM)
        if self.postgres is not None:
            self.postgres.stop()
        self.home.forget_engines()

    def _start_postgres(self) -> str:
        self.postgres = EmbeddedPostgres(self.home.postgres, self.home.secrets.postgres, self.ports.postgres)
        self.postgres.prepare()
        self.postgres.start()
        self.postgres.ensure_database()
        return self.postgres.url()

    def _look_after_postgres(self) -> None:
        assert self.postgres is not None
        process = self.postgres.process
        if process is not None and process.poll() is not None:
            log.warning("process_restarted", name="postgres", why="died", code=process.returncode)
            self.postgres.start()

    def _start_clickhouse(self) -> str:
        # A port of its own that stays: clients keep it while the process is restarted.
        port = self.ports.clickhouse or free_port()
        server = EmbeddedClickHouse(self.home.clickhouse, port, self.home.secrets.clickhouse)
        child = Child(
            "clickhouse",
            server.command,
            lambda: _answers(f"http://127.0.0.1:{port}/ping"),
            {},
            self.home.run / "clickhouse.log",
        )
        child.start()
        self.children.append(child)
        server.process = child.process
        server.wait_ready()
        return server.url

    def _migrate(self, environment: Mapping[str, str], lock: int) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "tabiji", "migrate"],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            pass_fds=[lock],  # whoever was loaded meanwhile waits for the migration, should we be killed
        )
        self.begin_at = done.stdout.strip()
        if done.returncode != 0:
            raise RuntimeError(f"the stores could not be brought to this version:\n{done.stderr[-3000:]}")

    def _start_ours(self, environment: Mapping[str, str]) -> None:
        python = [sys.executable, "-m", "tabiji"]
        heartbeat = self.home.run / "worker.beat"
        wanted = (
            ("web", [*python, "web", "--port", str(self.ports.web)], _http(self.ports.web)),
            (
                "collector",
                [*python, "collector", "--port", str(self.ports.collector)],
                _http(self.ports.collector),
            ),
            ("worker", [*python, "worker", "--heartbeat", str(heartbeat)], _beats(heartbeat)),
            (
                "practice-mail",
                [*python, "practice-mail", "--port", str(self._practice_mail)],
                _greets(self._practice_mail),
            ),
        )
        for name, command, is_healthy in wanted:
            child = Child(
                name, partial(list, command), is_healthy, environment, self.home.run / f"{name}.log"
            )
            child.start()
            self.children.append(child)

    def _drop_ours(self) -> None:
        """Those that wait for the stores have begun nothing: none may go on with stores of another version."""
        for child in self.children:
            if child.name != "clickhouse":
                child.end(signal.SIGKILL)

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + _START_GRACE_S
        for child in self.children:
            while not child.is_healthy():
                if time.monotonic() > deadline:
                    raise RuntimeError(f"{child.name} did not start: see {child.log}")
                if child.process is not None and child.process.poll() is not None:
                    raise RuntimeError(f"{child.name} ended at once: see {child.log}")
                time.sleep(0.1)


def up(
    home: Home,
    ports: Ports,
    when_ready: Callable[[Stack], None],
    before: Callable[[Stack], None] = lambda _stack: None,
) -> None:
    """Run the stack until SIGTERM or SIGINT. Raises HomeInUse when another one has the folder.

    before: what is done to the folder when it is ours and nothing runs in it yet.
    """
    lock = home.lock()
    stack = Stack(home, ports)
    try:
        before(stack)
    except BaseException:
        lock.close()
        raise
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stack.ask_to_stop())
    try:
        stack.start()
        when_ready(stack)
        stack.run_until_stopped()
    finally:
        stack.stop()
        lock.close()


def _check_free(port: int, option: str) -> None:
    """Our servers would share a port with another installation, and each answer half of what is asked."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise PortTaken(
                f"Port {port} is taken by another program: name a free one with {option}."
            ) from None


def _http(port: int) -> Callable[[], bool]:
    return lambda: _answers(f"http://127.0.0.1:{port}/health")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _greets(port: int) -> Callable[[], bool]:
    def is_greeting() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
                return connection.recv(4) == b"220 "
        except OSError:
            return False

    return is_greeting


def _beats(file: Path) -> Callable[[], bool]:
    def is_beating() -> bool:
        try:
            return time.time() - file.stat().st_mtime < 15
        except FileNotFoundError:
            return False

    file.unlink(missing_ok=True)
    return is_beating
