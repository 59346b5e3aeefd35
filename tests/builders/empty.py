"""Both stores, brought to this version once for a run of the tests and copied for each who needs empty ones."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.postgres import EmbeddedPostgres

RUN: Final = "TABIJI_TEST_RUN"
"""Names the folder of this run in the environment; the root conftest makes it, xdist's workers inherit it."""
SECRET: Final = "test"


def stores(path: Path, clickhouse_port: int = 0) -> tuple[EmbeddedPostgres, EmbeddedClickHouse]:
    """Empty stores of this version on the folder, not started yet; their secret is SECRET."""
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", "--reflink=auto", *_made().glob("*"), path], check=True)
    return _on(path, clickhouse_port)


def _made() -> Path:
    run = Path(os.environ[RUN])
    found = run / "empty"
    with (run / "empty.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not found.exists():
            draft = run / "empty.new"
            shutil.rmtree(draft, ignore_errors=True)  # of a worker that failed at it
            _make(draft)
            draft.rename(found)
    return found


def _make(path: Path) -> None:
    postgres, clickhouse = _on(path)
    postgres.prepare()
    postgres.start()
    try:
        postgres.ensure_database()
        clickhouse.start()
        clickhouse.wait_ready()
        _migrate(path, {"DATABASE_URL": postgres.url(), "CLICKHOUSE_URL": clickhouse.url})
    finally:
        clickhouse.stop()
        postgres.stop()


def _migrate(path: Path, urls: dict[str, str]) -> None:
    """As an installation does it; what it needs a state folder for is not kept."""
    done = subprocess.run(
        [sys.executable, "-m", "tabiji", "migrate"],
        env={**os.environ, **urls, "TABIJI_HOME": str(path.with_suffix(".home"))},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-3000:]


def _on(path: Path, clickhouse_port: int = 0) -> tuple[EmbeddedPostgres, EmbeddedClickHouse]:
    return (
        EmbeddedPostgres(path / "postgres", SECRET),
        EmbeddedClickHouse(path / "clickhouse", clickhouse_port, SECRET),
    )
