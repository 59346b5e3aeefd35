"""The embedded ClickHouse as its supervisor sees it: a command to run, a moment when it is ready, a URL."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO, Final
from urllib.parse import quote

DATABASE: Final = "tabiji"


class ClickHouseFailed(RuntimeError):
    """The server did not come up; the message has its last words."""


class EmbeddedClickHouse:
    """One server process on one folder.

    A supervisor runs `command()` itself and calls `wait_ready`; `start` and `stop` do it for tests.
    The secret is written to the folder (mode 0600) and never stands on a command line.
    """

    def __init__(
        self,
        path: Path,
        port: int,
        secret: str,
        *,
        database: str = DATABASE,
        memory_mib: int = 0,
        screens: int = 4,
    ) -> None:
        self.path = path.absolute()
        self.secret = secret
        self.database = database
        self.process: subprocess.Popen[bytes] | None = None
        self._port = port
        self._memory_mib = memory_mib
        self._screens = screens

    @property
    def log(self) -> Path:
        return self.path / "server.log"

    @property
    def port(self) -> int:
        """The port that it serves; raises ClickHouseFailed before it is ready."""
        if self._port:
            return self._port
        try:
            return int(self._ready_file.read_text())
        except (OSError, ValueError):
            raise ClickHouseFailed(f"The embedded ClickHouse in {self.path} is not ready yet") from None

    @property
    def url(self) -> str:
        return f"http://tabiji:{quote(self.secret, safe='')}@127.0.0.1:{self.port}/{self.database}"

    def command(self) -> list[str]:
        """The argument list of the server process; writes the secret's file and forgets an earlier port."""
        self.path.mkdir(parents=True, exist_ok=True)
        secret_file = self.path / "secret"
        secret_file.touch(mode=0o600)
        secret_file.write_text(self.secret)
        self._ready_file.unlink(missing_ok=True)
        return [
            *(sys.executable, "-m", "tabiji.runtime.clickhouse"),
            *("--path", str(self.path)),
            *("--port", str(self._port)),
            *("--secret-file", str(secret_file)),
            *("--ready-file", str(self._ready_file)),
            *("--database", self.database),
            *("--memory-mib", str(self._memory_mib)),
            *("--screens", str(self._screens)),
        ]

    def start(self) -> None:
        with self._opened_log() as log:
            self.process = subprocess.Popen(
                self.command(), stdout=subprocess.DEVNULL, stderr=log, stdin=subprocess.DEVNULL
            )

    def wait_ready(self, timeout: float = 60) -> None:
        """Return once it answers. Raises ClickHouseFailed when it ends or the time is over."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process and self.process.poll() is not None:
                raise ClickHouseFailed(self._last_words())
            if self._ready_file.exists() and self._answers():
                return
            time.sleep(0.05)
        raise ClickHouseFailed(
            f"The embedded ClickHouse did not answer within {timeout:.0f} s: {self._last_words()}"
        )

    def stop(self, timeout: float = 15) -> None:
        """SIGTERM, and SIGKILL when that is not heard; the data survives either."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self) -> None:
        """SIGKILL, as a power cut would (tests)."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    @property
    def _ready_file(self) -> Path:
        return self.path / "port"

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/ping", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError, ClickHouseFailed):
            return False

    def _opened_log(self) -> IO[bytes]:
        self.path.mkdir(parents=True, exist_ok=True)
        return os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")

    def _last_words(self) -> str:
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-5:])
        except OSError:
            return "no log"
