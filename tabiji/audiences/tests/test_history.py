"""How large an audience was: from the eve of its first people, as they came and went."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.audiences.public import audience, history
from tabiji.core import facts
from tabiji.events.public import processor
from tabiji.people.public import lists
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def test_a_history_begins_on_the_eve_of_the_first_people(workspace: WorkspaceInfo, now: datetime) -> None:
    people = [customer(f"p{place}@a.example", at=now - 20 * DAY) for place in range(3)]
    listed = lists.create("来場者", actor=AUTOMATIC)
    lists.add(listed, people, at=now - 20 * DAY, actor=facts.AUTOMATIC)
    processor.process_all()
    condition = {"version": 1, "kind": "value", "of": "list", "ref": str(listed), "op": "member"}
    made = audience.create("来場者", actor=AUTOMATIC, condition=condition)

    assert [size for _day, size in history.sizes(made, now=now)] == [0, 0]

    audience.refresh_now(made, now=now - 3 * DAY)
    lists.remove(listed, people[:1], at=now - DAY, actor=facts.AUTOMATIC)
    processor.process_all()
    audience.refresh_now(made, now=now - DAY)
    processor.process_all()

    told = history.sizes(made, now=now)
    today = now.astimezone(workspace.zone).date()
    assert told == [(today - place * DAY, size) for place, size in ((4, 0), (3, 3), (2, 3), (1, 2), (0, 2))]
    assert history.sizes(made, now=now, days=2) == told[-2:]
