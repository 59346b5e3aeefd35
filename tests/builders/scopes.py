"""Leaving a test's scope for a moment: requests open scopes of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tabiji.core import postgres


@contextmanager
def outside() -> Iterator[None]:
    """As between requests: no workspace is open."""
    standing = postgres.scalar("SELECT current_setting('app.ws', true)")
    token = postgres._scope.set(None)
    postgres.execute("SELECT set_config('app.ws', '', true)")
    try:
        yield
    finally:
        postgres._scope.reset(token)
        postgres.execute("SELECT set_config('app.ws', %s, true)", [standing or ""])


@contextmanager
def in_workspace(workspace_id: int) -> Iterator[None]:
    """In another workspace's scope."""
    with outside(), postgres.workspace_scope(workspace_id):
        yield
