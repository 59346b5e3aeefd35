"""The folder of an embedded ClickHouse and who owns it."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class CannotOpen(RuntimeError):
    """The data cannot be served; the message says what to do. Nothing was changed."""


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Hold the folder for the block, with it as the working directory. Raises CannotOpen if another does.

    The lock is the kernel's: it goes with the process, however that ends.
    """
    path.mkdir(parents=True, exist_ok=True)
    lock = os.open(path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode() or "unknown"
            raise CannotOpen(
                f"The data in {path} is in use by process {holder}. "
                "An embedded ClickHouse has one owner: stop that process, or name another folder."
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        os.chdir(path)
        yield
    finally:
        os.close(lock)
