"""How large an audience was at the end of each day: today's size, less what came and went since."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from tabiji.audiences import asking, audience
from tabiji.audiences.compiler import Statement
from tabiji.core import clock, postgres
from tabiji.workspaces.public import workspace

_MOVED: Final = (
    "SELECT toDate(occurred_at, {zone:String}) AS day, sum(if(new = '', -1, 1)) AS more"
    " FROM person_change WHERE workspace_id = {workspace:UInt32} AND kind = 'audience' AND ref = {ref:String}"
    " AND occurred_at >= fromUnixTimestamp64Milli({start:Int64}, 'UTC') GROUP BY day"
)


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
