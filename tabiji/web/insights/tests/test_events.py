"""行動カタログ on screen: what arrives, who it was, the rule for a name, and what a rule refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tabiji.audiences.public import audience
from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.events.public import inlet, processor, rejects
from tabiji.people.public import persons
from tabiji.purpose.public import conversions
from tabiji.web.home.tests.browsing import sign_in
from tabiji.web.insights.event_uses import named_in
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import Role

pytestmark = pytest.mark.django_db


def arrive(*events: dict[str, Any], source: str = "server") -> None:
    inlet.accept(list(events), source=source)
    processor.process_all()


def ordered(visitor: str = "b", **props: Any) -> dict[str, Any]:
    return {"type": "track", "event": "ordered", "anonymousId": visitor, "properties": props}


def identify(visitor: str, email: str) -> dict[str, Any]:
    traits = {"email": email, "last_name": "佐藤", "first_name": "美咲"}
    return {"type": "identify", "anonymousId": visitor, "traits": traits}


def test_the_catalogue_shows_every_name_and_its_numbers_open_the_people(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    arrive(identify("a", "sato@x.example"), ordered("a", price=980), ordered("b"), ordered("b"))
    aoi = sign_in(workspace, Role.MARKETER)

    seen = aoi.read("events/")

    assert "行動カタログ" in seen
    assert "ordered 3 1 1 3" in seen
    assert "本人とわかる情報を受信 identified" in seen
    numbers = list(aoi.numbers("events/"))
    assert len(numbers) == 2
    assert all(number == rows for _said, number, rows in numbers), numbers
    assert "ordered" in aoi.read("events/?search=ORD")
    assert "ordered" not in aoi.read("events/?search=" + "本人")


def test_a_name_says_what_it_carries_who_did_it_and_where_it_is_used(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    page = {"title": "佐藤様のマイページ", "path": "/my/sato"}
    first = ordered("a", price=980, note="<b>x</b>") | {"context": {"page": page}}
    arrive(identify("a", "sato@x.example"), first, ordered("b", price="x"))
    condition = {"kind": "event", "name": "ordered"}
    audience.create("注文した人", actor=AUTOMATIC, condition=condition)
    conversions.create("order", name="注文", rule={"kind": "event", "names": ["ordered"]}, actor=AUTOMATIC)
    aoi, mika = sign_in(workspace, Role.MARKETER), sign_in(workspace, Role.VIEWER)
    (person,) = persons.search("佐藤")

    seen, plain = aoi.read("events/one/?name=ordered"), aoi.get("events/one/?name=ordered")

    assert "整数 1" in seen
    assert "文字 1" in seen
    assert "100%" in seen
    assert "注文した人" in seen
    assert "匿名の訪問者" in seen
    assert f"people/{person.id}/" in plain
    assert "&lt;b&gt;x&lt;/b&gt;" in plain
    assert "<b>x</b>" not in plain
    assert "佐藤様のマイページ" in seen
    masked = mika.read("events/one/?name=ordered")
    assert "佐藤" not in masked
    assert "980" not in masked
    assert aoi.status("events/one/?name=nobody-sent-this") == 404
    assert aoi.status("events/one/") == 302


def test_the_newest_are_shown_only_when_something_came(workspace: WorkspaceInfo, now: datetime) -> None:
    arrive(ordered())
    aoi = sign_in(workspace, Role.MARKETER)
    page = aoi.get("events/one/?name=ordered")
    newer = next(part for part in page.split('"') if "/events/one/live/" in part)
    address = newer.replace("&amp;", "&").removeprefix(aoi.home)

    assert aoi.status(address) == 204
    arrive(ordered(price=77))
    assert "price: 77" in aoi.read(address)

    assert "続けて見る" in aoi.read("events/one/live/?name=ordered&seen=x&look=120")
    assert aoi.status("events/one/live/?name=ordered&look=" + "9" * 40) == 200


def test_a_rule_is_set_holds_and_is_lifted(workspace: WorkspaceInfo, now: datetime) -> None:
    arrive(ordered(price=1))
    aoi, nagi = sign_in(workspace, Role.MARKETER), sign_in(workspace, Role.ANALYST)
    address = "events/one/rule/?name=ordered"
    said = {"description": "注文が済んだとき", "allowed": "yes", "blocks": "yes"}
    rule = {**said, "property-0": "price", "kind-0": "number", "needed-0": "on", "property-1": ""}

    assert nagi.status(address) == 403
    assert aoi.post(address, rule) == 302
    arrive(ordered(price="高い"))

    seen = aoi.read("events/one/?name=ordered")
    assert "注文が済んだとき" in seen
    assert "price: 数値、必須" in seen
    refused = aoi.read("rejects/")
    assert "属性の種類がルールと違う" in refused
    (found,) = rejects.list_rejects(ListQuery()).rows
    assert "行動カタログのルール" in aoi.read(f"rejects/{found.id}/")

    assert aoi.post(address, said) == 302
    assert aoi.post(f"rejects/{found.id}/replay/") == 302
    processor.process_all()
    assert "累計 2" in aoi.read("events/one/?name=ordered")
    audited = "SELECT count(*) FROM audit_entry WHERE object_kind = 'event_schema'"
    assert postgres.scalar(audited) == 2


def test_a_rule_that_cannot_be_kept_says_why_and_keeps_what_was_typed(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    arrive(ordered())
    aoi = sign_in(workspace, Role.MARKETER)
    twice = {"allowed": "yes", "blocks": "no", "property-0": "price", "property-1": "price", "kind-1": "<i>"}

    status, seen = aoi.sent("events/one/rule/?name=ordered", twice)

    assert status == 422
    assert "1つにつき1行" in seen


def test_names_are_found_in_every_kind_of_definition() -> None:
    assert named_in({"kind": "all", "of": [{"kind": "event", "name": "a"}]}) == {"a"}
    assert named_in({"entries": [{"kind": "event", "event": "b"}, {"kind": "form", "form_id": 3}]}) == {
        "b",
        "form_submitted",
    }
    assert named_in({"kind": "any", "of": [{"kind": "event", "names": ["c", "d"]}]}) == {"c", "d"}
    steps = [{"name": "e"}, {"name": "f", "without": [{"name": "g"}]}]
    assert named_in({"kind": "sequence", "steps": steps}) == {"e", "f", "g"}
    assert named_in([("label", {"kind": "change", "change": "deal"})]) == set()


def test_what_a_draft_has_not_said_yet_names_nothing() -> None:
    half = [
        {"kind": "sequence", "steps": [{}, None, {"name": "a", "without": [{}, "x"]}, {"without": None}]},
        {"kind": "sequence", "steps": "x"},
        {"kind": "event", "name": None, "names": [None, "b"]},
        {"kind": "event", "names": 3},
    ]

    assert named_in(half) == {"a", "b"}
