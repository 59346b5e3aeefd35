"""The collector without a server around it: bodies in pieces, and what is stored before the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
import pytest_django
from django.conf import settings

from tabiji.core import postgres
from tabiji.core.inlets import inlets
from tabiji.events import collector as collectors
from tabiji.events import inlet
from tabiji.events.collector import MAX_BODY, Collector
from tabiji.events.contracts import Envelope
from tabiji.events.inbox import Inbox
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import keys
from tests.builders.races import committed_workspace

Message = MutableMapping[str, Any]


@pytest.fixture
def workspace_id(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[int]:
    with django_db_blocker.unblock(), committed_workspace(None) as made:
        yield made.id


@pytest.fixture
def write_key(workspace_id: int) -> str:
    with postgres.workspace_scope(workspace_id):
        return keys.create_write_key("site", actor=AUTOMATIC).public


def test_a_body_in_pieces_is_put_together(workspace_id: int, write_key: str) -> None:
    body = _track(write_key)

    status = _posted([body[:20], body[20:50], body[50:]])

    assert status == 200
    assert [envelope.events for envelope in _stored(workspace_id)] == [[body]]


def test_a_body_as_long_as_announced_is_not_waited_for(workspace_id: int, write_key: str) -> None:
    body = _track(write_key)

    status = _posted([body], length=len(body), goes_silent=True)

    assert status == 200
    assert [envelope.events for envelope in _stored(workspace_id)] == [[body]]


def test_a_body_longer_than_announced_is_read_to_its_end(workspace_id: int, write_key: str) -> None:
    assert _posted([b"x" * 600_000] * 2, length=5) == 413
    assert MAX_BODY < 1_200_000


def test_many_at_once_are_each_stored_before_their_answer(workspace_id: int, write_key: str) -> None:
    bodies = [_track(write_key, anonymousId=f"v{number}") for number in range(200)]
    bodies[100:100] = [b'{"writeKey":"' + write_key.encode() + b'","type":3}']

    async def crowd() -> list[int]:
        async with asyncio.timeout(30):
            async with _collector() as collector:
                return await asyncio.gather(*(_post(collector, [body]) for body in bodies))

    statuses = asyncio.run(crowd())

    assert sorted(set(statuses)) == [200, 400]
    stored = [event for envelope in _stored(workspace_id) for event in envelope.events]
    assert sorted(stored) == sorted(
        body for body, status in zip(bodies, statuses, strict=True) if status == 200
    )


def test_a_commit_that_hangs_is_given_up_and_the_next_one_is_not_held(
    workspace_id: int, write_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collectors, "_PATIENCE_S", 0.5)

    async def asked() -> list[int]:
        async with asyncio.timeout(20), _collector() as collector:
            statuses = [await _post(collector, [_track(write_key, anonymousId="before")])]
            with psycopg.connect(settings.DATABASE_URL) as other:
                other.execute("LOCK TABLE event_inbox IN ACCESS EXCLUSIVE MODE")
                statuses.append(await _post(collector, [_track(write_key, anonymousId="meanwhile")]))
            return [*statuses, await _post(collector, [_track(write_key, anonymousId="after")])]

    assert asyncio.run(asked()) == [200, 503, 200]
    stored = [json.loads(event)["anonymousId"] for one in _stored(workspace_id) for event in one.events]
    assert stored == ["before", "after"]


def test_a_batch_larger_than_any_buffer_is_stored_whole(workspace_id: int) -> None:
    raw = b'{"x":"' + b"y" * 400_000 + b'"}'
    parts = [inlet.Accepted(workspace_id, 0, Envelope("web", "", "", "", [raw])) for _ in range(60)]

    _store(parts, [])

    assert [envelope.events for envelope in _stored(workspace_id)] == [[raw]] * 60


def test_what_is_accepted_and_refused_together_is_stored_together_or_not_at_all(workspace_id: int) -> None:
    part = inlet.Accepted(workspace_id, 0, Envelope("web", "", "", "", [b"{}"]))

    with pytest.raises(psycopg.Error):
        _store([part], [(0, "bad_json", "no such workspace", "web", b"")])
    assert _stored(workspace_id) == []

    _store([part], [(workspace_id, "bad_json", "cut off", "web", b"{")])
    assert len(_stored(workspace_id)) == 1
    with postgres.workspace_scope(workspace_id):
        assert postgres.rows("SELECT detail FROM event_reject") == [("cut off",)]


def test_what_postgresql_refuses_is_raised_with_its_words() -> None:
    with pytest.raises(psycopg.Error, match="workspace"):
        _store([inlet.Accepted(0, 0, Envelope("web", "", "", "", [b"{}"]))], [])


def _track(write_key: str, **fields: str) -> bytes:
    event = {"writeKey": write_key, "type": "track", "event": "viewed", "anonymousId": "a", **fields}
    return json.dumps(event).encode()


@asynccontextmanager
async def _collector() -> AsyncIterator[Collector]:
    """One that a server has started and will stop."""
    collector = Collector(settings.DATABASE_URL, {"/v1/": inlets.get("/v1/")})
    told: asyncio.Queue[Message] = asyncio.Queue()
    said: asyncio.Queue[Message] = asyncio.Queue()
    life = asyncio.ensure_future(collector({"type": "lifespan"}, told.get, said.put))

    async def tell(moment: str) -> None:
        await told.put({"type": f"lifespan.{moment}"})
        assert await said.get() == {"type": f"lifespan.{moment}.complete"}

    await tell("startup")
    yield collector
    await tell("shutdown")
    await life


def _posted(pieces: Sequence[bytes], *, length: int | None = None, goes_silent: bool = False) -> int:
    async def post() -> int:
        async with asyncio.timeout(20), _collector() as collector:
            return await _post(collector, pieces, length=length, goes_silent=goes_silent)

    return asyncio.run(post())


async def _post(
    collector: Collector, pieces: Sequence[bytes], *, length: int | None = None, goes_silent: bool = False
) -> int:
    """The status of the answer. goes_silent: after the pieces there is neither more nor an end."""
    headers = [] if length is None else [(b"content-length", str(length).encode())]
    scope = {"type": "http", "method": "POST", "path": "/v1/track", "headers": headers}
    answers: list[Message] = []

    async def send(message: Message) -> None:
        answers.append(message)

    await collector(scope, _receiver(pieces, goes_silent=goes_silent), send)
    return int(answers[0]["status"])


def _receiver(pieces: Sequence[bytes], *, goes_silent: bool) -> Callable[[], Awaitable[Message]]:
    left = list(pieces)

    async def receive() -> Message:
        if not left and goes_silent:
            await asyncio.get_running_loop().create_future()
        return {
            "type": "http.request",
            "body": left.pop(0) if left else b"",
            "more_body": bool(left or goes_silent),
        }

    return receive


def _store(parts: Sequence[inlet.Accepted], rejected: Sequence[tuple[int, str, str, str, bytes]]) -> None:
    async def store() -> None:
        inbox = await Inbox.open(settings.DATABASE_URL, patience_s=20)
        try:
            async with asyncio.timeout(30):
                await inbox.store(parts, rejected)
        finally:
            await inbox.close()

    asyncio.run(store())


def _stored(workspace_id: int) -> list[Envelope]:
    with postgres.workspace_scope(workspace_id):
        rows = postgres.rows("SELECT body FROM event_inbox ORDER BY id")
    return [envelope for row in rows for envelope in inlet.unpack(bytes(row[0]))]
