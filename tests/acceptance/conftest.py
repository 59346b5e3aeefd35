"""One house for the acceptance tests that do not kill it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.acceptance.processes import House


@pytest.fixture(scope="session")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Both engines, one workspace (id 1) with the write key `wk_test`; no processes yet."""
    house = House(Path(tmp_path_factory.mktemp("shared-house")))
    house.start_engines()
    add_workspace(house)
    yield house
    house.stop()


def add_workspace(house: House) -> None:
    with psycopg.connect(house.postgres.url(), autocommit=True) as connection:
        connection.execute(
            "SELECT create_workspace('w', 'W', 'Asia/Tokyo', 'ja', false, '0', 2::smallint, '{}')"
        )
        connection.execute(
            "INSERT INTO api_key (workspace_id, kind, name, public) VALUES (1, 'write', 'site', 'wk_test')"
        )
