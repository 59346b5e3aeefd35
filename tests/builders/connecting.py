"""This process's public functions on other stores than those of its tests, for a while."""

from __future__ import annotations

import functools
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from django.conf import settings
from django.db import connections

from tabiji.core import clickhouse
from tabiji.messaging import letters
from tabiji.runtime.postgres import DATABASE, OWNER


@contextmanager
def connected(database_url: str, clickhouse_url: str) -> Iterator[None]:
    info = psycopg.conninfo.conninfo_to_dict(database_url)
    before = {alias: dict(connections.settings[alias]) for alias in ("default", "owner")}
    urls = settings.DATABASE_URL, settings.CLICKHOUSE_URL
    store = clickhouse._store  # what other tests of this worker ask goes on being asked there
    connections.close_all()
    _forget_what_was_read()
    for alias in before:
        connections.settings[alias].update(
            NAME=DATABASE,
            USER=OWNER,
            PASSWORD=info["password"],
            HOST="127.0.0.1",
            PORT=str(info["port"]),
        )
    settings.DATABASE_URL, settings.CLICKHOUSE_URL = database_url, clickhouse_url
    clickhouse.configure(clickhouse_url)
    try:
        yield
    finally:
        connections.close_all()
        clickhouse.store().close()
        for alias, values in before.items():
            connections.settings[alias].update(values)
        settings.DATABASE_URL, settings.CLICKHOUSE_URL = urls
        clickhouse._store = store
        _forget_what_was_read()


def _forget_what_was_read() -> None:
    """What the product remembers of unchanging rows, it remembers by their ids: another store has the same ones."""
    for memory in _memories():
        memory.cache_clear()
    letters._versions.clear()


@cache
def _memories() -> tuple[functools._lru_cache_wrapper[object], ...]:
    found = (one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper))
    return tuple(one for one in found if one.__module__.startswith("tabiji."))
