"""「販促を止める」: a colleague holds somebody from marketing, with a reason and a last day."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.people.public import holds, persons
from tabiji.workspaces.contracts import Actor


class BadStop(ValueError):
    """A stop that cannot be: (field, what was wrong). Nothing was changed."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(f"{field}: {why}")
        self.field = field
        self.why = why


def stop(person_id: UUID, *, reason: str, until: datetime | None, at: datetime, actor: Actor) -> None:
    """No marketing to this person from now until `until` (None: until taken back). Raises BadStop.

    The same colleague stopping again puts a new reason and end in place of the old ones.
    """
    if not reason.strip() or len(reason) > 200 or "\x00" in reason:
        raise BadStop("reason", _("Say why, in up to 200 characters."))
    if until is not None and until <= at:
        raise BadStop("until", _("The end must lie ahead."))
    where = persons.resolve([person_id]).get(person_id)
    if where is None:
        raise BadStop("person", _("There is no such person here."))
    source = source_of(actor)
    holds.release([where], source=source, at=at, actor=actor.label)
    holds.place([where], source=source, reason=reason.strip(), at=at, actor=actor.label, until=until)


def resume(person_id: UUID, *, at: datetime, actor: Actor, source: str = "") -> None:
    """Take a stop back: one's own, or that of `source` (`user:<id>`)."""
    where = persons.resolve([person_id]).get(person_id)
    if where is not None:
        holds.release([where], source=source or source_of(actor), at=at, actor=actor.label)


def source_of(actor: Actor) -> str:
    return f"user:{actor.user_id}"
