"""What batches mean for journeys: who enters, who has reached the goal, who was merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from tabiji.core import clock, facts, postgres
from tabiji.core.facts import Batch, Change, Event
from tabiji.journeys import enrolment, versions
from tabiji.journeys.enrolment import Arrival
from tabiji.journeys.graph import AudienceEntry, EventEntry, FormEntry

_STILL_NEWS: Final = timedelta(days=2)
"""History may be a day late, as nightly imports are; what lies further back starts nothing."""


class Enrol:
    """Consumer: lets people into running journeys by event, form or audience."""

    name = "enrol"

    def consume(self, batch: Batch) -> None:
        events = [event for event in batch.events if _may_enter(event, batch)]
        entered = [change for change in batch.changes if change.kind == "audience" and change.new == "1"]
        if not events and not entered:
            return
        arriving = {
            version_id: _arrivals(version_id, clock.to_ms(started_at), events, entered)
            for version_id, started_at in _running()
        }
        # All at once, in one order: whoever enters several journeys makes nobody wait in a ring.
        enrolment.hold(one.person_id for arrivals in arriving.values() for one in arrivals)
        for version_id, arrivals in arriving.items():
            enrolment.enrol(version_id, arrivals)


class Exits:
    """Consumer: whoever reached the goal leaves as a success; whoever was merged away leaves."""

    name = "exits"

    def consume(self, batch: Batch) -> None:
        reached: dict[str, list[tuple[UUID, datetime]]] = defaultdict(list)
        merged = []
        for change in batch.changes:
            if change.kind == "conversion" and change.new == "counted":
                reached[change.ref].append((change.person_id, change.occurred_at))
            elif change.kind == "merge":
                merged.append(change)
        if merged:
            enrolment.finish_each(
                [(UUID(change.ref), change.occurred_at) for change in merged],
                outcome="merged",
                hops=max(change.hops for change in merged),
            )
        for key, moments in reached.items():
            journeys = _journeys_for(key)
            if journeys:
                enrolment.finish_each(
                    moments,
                    outcome="goal",
                    journey_ids=journeys,
                    since_entry=True,
                    cause=f"conversion:{key}",
                )


def _may_enter(event: Event, batch: Batch) -> bool:
    """What a person did, and not what is told of long ago."""
    if event.person_id is None or event.machine:
        return False
    return not event.is_history or event.occurred_at >= batch.now - _STILL_NEWS


def _arrivals(
    version_id: int, started_ms: int, events: Sequence[Event], entered: Sequence[Change]
) -> list[Arrival]:
    arrivals: dict[tuple[UUID, str], Arrival] = {}
    for entry in versions.loaded(version_id).graph.entries:
        if isinstance(entry, AudienceEntry):
            for change in entered:
                if change.ref == str(entry.audience_id):
                    cause = f"audience:{change.ref}:{change.occurred_ms}"
                    arrivals[change.person_id, cause] = Arrival(
                        change.person_id, cause, change.occurred_at, change.hops
                    )
            continue
        for event in events:
            if event.occurred_ms >= started_ms and _enters(entry, event):
                assert event.person_id is not None
                arrivals[event.person_id, event.message_id] = Arrival(
                    event.person_id, event.message_id, event.occurred_at, event.hops
                )
    return list(arrivals.values())


def _enters(entry: EventEntry | FormEntry, event: Event) -> bool:
    if isinstance(entry, FormEntry):
        return (
            event.name == "form_submitted"
            and event.source == "form"
            and event.props.get("form_id") == entry.form_id
        )
    if event.name != entry.event:
        return False
    return all(str(_property(event, one.name)) in one.values for one in entry.where)


def _property(event: Event, path: str) -> object:
    value: object = event.props
    for part in path.split("."):
        value = value.get(part, "") if isinstance(value, dict) else ""
    return value


def _running() -> list[tuple[int, datetime]]:
    """(version, when the journey was started first): what happened before that enters nobody."""
    rows = postgres.rows(
        "SELECT j.version_id, (SELECT min(v.published_at) FROM journey_version v WHERE v.journey_id = j.id)"
        " FROM journey j JOIN definition d ON d.id = j.id"
        " WHERE d.state = 'running' AND j.version_id IS NOT NULL"
    )
    return [(row[0], row[1]) for row in rows]


def _journeys_for(conversion: str) -> list[int]:
    """Journeys of which any version that may still carry people has this goal."""
    rows = postgres.rows(
        "SELECT DISTINCT journey_id FROM journey_version WHERE graph->>'goal' = %s", [conversion]
    )
    return [row[0] for row in rows]


facts.consumers.add("enrol", Enrol())
facts.consumers.add("exits", Exits())
