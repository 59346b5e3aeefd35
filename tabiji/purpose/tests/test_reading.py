"""How far numbers read: to the watermark of each stream, in workspaces with several of them."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

import pytest

from tabiji.core import postgres
from tabiji.core.postgres import workspace_scope
from tabiji.events.public import watermark
from tabiji.purpose.contracts import ALWAYS
from tabiji.purpose.public import conversions
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db


@pytest.fixture
def streams() -> Iterator[WorkspaceInfo]:
    """A workspace of three streams with 30 contracts."""
    info = workspaces.create(f"streams-{uuid4().hex[:8]}", name="x", shards=3)
    with workspace_scope(info.id):
        conversions.create(
            "contract",
            name="契約",
            rule={"kind": "change", "change": "deal", "new": ["won"]},
            actor=AUTOMATIC,
        )
        told.record([told.won(person, place, at(place)) for place, person in enumerate(told.people(30))])
        yield info


def test_the_facts_of_every_stream_are_read(streams: WorkspaceInfo) -> None:
    assert sorted(watermark.closed_through()) == [0, 1, 2]
    assert [one.cause for one in conversions.counted("contract", ALWAYS)] == [f"deal:{n}" for n in range(30)]


def test_what_lies_above_the_watermark_of_its_stream_is_not_read(streams: WorkspaceInfo) -> None:
    postgres.execute("UPDATE event_stream SET closed_through = 0 WHERE shard = 1")

    behind = len(conversions.counted("contract", ALWAYS))

    assert 0 < behind < 30


def test_a_workspace_that_never_heard_of_anything_counts_nought() -> None:
    info = workspaces.create(f"new-{uuid4().hex[:8]}", name="x", shards=2)

    with workspace_scope(info.id):
        assert conversions.counted("contract", ALWAYS) == []
