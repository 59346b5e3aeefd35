"""What the manager sees: what waits, how fast it is taken, what comes back, and who carries how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tabiji.core import postgres, sql
from tabiji.sales import assignment, words
from tabiji.sales.contracts import Figure, Load, ReasonCount, ReturnReason, TeamFigures
from tabiji.workspaces.public import members

_NOTHING = Figure((), ())


def figures(now: datetime, *, since: datetime) -> TeamFigures:
    """Hand-overs requested since a moment, and what stands on everybody's table now.

    Each Figure holds exactly the people (and hand-overs, or deals) that its number counts.
    """
    waiting = _waiting(now)
    period = {"since": since, "until": now}
    median, accepted = postgres.rows(
        "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY accept_seconds), count(*) FROM hand_over"
        " WHERE requested_at >= %(since)s AND requested_at <= %(until)s AND accept_seconds IS NOT NULL",
        period,
    )[0]
    path = {row[0]: row[1:] for row in postgres.rows(sql.named("sales", "path_to_won"), period)}
    return TeamFigures(
        not_accepted=waiting["pending"],
        overdue=waiting["late"],
        median_accept=None if median is None else timedelta(seconds=float(median)),
        accepted_count=accepted,
        returns=_returns(period),
        loads=_loads(),
        handed_over=_figure(path.get("handed_over")),
        with_deal=_figure(path.get("with_deal")),
        won=_figure(path.get("won")),
        won_amount=int(path["won"][2]) if "won" in path else 0,
    )


def _waiting(now: datetime) -> dict[str, Figure]:
    rows = postgres.rows(
        "SELECT id, person_id, due_at <= %s FROM hand_over WHERE state = 'pending' ORDER BY due_at, id", [now]
    )
    return {
        "pending": _of_pairs((row[0], row[1]) for row in rows),
        "late": _of_pairs((row[0], row[1]) for row in rows if row[2]),
    }


def _returns(period: Mapping[str, Any]) -> tuple[ReasonCount, ...]:
    """Every reason, the most frequent first."""
    rows = postgres.rows(
        "SELECT return_reason, array_agg(person_id ORDER BY id), array_agg(id ORDER BY id) FROM hand_over"
        " WHERE state = 'returned' AND returned_at >= %(since)s AND returned_at <= %(until)s GROUP BY 1",
        period,
    )
    found = {row[0]: Figure(tuple(row[1]), tuple(row[2])) for row in rows}
    counts = [
        ReasonCount(reason.value, str(words.RETURN_REASONS[reason]), found.get(reason.value, _NOTHING))
        for reason in ReturnReason
    ]
    return tuple(sorted(counts, key=lambda one: -one.figure.count))


def _loads() -> tuple[Load, ...]:
    names = members.names()
    rows = {row[0]: row[1:] for row in postgres.rows(sql.named("sales", "loads"))}
    users: list[int | None] = sorted(
        {*assignment.sellers(), *(user for user in rows if user is not None)}, key=lambda user: user or 0
    )
    loads = []
    for user in [*users, None]:
        row = rows.get(user)
        if row is None and user is None:
            continue
        pending, pending_ids, accepted, accepted_ids, tasks, deals, amount = row or ([], [], [], [], 0, 0, 0)
        loads.append(
            Load(
                user,
                names.get(user, "") if user is not None else "",
                Figure(tuple(pending), tuple(pending_ids)),
                Figure(tuple(accepted), tuple(accepted_ids)),
                tasks,
                deals,
                int(amount),
            )
        )
    return tuple(loads)


def _of_pairs(pairs: Iterable[tuple[int, UUID]]) -> Figure:
    found = list(pairs)
    return Figure(tuple(person for _, person in found), tuple(ref for ref, _ in found))


def _figure(row: tuple[Any, ...] | None) -> Figure:
    return _NOTHING if row is None else Figure(tuple(row[0]), tuple(row[1]))
