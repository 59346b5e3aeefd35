"""The processor's loop: a stream that cannot be processed stops no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import pytest_django

from tabiji.core import postgres
from tabiji.events import loops
from tabiji.events.public import inlet, processor
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.races import committed_workspace


@pytest.fixture
def broken(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[WorkspaceInfo]:
    """A workspace whose oldest inbox row nobody can read."""
    with django_db_blocker.unblock(), committed_workspace(None) as workspace:
        postgres.execute(
            "SELECT accept_events(%s::bigint[], %s::smallint[], %s::integer[], %s::bytea[])",
            [[workspace.id], [0], [1], [b"\xc1 no envelope"]],
        )
        yield workspace
        with postgres.workspace_scope(workspace.id):
            postgres.execute("DELETE FROM event_inbox WHERE workspace_id = %s", [workspace.id])


def test_a_stream_that_cannot_be_processed_stops_no_other(broken: WorkspaceInfo) -> None:
    with committed_workspace(None) as other:
        with postgres.workspace_scope(other.id):
            inlet.accept([{"type": "page", "anonymousId": "b", "properties": {}}], source="web")

        assert loops.process() == 1

        assert [stream.workspace_id for stream in processor.streams_with_work()] == [broken.id]
        with pytest.raises(Exception, match="MessagePack"):
            loops.process()
        with postgres.workspace_scope(broken.id):
            postgres.execute("DELETE FROM event_inbox WHERE workspace_id = %s", [broken.id])


def test_refused_events_are_forgotten_after_ninety_days(workspace: WorkspaceInfo) -> None:
    for days in (1, 89, 91):
        postgres.execute(
            "INSERT INTO event_reject (workspace_id, at, reason, body)"
            " VALUES (%s, clock_timestamp() - make_interval(days => %s), 'no_name', '')",
            [workspace.id, days],
        )

    assert postgres.scalar("SELECT forget_rejects()") == 1
    assert postgres.scalar("SELECT count(*) FROM event_reject") == 2
