"""The house in which audiences are refreshed: a million people, their acts, and who owns which browser.

Members, owners and the stream stand in PostgreSQL, people and acts in ClickHouse, as the processor leaves
them. `change` is what one more batch would bring.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import harness

PEOPLE = 1_000_000
EVENTS = 10_000_000
_SETTLED = 2_000
"""Above every batch that the load numbers."""


@dataclass(frozen=True, slots=True)
class Loaded:
    workspace_id: int
    list_id: int
    people: int
    events: int


@contextmanager
def loaded(people: int = PEOPLE, events: int | None = None) -> Iterator[Loaded]:
    """A house of its own with a workspace in it, its scope not open. EVENTS=… makes it smaller."""
    events = events or int(os.environ.get("EVENTS", EVENTS))
    with harness.house():
        from benchmarks import people_and_events

        workspace_id, list_id = people_and_events.load_as("bench", people=people, events=events)
        _fill_postgres(workspace_id)
        yield Loaded(workspace_id, list_id, people, events)


def change(house: Loaded, number: int, people: int) -> None:
    """One more batch, closed: so many people get another title and submit a form; audiences are touched."""
    from tabiji.core import clickhouse, postgres

    batch = _SETTLED + number
    params = {"ws": house.workspace_id, "batch": batch, "people": people, "all": house.people}
    for statement in (_CHANGED_PEOPLE, _SUBMITTED):
        clickhouse.store().command(statement, params)
    with postgres.workspace_scope(house.workspace_id):
        postgres.execute("UPDATE event_stream SET last_batch = %s, closed_through = %s", [batch, batch])
        postgres.execute("UPDATE audience SET touches = touches + 1")


def settle(*, empty: bool = False) -> None:
    """What one refresh left to do is no part of the next; empty: no audience and no waiting fact stays."""
    from django.conf import settings

    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        if empty:
            connection.execute("TRUNCATE audience_member, fact_outbox")
            connection.execute("DELETE FROM audience")
            connection.execute("DELETE FROM definition WHERE kind = 'audience'")
        connection.execute("VACUUM ANALYZE audience_member")
        connection.execute("CHECKPOINT")


def _fill_postgres(workspace_id: int) -> None:
    """The same people, the browsers that are theirs, and how far the stream is."""
    from django.conf import settings

    from tabiji.core import clickhouse

    params = {"ws": workspace_id}
    ids = clickhouse.store().columns(_IDS, params, timeout_s=120)["person_id"]
    owners = clickhouse.store().columns(_OWNERS, params, timeout_s=120)
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute("CREATE TEMP TABLE named (subject_id uuid, person_id uuid)")
        _copy(connection, zip(ids, ids, strict=True))
        connection.execute(_NEW_PEOPLE, [workspace_id])
        connection.execute("TRUNCATE named")
        _copy(connection, zip(owners["subject_id"], owners["person_id"], strict=True))
        connection.execute(
            "INSERT INTO subject_owner (workspace_id, subject_id, person_id) SELECT %s, * FROM named",
            [workspace_id],
        )
        connection.execute(
            "INSERT INTO event_stream (workspace_id, shard, last_batch, closed_through) VALUES (%s, 0, %s, %s)",
            [workspace_id, _SETTLED, _SETTLED],
        )
        connection.execute("VACUUM ANALYZE")


def _copy(connection: psycopg.Connection[Any], rows: Iterable[tuple[UUID, UUID]]) -> None:
    with connection.cursor().copy("COPY named FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["uuid", "uuid"])
        for row in rows:
            copy.write_row(row)


_IDS = "SELECT DISTINCT person_id FROM person WHERE workspace_id = {ws:UInt32}"
_OWNERS = "SELECT subject_id, person_id FROM identity_override WHERE workspace_id = {ws:UInt32}"
_NEW_PEOPLE = """
INSERT INTO person (workspace_id, id, created_at, last_name, first_name, last_kana, first_kana, email, phone,
    department, title, source, stage, score, fields, field_clock, version, search_text, search)
SELECT %s, person_id, now(), '', '', '', '', '', '', '', '', '', '', 0, '{}', '{}', 1, '', '{}' FROM named
"""
_CHANGED_PEOPLE = """
INSERT INTO person
SELECT * REPLACE ({batch:UInt64} AS batch_id, version + 1 AS version,
    if(title = '部長', '担当', '部長') AS title)
FROM person FINAL
WHERE workspace_id = {ws:UInt32}
    AND person_id IN (SELECT reinterpretAsUUID(sipHash128('p', (number * 997 + {batch:UInt64}) % {all:UInt64}))
                      FROM numbers({people:UInt64}))
"""
_SUBMITTED = """
INSERT INTO event
SELECT {ws:UInt32}, 0, {batch:UInt64}, number, concat('changed-', toString({batch:UInt64}), '-', toString(number)),
    reinterpretAsUUID(sipHash128('p', (number * 997 + {batch:UInt64}) % {all:UInt64})),
    'form', 'form_submitted', at, at, '', '', 'https://example.jp/', '/', '', '', 'form', 0,
    '{"link_number":3}'::JSON(max_dynamic_paths = 512)
FROM (SELECT number, toDateTime64('2026-04-28 04:00:00', 3, 'UTC') AS at FROM numbers({people:UInt64}))
"""
