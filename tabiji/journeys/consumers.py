"""What batches mean for journeys: who enters, who has reached the goal, who was merged."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from tabiji.core import clock, facts, postgres
from tabiji.core.facts import Batch, Event
from tabiji.journeys import enrolment, versions
from tabiji.journeys.enrolment import Arrival
from tabiji.journeys.graph import AudienceEntry, EventEntry, FormEntry


class Enrol:
    """Consumer: lets people into running journeys by event, form or audience."""

    name = "enrol"

    def consume(self, batch: Batch) -> None:
        events = [event for event in batch.events if event.person_id is not None and not event.machine]
        entered = [change for change in batch.changes if change.kind == "audience" and change.new == "1"]
        if not events and not entered:
            return
        for version_id in _running():
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
                    if _enters(entry, event):
                        assert event.person_id is not None
                        arrivals[event.person_id, event.message_id] = Arrival(
                            event.person_id, event.message_id, clock.from_ms(event.occurred_ms), event.hops
                        )
            enrolment.enrol(version_id, list(arrivals.values()))


class Exits:
    """Consumer: whoever reached the goal leaves as a success; whoever was merged away leaves."""

    name = "exits"

    def consume(self, batch: Batch) -> None:
        reached: dict[str, dict[UUID, int]] = defaultdict(dict)
        for change in batch.changes:
            if change.kind == "conversion":
                reached[change.ref].setdefault(change.person_id, change.occurred_ms)
            elif change.kind == "merge":
                enrolment.finish(
                    [UUID(change.ref)], outcome="merged", at=change.occurred_at, hops=change.hops
                )
        for key, people in reached.items():
            journeys = _journeys_for(key)
            if not journeys:
                continue
            by_moment: dict[int, list[UUID]] = defaultdict(list)
            for person_id, moment in people.items():
                by_moment[moment].append(person_id)
            for moment, group in by_moment.items():
                enrolment.finish(
                    group,
                    outcome="goal",
                    at=clock.from_ms(moment),
                    journey_ids=journeys,
                    cause=f"conversion:{key}",
                )


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


def _running() -> list[int]:
    rows = postgres.rows(
        "SELECT j.version_id FROM journey j JOIN definition d ON d.id = j.id"
        " WHERE d.state = 'running' AND j.version_id IS NOT NULL"
    )
    return [row[0] for row in rows]


def _journeys_for(conversion: str) -> list[int]:
    """Journeys of which any version that may still carry people has this goal."""
    rows = postgres.rows(
        "SELECT DISTINCT journey_id FROM journey_version WHERE graph->>'goal' = %s", [conversion]
    )
    return [row[0] for row in rows]


facts.consumers.add("enrol", Enrol())
facts.consumers.add("exits", Exits())
