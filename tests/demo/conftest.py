"""The demo company, played once for a run of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from pytest_django.plugin import DjangoDbBlocker

from tabiji.core import crypto
from tabiji.runtime.home import Home
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
        _keys_of(Home(demo_stores.postgres.path.parent)),
        inside(demo_stores.postgres.url(), demo_stores.clickhouse.url) as found,
    ):
        yield found


@contextmanager
def _keys_of(home: Home) -> Iterator[None]:
    """What was sealed and signed in the demo can be opened by this process."""
    before = settings.SEALING_KEYS, settings.SIGNING_KEY
    settings.SEALING_KEYS, settings.SIGNING_KEY = [home.secrets.sealing], home.secrets.signing
    crypto.forget_keys()
    try:
        yield
    finally:
        settings.SEALING_KEYS, settings.SIGNING_KEY = before
        crypto.forget_keys()
