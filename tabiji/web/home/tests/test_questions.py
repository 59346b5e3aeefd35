"""While a page is drawn nothing is counted twice: what two of its parts need is handed on."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

import pytest

from tabiji.core import clickhouse
from tabiji.purpose.public import initiatives
from tabiji.web.home.tests import story
from tabiji.web.home.tests.browsing import sign_in
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each question, with its values, went to ClickHouse."""
    heard: Counter[str] = Counter()
    rows = clickhouse.ClickHouse.rows

    def listening(self: clickhouse.ClickHouse, sql: str, params: Any = None, **more: Any) -> Any:
        heard[f"{sql}\n{params}"] += 1
        return rows(self, sql, params, **more)

    monkeypatch.setattr(clickhouse.ClickHouse, "rows", listening)
    return heard


def test_a_home_and_an_initiative_s_page_ask_each_thing_once(
    workspace: WorkspaceInfo, now: datetime, asked: Counter[str]
) -> None:
    told = story.tell(now)
    follow, seminar = told.company.initiative_id, told.company.seminar_id
    initiatives.update(seminar, kpi_id=told.company.kgi, actor=AUTOMATIC)
    aoi = sign_in(workspace, told.staff.aoi)

    # With how many questions at most: one more is a question that somebody waits for.
    for path, most in (
        ("", 7),
        ("todos/", 2),
        (f"initiatives/{follow}/", 8),
        (f"initiatives/{seminar}/", 8),
    ):
        asked.clear()
        aoi.get(path)

        assert [question for question, times in asked.items() if times > 1] == [], path
        assert 1 <= len(asked) <= most, (path, len(asked))
