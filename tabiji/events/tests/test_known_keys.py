"""Many requests at once ask for a key: the database is looked at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
import pytest_django
from django.conf import settings

from tabiji.core import postgres
from tabiji.core.inlets import Busy
from tabiji.events import known_keys
from tabiji.events.known_keys import KnownKeys
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import keys
from tests.builders.races import committed_workspace

_MARK = "known-keys-test"


@pytest.fixture
def write_key(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[str]:
    with django_db_blocker.unblock(), committed_workspace(None) as made:
        with postgres.workspace_scope(made.id):
            made_key = keys.create_write_key("site", actor=AUTOMATIC)
        yield made_key.public


def test_a_crowd_of_requests_shares_one_connection_and_it_is_kept(write_key: str) -> None:
    async def crowd(known: KnownKeys) -> None:
        asked = [known.workspace_of(write_key if place % 2 else f"wk_{place}") for place in range(300)]
        most, answers = await _busiest(asyncio.gather(*asked))
        assert most == 1
        assert answers[0] is None
        assert answers[1] is not None

    _run(crowd)


def test_unknown_keys_cost_one_look_a_second(write_key: str) -> None:
    async def guess(known: KnownKeys) -> None:
        await known.workspace_of("wk_first")
        with _held_keys():
            assert await asyncio.wait_for(known.workspace_of("wk_second"), 0.5) is None

    _run(guess)


def test_a_known_key_is_answered_while_the_next_look_waits(
    write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ask(known: KnownKeys) -> None:
        first = await known.workspace_of(write_key)
        monkeypatch.setattr(known_keys, "_FRESH_S", 0.0)
        monkeypatch.setattr(known_keys, "_PAUSE_S", 0.0)
        with _held_keys():
            assert await asyncio.wait_for(known.workspace_of(write_key), 0.5) == first

    _run(ask)


def test_a_database_that_is_away_is_no_unknown_key() -> None:
    async def ask() -> None:
        known = KnownKeys("host=127.0.0.1 port=1 connect_timeout=2")
        for _ in range(2):
            with pytest.raises(Busy):
                await known.workspace_of("wk_any")
        await known.close()

    asyncio.run(ask())


def _run(work: Callable[[KnownKeys], Awaitable[None]]) -> None:
    async def inside() -> None:
        known = KnownKeys(f"{settings.DATABASE_URL}?application_name={_MARK}")
        try:
            await work(known)
        finally:
            await known.close()

    asyncio.run(inside())


async def _busiest(work: Any) -> tuple[int, list[int | None]]:
    """The most connections seen while this work went on, and its results."""
    most, task = 0, asyncio.ensure_future(work)
    async with await psycopg.AsyncConnection.connect(settings.DATABASE_URL, autocommit=True) as watching:
        while True:
            cursor = await watching.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s", [_MARK]
            )
            row = await cursor.fetchone()
            assert row is not None
            most = max(most, row[0])
            if task.done():
                return most, task.result()


@contextmanager
def _held_keys() -> Iterator[None]:
    """Nobody can read the keys meanwhile."""
    with psycopg.connect(settings.DATABASE_URL) as holding:
        holding.execute("LOCK TABLE api_key IN ACCESS EXCLUSIVE MODE")
        yield
