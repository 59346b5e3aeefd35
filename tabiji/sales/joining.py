"""When two people turn out to be one, what sales had with the absorbed is with the kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from tabiji.core import facts, postgres
from tabiji.people.public import persons
from tabiji.sales import hand_overs
from tabiji.sales.contracts import HandOverState

_STANDING: Final = (HandOverState.PENDING, HandOverState.ACCEPTED)
_MOVES: Final = (
    "UPDATE deal SET person_id = %s WHERE person_id = %s",
    "UPDATE appointment SET person_id = %s WHERE person_id = %s",
    "UPDATE task SET person_id = %s WHERE person_id = %s",
    "UPDATE call SET person_id = %s WHERE person_id = %s",
)

# The same cause may have made one for both: each keeps its own.
_MOVE_HAND_OVERS: Final = (
    "UPDATE hand_over h SET person_id = %s, cause = CASE WHEN EXISTS"
    " (SELECT 1 FROM hand_over k WHERE k.person_id = %s AND k.cause = h.cause)"
    " THEN left(cause, 230) || '#' || id ELSE cause END WHERE person_id = %s"
)


def join(merges: Sequence[tuple[UUID, UUID]], at: datetime) -> None:
    """(kept, absorbed): where hand-overs of both stand, one is closed as a duplicate."""
    for kept, absorbed in merges:
        where = persons.resolve([kept]).get(kept)
        if where is None:
            continue
        postgres.execute(
            "SELECT 1 FROM person WHERE id = ANY(%s) ORDER BY id FOR UPDATE", [sorted((where, absorbed))]
        )
        mine, theirs = hand_overs.find_standing(where), hand_overs.find_standing(absorbed)
        if mine is not None and theirs is not None:
            # What somebody accepted goes before what waits.
            spare = mine if theirs.state == "accepted" and mine.state == "pending" else theirs
            hand_overs.close([spare.id], at=at, actor=facts.AUTOMATIC, why="merged", states=_STANDING)
        for statement in _MOVES:
            postgres.execute(statement, [where, absorbed])
        postgres.execute(_MOVE_HAND_OVERS, [where, where, absorbed])
