"""Two at once: real transactions on connections of their own, let go at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from tabiji.core import ids, postgres
from tabiji.events.public import processor
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces


@contextmanager
def committed_workspace(
    now: datetime | None, settings: dict[str, Any] | None = None
) -> Iterator[WorkspaceInfo]:
    """A workspace whose rows other connections see; they stay, with nothing left to do.

    Its clock stands at `now`, or is the real one for None.
    """
    yield workspaces.create(
        f"race-{ids.new_id().hex[-12:]}",
        name="競争",
        is_practice=now is not None,
        clock_offset=now - datetime.now(UTC) if now else datetime.now(UTC) - datetime.now(UTC),
        shards=1,
        settings=settings,
    )
    processor.process_all()
    connection.close()


def together(workspace: WorkspaceInfo, *works: Callable[[], Any]) -> list[Any]:
    """Run each on a connection of its own, from one start; results, or the exceptions raised."""
    barrier = threading.Barrier(len(works))
    results: list[Any] = [None] * len(works)

    def run(place: int, work: Callable[[], Any]) -> None:
        try:
            with postgres.workspace_scope(workspace.id):
                postgres.scalar("SELECT 1")
                barrier.wait(20)
                results[place] = work()
        except Exception as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results
