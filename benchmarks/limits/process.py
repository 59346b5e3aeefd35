"""Limit of `process`: the same events by a straight script, with the same durability, without meaning.

Decode, COPY into an inbox, unique message ids, one UPDATE of persons, one Native insert, release.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from django.conf import settings

from tabiji.core import clickhouse

BATCH = 5_000
PEOPLE = 8_000
_number = 0
_TYPES = {
    "batch_id": "UInt64",
    "ordinal": "UInt32",
    "message_id": "String",
    "subject_id": "UUID",
    "name": "LowCardinality(String)",
    "occurred_at": "DateTime64(3, 'UTC')",
    "url": "String",
    "title": "String",
    "props": "JSON(max_dynamic_paths=512)",
}


def prepare(home: Path) -> None:
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE limit_inbox (id bigint GENERATED ALWAYS AS IDENTITY, batch bigint, body bytea)"
        )
        connection.execute("CREATE TABLE limit_seen (hash bytea PRIMARY KEY, seen_on date)")
        connection.execute(
            "CREATE TABLE limit_person (id int PRIMARY KEY, name text, title text, version int)"
        )
        connection.execute(
            "INSERT INTO limit_person SELECT n, '', '', 0 FROM generate_series(0, %s) AS n", [PEOPLE]
        )
    clickhouse.store().command(
        "CREATE TABLE limit_event (batch_id UInt64, ordinal UInt32, message_id String, subject_id UUID,"
        " name LowCardinality(String), occurred_at DateTime64(3, 'UTC'), url String, title String,"
        " props JSON(max_dynamic_paths = 512)) ENGINE = MergeTree ORDER BY (name, subject_id, occurred_at)"
    )


def run(events: list[dict[str, Any]]) -> None:
    bodies = [json.dumps(event).encode() for event in events]
    with psycopg.connect(settings.DATABASE_URL) as connection:
        for start in range(0, len(bodies), BATCH):
            _batch(connection, bodies[start : start + BATCH])


def _batch(connection: psycopg.Connection[Any], bodies: list[bytes]) -> None:
    global _number
    _number += 1
    with connection.transaction(), connection.cursor() as cursor:
        with cursor.copy("COPY limit_inbox (batch, body) FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["int8", "bytea"])
            for body in bodies:
                copy.write_row((_number, body))
        decoded = [msgspec.json.decode(body) for body in bodies]
        hashes = sorted(
            {hashlib.blake2b(one["messageId"].encode(), digest_size=16).digest() for one in decoded}
        )
        cursor.execute(
            "INSERT INTO limit_seen SELECT h, current_date FROM unnest(%b::bytea[]) AS n(h)"
            " ON CONFLICT DO NOTHING RETURNING hash",
            [hashes],
        )
        cursor.fetchall()
        known = [one for one in decoded if one["type"] == "identify"]
        ids = [int(one["traits"]["email"].split("@")[0][1:]) for one in known]
        names = [one["traits"]["last_name"] for one in known]
        cursor.execute(
            "UPDATE limit_person p SET name = n.name, title = '主任', version = version + 1"
            " FROM (SELECT DISTINCT ON (id) * FROM unnest(%s::int[], %s::text[]) AS n(id, name)) n WHERE p.id = n.id",
            [ids, names],
        )
    clickhouse.store().insert("limit_event", _columns(decoded), types=_TYPES)
    with connection.transaction():
        connection.execute("DELETE FROM limit_inbox WHERE batch = %s", [_number])


def _columns(events: list[dict[str, Any]]) -> dict[str, Any]:
    props = [event.get("properties", {}) for event in events]
    return {
        "batch_id": [_number] * len(events),
        "ordinal": range(len(events)),
        "message_id": [event["messageId"] for event in events],
        "subject_id": [
            uuid.UUID(bytes=hashlib.blake2b(e["anonymousId"].encode(), digest_size=16).digest())
            for e in events
        ],
        "name": [event["type"] for event in events],
        "occurred_at": [1_777_000_000_000] * len(events),
        "url": [one.get("url", "") for one in props],
        "title": [one.get("title", "") for one in props],
        "props": [msgspec.json.encode(one).decode() for one in props],
    }
