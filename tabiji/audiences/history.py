"""How large an audience was at the end of each day, and who came and went."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tabiji.audiences import asking, audience
from tabiji.audiences.compiler import Statement
from tabiji.core import clock, paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.workspaces.public import workspace

_MOVED: Final = (
    "SELECT toDate(occurred_at, {zone:String}) AS day, sum(if(new = '', -1, 1)) AS more"
    " FROM person_change WHERE workspace_id = {workspace:UInt32} AND kind = 'audience' AND ref = {ref:String}"
    " AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') GROUP BY day"
)
_MOVES: Final = (
    "SELECT person_id, occurred_at, new != '' AS is_in, cause FROM person_change"
    " WHERE workspace_id = {workspace:UInt32} AND kind = 'audience' AND ref = {ref:String}"
    " AND ({what:String} = '' OR (new != '') = ({what:String} = 'entered'))"
)
_MOVES_KEY: Final = "SELECT toUnixTimestamp64Milli(occurred_at), batch_id, ordinal, shard, "
_AFTER: Final = (
    " AND (occurred_at, batch_id, ordinal, shard)"
    " < (fromUnixTimestamp64Milli({at:Int64}, 'UTC'), {batch:UInt64}, {ordinal:UInt32}, {shard:UInt8})"
)


@dataclass(frozen=True, slots=True)
class Move:
    """One person came in or left. cause: why the audience was looked at, as of `members.write`."""

    person_id: UUID
    at: datetime
    is_in: bool
    cause: str


def moves(audience_id: int, query: ListQuery) -> Page[Move]:
    """Who came and went, the newest first. Filter `what`: `entered` or `left`.

    Raises audience.NoSuchAudience, paging.BadCursor, asking.CountingRests.
    """
    audience.get(audience_id)
    params: dict[str, Any] = {
        "workspace": postgres.workspace_id(),
        "ref": str(audience_id),
        "what": query.filters.get("what", ""),
    }
    total = asking.ask(Statement("SELECT count() FROM (" + _MOVES + ")", params, []), "screen")[0][0]
    sql = _MOVES
    if query.after:
        sql += _AFTER
        params |= dict(
            zip(("at", "batch", "ordinal", "shard"), paging.from_cursor(query.after, 4), strict=True)
        )
    order = " ORDER BY occurred_at DESC, batch_id DESC, ordinal DESC, shard DESC LIMIT {limit:UInt32}"
    columns = _MOVES_KEY + sql.removeprefix("SELECT ")
    rows = asking.ask(Statement(columns + order, {**params, "limit": query.limit + 1}, []), "screen")
    shown = rows[: query.limit]
    more = paging.to_cursor(*shown[-1][:4]) if len(rows) > query.limit else ""
    return Page([Move(*row[4:]) for row in shown], more, total)


def sizes(audience_id: int, *, now: datetime, days: int = 90) -> list[tuple[date, int]]:
    """(local day, members at its end), oldest first; today as it is now.

    Begins on the eve of the day on which somebody came in first: before that there is nothing to tell.
    Raises audience.NoSuchAudience, asking.CountingRests.
    """
    found = audience.get(audience_id)
    zone = workspace.current().zone
    today = now.astimezone(zone).date()
    statement = Statement(
        _MOVED,
        {
            "zone": zone.key,
            "workspace": postgres.workspace_id(),
            "ref": str(audience_id),
            "start": clock.to_ms(now - timedelta(days=days)),
        },
        [],
    )
    moved: dict[date, int] = {row[0]: int(row[1]) for row in asking.ask(statement, "screen")}
    first: datetime | None = postgres.scalar(
        "SELECT min(entered_at) FROM audience_member WHERE audience_id = %s", [audience_id]
    )
    begun = min([today if first is None else first.astimezone(zone).date(), *moved])
    said, size = [], found.size
    for back in range(min(days, (today - begun).days + 2)):
        day = today - timedelta(days=back)
        said.append((day, max(size, 0)))
        size -= moved.get(day, 0)
    return said[::-1]
