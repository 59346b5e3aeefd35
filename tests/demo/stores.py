"""The played demo for tests: played once for this state of the code, kept, and copied for each who needs it.

What reads it belongs to the xdist group `demo`, so that one worker plays while the others go on; the
scene in the browsers is a group of its own, and waits for what was played if it comes first.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Final

import psycopg
from django.db import connections

from tabiji.core import postgres
from tabiji.practice.demo import staff
from tabiji.runtime import demo
from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.home import Home
from tabiji.runtime.postgres import EmbeddedPostgres
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import workspace
from tests.builders.connecting import connected

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / "var" / "cache" / "demo-tests"
WEB_PORT: Final = 8140
COLLECTOR_PORT: Final = 8141
WANTED: Final = demo.Wanted("ja", f"http://127.0.0.1:{WEB_PORT}", f"http://127.0.0.1:{COLLECTOR_PORT}")
"""Mails carry addresses, so the ports of the played demo are fixed."""


def kept() -> Path:
    """The folder with the demo at its opening; played now if this code has not played it yet.

    While something else is being worked on, TABIJI_KEPT_DEMO=1 takes what an earlier code has played.
    """
    if os.environ.get("TABIJI_KEPT_DEMO"):
        for found in CACHE.glob("*/secrets.json"):
            if found.parent.suffix != ".unfinished":
                return found.parent
    return _played()


@cache
def _played() -> Path:
    """Once a run, even if somebody changes the code meanwhile."""
    return demo.keep(CACHE, WANTED, Home(CACHE).secrets, say=print)


@contextmanager
def the_ports() -> Iterator[None]:
    """Mine alone on this machine: another run of these tests waits until they are free."""
    with (Path(tempfile.gettempdir()) / "tabiji-demo-ports.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def home_with_demo(path: Path) -> Home:
    """A state folder of one's own in which the demo stands at its opening."""
    found = kept()
    path.mkdir(parents=True, exist_ok=True)
    shutil.copy(found / "secrets.json", path / "secrets.json")
    home = Home(path)
    demo.copy(found, home, WANTED)
    return home


@dataclass(slots=True)
class Stores:
    """Both engines on a home, without any process of ours."""

    postgres: EmbeddedPostgres
    clickhouse: EmbeddedClickHouse

    @classmethod
    def start(cls, home: Home) -> Stores:
        """The practice clock goes on from where it stood."""
        made = cls(
            EmbeddedPostgres(home.postgres, home.secrets.postgres),
            EmbeddedClickHouse(home.clickhouse, 0, home.secrets.clickhouse),
        )
        made.postgres.start()
        made.clickhouse.start()
        made.clickhouse.wait_ready()
        with psycopg.connect(made.postgres.url(), autocommit=True) as connection:
            connection.execute("SELECT keep_practice_clocks(true)")
        return made

    def stop(self) -> None:
        self.clickhouse.stop()
        self.postgres.stop()


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the test stands: inside the demo company's workspace, at this moment of its business time."""

    workspace: WorkspaceInfo
    now: datetime


@contextmanager
def inside(database_url: str, clickhouse_url: str) -> Iterator[Demo]:
    """This process's public functions answer from these stores, in the demo company's scope.

    What is written is taken back at the end.
    """
    with connected(database_url, clickhouse_url), in_company() as found:
        yield found
        connections["default"].set_rollback(True)


@contextmanager
def in_company() -> Iterator[Demo]:
    """One transaction in the demo company's scope."""
    (company,) = [one for one in workspace.list_all() if one.slug == staff.SLUG]
    with postgres.workspace_scope(company.id):
        yield Demo(company, workspace.business_now())
