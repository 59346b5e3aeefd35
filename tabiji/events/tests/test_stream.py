"""From the inlet to the store: what was accepted is stored once, and its meaning with it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tabiji.core import clickhouse, facts, postgres
from tabiji.core.facts import Batch, Change
from tabiji.events import deciding
from tabiji.events.contracts import Envelope
from tabiji.events.public import inlet, processor, rejects, subject_of, watermark
from tabiji.people.public import identity, persons
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo

pytestmark = pytest.mark.django_db


def page(visitor: str, url: str = "https://tanomoa.example/pricing/", **more: Any) -> dict[str, Any]:
    return {"type": "page", "anonymousId": visitor, "properties": {"url": url}, **more}


def identify(visitor: str, email: str, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "anonymousId": visitor, "traits": {"email": email, **traits}}


def stored(
    workspace: WorkspaceInfo, columns: str, table: str = "event", order: str = "batch_id, ordinal"
) -> list[Any]:
    return clickhouse.store().rows(
        f"SELECT {columns} FROM {table} WHERE workspace_id = {{ws:UInt32}} ORDER BY {order}",
        {"ws": workspace.id},
    )


def test_an_unknown_visitor_is_an_id_in_events_and_no_person(workspace: WorkspaceInfo) -> None:
    inlet.accept([page("browser-1"), page("browser-1"), page("browser-2")], source="web")

    processor.process_all()

    subjects = [row[0] for row in stored(workspace, "subject_id")]
    assert subjects == [
        subject_of(workspace.id, "browser-1"),
        subject_of(workspace.id, "browser-1"),
        subject_of(workspace.id, "browser-2"),
    ]
    assert persons.count() == 0


def test_becoming_known_takes_over_the_past_of_the_browser(workspace: WorkspaceInfo) -> None:
    inlet.accept([page("b"), page("b")], source="web")
    processor.process_all()

    inlet.accept(
        [identify("b", "Sato@Aoba.example", last_name="佐藤", first_name="美咲"), page("b")], source="web"
    )
    processor.process_all()

    (person,) = persons.search("佐藤")
    before, known = subject_of(workspace.id, "b"), person.id
    assert [row[0] for row in stored(workspace, "subject_id")] == [before, before, known, known]
    assert stored(workspace, "subject_id, person_id", "identity_override") == [(before, known)]
    assert identity.subjects_of([known]) == [(known, known), (before, known)]
    assert person.email == "sato@aoba.example"


def test_a_second_person_on_a_browser_takes_over_only_its_future(workspace: WorkspaceInfo) -> None:
    inlet.accept([page("shared"), identify("shared", "a@one.example")], source="web")
    processor.process_all()
    inlet.accept([identify("shared", "b@two.example"), page("shared")], source="web")
    processor.process_all()

    first, second = (persons.search(mail)[0].id for mail in ("a@one.example", "b@two.example"))
    assert stored(workspace, "person_id", "identity_override") == [(first,)]
    assert [row[0] for row in stored(workspace, "subject_id")][-1] == second


def test_the_same_message_id_twice_has_one_effect(workspace: WorkspaceInfo) -> None:
    inlet.accept([page("b", messageId="m-1"), page("b", messageId="m-1")], source="web")
    processor.process_all()
    inlet.accept([page("b", messageId="m-1"), page("b", messageId="m-2")], source="web")
    processor.process_all()

    assert [row[0] for row in stored(workspace, "message_id")] == ["m-1", "m-2"]


def test_one_act_that_names_a_member_number_and_an_address_makes_two_people_one(
    workspace: WorkspaceInfo,
) -> None:
    inlet.accept(
        [identify("b", "sato@aoba.example"), {"type": "track", "event": "login", "userId": "M-7"}],
        source="server",
    )
    processor.process_all()
    assert persons.count() == 2

    inlet.accept(
        [{"type": "identify", "userId": "M-7", "traits": {"email": "sato@aoba.example"}}], source="server"
    )
    processor.process_all()

    assert persons.count() == 1
    (kept,) = persons.search("sato@aoba.example")
    kinds = {row[0] for row in stored(workspace, "kind", "person_change")}
    assert "merge" in kinds
    overrides = dict(stored(workspace, "subject_id, person_id", "identity_override FINAL"))
    assert set(overrides.values()) == {kept.id}
    assert len(overrides) == 2  # the browser, and the person who was merged away


def test_two_members_with_one_address_are_left_to_a_colleague(workspace: WorkspaceInfo) -> None:
    inlet.accept(
        [
            {"type": "identify", "userId": "M-1", "traits": {"email": "info@aoba.example"}},
            {"type": "identify", "userId": "M-2", "traits": {}},
            {"type": "identify", "userId": "M-2", "traits": {"email": "info@aoba.example"}},
        ],
        source="server",
    )
    processor.process_all()

    assert persons.count() == 2
    assert postgres.scalar("SELECT count(*) FROM merge_candidate") == 1


def test_an_earlier_value_never_overwrites_a_later_one(workspace: WorkspaceInfo, now: datetime) -> None:
    def told(title: str, at: datetime) -> dict[str, Any]:
        return {"type": "identify", "userId": "M-1", "traits": {"title": title}, "timestamp": at.isoformat()}

    inlet.accept(
        [told("部長", now), told("課長", now - timedelta(days=90))], source="import", is_history=True
    )
    processor.process_all()

    (person_id,) = {row[0] for row in stored(workspace, "person_id", "person")}
    assert persons.get(person_id).title == "部長"


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [("0000-01-01T00:00:00Z", False), ("275760-09-13T00:00:00Z", False), ("1999-01-01T00:00:00+00:00", True)],
)
def test_an_impossible_time_is_kept_as_claimed_and_replaced(
    workspace: WorkspaceInfo, claimed: str, kept: bool
) -> None:
    inlet.accept([page("b", timestamp=claimed)], source="import", is_history=True)
    processor.process_all()

    ((occurred, note),) = stored(workspace, "occurred_at, props.claimed_at::String")
    assert (occurred.year == 1999) is kept
    assert note == ("" if kept else claimed)


POISON = {
    "nul in a text": (b'{"type":"page","anonymousId":"x","properties":{"url":"a\\u0000b"}}', None),
    "number out of range": (b'{"type":"page","anonymousId":"x","properties":{"n":1e400}}', "wrong_type"),
    "wrong type": (b'{"type":"page","anonymousId":"x","properties":[1]}', "wrong_type"),
    "bad utf-8": (b'{"type":"page","anonymousId":"\xff\xfe"}', "bad_json"),
    "too deep": (
        b'{"type":"page","anonymousId":"x","properties":' + b'{"a":' * 9_000 + b"1" + b"}" * 9_001,
        "too_large",
    ),
    "a little too deep": (
        b'{"type":"page","anonymousId":"x","properties":' + b'{"a":' * 60 + b"1" + b"}" * 61,
        "too_deep",
    ),
    "ten megabytes": (
        b'{"type":"page","anonymousId":"x","properties":{"a":"' + b"z" * 10_000_000 + b'"}}',
        "too_large",
    ),
    "a lone surrogate": (b'{"type":"page","anonymousId":"x","properties":{"a":"\\ud800"}}', "bad_json"),
    "numbers beyond 64 bits": (
        b'{"type":"identify","anonymousId":"x","userId":"u","properties":{"n":'
        + b"9" * 40
        + b',"m":[-'
        + b"9" * 30
        + b']},"traits":{"title":'
        + b"8" * 30
        + b"}}",
        None,
    ),
    "one path said twice": (b'{"type":"page","anonymousId":"x","properties":{"a.b":1,"a":{"b":2}}}', None),
    "one path as value and object": (b'{"type":"page","anonymousId":"x","properties":{"a":1,"a.b":2}}', None),
    "empty keys and odd ones": (
        b'{"type":"page","anonymousId":"x","properties":{"":{"":1},"`":2,"a..b":3,".":4}}',
        None,
    ),
    "no type": (b'{"anonymousId":"x"}', "unknown_type"),
    "nobody": (b'{"type":"page"}', "no_identity"),
    "no json": (b"<xml/>", "bad_json"),
    "emoji keys": ('{"type":"page","anonymousId":"x","properties":{"😀.a b":1,"":2}}'.encode(), None),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_never_stops_a_batch_and_is_shown_with_its_reason(workspace: WorkspaceInfo, name: str) -> None:
    raw, reason = POISON[name]
    good = [b'{"type":"page","anonymousId":"before"}', raw, b'{"type":"page","anonymousId":"after"}']
    envelope = Envelope("web", "", "", "", good)
    postgres.execute(
        "SELECT accept_events(%s::bigint[], %s::smallint[], %s::integer[], %s::bytea[])",
        inlet.pack([inlet.Accepted(workspace.id, 0, envelope)]),
    )

    processor.process_all()

    assert len(stored(workspace, "name")) == (3 if reason is None else 2)
    assert postgres.rows("SELECT reason FROM event_reject") == ([] if reason is None else [(reason,)])


def test_a_client_cannot_speak_as_one_of_our_own_inlets(workspace: WorkspaceInfo) -> None:
    inlet.accept([identify("b", "sato@aoba.example")], source="web")
    processor.process_all()
    (sato,) = persons.search("sato@aoba.example")

    inlet.accept(
        [{"type": "track", "event": "x", "personId": str(sato.id), "anonymousId": "stranger"}], source="web"
    )
    processor.process_all()

    assert stored(workspace, "subject_id")[-1][0] == subject_of(workspace.id, "stranger")


def test_history_is_what_an_inlet_says_and_not_a_client_nor_we_of_ourselves(workspace: WorkspaceInfo) -> None:
    seen = {"type": "track", "event": "x", "anonymousId": "v", "is_history": True, "source": "import"}
    inlet.accept([{**seen, "event": "client"}], source="web")
    inlet.accept([{**seen, "event": "file"}], source="import", is_history=True)
    inlet.accept([{**seen, "event": "v1/import"}], source="server", is_history=True)
    inlet.accept([{**seen, "event": "own"}], source="mail", is_history=True)

    processor.process_all()

    assert _told_as_history() == {"client": False, "file": True, "v1/import": True, "own": False}


def test_a_refused_event_of_the_past_is_one_still_when_it_is_sent_again(
    workspace: WorkspaceInfo, now: datetime
) -> None:
    at = now - timedelta(days=400)
    past = {"type": "track", "event": "old", "timestamp": at.isoformat()}
    inlet.accept([{**past, "messageId": 1}], source="server", is_history=True)
    processor.process_all()
    ((reject_id, kept),) = postgres.rows("SELECT id, is_history FROM event_reject")
    mended = json.dumps({**past, "anonymousId": "v"}).encode()
    postgres.execute("UPDATE event_reject SET body = %s", [mended])

    rejects.replay(reject_id, actor=AUTOMATIC)
    processor.process_all()

    assert kept is True
    assert stored(workspace, "occurred_at") == [(at,)]
    assert _told_as_history() == {"old": True}


def _told_as_history() -> dict[str, bool]:
    stored = postgres.rows("SELECT decision FROM event_batch")
    return {event.name: event.is_history for row in stored for event in deciding.decode(row[0]).events}


class Fragile:
    """A consumer that cannot take one event of a batch."""

    name = "experiments"

    def __init__(self) -> None:
        self.seen: list[str] = []

    def consume(self, batch: Batch) -> None:
        if any(event.name == "poison" for event in batch.events):
            raise ValueError("cannot take this")
        self.seen += [event.name for event in batch.events]


def test_a_failing_consumer_is_parked_alone_and_narrowed_to_the_one_event(
    workspace: WorkspaceInfo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tabiji.events import consuming

    fragile = Fragile()
    monkeypatch.setattr(facts, "in_order", lambda: [fragile])
    monkeypatch.setitem(facts.consumers._entries, "experiments", fragile)
    names = ["a", "b", "poison", "c"]
    inlet.accept([{"type": "track", "event": name, "anonymousId": "x"} for name in names], source="web")

    processor.process_all()
    assert watermark.is_drained()
    for _ in range(20):
        postgres.execute("UPDATE parked_batch SET next_at = clock_timestamp()")
        consuming.retry_parked()

    assert sorted(fragile.seen) == ["a", "b", "c"]
    left = postgres.rows(
        "SELECT first_ordinal, last_ordinal, error FROM parked_batch WHERE settled_at IS NULL"
    )
    assert [(row[0], row[1]) for row in left] == [(2, 3)]
    assert "cannot take this" in left[0][2]


def test_changes_become_facts_in_the_same_stream(workspace: WorkspaceInfo, now: datetime) -> None:
    inlet.accept([identify("b", "sato@aoba.example")], source="web")
    processor.process_all()
    (sato,) = persons.search("sato@aoba.example")
    moment = int(now.timestamp() * 1000)

    facts.record([Change(sato.id, "score", "main", "0", "25", 25.0, moment)])
    processor.process_all()

    rows = stored(workspace, "kind, ref, person_id, value, number", "person_value FINAL")
    assert rows == [("score", "main", sato.id, "25", 25.0)]
    assert isinstance(sato.id, UUID)
