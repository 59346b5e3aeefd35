"""`make soak`: another ClickHouse, named by CLICKHOUSE_URL, gives the same answers to the reference questions.

With CLICKHOUSE_URL set (a server or a cluster of one's own, its database without events) that one is asked, else a
second embedded one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from benchmarks import people_and_events, questions
from tabiji.audiences.public import asking, conditions
from tabiji.core import clickhouse
from tabiji.people.public import exclusions, fields, lists
from tabiji.runtime import migrate
from tabiji.runtime.clickhouse import EmbeddedClickHouse
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900), pytest.mark.django_db]
PEOPLE, EVENTS = 2_000, 50_000
ALL = {0: 1_000_000}
"""No stream has decided these batches, so that there is no watermark to read up to."""


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The address of another store."""
    if given := os.environ.get("CLICKHOUSE_URL"):
        yield given
        return
    second = EmbeddedClickHouse(tmp_path / "second", 0, "second")
    second.start()
    try:
        second.wait_ready()
        yield second.url
    finally:
        second.stop()


def test_the_reference_questions_have_the_same_answers_on_another_endpoint(
    workspace: WorkspaceInfo, clickhouse_url: str, elsewhere: str
) -> None:
    fields.create("budget", label="予算", type="money")
    fields.create("industry", label="業種", type="text")
    list_id = lists.create("名簿", actor=AUTOMATIC)
    exclusions.add("domain", "example7.co.jp")
    here = _loaded_and_asked(workspace.id, list_id)

    _ask_from_now_on(elsewhere)
    try:
        migrate.migrate_clickhouse()
        assert clickhouse.store().scalar("SELECT count() FROM event") == 0, (
            "CLICKHOUSE_URL has events already"
        )
        there = _loaded_and_asked(workspace.id, list_id)
    finally:
        _ask_from_now_on(clickhouse_url)

    assert elsewhere != clickhouse_url
    assert [name for name in here if here[name] != there[name]] == []
    assert len(here) == 24
    assert [name for name, people in here.items() if not 0 < len(people) <= PEOPLE] == []
    print(f"24 questions, {sum(map(len, here.values())):,} people in the answers, the same on both endpoints")


def _ask_from_now_on(url: str) -> None:
    clickhouse.store().close()
    clickhouse.configure(url)


def _loaded_and_asked(workspace_id: int, list_id: int) -> dict[str, set[UUID]]:
    people_and_events.load(workspace_id, list_id=list_id, people=PEOPLE, events=EVENTS)
    asked = {name: conditions.parse(tree) for name, tree in questions.reference(list_id).items()}
    answers = {
        name: set(asking.people(condition, now=people_and_events.NOW, through=ALL))
        for name, condition in asked.items()
    }
    counted = {name: asking.count(condition, now=people_and_events.NOW) for name, condition in asked.items()}
    assert counted == {name: len(people) for name, people in answers.items()}
    return answers
