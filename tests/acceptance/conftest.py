"""One house, with a collector that takes in, for the acceptance tests that do not kill it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.processes import House, post, wait_until


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Both engines, one workspace (id 1) with the write key `wk_test`, a collector and its processor."""
    house = House(Path(tmp_path_factory.mktemp("shared-house")))
    house.start_engines()
    add_workspace(house)
    house.collector()
    house.worker("processor")
    wait_until(lambda: _answers(house))
    yield house
    house.stop()


def _answers(house: House) -> bool:
    try:
        return post(house.collector_port, "/health", b"")[0] == 200
    except OSError:
        return False


def add_workspace(house: House) -> None:
    with psycopg.connect(house.postgres.url(), autocommit=True) as connection:
        connection.execute(
            "SELECT create_workspace('w', 'W', 'Asia/Tokyo', 'ja', false, '0', 2::smallint, '{}')"
        )
        connection.execute(
            "INSERT INTO api_key (workspace_id, kind, name, public) VALUES (1, 'write', 'site', 'wk_test')"
        )
