"""People and acts for the tests of this room, made through the rooms they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from tabiji.core import clock
from tabiji.events.public import inlet, processor
from tabiji.people.contracts import FieldUpdate, Identifier, IdentifierKind
from tabiji.people.public import fields, identity, persons


def person(email: str, at: datetime, **values: Any) -> UUID:
    """Somebody known by a mail address, with these fields, in both stores."""
    tell([{"type": "identify", "userId": email, "traits": {"email": email, **values}}], at=at)
    return find(email)


def find(email: str) -> UUID:
    return identity.find([Identifier(IdentifierKind.EMAIL, email)])[Identifier(IdentifierKind.EMAIL, email)]


def tell(events: Sequence[dict[str, Any]], *, at: datetime, source: str = "server", agent: str = "") -> None:
    """Accept events as of `at` (where they name no time of their own) and process everything."""
    dated = [{"timestamp": at.isoformat(), **event} for event in events]
    inlet.accept(dated, source=source, is_history=True, agent=agent)
    processor.process_all()


def act(email: str, name: str, **props: Any) -> dict[str, Any]:
    return {"type": "track", "event": name, "userId": email, "properties": props}


def view(visitor: str, path: str) -> dict[str, Any]:
    return {"type": "page", "anonymousId": visitor, "properties": {"path": path}}


def set_field(person_id: UUID, field: str, value: Any, at: datetime) -> None:
    fields.write([FieldUpdate(person_id, field, value, clock.to_ms(at))], actor="auto")
    processor.process_all()


def names(person_ids: Sequence[UUID] | set[UUID]) -> set[str]:
    """The local parts of these people's addresses: easier to read than ids."""
    return {info.email.split("@")[0] for info in persons.get_many(person_ids).values()}
