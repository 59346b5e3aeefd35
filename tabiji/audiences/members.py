"""Writing who is in an audience: only differences, in sets, with a fact for each."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from tabiji.audiences.contracts import Difference
from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Change

_HOPS = 1
"""A membership follows from other facts."""


def write(
    audience_id: int,
    person_ids: Collection[UUID],
    *,
    now: datetime,
    cause: str,
    among: Collection[UUID] | None = None,
    untouched: Collection[UUID] = (),
) -> Difference:
    """From now on these people are in it, in the caller's transaction; now: business time.

    among: only these people were looked at; the others stay where they are, and so do those who are
    untouched. cause: why it was looked
    at: `first`, `definition`, `exclusions`, `window`, `change`, `asked` or `archived`.
    """
    rows = postgres.rows(
        sql.named("audiences", "write_members"),
        {
            "workspace": postgres.workspace_id(),
            "audience": audience_id,
            "people": list(person_ids),
            "untouched": list(untouched),
            "among": None if among is None else list(among),
            "now": now,
        },
    )
    moment = clock.to_ms(now)
    facts.record(
        [
            Change(
                person_id,
                "audience",
                str(audience_id),
                "" if is_in else "1",
                "1" if is_in else "",
                float(is_in),
                moment,
                cause=cause,
                hops=_HOPS,
                detail={"episode": episode},
            )
            for person_id, episode, is_in in rows
        ]
    )
    entered = sum(is_in for _person, _episode, is_in in rows)
    return Difference(entered, len(rows) - entered)
