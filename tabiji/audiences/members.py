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
_NOBODY = UUID(int=0)


def write(
    audience_id: int,
    person_ids: Collection[UUID] | str,
    *,
    now: datetime,
    cause: str,
    among: Collection[UUID] | None = None,
    untouched: Collection[UUID] = (),
) -> Difference:
    """From now on these people are in it, in the caller's transaction; now: business time.

    person_ids: or their text as an array of PostgreSQL (`{…,…}`), each once: a million of them never become
    values here. among: only these people were looked at; the others stay where they are, and so do those who
    are untouched. cause: why it was looked at: `first`, `definition`, `exclusions`, `window`, `change`,
    `asked` or `archived`.
    """
    moved = postgres.rows(
        sql.named("audiences", "write_members"),
        {
            "workspace": postgres.workspace_id(),
            "audience": audience_id,
            "people": person_ids if isinstance(person_ids, str) else list(person_ids),
            "untouched": list(untouched),
            "among": None if among is None else list(among),
            "now": now,
        },
    )
    counts = {True: 0, False: 0}
    for is_in, episode, listed in moved:
        people = listed.split(",")
        counts[is_in] += len(people)
        facts.record_alike(_change(audience_id, is_in, episode, clock.to_ms(now), cause), people)
    return Difference(counts[True], counts[False])


def _change(audience_id: int, is_in: bool, episode: int, at_ms: int, cause: str) -> Change:
    return Change(
        _NOBODY,
        "audience",
        str(audience_id),
        "" if is_in else "1",
        "1" if is_in else "",
        float(is_in),
        at_ms,
        cause=cause,
        hops=_HOPS,
        detail={"episode": episode},
    )
