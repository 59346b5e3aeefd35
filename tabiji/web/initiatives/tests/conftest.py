"""The console as an installation has it."""

from __future__ import annotations

import pytest
from django.conf import LazySettings


@pytest.fixture(autouse=True)
def _console(settings: LazySettings) -> None:
    settings.ROOT_URLCONF = "tabiji.web.customers.tests.console"
    # No static file is asked for here, and looking for them takes a second each time.
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if "whitenoise" not in name]
