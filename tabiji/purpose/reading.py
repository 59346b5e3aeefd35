"""Facts as numbers read them: up to the watermark, everyone under one id, the excluded left out.

Every statement that runs through here may use three tables: `owners` and `left_out` of `events.heads`,
and `conversions` of `sql/prelude.sql` (what counts, of the keys that were asked for).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from tabiji.core import clickhouse, postgres, sql
from tabiji.events.public import heads, watermark
from tabiji.purpose.contracts import Period

LANE: Final = "screen"


def rows(
    statement: str, params: Mapping[str, Any] | None = None, *, keys: Sequence[str] = ()
) -> list[tuple[Any, ...]]:
    """Ask ClickHouse; rows come in no particular order.

    statement: one SELECT, which may read the tables above and bind `{workspace}` and `{through}`
    (`batch_id <= {through:Array(UInt64)}[shard + 1]`). keys: the conversions it wants to see.
    Raises core.clickhouse.ClickHouseResting while counting rests.
    """
    text = heads.tables() + sql.named("purpose", "prelude") + "SELECT * FROM (\n" + statement + "\n)"
    found: list[tuple[Any, ...]] = clickhouse.store().rows(
        text, {**_standing(keys), **(params or {})}, lane=LANE
    )
    return found


def named(
    room: str,
    name: str,
    params: Mapping[str, Any] | None = None,
    *,
    keys: Sequence[str] = (),
    **fragments: str,
) -> list[tuple[Any, ...]]:
    """`rows` of the statement `tabiji/<room>/sql/<name>.sql`.

    fragments: built by `compiling`, each put in place of its `{name}` (without a type).
    """
    text = sql.named(room, name)
    for placeholder, fragment in fragments.items():
        text = text.replace("{" + placeholder + "}", fragment)
    return rows(text, params, keys=keys)


def within(period: Period) -> dict[str, int]:
    """The bounds of a period, for `{start:Int64}` and `{end:Int64}`: milliseconds, end excluded."""
    return {"start": period.start_ms, "end": period.end_ms}


def _standing(keys: Sequence[str]) -> dict[str, Any]:
    return {
        **heads.params(),
        "through": watermark.by_shard(),
        "keys": list(keys),
        "once_keys": [row[0] for row in postgres.rows(_ONCE, [list(keys)])] if keys else [],
    }


_ONCE = "SELECT key FROM conversion_rule WHERE once AND key = ANY(%s)"
