"""Numbered batches: written exactly once though the connection, the server or the caller may die at any moment.

The table carries workspace_id, shard, batch_id and ordinal. ClickHouse's insert tokens are not trusted
(killed between the renames of an insert, the engine dropped rows for good when it was repeated).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tabiji.core.clickhouse.errors import BatchDoubled, ClickHouseError, ClickHouseResting, UnknownOutcome

if TYPE_CHECKING:
    from tabiji.core.clickhouse.client import ClickHouse, ExternalFile, Span

_LOOK_AGAIN_S: Final = 0.2
# An embedded server cannot give a query our id; it puts it in front of the text.
_UNDER_WAY: Final = """
SELECT count() FROM system.processes
WHERE startsWith(query_id, {attempts:String}) OR startsWith(query, concat('/* query_id=', {attempts:String}))
"""
_OF_SPAN: Final = (
    "workspace_id = {workspace_id:UInt32} AND shard = {shard:UInt8}"
    " AND batch_id BETWEEN {first:UInt64} AND {last:UInt64}"
)


@dataclass(frozen=True, slots=True)
class Batch:
    table: str
    workspace_id: int
    shard: int
    batch_id: int

    @property
    def attempts(self) -> str:
        """What the query ids of all attempts begin with, whoever made them."""
        return f"batch-{self.table}-{self.workspace_id}-{self.shard}-{self.batch_id}-"

    @property
    def params(self) -> dict[str, int]:
        return {"workspace_id": self.workspace_id, "shard": self.shard, "batch_id": self.batch_id}


def insert(
    store: ClickHouse,
    batch: Batch,
    columns: Mapping[str, Sequence[Any]],
    types: Mapping[str, str],
    *,
    fresh: bool,
    patience_s: float,
) -> int:
    """Write a batch, or what is missing of it; the number of rows written by this call.

    1. No attempt may be under way (looked up by query id; in the writer's lane, behind what waits there).
    2. `count()` of the batch: all = done, none = write all, some = write the missing ordinals.
    3. An attempt whose outcome stays unknown leads back to 1 while patience lasts.

    `fresh` leaves out the first look: only for a batch number that nobody ever tried to write. In a
    table that drops superseded rows (ReplacingMergeTree) counts prove nothing, and rows written again
    are harmless: there the batch is written until one attempt is acknowledged.

    Raises what the last attempt raised; a later call goes on from there. BatchDoubled if the batch has
    more rows than it was given.
    """
    ordinals = columns["ordinal"]
    deadline = time.monotonic() + patience_s
    look_first = not fresh
    while True:
        try:
            missing = _missing(store, batch, ordinals, deadline) if look_first else None
            rest = columns if missing is None else _only(columns, missing)
            return store.insert(
                batch.table, rest, types=types, query_id=f"{batch.attempts}{uuid.uuid4().hex}"
            )
        except (UnknownOutcome, ClickHouseResting):
            if time.monotonic() + _LOOK_AGAIN_S > deadline:
                raise
            look_first = True
            time.sleep(_LOOK_AGAIN_S)


def insert_missing(
    store: ClickHouse, table: str, file: ExternalFile, span: Span, *, patience_s: float
) -> None:
    """Insert the rows of the file whose (batch_id, ordinal) the table lacks, by one statement.

    The file travels under its name with the columns of the table, JSON as text. What an attempt left, whose
    outcome nobody learned, is found by the next one: it waits until the earlier one is over. One caller at
    a time per span. Raises what the last attempt raised.
    """
    attempts = f"span-{table}-{span.workspace_id}-{span.shard}-{span.first}-"
    columns = ", ".join(f"`{column}`" for column in file.types)
    known = _about(table, "batch_id, ordinal", _OF_SPAN)
    sql = " ".join(
        (
            f"INSERT INTO {table} ({columns})",
            _about(file.name, columns, "(batch_id, ordinal) NOT IN"),
            f"({known}) SETTINGS type_json_skip_duplicated_paths = 1",
        )
    )
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _wait_until_gone(store, attempts, deadline)
            store.command(sql, span.params, external=file, query_id=f"{attempts}{uuid.uuid4().hex}")
            return
        except (UnknownOutcome, ClickHouseResting):
            if time.monotonic() + _LOOK_AGAIN_S > deadline:
                raise
            time.sleep(_LOOK_AGAIN_S)


def stored(store: ClickHouse, table: str, span: Span) -> int:
    """How many rows of the span there are, behind what waits in the writer's lane."""
    return int(store.scalar(_about(table, "count()", _OF_SPAN), span.params, lane="writer"))


def _missing(store: ClickHouse, batch: Batch, ordinals: Sequence[int], deadline: float) -> list[int] | None:
    """The places of the rows that are not stored; None for all of them."""
    _wait_until_gone(store, batch.attempts, deadline)
    table = batch.table
    where = "workspace_id = {workspace_id:UInt32} AND shard = {shard:UInt8} AND batch_id = {batch_id:UInt64}"
    there = store.scalar(_about(table, "count()", where), batch.params, lane="writer")
    if there == 0:
        return None
    if there == len(ordinals):
        return []
    found = store.columns(_about(table, "ordinal", where), batch.params, lane="writer")["ordinal"]
    present = set(found)
    if len(present) < len(found) or there > len(ordinals):
        raise BatchDoubled(
            0,
            f"Batch {batch.batch_id} of workspace {batch.workspace_id}, shard {batch.shard} has {there} rows in "
            f"{table} and {len(ordinals)} were decided; compare its ordinals before anything reads on",
        )
    return [place for place, ordinal in enumerate(ordinals) if ordinal not in present]


def _wait_until_gone(store: ClickHouse, attempts: str, deadline: float) -> None:
    while store.scalar(_UNDER_WAY, {"attempts": attempts}, lane="writer"):
        if time.monotonic() > deadline:
            raise ClickHouseResting(0, f"An earlier insert still runs: {attempts}…")
        time.sleep(_LOOK_AGAIN_S)


def _about(table: str, what: str, where: str) -> str:
    return f"SELECT {what} FROM {table} WHERE {where}"


def _only(columns: Mapping[str, Sequence[Any]], places: list[int]) -> dict[str, list[Any]]:
    return {name: [values[place] for place in places] for name, values in columns.items()}


__all__ = ["Batch", "ClickHouseError", "insert"]
