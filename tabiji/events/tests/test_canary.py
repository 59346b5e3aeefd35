"""The canary: a test event goes the whole way, measures it, and is nobody's act."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import pytest_django

from tabiji.core import clickhouse, postgres
from tabiji.events import canary, health
from tabiji.events.public import inlet, processor, watermark
from tabiji.people.public import persons
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.races import committed_workspace

NOW = timedelta(0)


@pytest.fixture
def workspace(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[WorkspaceInfo]:
    """A workspace whose rows are committed, as the worker finds them."""
    with django_db_blocker.unblock(), committed_workspace(None) as made:
        yield made


def stored_events(workspace: WorkspaceInfo) -> int:
    found: int = clickhouse.store().scalar(
        "SELECT count() FROM event WHERE workspace_id = {ws:UInt32}", {"ws": workspace.id}
    )
    return found


def test_it_goes_the_whole_way_and_is_nobodys_act(workspace: WorkspaceInfo) -> None:
    assert canary.send_next(NOW) == workspace.id
    assert canary.look() == 1
    under_way = canary.state()
    assert under_way.waits is not None

    processor.process_all()

    assert canary.look() == 0
    state = canary.state()
    assert state.lag is not None
    assert timedelta(0) < state.lag < timedelta(seconds=20)
    assert state.waits is None
    with postgres.workspace_scope(workspace.id):
        assert watermark.is_drained()
        assert persons.count() == 0
        assert postgres.scalar("SELECT count(*) FROM event_seen WHERE workspace_id = %s", [workspace.id]) == 0
    assert stored_events(workspace) == 0
    assert [finding.level for finding in health.way()] == ["fine"]


def test_one_is_sent_at_a_time_and_each_workspace_has_its_turn(workspace: WorkspaceInfo) -> None:
    with committed_workspace(None) as other:
        first = canary.send_next(NOW)

        assert canary.send_next(timedelta(seconds=55)) is None
        assert {first, canary.send_next(NOW)} == {workspace.id, other.id}
        assert canary.send_next(NOW) not in {workspace.id, other.id}, "both are under way"
        processor.process_all()
        assert canary.look() == 0


def test_it_shares_a_batch_with_what_people_do(workspace: WorkspaceInfo) -> None:
    with postgres.workspace_scope(workspace.id):
        inlet.accept([{"type": "page", "anonymousId": "b", "properties": {}}], source="web")
    canary.send_next(NOW)

    processor.process_all()

    assert canary.look() == 0
    assert stored_events(workspace) == 1


def test_one_that_does_not_come_through_is_said(workspace: WorkspaceInfo) -> None:
    canary.send_next(NOW)
    with postgres.workspace_scope(workspace.id):
        postgres.execute("UPDATE event_canary SET sent_at = sent_at - interval '7 minutes'")

    (finding,) = health.way()

    # "broken" where none came for minutes; other workspaces' test events may have come meanwhile.
    assert (finding.level, "7" in finding.what) == ("broken", True) or (
        finding.level == "look" and "42" in finding.what
    )
    processor.process_all()
    canary.look()


def test_nobody_outside_can_speak_as_one(workspace: WorkspaceInfo) -> None:
    with postgres.workspace_scope(workspace.id):
        inlet.accept([{"type": "track", "event": "canary", "anonymousId": "canary-1"}], source="web")

    processor.process_all()

    assert stored_events(workspace) == 1
