"""Facts told by hand, as the rooms above tell them: for the tests of this room and of insights."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tabiji.core import clock, facts, ids, postgres
from tabiji.core.facts import Change
from tabiji.events.public import inlet, processor, subject_of
from tabiji.people.public import persons

START = datetime.fromisoformat("2026-02-02T10:00:00+09:00")
"""A Monday morning in Tokyo, within the period of the tests."""


def at(minutes: float = 0, *, days: float = 0) -> datetime:
    return START + timedelta(minutes=minutes, days=days)


def people(count: int, prefix: str = "p") -> list[UUID]:
    """So many people, known since long before."""
    workspace_id = postgres.workspace_id()
    made = [ids.stable_id(workspace_id, "person", f"{prefix}{place}") for place in range(count)]
    persons.create(dict.fromkeys(made, START - timedelta(days=100)))
    return made


def event(name: str, who: str | UUID, moment: datetime, **props: Any) -> dict[str, Any]:
    """An event of a visitor (by anonymous id) or of a person (by id)."""
    path = props.pop("path", "")
    message_id = props.pop("message_id_", f"{name}-{who}-{moment.timestamp()}-{path}")
    named = {"personId": str(who)} if isinstance(who, UUID) else {"anonymousId": who}
    body = {"type": "track", "event": name, "messageId": message_id, "timestamp": moment.isoformat()}
    return {**body, **named, "properties": {**props, **({"path": path} if path else {})}}


def page(who: str | UUID, path: str, moment: datetime) -> dict[str, Any]:
    return event("page_viewed", who, moment, path=path)


def known(anonymous_id: str, email: str, moment: datetime) -> dict[str, Any]:
    """A visitor says who they are."""
    return {
        "type": "identify",
        "anonymousId": anonymous_id,
        "messageId": f"known-{anonymous_id}-{email}",
        "timestamp": moment.isoformat(),
        "traits": {"email": email},
    }


def tell(*events: dict[str, Any], source: str = "system") -> None:
    inlet.accept(list(events), source=source, is_history=True)
    processor.process_all()


def change(
    person_id: UUID, kind: str, ref: object, new: str, moment: datetime, number: float = 0.0, **more: Any
) -> Change:
    return Change(
        person_id,
        kind,
        str(ref),
        more.pop("old", ""),
        new,
        number,
        clock.to_ms(moment),
        more.pop("actor", "auto"),
        more.pop("cause", ""),
        more.pop("initiative_id", 0),
        0,
        more,
    )


def won(person_id: UUID, deal: int, moment: datetime, yen: float = 1.0, line: str = "omakase") -> Change:
    return change(person_id, "deal", deal, "won", moment, yen, line=line)


def booked(person_id: UUID, appointment: int, moment: datetime) -> Change:
    return change(person_id, "appointment", appointment, "booked", moment)


def record(changes: Iterable[Change]) -> None:
    facts.record(list(changes))
    processor.process_all()


def visitor(anonymous_id: str) -> UUID:
    return subject_of(postgres.workspace_id(), anonymous_id)
