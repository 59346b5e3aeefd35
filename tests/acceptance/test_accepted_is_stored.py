"""Invariant 1: what was answered with 200 is stored exactly once, whatever dies whenever."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tabiji.core.clickhouse import ClickHouse, ClickHouseError
from tabiji.core.crashpoints import ALL, EXIT_CODE
from tests.acceptance.conftest import add_workspace
from tests.acceptance.processes import Client, House, Process, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("accepted")]
STREAM_POINTS = [point for point in ALL if point.startswith(("collector.", "processor."))]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(Path(tmp_path_factory.mktemp("house")))
    made.start_engines()
    add_workspace(made)
    yield made
    made.stop()


@pytest.fixture
def processes(house: House) -> list[Process]:
    """Collector and processor, running: those that the test before has left, or both anew."""
    if not house.processes:
        house.collector()
        house.worker("processor")
    return house.running()


def stored_ids(house: House, name: str) -> list[str]:
    with contextlib.closing(ClickHouse(house.clickhouse.url)) as store:
        rows = store.rows(
            "SELECT message_id FROM event WHERE startsWith(message_id, {name:String})", {"name": f"{name}-"}
        )
    return [row[0] for row in rows]


def all_stored_once(house: House, client: Client) -> bool:
    """True when everything accepted is there; fails at once if anything is there twice."""
    try:
        stored = stored_ids(house, client.name)
    except ClickHouseError:
        return False
    assert len(stored) == len(set(stored)), "an event was stored twice"
    return set(client.accepted) <= set(stored)


def settle(house: House, client: Client, processes: list[Process]) -> None:
    def settled() -> bool:
        for process in processes:
            process.keep_alive()
        return all_stored_once(house, client)

    wait_until(settled, timeout_s=60, every_s=0.3)
    extra = set(stored_ids(house, client.name)) - set(client.accepted)
    assert len(extra) <= 6, "more was stored than the last, unanswered requests can explain"


@pytest.mark.parametrize("point", STREAM_POINTS)
def test_a_process_that_dies_at_a_durable_boundary_loses_and_doubles_nothing(
    house: House, processes: list[Process], point: str
) -> None:
    name = point.replace(".", "-")
    collector, worker = processes
    dying = collector if point.startswith("collector.") else worker

    with Client(house.collector_port, "wk_test", name) as client:
        wait_until(lambda: client.accepted)
        house.crash_at(f"{point}:2")

        def died_and_went_on() -> bool:
            collector.keep_alive()
            worker.keep_alive()
            return bool(dying.exits) and len(client.accepted) > 30

        wait_until(died_and_went_on, timeout_s=60)

    settle(house, client, processes)
    assert len(client.accepted) > 30
    # The collector's own process answers for its child, which is the one that ended at the point.
    assert dying is collector or dying.exits[0] == EXIT_CODE


@pytest.mark.parametrize("victim", ["collector", "processor", "postgres", "clickhouse"])
def test_five_random_kills_lose_and_double_nothing(
    house: House, processes: list[Process], victim: str
) -> None:
    chance = random.Random(f"kill {victim}")
    collector, worker = processes

    with Client(house.collector_port, "wk_test", f"kill-{victim}") as client:
        wait_until(lambda: len(client.accepted) > 20)
        for _ in range(5):
            time.sleep(chance.uniform(0.2, 1.2))
            before = len(client.accepted)
            _kill(house, victim, collector, worker)

            def accepting_again(before: int = before) -> bool:
                collector.keep_alive()
                worker.keep_alive()
                return len(client.accepted) > before + 5

            wait_until(accepting_again, timeout_s=60)

    settle(house, client, processes)
    assert len(client.accepted) > 100


def _kill(house: House, victim: str, collector: Process, worker: Process) -> None:
    match victim:
        case "collector":
            collector.kill()
        case "processor":
            worker.kill()
        case "postgres":
            house.postgres.kill()
            house.postgres.start()
        case "clickhouse":
            house.clickhouse.kill()
            house.clickhouse.start()
            house.clickhouse.wait_ready()
