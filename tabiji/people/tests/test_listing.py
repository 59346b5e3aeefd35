"""The list of people: every order shows everybody once, page by page, whoever has done nothing yet included."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.people.public import persons
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customer

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sort", ["", "score", "-score", "name", "-name", "created", "last_act", "-last_act"])
def test_every_order_shows_everybody_once(workspace: WorkspaceInfo, now: datetime, sort: str) -> None:
    people = [customer(f"p{place}@aoba.example", at=now, last_name=f"佐藤{place}") for place in range(7)]
    acted = {people[place]: now - timedelta(days=place) for place in (1, 3, 4)}
    for person_id, at in acted.items():
        postgres.execute("UPDATE person SET last_act_at = %s, score = 10 WHERE id = %s", [at, person_id])

    shown, after = [], ""
    for _ in range(len(people)):
        page = persons.list_people(ListQuery(sort=sort, after=after, limit=2))
        shown += [one.id for one in page.rows]
        after = page.next
        if not after:
            break

    assert sorted(shown) == sorted(people)
    if sort == "-last_act":
        assert shown[:3] == [people[1], people[3], people[4]]
    if sort == "last_act":
        assert shown[:3] == [people[4], people[3], people[1]]
