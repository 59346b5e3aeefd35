"""Another workspace's ids lead nowhere: not to read, not to write, not as somebody's owner or deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tabiji.core import ids, postgres
from tabiji.sales.contracts import NewAppointment, PastDeal
from tabiji.sales.public import (
    appointments,
    calls,
    deals,
    hand_overs,
    history,
    packet,
    person,
    stopping,
    tasks,
    team,
    today,
)
from tabiji.sales.tests.cast import a_person, staff
from tabiji.workspaces.public import workspace as workspaces

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)
LATER = datetime(2026, 4, 29, 5, 0, tzinfo=UTC)


@pytest.fixture
def theirs(db: None) -> dict[str, Any]:
    """What みなと看護ナビ has: a person, a hand-over, a deal, a task, an appointment, and Ren."""
    made = workspaces.create(f"minato-{ids.new_id().hex[-12:]}", name="みなと看護ナビ", is_practice=True)
    with postgres.workspace_scope(made.id):
        ren = staff()
        somebody = a_person(NOW)
        number = hand_overs.request([somebody.id], reason="threshold", at=NOW).made[somebody.id]
        hand_overs.accept(number, at=NOW, actor=ren.haru)
        return {
            "person": somebody.id,
            "hand_over": number,
            "deal": deals.open_(somebody.id, name="商談", at=NOW, actor=ren.haru).id,
            "task": tasks.list_of_person(somebody.id)[0].id,
            "appointment": appointments.book(somebody.id, NewAppointment(LATER), at=NOW, actor=ren.haru).id,
            "user": ren.haru.user_id,
        }


@pytest.fixture
def ours(theirs: dict[str, Any], workspace: object) -> Any:
    return staff()


READS: list[Callable[[dict[str, Any]], Any]] = [
    lambda x: hand_overs.get(x["hand_over"]),
    lambda x: packet.of(x["hand_over"]),
    lambda x: deals.get(x["deal"]),
    lambda x: tasks.get(x["task"]),
    lambda x: appointments.get(x["appointment"]),
]


@pytest.mark.parametrize("read", READS)
def test_reading_finds_nothing(theirs: dict[str, Any], ours: Any, read: Callable[..., Any]) -> None:
    with pytest.raises(LookupError):
        read(theirs)


def test_writing_changes_nothing(theirs: dict[str, Any], ours: Any) -> None:
    attempts: list[Callable[[], Any]] = [
        lambda: hand_overs.accept(theirs["hand_over"], at=NOW, actor=ours.makoto),
        lambda: hand_overs.return_(theirs["hand_over"], reason="no_budget", at=NOW, actor=ours.makoto),
        lambda: hand_overs.reassign([theirs["hand_over"]], to=ours.haru.user_id, at=NOW, actor=ours.makoto),
        lambda: deals.win(theirs["deal"], at=NOW, actor=ours.haru),
        lambda: deals.move(theirs["deal"], "quote", at=NOW, actor=ours.haru),
        lambda: deals.reopen(theirs["deal"], at=NOW, actor=ours.haru),
        lambda: deals.open_(theirs["person"], name="商談", at=NOW, actor=ours.haru),
        lambda: tasks.finish(theirs["task"], at=NOW, actor=ours.haru),
        lambda: tasks.change(theirs["task"], title="x"),
        lambda: tasks.add(theirs["person"], kind="call", due_at=NOW, at=NOW, actor=ours.haru),
        lambda: appointments.settle(theirs["appointment"], "visited", at=NOW, actor=ours.haru),
        lambda: appointments.book(theirs["person"], NewAppointment(LATER), at=NOW, actor=ours.haru),
        lambda: calls.log(theirs["person"], result="declined", at=NOW, actor=ours.haru),
        lambda: stopping.stop(theirs["person"], reason="x", until=None, at=NOW, actor=ours.haru),
        lambda: history.load_deals([PastDeal("1", theirs["person"], "x", "main", 1, (("meeting", NOW),))]),
    ]
    for attempt in attempts:
        with pytest.raises((LookupError, ValueError)):
            attempt()
    assert hand_overs.request([theirs["person"]], reason="threshold", at=NOW).made == {}
    assert hand_overs.close([theirs["hand_over"]], at=NOW, actor="auto") == []


def test_nothing_of_theirs_can_be_hung_on_ours(theirs: dict[str, Any], ours: Any) -> None:
    somebody = a_person(NOW)
    attempts: list[Callable[[], Any]] = [
        lambda: tasks.add(
            somebody.id, kind="call", due_at=NOW, at=NOW, actor=ours.haru, owner_id=theirs["user"]
        ),
        lambda: tasks.add(
            somebody.id, kind="call", due_at=NOW, at=NOW, actor=ours.haru, hand_over_id=theirs["hand_over"]
        ),
        lambda: tasks.add(
            somebody.id, kind="call", due_at=NOW, at=NOW, actor=ours.haru, deal_id=theirs["deal"]
        ),
        lambda: deals.open_(somebody.id, name="x", at=NOW, actor=ours.haru, owner_id=theirs["user"]),
        lambda: appointments.book(
            somebody.id, NewAppointment(LATER, owner_id=theirs["user"]), at=NOW, actor=ours.haru
        ),
        lambda: appointments.book(
            somebody.id, NewAppointment(LATER), at=NOW, actor=ours.haru, deal_id=theirs["deal"]
        ),
    ]
    for attempt in attempts:
        with pytest.raises((LookupError, ValueError)):
            attempt()
    number = hand_overs.request([somebody.id], reason="x", at=NOW, owner_id=theirs["user"]).made[somebody.id]
    assert hand_overs.get(number).owner_id == ours.haru.user_id


def test_lists_and_figures_show_nothing_of_theirs(theirs: dict[str, Any], ours: Any) -> None:
    from tabiji.core.paging import ListQuery

    assert hand_overs.list_hand_overs(ListQuery(), now=NOW, among=[theirs["hand_over"]]).total == 0
    assert deals.list_deals(ListQuery(), among=[theirs["deal"]]).total == 0
    assert tasks.list_tasks(ListQuery()).total == 0
    assert team.figures(LATER, since=NOW).handed_over.count == 0
    assert today(theirs["user"], NOW) == []
    assert person.of(theirs["person"], NOW).deals == ()
    assert sum(one.count for one in deals.by_phase()) == 0
