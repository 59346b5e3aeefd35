"""Companies: what is said of them beyond their name."""

from __future__ import annotations

from datetime import datetime

import pytest

from tabiji.people.public import companies
from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.scopes import in_workspace

pytestmark = pytest.mark.django_db


def test_industry_and_size_are_said_of_many_at_once(workspace: WorkspaceInfo, now: datetime) -> None:
    made = companies.ensure({"青葉製作所": now, "北斗印刷": now})
    first, second = made["青葉製作所"], made["北斗印刷"]

    assert companies.describe({first: ("製造業", 48), second: ("印刷業", None), 2**40: ("?", 1)}) == 2

    assert (companies.get(first).industry, companies.get(first).employees) == ("製造業", 48)
    assert (companies.get(second).industry, companies.get(second).employees) == ("印刷業", None)


def test_companies_of_another_workspace_are_not_described(workspace: WorkspaceInfo, now: datetime) -> None:
    mine = companies.ensure({"青葉製作所": now})["青葉製作所"]
    other = workspaces.create("other-describes", name="Other")

    with in_workspace(other.id):
        assert companies.describe({mine: ("製造業", 48)}) == 0

    assert companies.get(mine).industry == ""
