"""The event store: what a decision becomes in ClickHouse, column by column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

import msgspec

from tabiji.core import clickhouse
from tabiji.core.crashpoints import crashpoint
from tabiji.core.facts import STATE_KINDS
from tabiji.events.contracts import Decision

_DATE: Final = "DateTime64(3, 'UTC')"
_WORD: Final = "LowCardinality(String)"
_STREAM: Final = {"workspace_id": "UInt32", "shard": "UInt8", "batch_id": "UInt64", "ordinal": "UInt32"}

TYPES: Final[dict[str, dict[str, str]]] = {
    "event": _STREAM
    | {
        "message_id": "String",
        "subject_id": "UUID",
        "type": _WORD,
        "name": _WORD,
        "occurred_at": _DATE,
        "received_at": _DATE,
        "machine": _WORD,
        "session": "String",
        "url": "String",
        "path": "String",
        "title": "String",
        "referrer": "String",
        "source": _WORD,
        "hops": "UInt8",
        "props": "JSON(max_dynamic_paths=512)",
    },
    "person_change": _STREAM
    | {
        "person_id": "UUID",
        "kind": _WORD,
        "ref": "String",
        "old": "String",
        "new": "String",
        "number": "Float64",
        "occurred_at": _DATE,
        "received_at": _DATE,
        "actor": _WORD,
        "cause": "String",
        "initiative_id": "UInt64",
        "hops": "UInt8",
        "detail": "String",
    },
    "person_value": _STREAM
    | {
        "kind": _WORD,
        "ref": "String",
        "person_id": "UUID",
        "value": "String",
        "number": "Float64",
        "since": _DATE,
        "version": "UInt64",
    },
    "person": _STREAM
    | {
        "person_id": "UUID",
        "version": "UInt64",
        "gone": "UInt8",
        "created_at": _DATE,
        "last_act_at": f"Nullable({_DATE})",
        "last_name": "String",
        "first_name": "String",
        "last_kana": "String",
        "first_kana": "String",
        "email": "String",
        "phone": "String",
        "company_id": "UInt64",
        "company": "String",
        "company_industry": _WORD,
        "company_employees": "Nullable(Int32)",
        "department": "String",
        "title": "String",
        "owner_id": "UInt64",
        "source": _WORD,
        "stage": _WORD,
        "score": "Int32",
        "fields": "JSON(max_dynamic_paths=512)",
    },
    "identity_override": _STREAM | {"subject_id": "UUID", "person_id": "UUID", "version": "UInt64"},
}
_json = msgspec.json.Encoder()


def write(workspace_id: int, shard: int, batch_id: int, decision: Decision, *, fresh: bool = False) -> None:
    """Write a stored decision; repeatable, and exact after an insert of unknown outcome.

    fresh: the batch was decided by the caller just now, so that no earlier attempt needs to be looked for.
    Raises core.clickhouse.ClickHouseError; what was written stays and is found by the next try.
    """
    store = clickhouse.store()
    for table, columns in tables(workspace_id, shard, batch_id, decision):
        store.insert_batch(
            table,
            columns,
            TYPES[table],
            workspace_id=workspace_id,
            shard=shard,
            batch_id=batch_id,
            fresh=fresh,
        )
        crashpoint("processor.between_inserts")


def tables(
    workspace_id: int, shard: int, batch_id: int, decision: Decision
) -> Iterator[tuple[str, dict[str, Sequence[Any]]]]:
    """The decision's rows as columns, table by table, in the order in which they are written."""
    for table, build in _TABLES:
        columns = build(decision, batch_id)
        if columns:
            rows = len(next(iter(columns.values())))
            stream: dict[str, Sequence[Any]] = {
                "workspace_id": [workspace_id] * rows,
                "shard": [shard] * rows,
                "batch_id": [batch_id] * rows,
                "ordinal": range(rows),
            }
            yield table, stream | columns


def _events(decision: Decision, batch_id: int) -> dict[str, Sequence[Any]]:
    rows = decision.events
    if not rows:
        return {}
    return {
        "message_id": [row.message_id for row in rows],
        "subject_id": [row.subject_id for row in rows],
        "type": [row.type for row in rows],
        "name": [row.name for row in rows],
        "occurred_at": [row.occurred_ms for row in rows],
        "received_at": [row.received_ms for row in rows],
        "machine": [row.machine for row in rows],
        "session": [row.session for row in rows],
        "url": [row.url for row in rows],
        "path": [row.path for row in rows],
        "title": [row.title for row in rows],
        "referrer": [row.referrer for row in rows],
        "source": [row.source for row in rows],
        "hops": [row.hops for row in rows],
        "props": [_json.encode(row.props).decode() for row in rows],
    }


def _changes(decision: Decision, batch_id: int) -> dict[str, Sequence[Any]]:
    rows = decision.changes
    if not rows:
        return {}
    return {
        "person_id": [row.person_id for row in rows],
        "kind": [row.kind for row in rows],
        "ref": [row.ref for row in rows],
        "old": [row.old for row in rows],
        "new": [row.new for row in rows],
        "number": [row.number for row in rows],
        "occurred_at": [row.occurred_ms or decision.business_ms for row in rows],
        "received_at": [decision.received_ms] * len(rows),
        "actor": [row.actor for row in rows],
        "cause": [row.cause for row in rows],
        "initiative_id": [row.initiative_id for row in rows],
        "hops": [row.hops for row in rows],
        "detail": [_json.encode(row.detail).decode() if row.detail else "" for row in rows],
    }


def _values(decision: Decision, batch_id: int) -> dict[str, Sequence[Any]]:
    rows = [row for row in decision.changes if row.kind in STATE_KINDS]
    if not rows:
        return {}
    return {
        "kind": [row.kind for row in rows],
        "ref": [row.ref for row in rows],
        "person_id": [row.person_id for row in rows],
        "value": [row.new for row in rows],
        "number": [row.number for row in rows],
        "since": [row.occurred_ms or decision.business_ms for row in rows],
        # A person's changes of one kind all pass through one stream, so its order is theirs.
        "version": [batch_id << 24 | row.ordinal for row in rows],
    }


def _people(decision: Decision, batch_id: int) -> dict[str, Sequence[Any]]:
    rows = decision.people
    if not rows:
        return {}
    columns: dict[str, Sequence[Any]] = {
        name: [row[source] for row in rows]
        for name, source in (("person_id", "id"), *((name, name) for name in _PLAIN))
    }
    columns["company_industry"] = [
        row.get("company_industry", "") for row in rows
    ]  # unknown to old decisions
    columns["company_employees"] = [row.get("company_employees") for row in rows]
    columns["gone"] = [int(row["gone"]) for row in rows]
    columns["fields"] = [_json.encode(row["fields"]).decode() for row in rows]
    return columns


def _overrides(decision: Decision, batch_id: int) -> dict[str, Sequence[Any]]:
    rows = decision.overrides
    if not rows:
        return {}
    return {
        "subject_id": [row.subject_id for row in rows],
        "person_id": [row.person_id for row in rows],
        "version": [decision.received_ms << 20 | place for place, row in enumerate(rows)],
    }


_PLAIN: Final = (
    "version",
    "created_at",
    "last_act_at",
    "last_name",
    "first_name",
    "last_kana",
    "first_kana",
    "email",
    "phone",
    "company_id",
    "company",
    "department",
    "title",
    "owner_id",
    "source",
    "stage",
    "score",
)
_TABLES: Final[tuple[tuple[str, Callable[[Decision, int], dict[str, Sequence[Any]]]], ...]] = (
    ("event", _events),
    ("person_change", _changes),
    ("person_value", _values),
    ("person", _people),
    ("identity_override", _overrides),
)
