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
    from tabiji.core.clickhouse.client import ClickHouse

_LOOK_AGAIN_S: Final = 0.2
# An embedded server cannot give a query our id; it puts it in front of the text.
_UNDER_WAY: Final = """
SELECT count() FROM system.processes
WHERE startsWith(query_id, {attempts:String}) OR startsWith(query, concat('/* query_id=', {attempts:String}))
"""


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


def _missing(store: ClickHouse, batch: Batch, ordinals: Sequence[int], deadline: float) -> list[int] | None:
    """The places of the rows that are not stored; None for all of them."""
    _wait_until_gone(store, batch, deadline)
    table = batch.table
    where = "workspace_id = {workspace_id:UInt32} AND shard = {shard:UInt8} AND batch_id = {batch_id:UInt64}"
    stored = store.scalar(_about(table, "count()", where), batch.params, lane="writer")
    if stored == 0:
        return None
    if stored == len(ordinals):
        return []
    found = store.columns(_about(table, "ordinal", where), batch.params, lane="writer")["ordinal"]
    present = set(found)
    if len(present) < len(found) or stored > len(ordinals):
        raise BatchDoubled(
            0,
            f"Batch {batch.batch_id} of workspace {batch.workspace_id}, shard {batch.shard} has {stored} rows in "
            f"{table} and {len(ordinals)} were decided; compare its ordinals before anything reads on",
        )
    return [place for place, ordinal in enumerate(ordinals) if ordinal not in present]


def _wait_until_gone(store: ClickHouse, batch: Batch, deadline: float) -> None:
    while store.scalar(_UNDER_WAY, {"attempts": batch.attempts}, lane="writer"):
        if time.monotonic() > deadline:
            raise ClickHouseResting(
                0, f"An earlier insert of batch {batch.batch_id} into {batch.table} still runs"
            )
        time.sleep(_LOOK_AGAIN_S)


def _about(table: str, what: str, where: str) -> str:
    return f"SELECT {what} FROM {table} WHERE {where}"


def _only(columns: Mapping[str, Sequence[Any]], places: list[int]) -> dict[str, list[Any]]:
    return {name: [values[place] for place in places] for name, values in columns.items()}


__all__ = ["Batch", "ClickHouseError", "insert"]
