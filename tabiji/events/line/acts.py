"""The raw rows of a person's line: events of all their subjects, changes of all their ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from tabiji.core import clickhouse, clock, facts, postgres, sql
from tabiji.core.facts import Change, Event
from tabiji.events import deciding
from tabiji.people.public import identity, persons

ALWAYS: Final = 1 << 62
_SMALL: Final = 500
"""Changes made by hand travel in small rows; bulk rows are left to the processor."""


@dataclass(frozen=True, slots=True)
class Act:
    """One event or change. `name`: the event's name or the change's kind; `ref`: the event's message
    id or the change's ref; `detail`: properties or detail; `page`: path, title, referrer, url.

    at_ms: business time; of a judged click the moment of the click, so that both stand together.
    """

    at_ms: int
    is_change: bool
    who: UUID
    is_anonymous: bool
    name: str
    ref: str
    old: str = ""
    new: str = ""
    number: float = 0.0
    actor: str = facts.PERSON
    cause: str = ""
    initiative_id: int = 0
    machine: str = ""
    source: str = ""
    path: str = ""
    title: str = ""
    referrer: str = ""
    url: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    place: tuple[int, int, int] = (ALWAYS, 0, 0)
    """Order among acts of one moment: (batch, is it a change, ordinal)."""

    @property
    def at(self) -> datetime:
        return clock.from_ms(self.at_ms)

    def value(self, name: str) -> Any:
        return self.detail.get(name)

    def number_of(self, name: str) -> int:
        """A whole number of the detail; 0 where there is none. ClickHouse gives them back as text."""
        value = self.detail.get(name)
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        return int(text) if text.isdecimal() and len(text) < 19 else 0


@dataclass(frozen=True, slots=True)
class Source:
    """Where the facts of one person stand at one moment.

    people: the person, and all that were merged into it; subjects: those, and the browsers that were
    nobody's when they acted. through: by shard, the last batch to be read from ClickHouse; waiting:
    what is decided or changed beyond it.
    """

    person_id: UUID
    people: frozenset[UUID]
    subjects: frozenset[UUID]
    through: tuple[int, ...] = ()
    waiting: tuple[Act, ...] = ()

    @property
    def visitors(self) -> list[UUID]:
        return sorted(self.subjects - self.people)

    def params(self) -> dict[str, Any]:
        """What every statement about a line binds."""
        return {
            "workspace": postgres.workspace_id(),
            "subjects": sorted(self.subjects),
            "people": sorted(self.people),
            "through": list(self.through),
        }


def of(person_id: UUID, now: datetime) -> Source:
    """Of a merged person: of whom it is part now. Raises people.persons.NoSuchPerson.

    Watermark, open batches and outbox are read in one statement: whatever is processed meanwhile
    appears once, here or there.
    """
    kept = persons.get(person_id).id
    subjects = frozenset(subject for subject, _ in identity.subjects_of([kept]))
    bare = Source(kept, frozenset(persons.resolve(subjects)) | {kept}, subjects)
    through: dict[int, int] = {}
    waiting: list[Act] = []
    for shard, closed_through, decision, changes in postgres.rows(
        sql.named("events", "line_waiting"), {"small": _SMALL}
    ):
        if decision is not None:
            waiting += _of_decision(bare, decision)
        elif changes is not None:
            waiting += _of_changes(bare, facts.decode_changes(changes), clock.to_ms(now))
        else:
            through[shard] = closed_through
    known = tuple(through.get(shard, 0) for shard in range(max(through, default=0) + 1))
    return Source(bare.person_id, bare.people, bare.subjects, known, tuple(waiting))


def before(source: Source, before_ms: int, limit: int) -> list[Act]:
    """The newest rows of ClickHouse before a moment, newest first."""
    params = {**source.params(), "before": before_ms, "limit": limit}
    return [_of_row(source, row) for row in clickhouse.store().rows(sql.named("events", "line_acts"), params)]


def _of_decision(source: Source, stored: bytes) -> list[Act]:
    decision = deciding.decode(stored)
    events = [_of_event(source, event) for event in decision.events if event.subject_id in source.subjects]
    return events + _of_changes(source, decision.changes, decision.business_ms)


def _of_row(source: Source, row: tuple[Any, ...]) -> Act:
    at_ms, is_change, who, name, ref, old, new, number, actor, cause, initiative_id = row[:11]
    machine, inlet, path, title, referrer, url, detail, batch_id, ordinal = row[11:]
    return Act(
        at_ms,
        bool(is_change),
        who,
        who not in source.people,
        name,
        ref,
        old,
        new,
        number,
        actor,
        cause,
        initiative_id,
        machine,
        inlet,
        path,
        title,
        referrer,
        url,
        msgspec.json.decode(detail) if detail else {},
        (batch_id, is_change, ordinal),
    )


def _of_event(source: Source, event: Event) -> Act:
    clicked = event.props.get("clicked_at") if event.name == "click_judged" else None
    at_ms = clock.to_ms(datetime.fromisoformat(clicked)) if isinstance(clicked, str) else event.occurred_ms
    return Act(
        at_ms,
        False,
        event.subject_id,
        event.subject_id not in source.people,
        event.name,
        event.message_id,
        machine=event.machine,
        source=event.source,
        path=event.path,
        title=event.title,
        referrer=event.referrer,
        url=event.url,
        detail=event.props,
        place=(ALWAYS, 0, event.ordinal),
    )


def _of_changes(source: Source, changes: Iterable[Change], otherwise_ms: int) -> list[Act]:
    return [
        Act(
            change.occurred_ms or otherwise_ms,
            True,
            change.person_id,
            False,
            change.kind,
            change.ref,
            change.old,
            change.new,
            change.number,
            change.actor,
            change.cause,
            change.initiative_id,
            detail=change.detail,
            place=(ALWAYS, 1, place),
        )
        for place, change in enumerate(changes)
        if change.person_id in source.people
    ]
