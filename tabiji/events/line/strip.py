"""Twelve months of a person at a glance: stops in five lanes, stage bands, silences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from tabiji.core import clickhouse, clock, facts, sql
from tabiji.events.line import acts, silences
from tabiji.events.line.acts import Act, Source
from tabiji.events.line.entries import ANONYMOUS, JUDGED, LANES, is_touch, lane_of
from tabiji.workspaces.public import calendar

MONTHS: Final = timedelta(days=365)
AHEAD: Final = timedelta(days=14)
"""Room at the right for what is booked."""
NEXT: Final = "next"
HOT: Final = "hot"


@dataclass(frozen=True, slots=True)
class Stop:
    """Touchpoints of one lane, day and class. `kind`: own, anonymous, auto, staff, hot or next (ahead).

    what: the newest act's page title, event name or change kind, for a label; count: how many.
    """

    at: datetime
    lane: str
    kind: str
    what: str
    count: int


@dataclass(frozen=True, slots=True)
class Band:
    """From one moment to another in one stage; `anonymous` before the person was known."""

    stage: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Strip:
    start: datetime
    now: datetime
    end: datetime
    stops: tuple[Stop, ...]
    bands: tuple[Band, ...]
    silences: tuple[tuple[datetime, datetime], ...]

    def place(self, moment: datetime) -> float:
        """Where a moment lies, 0 to 100."""
        whole = (self.end - self.start).total_seconds()
        return min(max(100 * (moment - self.start).total_seconds() / whole, 0.0), 100.0)

    def stops_of(self, lane: str) -> list[Stop]:
        return [stop for stop in self.stops if stop.lane == lane]

    @property
    def lanes(self) -> tuple[str, ...]:
        return LANES


def strip(person_id: UUID, now: datetime) -> Strip:
    """The last twelve months, in one question. Raises people.persons.NoSuchPerson, ClickHouseError."""
    source = acts.of(person_id, now)
    business = calendar.current()
    start = now - MONTHS
    rows = clickhouse.store().rows(
        sql.named("events", "line_strip"),
        {**source.params(), "start": clock.to_ms(start), "zone": str(business.zone)},
    )
    told = [(_of_row(source, row), int(row[-1])) for row in rows]
    told += [(act, 1) for act in source.waiting if not act.machine]
    touches = sorted(
        ((act, count) for act, count in told if _is_stop(act) and clock.to_ms(start) <= act.at_ms),
        key=lambda pair: pair[0].at_ms,
    )
    stops = _by_day([_stop(act, count) for act, count in touches], business.zone)
    ahead = _ahead([act for act, _ in told], now)
    quiet = _silences([stop.at for stop in stops], now, business)
    bands = _bands([act for act, _ in told], source, start, now)
    return Strip(start, now, now + AHEAD, (*stops, *ahead), bands, quiet)


def _of_row(source: Source, row: tuple[Any, ...]) -> Act:
    at_ms, is_change, who, name, ref, new, number, actor, title, detail, _count = row
    return Act(
        at_ms,
        bool(is_change),
        who,
        who not in source.people,
        name,
        ref,
        new=new,
        number=number,
        actor=actor,
        title=title,
        detail=msgspec.json.decode(detail) if detail else {},
    )


def _is_stop(act: Act) -> bool:
    if act.name == "mail_clicked" or (act.name == JUDGED and act.value("verdict") == "machine"):
        return False
    return is_touch(act) and lane_of(act) in LANES


def _stop(act: Act, count: int) -> Stop:
    if act.is_change and (act.name, act.new) == ("hand_over", "pending"):
        kind = HOT
    elif act.is_anonymous:
        kind = ANONYMOUS
    elif act.actor.startswith("user:"):
        kind = "staff"
    else:
        kind = "own" if act.actor == facts.PERSON else "auto"
    return Stop(act.at, lane_of(act), kind, act.title or act.name, count)


def _by_day(stops: Sequence[Stop], zone: ZoneInfo) -> list[Stop]:
    """One stop for each day, lane and kind; the oldest moment, the newest label."""
    found: dict[tuple[object, str, str], Stop] = {}
    for stop in stops:
        key = (stop.at.astimezone(zone).date(), stop.lane, stop.kind)
        before = found.get(key)
        found[key] = (
            replace(before, what=stop.what, count=before.count + stop.count) if before is not None else stop
        )
    return sorted(found.values(), key=lambda stop: stop.at)


def _ahead(told: Iterable[Act], now: datetime) -> list[Stop]:
    """Appointments that are booked and lie ahead."""
    latest: dict[str, Act] = {}
    for act in sorted(told, key=lambda one: (one.at_ms, one.place)):
        if act.is_change and act.name == "appointment":
            latest[act.ref] = act
    booked = [clock.from_ms(int(act.number) * 1_000) for act in latest.values() if act.new == "booked"]
    return [Stop(at, "talk", NEXT, "appointment", 1) for at in sorted(booked) if at > now]


def _silences(
    moments: Sequence[datetime], now: datetime, business: calendar.BusinessCalendar
) -> tuple[tuple[datetime, datetime], ...]:
    ends = [*moments[1:], now]
    gaps = [silences.between(a, b, business) for a, b in zip(moments, ends, strict=False)]
    return tuple((gap.after, gap.until) for gap in gaps if gap is not None)


def _bands(told: Sequence[Act], source: Source, start: datetime, now: datetime) -> tuple[Band, ...]:
    """Anonymous from the first act of an unknown browser to the first fact of the person, then by stage."""
    marks: list[tuple[datetime, str]] = []
    unknown = [act.at for act in told if act.is_anonymous]
    if unknown:
        marks.append((min(unknown), ANONYMOUS))
    marks += [(act.at, act.new) for act in told if act.is_change and act.name == "stage"]
    if not marks:
        return ()  # somebody of no stage yet, who was never anonymous
    marks.sort(key=lambda mark: mark[0])
    ends = [at for at, _ in marks[1:]] + [now]
    return tuple(
        Band(stage, max(at, start), end)
        for (at, stage), end in zip(marks, ends, strict=True)
        if end > max(at, start) and stage
    )
