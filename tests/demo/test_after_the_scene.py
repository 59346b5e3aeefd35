"""The heroine walks through the demo on real processes, and the reports say so, to the last digit."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tabiji.insights.public import attribution, funnels, home, initiative_report
from tabiji.people.public import persons
from tabiji.runtime.supervisor import Ports, Stack
from tests.demo import heroine
from tests.demo.figures import AFTER, funnel_id, funnel_tells, initiative, kpi_tree_tells, report_tells
from tests.demo.heroine import Scene, Seen
from tests.demo.stores import COLLECTOR_PORT, WEB_PORT, Demo, home_with_demo, the_ports

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("demo"), pytest.mark.timeout(1_500)]
FOLLOW_UP = "資料請求後フォロー(おまかせ)"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    """The whole stack on a copy of the played demo."""
    stack = Stack(home_with_demo(tmp_path_factory.mktemp("scene")), Ports(WEB_PORT, COLLECTOR_PORT))
    outside = {
        name: os.environ.pop(name) for name in ("DATABASE_URL", "CLICKHOUSE_URL") if name in os.environ
    }
    with django_db_blocker.unblock(), the_ports():
        try:
            stack.start()
            yield Scene.on(stack.home)
        finally:
            stack.stop()
            os.environ.update(outside)


@pytest.fixture(scope="module")
def played(scene: Scene) -> Seen:
    return heroine.play(scene, say=print)


@pytest.fixture(scope="module")
def after(scene: Scene, played: Seen) -> Iterator[Demo]:
    with scene.inside() as demo:
        yield demo


def test_nobody_is_known_before_the_form_and_one_person_after(played: Seen) -> None:
    assert (played.people_before_the_form, played.people_after) == (6_000, 6_001)


def test_points_for_what_she_did(played: Seen) -> None:
    assert played.scores == (60, 70, 80, 90)


def test_one_hand_over_for_one_crossing(played: Seen) -> None:
    assert played.hand_overs == 1


def test_the_case_mail_left_after_three_business_days(played: Seen) -> None:
    sent = played.case_mail_at.astimezone(heroine.TOKYO)

    assert (sent.month, sent.day, sent.hour) == (5, 7, 10)


def test_one_click_unsubscribes_and_a_look_does_not(played: Seen) -> None:
    assert (played.consent_after_get, played.consent_after_post) == (True, False)


@pytest.mark.usefixtures("after")
def test_the_funnel_after() -> None:
    funnel_tells(AFTER)


@pytest.mark.usefixtures("after")
def test_the_kpi_tree_after() -> None:
    kpi_tree_tells(AFTER)


@pytest.mark.usefixtures("after")
def test_the_follow_up_report_after() -> None:
    report_tells(initiative_report.report(initiative(FOLLOW_UP).id, home.period()), AFTER)


@pytest.mark.usefixtures("after")
def test_she_is_behind_the_numbers() -> None:
    (misaki,) = persons.search(heroine.MAIL)
    found = initiative(FOLLOW_UP).id, home.period()

    assert misaki.id in funnels.who(funnel_id(), home.period(), 6).people
    assert misaki.id in initiative_report.who_reached_goal(*found, "arm", "clicked").people
    assert misaki.id in {one.person_id for one in attribution.contracts_of(*found)}
    assert misaki.stage == "contract"
