"""The API says what the rooms say, with codes that programs can rely on."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from tabiji.audiences.public import audience
from tabiji.core import paging, postgres
from tabiji.events.public import processor
from tabiji.people.public import consent, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tabiji.workspaces.public import keys
from tabiji.workspaces.public import workspace as workspaces
from tests.builders.cast import customer
from tests.builders.scopes import in_workspace, outside

pytestmark = pytest.mark.django_db


class Caller:
    """A program with a key."""

    def __init__(self, key: str) -> None:
        self._client = Client()
        self._headers = {"Authorization": f"Bearer {key}"}

    def get(self, path: str, **query: str) -> tuple[int, Any]:
        answer = self._client.get(f"/api/v1{path}", query, headers=self._headers)
        return answer.status_code, json.loads(answer.content)

    def post(self, path: str, body: Any) -> tuple[int, Any]:
        raw = body if isinstance(body, bytes) else json.dumps(body)
        answer = self._client.post(
            f"/api/v1{path}", raw, content_type="application/json", headers=self._headers
        )
        return answer.status_code, json.loads(answer.content)


@pytest.fixture
def caller(workspace: WorkspaceInfo) -> Caller:
    return Caller(keys.create_api_key("test", actor=AUTOMATIC)[1])


def test_a_person_sent_by_a_program_is_found_again(workspace: WorkspaceInfo, caller: Caller) -> None:
    status, answer = caller.post(
        "/people", {"user_id": "M-1", "email": "sato@aoba.example", "fields": {"last_name": "佐藤"}}
    )
    processor.process_all()

    assert (status, answer) == (202, {"accepted": 1})
    status, page = caller.get("/people", q="佐藤")
    assert [person["email"] for person in page["rows"]] == ["sato@aoba.example"]
    assert page["total"] == 1


def test_events_of_the_past_are_taken_in_once(workspace: WorkspaceInfo, caller: Caller) -> None:
    event = {
        "event": "契約",
        "user_id": "M-1",
        "message_id": "c-1",
        "occurred_at": "2025-12-01T10:00:00+09:00",
    }

    assert caller.post("/events", {"events": [event, event], "is_history": True})[0] == 202
    processor.process_all()

    assert persons.count() == 1
    assert postgres.scalar("SELECT sum(n_events) FROM event_batch") == 1


def test_consent_is_recorded_with_its_evidence(
    workspace: WorkspaceInfo, caller: Caller, now: datetime
) -> None:
    person = customer("a@aoba.example", at=now, consents=False)
    body = {"act": "grant", "basis": "card", "source": "名刺管理", "evidence": {"file": "cards.csv"}}

    assert caller.post(f"/people/{person}/consent", body)[0] == 201

    _, ledger = caller.get(f"/people/{person}/consent")
    assert (ledger[0]["basis"], ledger[0]["evidence"]["file"]) == ("card", "cards.csv")
    assert consent.states([person], "mail")[person].state == "granted"


def test_consent_of_a_day_to_come_or_of_no_zone_is_refused(
    workspace: WorkspaceInfo, caller: Caller, now: datetime
) -> None:
    person = customer("a@aoba.example", at=now, consents=False)
    body = {"act": "grant", "basis": "consent", "source": "x"}

    told = [
        caller.post(f"/people/{person}/consent", {**body, "at": at})[0]
        for at in ("2027-01-01T00:00:00Z", "2026-04-01T00:00:00", "2026-04-01T00:00:00+09:00")
    ]

    assert told == [422, 422, 201]
    assert len(consent.history(person)) == 1


def test_another_workspaces_person_is_not_there(workspace: WorkspaceInfo, now: datetime) -> None:
    person = customer("secret@aoba.example", at=now)
    with outside():
        other = workspaces.create(f"other-{uuid4().hex[:6]}", name="Other")
    with in_workspace(other.id):
        stranger = Caller(keys.create_api_key("x", actor=AUTOMATIC)[1])

    with outside():
        assert stranger.get(f"/people/{person}")[0] == 404
        assert stranger.get("/people", q="secret")[1]["total"] == 0
        assert (
            stranger.post(
                f"/people/{person}/consent", {"act": "withdraw", "basis": "request", "source": "x"}
            )[0]
            == 404
        )


def test_an_audience_is_read_a_page_at_a_time(
    workspace: WorkspaceInfo, caller: Caller, now: datetime
) -> None:
    people = {str(customer(f"{place}@aoba.example", at=now)) for place in range(5)}
    everyone = audience.create("all", actor=AUTOMATIC, condition={"kind": "everyone"})
    processor.process_all()
    audience.refresh_now(everyone, now=now)

    found: list[str] = []
    after = ""
    for rows in (2, 2, 1):
        status, page = caller.get(f"/audiences/{everyone}/people", limit="2", after=after)
        assert (status, page["total"], len(page["rows"])) == (200, 5, rows)
        found, after = found + page["rows"], page["next"]

    assert (set(found), after) == (people, "")


@pytest.mark.parametrize("made", [("x", "y"), (1, 2)])
def test_a_cursor_of_another_list_is_refused_in_words(
    workspace: WorkspaceInfo, caller: Caller, made: tuple[object, ...]
) -> None:
    status, problem = caller.get("/people", after=paging.to_cursor(*made))

    assert (status, problem["error"]["code"]) == (422, "bad_cursor")


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/people", {"email": "not an address"}, 422, "refused"),
        ("/people", {}, 422, "refused"),
        ("/people", b"{", 400, "refused"),
        ("/events", {"events": []}, 422, "malformed"),
        ("/events", {"events": [{"event": "x"}]}, 422, "refused"),
        (
            "/audiences/count",
            {"condition": {"version": 1, "kind": "attribute", "field": "no_such", "op": "is", "value": "x"}},
            422,
            "bad_condition",
        ),
        ("/audiences/count", {"condition": {"version": 1, "kind": "magic"}}, 422, "bad_condition"),
        ("/lists/999999/people", {"add": []}, 404, "not_found"),
        (
            "/people/00000000-0000-0000-0000-000000000000/consent",
            {"act": "grant", "basis": "consent", "source": "x"},
            404,
            "not_found",
        ),
    ],
)
def test_what_cannot_be_done_has_a_stable_code(
    workspace: WorkspaceInfo, caller: Caller, path: str, body: Any, status: int, code: str
) -> None:
    answered, problem = caller.post(path, body)

    assert (answered, problem["error"]["code"]) == (status, code)


def test_without_a_key_nothing_is_told(workspace: WorkspaceInfo) -> None:
    for key in ("", "ak_x.y", "ak_", "wk_test"):
        status, answer = Caller(key).get("/people")
        assert (status, answer["error"]["code"]) == (401, "bad_key")


def test_the_contract_is_the_one_that_is_written_down() -> None:
    from tabiji.runtime import reference

    written = (Path(reference.DOCS) / "openapi.json").read_text(encoding="utf-8")
    assert reference.openapi() == written, (
        "the REST contract changed: look at the difference, then `make docs`"
    )
