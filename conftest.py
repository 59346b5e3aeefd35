"""Real engines for every test: a PostgreSQL cluster and a ClickHouse process of their own."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

if "TABIJI_TEST_RUN" not in os.environ:  # the workers of xdist inherit that of the run
    os.environ["TABIJI_TEST_RUN"] = tempfile.mkdtemp(prefix="tabiji-test-")
    atexit.register(shutil.rmtree, os.environ["TABIJI_TEST_RUN"], ignore_errors=True)
_home = Path(tempfile.mkdtemp(dir=os.environ["TABIJI_TEST_RUN"]))
os.environ["TABIJI_HOME"] = str(_home)  # before Django reads its settings

import pytest  # noqa: E402
from django.conf import settings  # noqa: E402
from pytest_django.plugin import DjangoDbBlocker  # noqa: E402

from tabiji.runtime.clickhouse import EmbeddedClickHouse  # noqa: E402
from tabiji.runtime.postgres import EmbeddedPostgres  # noqa: E402
from tabiji.workspaces.contracts import WorkspaceInfo  # noqa: E402
from tests.builders import empty  # noqa: E402

DEMO_OPENING = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
"""Tue 2026-04-28 14:00 in Tokyo, when the demo opens."""


@pytest.fixture(scope="session", autouse=True)
def japanese() -> None:
    """The binary catalogues are not in the repository: compile them as an installation does."""
    from tabiji.runtime import messages

    messages.compile_all()


@pytest.fixture(scope="session", autouse=True)
def without_static_files() -> None:
    """Nobody asks this process for a static file, and looking for them takes a second for each client."""
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]


@pytest.fixture(scope="session")
def stores() -> tuple[EmbeddedPostgres, EmbeddedClickHouse]:
    return empty.stores(_home)


@pytest.fixture(scope="session")
def postgres_server(stores: tuple[EmbeddedPostgres, EmbeddedClickHouse]) -> Iterator[EmbeddedPostgres]:
    server, _ = stores
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def clickhouse_url(stores: tuple[EmbeddedPostgres, EmbeddedClickHouse]) -> Iterator[str]:
    _, server = stores
    server.start()
    server.wait_ready()
    yield server.url
    server.stop()


@pytest.fixture(scope="session")
def django_db_setup(postgres_server: EmbeddedPostgres, clickhouse_url: str) -> None:
    """Both stores, migrated as an installation would be."""
    from django.db import connections

    from tabiji.core import clickhouse

    settings.DATABASE_URL = postgres_server.url()
    settings.CLICKHOUSE_URL = clickhouse_url
    clickhouse.configure(clickhouse_url)
    for alias in ("default", "owner"):
        connections.settings[alias].update(
            NAME="tabiji",
            USER="tabiji",
            PASSWORD=postgres_server.password,
            HOST="127.0.0.1",
            PORT=str(postgres_server.port),
        )


@pytest.fixture
def workspace(db: None) -> Iterator[object]:
    """An empty practice workspace in whose scope the test runs; its clock stands at the demo's opening."""
    from tabiji.core import postgres
    from tabiji.workspaces.public import workspace as workspaces

    made = workspaces.create(
        f"test-{os.urandom(4).hex()}",
        name="株式会社タノモア",
        is_practice=True,
        clock_offset=DEMO_OPENING - datetime.now(UTC),
        shards=1,
    )
    with postgres.workspace_scope(made.id):
        yield made


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[WorkspaceInfo]:
    """A workspace of one's own at the demo's opening, whose rows other connections see."""
    from tests.builders.races import committed_workspace

    with django_db_blocker.unblock(), committed_workspace(DEMO_OPENING) as made:
        yield made


@pytest.fixture
def now() -> datetime:
    """The demo's opening: business time for tests that state it."""
    return DEMO_OPENING


__all__ = ["DEMO_OPENING", "timedelta"]
