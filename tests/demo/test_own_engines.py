"""`make soak`: the whole scene on a PostgreSQL and a ClickHouse that were started elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tabiji.runtime.home import Home
from tests.acceptance.processes import House
from tests.acceptance.test_installation import Up, running
from tests.demo import heroine
from tests.demo.figures import AFTER, all_told
from tests.demo.heroine import Scene
from tests.demo.stores import COLLECTOR_PORT, WEB_PORT

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("demo"), pytest.mark.timeout(3_000)]


def test_the_scene_on_engines_of_ones_own(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    house = House(tmp_path / "engines")
    house.start_engines()
    try:
        urls = {"DATABASE_URL": house.postgres.url(), "CLICKHOUSE_URL": house.clickhouse.url}
        up = Up(tmp_path / "home", urls)
        up.home.mkdir()
        up.web, up.collector = WEB_PORT, COLLECTOR_PORT
        up.command = [
            *up.command[:4],
            "--demo",
            "--port",
            str(WEB_PORT),
            "--collector-port",
            str(COLLECTOR_PORT),
        ]
        with running(up, timeout_s=1_200), django_db_blocker.unblock():
            scene = Scene.on(Home(up.home))
            played = heroine.play(scene)

            assert (played.people_before_the_form, played.people_after) == (6_000, 6_001)
            assert played.scores == (60, 70, 80, 90)
            assert played.hand_overs == 1
            sent = played.case_mail_at.astimezone(heroine.TOKYO)
            assert (sent.month, sent.day, sent.hour) == (5, 7, 10)
            assert (played.consent_after_get, played.consent_after_post) == (True, False)
            with scene.inside():
                all_told(AFTER)
    finally:
        house.stop()
