"""The stores for `tabiji rebuild-events`: those that are named or run, and embedded ones started for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.runtime.home import Home, HomeInUse
from tabiji.runtime.postgres import EmbeddedPostgres


class StackRuns(RuntimeError):
    """The ClickHouse to be filled is that of a running stack, which would decide on half a history."""


@contextmanager
def stores(home: Home) -> Iterator[None]:
    """DATABASE_URL and CLICKHOUSE_URL name both stores for the block, with the tables of this version.

    Call it before Django is set up. Raises StackRuns.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(home.lock())
        except HomeInUse:
            _beside_a_running_stack(home)
        else:
            _alone(home, stack)
        _set_up()
        yield


def _beside_a_running_stack(home: Home) -> None:
    running, wanted = home.engines(), os.environ.get("CLICKHOUSE_URL")
    if running is None or not wanted or wanted == running.clickhouse_url:
        raise StackRuns(
            "Tabiji runs on this folder, and would decide on half a history while its ClickHouse is filled. "
            "Stop it first; or name another, empty ClickHouse by CLICKHOUSE_URL."
        )
    os.environ.setdefault("DATABASE_URL", running.database_url)


def _alone(home: Home, stack: ExitStack) -> None:
    if "DATABASE_URL" not in os.environ:
        postgres = EmbeddedPostgres(home.postgres, home.secrets.postgres)
        postgres.prepare()
        stack.callback(postgres.stop)
        postgres.start()
        postgres.ensure_database()
        os.environ["DATABASE_URL"] = postgres.url()
    if "CLICKHOUSE_URL" not in os.environ:
        clickhouse = EmbeddedClickHouse(home.clickhouse, 0, home.secrets.clickhouse)
        stack.callback(clickhouse.stop)
        clickhouse.start()
        clickhouse.wait_ready()
        os.environ["CLICKHOUSE_URL"] = clickhouse.url


def _set_up() -> None:
    import django

    django.setup()
    from tabiji.runtime import migrate

    migrate.migrate_postgres()
    migrate.migrate_clickhouse()
