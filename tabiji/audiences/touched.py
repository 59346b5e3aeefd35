"""Whom the facts of some batches touched: only of them can an answer have changed meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from tabiji.audiences import asking, conditions
from tabiji.audiences.binding import WORKSPACE, Binder, both
from tabiji.audiences.compiler import Statement
from tabiji.audiences.conditions import Change, Condition, Value
from tabiji.core import postgres

MOST: Final = 20_000
"""With more people than this, asking of everyone is cheaper."""
_HIGHEST_SHARD: Final = 63


def people(condition: Condition, after: Mapping[int, int], through: Mapping[int, int]) -> list[UUID] | None:
    """People touched by what the condition asks, in batches above `after` up to `through` (by shard).

    Those who were merged away are among them, and so are visitors. None where they are more than MOST.
    """
    statement = _statement(condition, after, through)
    found = {row[0] for row in asking.ask(statement, "decision")}
    if len(found) > MOST:
        return None
    owners = postgres.rows("SELECT person_id FROM subject_owner WHERE subject_id = ANY(%s)", [list(found)])
    return sorted(found | {row[0] for row in owners})


def beyond(through: Mapping[int, int]) -> list[UUID]:
    """People whose rows came with batches above these."""
    binder = Binder()
    fresh = _fresh(binder, through, None)
    sql = (
        "SELECT person_id FROM person WHERE " + fresh
        + " UNION DISTINCT SELECT person_id FROM identity_override WHERE " + fresh
    )  # fmt: skip
    statement = Statement(sql, {**binder.values, "ws": postgres.workspace_id()}, [])
    return [row[0] for row in asking.ask(statement, "decision")]


def _statement(condition: Condition, after: Mapping[int, int], through: Mapping[int, int]) -> Statement:
    binder = Binder()
    fresh = _fresh(binder, after, through)
    leaves = [leaf for _path, leaf in conditions.leaves(condition)]
    parts = ["SELECT person_id AS id FROM person WHERE " + fresh]
    for table, column, key, words in (
        ("event", "subject_id", "name", conditions.event_names(condition)),
        ("person_change", "person_id", "kind", {leaf.change for leaf in leaves if isinstance(leaf, Change)}),
        ("person_value", "person_id", "kind", {leaf.of for leaf in leaves if isinstance(leaf, Value)}),
    ):
        if words:
            listed = binder.bind(sorted(words), "Array(String)")
            parts.append(
                "SELECT " + column + " AS id FROM " + table + " WHERE " + both([fresh, key + " IN " + listed])
            )
    parts.append("SELECT subject_id AS id FROM identity_override WHERE " + fresh)
    sql = (
        "SELECT DISTINCT id FROM (" + " UNION ALL ".join(parts) + ") LIMIT " + binder.bind(MOST + 1, "UInt64")
    )
    return Statement(sql, {**binder.values, "ws": postgres.workspace_id()}, [])


def _fresh(binder: Binder, after: Mapping[int, int], through: Mapping[int, int] | None) -> str:
    """Rows of batches above `after`, and not above `through` if that is given."""
    shards = range(max([*after, *(through or {}), _HIGHEST_SHARD]) + 1)
    low = [after.get(shard, 0) for shard in shards]
    parts = [
        "workspace_id = " + WORKSPACE,
        "batch_id > " + binder.bind(min(low), "UInt64"),  # lets the index on batches skip what is old
        "batch_id > arrayElement(" + binder.bind(low, "Array(UInt64)") + ", shard + 1)",
    ]
    if through is not None:
        high = binder.bind([through.get(shard, 0) for shard in shards], "Array(UInt64)")
        parts.append("batch_id <= arrayElement(" + high + ", shard + 1)")
    return both(parts)
