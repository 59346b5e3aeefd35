"""The demo company, played once for a run of the tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.demo.stores import Demo, Stores, home_with_demo, inside


@pytest.fixture(scope="session")
def demo_stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Both engines with the demo at its opening. Nobody changes anything in them."""
    stores = Stores.start(home_with_demo(tmp_path_factory.mktemp("demo")))
    yield stores
    stores.stop()


@pytest.fixture(scope="module")
def demo(demo_stores: Stores, django_db_blocker: DjangoDbBlocker) -> Iterator[Demo]:
    """Inside the demo company, before anybody has done anything."""
    with (
        django_db_blocker.unblock(),
        inside(demo_stores.postgres.url(), demo_stores.clickhouse.url) as found,
    ):
        yield found
