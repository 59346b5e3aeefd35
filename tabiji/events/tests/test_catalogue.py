"""行動カタログ: what ever arrived, by name, with its properties and who did it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tabiji.core.paging import ListQuery
from tabiji.events import catalogue
from tabiji.events.catalogue import Window
from tabiji.events.public import inlet, processor, schemas
from tabiji.events.schemas import Schema
from tabiji.events.values import Kind
from tabiji.people.public import exclusions, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db


def act(visitor: str, name: str, at: datetime, **props: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": name,
        "anonymousId": visitor,
        "timestamp": at.isoformat(),
        "properties": props,
    }


def identify(visitor: str, email: str) -> dict[str, Any]:
    return {"type": "identify", "anonymousId": visitor, "traits": {"email": email}}


def arrive(*events: dict[str, Any], source: str = "import", agent: str = "") -> None:
    inlet.accept(list(events), source=source, is_history=True, agent=agent)
    processor.process_all()


def read(workspace: WorkspaceInfo, now: datetime) -> tuple[catalogue.Names, Window]:
    window = Window.until(now, workspace.zone)
    return catalogue.names(window), window


def test_every_name_has_its_volume_its_days_and_its_people(workspace: WorkspaceInfo, now: datetime) -> None:
    arrive(identify("a", "a@x.example"), identify("staff", "boss@ours.example"))
    exclusions.add("domain", "ours.example", actor=AUTOMATIC)
    arrive(
        act("a", "ordered", now - timedelta(days=40)),
        act("a", "ordered", now - timedelta(days=1)),
        act("a", "ordered", now),
        act("staff", "ordered", now),
        act("nobody", "ordered", now),
        act("nobody", "looked", now - timedelta(days=29)),
    )
    arrive(act("robot", "ordered", now), source="server", agent="Googlebot/2.1")

    here, window = read(workspace, now)
    volume = here.find("ordered")
    assert volume is not None
    assert (volume.total, volume.recent, volume.sources) == (6, 5, ("import", "server"))
    assert (volume.first_at, volume.last_at) == (now - timedelta(days=40), now)
    found = catalogue.details(["ordered", "looked"], window)

    assert found["ordered"].days == [0] * 28 + [1, 4]
    assert (found["ordered"].machines, found["ordered"].people, found["ordered"].visitors) == (1, 1, 1)
    assert found["looked"].days == [1] + [0] * 29
    assert catalogue.who("ordered", window) == ([persons.with_email("a@x.example")[0]], 1)


def test_properties_say_their_kinds_how_full_they_are_and_examples(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    arrive(
        act("a", "ordered", now, price=980, plan={"name": "おまかせ", "until": "2026-05-01"}),
        act("b", "ordered", now, price="980円", tags=["x", "y"]),
        act("c", "ordered", now, price=1200, note="長い" * 200),
        act("d", "ordered", now, price=None),
    )

    here, window = read(workspace, now)
    volume = here.find("ordered")
    assert volume is not None
    found = catalogue.properties(volume, window)

    listed = {one.name: one for one in found.listed}
    assert found.looked_at == 4
    assert list(listed) == ["price", "note", "plan.name", "plan.until", "tags"]
    assert listed["price"].kinds == [(Kind.WHOLE, 2), (Kind.TEXT, 1)]
    assert (listed["price"].filled, listed["price"].distinct) == (3, 3)
    assert listed["plan.until"].kinds == [(Kind.DATE, 1)]
    assert listed["tags"].examples == ["x, y"]
    assert len(listed["note"].examples[0]) == 120


def test_invented_names_and_properties_are_bounded(
    workspace: WorkspaceInfo, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catalogue, "MAX_NAMES", 3)
    monkeypatch.setattr(catalogue, "MAX_PROPERTIES", 5)
    arrive(*[act("a", f"name-{n}", now) for n in range(10) for _ in range(10 - n)])
    arrive(*[act("a", "name-0", now, **{f"p{n}": n}) for n in range(20)])

    here, window = read(workspace, now)
    volume = here.find("name-0")
    assert volume is not None

    assert [one.name for one in here.volumes] == ["name-0", "name-1", "name-2"]
    assert here.others == catalogue.Others(7, 28)
    found = catalogue.properties(volume, window)
    schemas.save(Schema("name-8", "小さくても"), actor=AUTOMATIC)
    here, _window = read(workspace, now)
    described = here.find("name-8")
    assert described is not None and described.total == 2
    assert here.others == catalogue.Others(6, 26)
    assert (len(found.listed), found.others) == (5, 3), "names beyond the bound count once each, up to it"


def test_names_are_searched_sorted_and_paged(workspace: WorkspaceInfo, now: datetime) -> None:
    arrive(
        *[act("a", "often", now - timedelta(days=50)) for _ in range(3)],
        *[act("a", "lately", now) for _ in range(2)],
        act("a", "Lately Too", now - timedelta(days=2)),
    )
    schemas.save(Schema("planned", "まだ来ない"), actor=AUTOMATIC)
    here, _window = read(workspace, now)

    def listed(**query: Any) -> list[str]:
        return [one.name for one in catalogue.list_names(here, ListQuery(**query)).rows]

    assert listed(sort="-recent") == ["lately", "Lately Too", "often", "planned"]
    assert listed(sort="-total") == ["often", "lately", "Lately Too", "planned"]
    assert listed(sort="-last") == ["lately", "Lately Too", "often", "planned"]
    assert listed(sort="last")[0] == "planned"
    assert listed(filters={"search": "LATELY"}, sort="name") == ["Lately Too", "lately"]
    first = catalogue.list_names(here, ListQuery(sort="-total", limit=2))
    rest = catalogue.list_names(here, ListQuery(sort="-total", limit=2, after=first.next))
    assert [one.name for one in rest.rows] == ["Lately Too", "planned"]
    assert (first.total, rest.next) == (4, "")


def test_the_newest_say_who_where_it_is_known(workspace: WorkspaceInfo, now: datetime) -> None:
    arrive(act("a", "ordered", now, price=1), act("b", "ordered", now, price=2))
    before = catalogue.mark()
    assert catalogue.mark() == before

    arrive(identify("a", "a@x.example"), act("a", "ordered", now, price=3))

    assert catalogue.mark() != before
    found = catalogue.newest("ordered")
    (person_id,) = persons.with_email("a@x.example")
    assert [one.person_id for one in found] == [person_id, None, person_id]
    assert [one.properties for one in found] == [[("price", "3")], [("price", "2")], [("price", "1")]]
    assert catalogue.newest("ordered", limit=1) == found[:1]
