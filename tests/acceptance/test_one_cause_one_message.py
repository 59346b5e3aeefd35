"""Invariant 2: one cause, one message, through the death of engine, gate and sender at any moment."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from pytest_django.plugin import DjangoDbBlocker

from tabiji.content.public import mails
from tabiji.core.crashpoints import ALL, EXIT_CODE
from tabiji.core.paging import ListQuery
from tabiji.journeys.public import enrolment, versions
from tabiji.practice.mailserver import PracticeMailServer, Received, serving
from tabiji.workspaces.public import workspace
from tests.acceptance.processes import House, Process, wait_until
from tests.builders.cast import customers
from tests.builders.journey import journey

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("one_cause")]
PEOPLE = 120
MUCH = 3_000
CONNECTIONS = 3
LOOPS = ("journeys", "gate", "sender-1", "sender-2", "dead-senders", "processor")
OFTEN = ("sender.before_data", "sender.after_data", "sender.before_result_commit")
POINTS = [point for point in ALL if point.startswith(("engine.", "gate.", "sender."))]


class Postbox:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.pause_s = 0.005

    def take(self, mail: Received) -> None:
        time.sleep(self.pause_s)  # slow enough that a kill meets mails under way
        self.received.append(mail)

    def per_person(self, prefix: str) -> Counter[str]:
        return Counter(mail.rcpt for mail in self.received if mail.rcpt.startswith(prefix))


@pytest.fixture(scope="module")
def postbox() -> Iterator[tuple[Postbox, int]]:
    box = Postbox()
    with serving(PracticeMailServer(box.take)) as port:
        yield box, port


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, postbox: tuple[Postbox, int]) -> Iterator[House]:
    made = House(Path(tmp_path_factory.mktemp("house")))
    made.start_engines()
    made.python(
        f"""
from tabiji.core import postgres
from tabiji.messaging.public import domains
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import workspace
from tests.builders.mails import published_mail
made = workspace.create("w", name="W", settings={{"quiet_hours": {{"starts": "00:00", "ends": "00:00"}}}})
with postgres.workspace_scope(made.id):
    domains.save(actor=AUTOMATIC, from_name="W", from_address="w@w.example", host="127.0.0.1",
                 port={postbox[1]}, security="none", connections={CONNECTIONS})
    published_mail("mail", at=workspace.business_now())
"""
    )
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def worker(house: House, django_db_blocker: DjangoDbBlocker) -> Iterator[Process]:
    """Running: the one that the test before has left, or one anew. It sends by itself: a sender apart that
    had much to send would meet the crash points instead of it.
    """
    if not house.processes:
        house.worker(*LOOPS)
    found = house.running()[0]
    if senders_of(found):
        found.stop()
        found.start()
    with django_db_blocker.unblock():
        yield found


def start_a_journey(house: House, name: str, people: int = PEOPLE) -> None:
    with house.inside(1):
        now = workspace.business_now()
        mail_id = mails.list_mails(ListQuery()).rows[0].id
        journey_id = journey(name).enter_on(name).send(mail_id).exit().start(now)
        version_id = versions.get(journey_id).version_id
        assert version_id is not None
        arrived = [enrolment.Arrival(one, "c", now) for one in customers(people, at=now, prefix=name)]
        enrolment.enrol(version_id, arrived)


def states(house: House, name: str) -> Counter[str]:
    with psycopg.connect(house.postgres.url()) as connection:
        rows = connection.execute(
            "SELECT m.state FROM message m JOIN person p ON p.id = m.person_id WHERE p.email LIKE %s",
            [f"{name}%"],
        ).fetchall()
    return Counter(row[0] for row in rows)


def settle(house: House, name: str, workers: list[Process], people: int = PEOPLE) -> Counter[str]:
    def settled() -> bool:
        for worker in workers:
            worker.keep_alive()
        found = states(house, name)
        return found["sent"] + found["uncertain"] == people

    wait_until(settled, timeout_s=120, every_s=0.2)
    return states(house, name)


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_at_a_durable_boundary_sends_nobody_two_mails(
    house: House, worker: Process, postbox: tuple[Postbox, int], point: str
) -> None:
    name = point.replace(".", "-").replace("_", "-")
    house.crash_at(f"{point}:2" if point in OFTEN else point)
    start_a_journey(house, name)

    found = settle(house, name, [worker])

    def died() -> list[int]:
        worker.keep_alive()
        return worker.exits

    assert wait_until(died)[0] == EXIT_CODE
    counted = postbox[0].per_person(name)
    assert max(counted.values()) == 1
    assert found["uncertain"] <= CONNECTIONS * 2
    assert len(counted) >= PEOPLE - found["uncertain"]


def test_random_kills_of_the_worker_send_nobody_two_mails(
    house: House, worker: Process, postbox: tuple[Postbox, int]
) -> None:
    chance = random.Random(7)
    start_a_journey(house, "random")
    kills = 0
    while states(house, "random")["sent"] < PEOPLE - 40 and kills < 5:
        time.sleep(chance.uniform(1.6, 2.4))
        worker.kill()
        worker.keep_alive()
        kills += 1

    found = settle(house, "random", [worker])

    counted = postbox[0].per_person("random")
    assert max(counted.values()) == 1
    assert found["uncertain"] <= CONNECTIONS * 2 * kills
    assert len(counted) >= PEOPLE - found["uncertain"]


def test_a_sender_apart_that_is_killed_sends_nobody_two_mails_and_another_goes_on(
    house: House, worker: Process, postbox: tuple[Postbox, int], quick: None
) -> None:
    make_busy(house, worker, "apart")

    os.kill(senders_of(worker)[0], signal.SIGKILL)
    found = settle(house, "apart", [worker], MUCH)

    counted = postbox[0].per_person("apart")
    assert worker.exits == []
    assert max(counted.values()) == 1
    assert found["uncertain"] <= 6
    assert len(counted) >= MUCH - found["uncertain"]

    left = senders_of(worker)
    assert left and worker.process is not None
    os.kill(worker.process.pid, signal.SIGKILL)  # alone: its children hear of it by themselves
    worker.process.wait()
    wait_until(lambda: not [one for one in left if Path(f"/proc/{one}/cmdline").exists()])


def test_a_stop_in_the_middle_of_much_sending_leaves_no_mail_of_unknown_fate(
    house: House, worker: Process, postbox: tuple[Postbox, int], quick: None
) -> None:
    make_busy(house, worker, "stopped")

    worker.stop()

    left = states(house, "stopped")
    assert left["queued"] > 0
    assert (left["uncertain"], left["sending"], left["leased"]) == (0, 0, 0)
    assert postbox[0].per_person("stopped").total() == left["sent"]

    assert settle(house, "stopped", [worker.start()], MUCH)["sent"] == MUCH
    assert max(postbox[0].per_person("stopped").values()) == 1


@pytest.fixture
def quick(house: House, postbox: tuple[Postbox, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that takes more, on more connections."""
    monkeypatch.setattr(postbox[0], "pause_s", 0.001)
    allow(house, 12)
    yield
    allow(house, CONNECTIONS)


def allow(house: House, connections: int) -> None:
    with psycopg.connect(house.postgres.url()) as connection:
        connection.execute("UPDATE sending_domain SET connections = %s", [connections])


def make_busy(house: House, worker: Process, name: str) -> None:
    """Much to send: the worker's senders have gone on in processes of their own."""
    start_a_journey(house, name, MUCH)
    wait_until(lambda: len(senders_of(worker)) == 2 and states(house, name)["sending"], timeout_s=60)


def senders_of(worker: Process) -> list[int]:
    """The processes of its senders, by id."""
    assert worker.process is not None
    children = Path(f"/proc/{worker.process.pid}/task").glob("*/children")
    found = [int(one) for listed in children for one in listed.read_text().split()]
    return [one for one in found if b"sender" in Path(f"/proc/{one}/cmdline").read_bytes()]
