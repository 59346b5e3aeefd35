"""What sales has with one person, for the head of the person's page."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tabiji.core import postgres
from tabiji.sales import appointments, deals, hand_overs, tasks
from tabiji.sales.contracts import PersonSales
from tabiji.scoring.public import scores


def of(person_id: UUID, now: datetime) -> PersonSales:
    """The standing hand-over, all deals (open ones first), the next appointment and the next task."""
    open_tasks = [task for task in tasks.list_of_person(person_id) if task.state == "open"]
    return PersonSales(
        hand_overs.find_standing(person_id),
        tuple(deals.list_of_person(person_id)),
        appointments.find_next(person_id, now),
        open_tasks[0] if open_tasks else None,
    )


def hot_leads() -> list[UUID]:
    """ホットリード: at the threshold or above, and not (any more) accepted by sales; highest score first."""
    threshold = scores.threshold()
    if threshold is None:
        return []
    hot = scores.people_at_least(threshold)
    taken = {
        row[0]
        for row in postgres.rows(
            "SELECT person_id FROM hand_over WHERE person_id = ANY(%s) AND state IN ('accepted', 'closed')"
            " UNION SELECT person_id FROM deal WHERE person_id = ANY(%s) AND outcome <> 'lost'",
            [hot, hot],
        )
    }
    return [person_id for person_id in hot if person_id not in taken]
