"""A refresh that dies at its commit: nobody enters twice, nobody is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tabiji.core.crashpoints import EXIT_CODE
from tests.acceptance.processes import House, wait_until

pytestmark = pytest.mark.stack

_PREPARE = """
from datetime import UTC, datetime
from tabiji.audiences.public import audience
from tabiji.core import postgres
from tabiji.events.public import inlet, processor
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import workspace
made = workspace.create("POINT", name="test", shards=1)
with postgres.workspace_scope(made.id):
    inlet.accept([{"type": "identify", "userId": f"u{n}", "traits": {}} for n in range(50)], source="server")
processor.process_all()
with postgres.workspace_scope(made.id):
    print(made.id, audience.create("all", actor=AUTOMATIC, condition={"kind": "everyone"}))
"""
_LOOK = """
import json
from tabiji.core import clickhouse, postgres
from tabiji.events.public import processor
processor.process_all()
with postgres.workspace_scope(WORKSPACE):
    members = postgres.scalar("SELECT count(*) FROM audience_member WHERE left_at IS NULL AND episode = 1")
    size = postgres.scalar("SELECT size FROM audience")
told = clickhouse.store().rows(
    "SELECT count(), uniqExact(person_id) FROM person_change WHERE workspace_id = WORKSPACE AND kind = 'audience'"
)[0]
print(json.dumps([members, size, *told]))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(Path(tmp_path_factory.mktemp("house")))
    made.start_engines()
    yield made
    made.stop()


@pytest.mark.parametrize("point", ["refresh.before_commit", "refresh.after_commit"])
def test_a_refresh_that_dies_is_done_once(house: House, point: str) -> None:
    workspace_id, audience_id = house.python(
        _PREPARE.replace("POINT", point.replace(".", "-").replace("_", "-"))
    ).split()
    house.crash_at(point)
    worker = house.worker("audiences")

    def died_and_went_on() -> bool:
        worker.keep_alive()
        with psycopg.connect(house.postgres.url()) as connection:
            done = connection.execute(
                "SELECT size FROM audience WHERE id = %s", [int(audience_id)]
            ).fetchone()
        return bool(worker.exits) and done == (50,)

    wait_until(died_and_went_on, timeout_s=60, every_s=0.2)
    house.forget()
    assert worker.exits[0] == EXIT_CODE
    assert json.loads(house.python(_LOOK.replace("WORKSPACE", workspace_id))) == [50, 50, 50, 50]
