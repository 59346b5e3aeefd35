"""The state folder of an embedded installation: secrets, ports, engine data.

`TABIJI_HOME` names it (default `./var`). Nothing outside it is written.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Final

_CHANGING: Final = "stores.lock"
_LOOKS_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made once for an installation; losing them loses sealed values and signed links."""

    django: str
    sealing: str
    signing: str
    postgres: str
    clickhouse: str


@dataclass(frozen=True, slots=True)
class Engines:
    """Where the running engines are, for commands given in another terminal."""

    database_url: str
    clickhouse_url: str
    practice_smtp: str = ""
    """host:port of practice mode's mail server."""


class HomeInUse(RuntimeError):
    """Another `tabiji up` already runs on this folder."""


class Home:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    @classmethod
    def from_environment(cls) -> Home:
        return cls(Path(os.environ.get("TABIJI_HOME", "var")))

    @property
    def postgres(self) -> Path:
        return self.path / "postgres"

    @property
    def clickhouse(self) -> Path:
        return self.path / "clickhouse"

    @property
    def run(self) -> Path:
        return self.path / "run"

    @cached_property
    def secrets(self) -> Secrets:
        """Read, or made on first use (mode 0600, whole or not at all)."""
        file = self.path / "secrets.json"
        if not file.exists():
            self.path.mkdir(parents=True, exist_ok=True)
            made = Secrets(*(secrets.token_urlsafe(32) for _ in range(5)))
            draft = file.with_suffix(f".{os.getpid()}")
            draft.touch(mode=0o600)
            draft.write_text(json.dumps(asdict(made), indent=1))
            try:
                os.link(draft, file)  # never replaces what another process made first
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return Secrets(**json.loads(file.read_text()))

    def engines(self) -> Engines | None:
        file = self.run / "engines.json"
        return Engines(**json.loads(file.read_text())) if file.exists() else None

    def write_engines(self, engines: Engines) -> None:
        self.run.mkdir(parents=True, exist_ok=True)
        draft = self.run / "engines.json.new"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(engines)))
        draft.replace(self.run / "engines.json")

    def forget_engines(self) -> None:
        (self.run / "engines.json").unlink(missing_ok=True)

    @contextlib.contextmanager
    def changing_stores(self) -> Iterator[int]:
        """While the stores are brought to this version, whoever calls `wait_for_stores` waits.

        Gives the descriptor of the lock: a process that inherits it goes on holding it.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        with (self.run / _CHANGING).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file.fileno()

    def wait_for_stores(self) -> None:
        """Return when nobody is changing the stores' shape: for a process that was loaded meanwhile."""
        with contextlib.suppress(FileNotFoundError, PermissionError), (self.run / _CHANGING).open() as file:
            while not _is_free(file):
                time.sleep(_LOOKS_EVERY_S)

    def lock(self) -> IO[str]:
        """Hold the returned file open for as long as the stack runs.

        Raises HomeInUse, naming the process that holds it.
        """
        self.run.mkdir(parents=True, exist_ok=True)
        file = (self.run / "up.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "?"
            raise HomeInUse(
                f"Tabiji is already running on {self.path} (process {holder}). "
                "Stop it first, or name another folder with TABIJI_HOME."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        return file


def _is_free(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
