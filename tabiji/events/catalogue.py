"""行動カタログ: every name that ever arrived, how often, by whom, with which properties, and what arrives now.

Asked of ClickHouse when somebody looks: nothing is kept beside the events, so nothing can differ from
them. It reads all that is stored. The newest events alone keep to the watermark.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from tabiji.core import clickhouse, clock, paging, postgres, sql
from tabiji.core.paging import ListQuery, Page
from tabiji.events import heads, schemas, values, watermark
from tabiji.events.values import Kind
from tabiji.people.public import persons

DAYS: Final = 30
MAX_NAMES: Final = 10_000
MAX_PROPERTIES: Final = 500
SAMPLE: Final = 10_000
"""So many of the newest events tell what properties a name has."""
_EXAMPLES: Final = 3
_EXAMPLE_CHARS: Final = 120
_MOST_DISTINCT: Final = 1_000
_SHOWN_PROPERTIES: Final = 4
_SINCE: Final = (timedelta(hours=1), timedelta(days=1), timedelta(days=36_500))
"""The newest are looked for in what arrived lately first: parts that are older are not even opened."""
_EPOCH_DAY: Final = date(1970, 1, 1)


class NoSuchEvent(LookupError):
    """No event of this name ever arrived in this workspace, and nobody described it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The last 30 local days, today included. zone: the workspace's."""

    first: date
    zone: ZoneInfo

    @staticmethod
    def until(now: datetime, zone: ZoneInfo) -> Window:
        return Window(now.astimezone(zone).date() - timedelta(days=DAYS - 1), zone)

    @property
    def params(self) -> dict[str, Any]:
        start = datetime.combine(self.first, datetime.min.time(), self.zone)
        end = datetime.combine(self.first + timedelta(days=DAYS), datetime.min.time(), self.zone)
        return {"start": clock.to_ms(start), "end": clock.to_ms(end), "zone": self.zone.key}


@dataclass(frozen=True, slots=True)
class Volume:
    """One name. total: of all time; recent: since the window began; both with the acts of machines.

    first_at, last_at: business time, None for a name that was described and never came.
    """

    name: str
    total: int = 0
    recent: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Others:
    """Names beyond the first 10,000 that nobody described, counted together."""

    names: int
    events: int


@dataclass(frozen=True, slots=True)
class Names:
    """What arrived, the most frequent first."""

    volumes: Sequence[Volume]
    others: Others

    def find(self, name: str) -> Volume | None:
        return next((one for one in self.volumes if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Details:
    """One name within the window. days: acts of each day, the oldest first; machines: how many of all
    were a machine's; people and visitors: those who did it, without machines and the excluded."""

    days: Sequence[int]
    machines: int
    people: int
    visitors: int


@dataclass(slots=True)
class Property:
    """One property in the sample. filled: in how many events it says something."""

    name: str
    filled: int
    kinds: Sequence[tuple[Kind, int]]
    """The most frequent first."""
    examples: Sequence[str]
    distinct: int
    """Different values seen; `is_many` where counting them was given up."""
    is_many: bool


@dataclass(frozen=True, slots=True)
class Properties:
    """looked_at: the number of events in the sample; others: properties beyond the first 500."""

    looked_at: int
    listed: Sequence[Property]
    others: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event as it came. person_id: None for a visitor who is nobody known."""

    key: str
    person_id: UUID | None
    occurred_at: datetime
    machine: str
    source: str
    path: str
    title: str
    properties: Sequence[tuple[str, str]]


def names(window: Window) -> Names:
    """Every name with its volume. Raises core.clickhouse.ClickHouseError."""
    described = schemas.list_names()
    found = clickhouse.store().rows(
        sql.named("events", "catalogue_names"),
        {
            **window.params,
            "workspace": postgres.workspace_id(),
            "described": ["", *described],  # a list without any has no type
            "limit": MAX_NAMES + len(described),
        },
    )
    volumes = [
        Volume(name, total, recent, clock.from_ms(first), clock.from_ms(last), tuple(sorted(sources)))
        for name, total, recent, first, last, sources, _names, _events in found
    ]
    known = {one.name for one in volumes}
    all_names, all_events = (found[0][6], found[0][7]) if found else (0, 0)
    others = Others(all_names - len(volumes), all_events - sum(one.total for one in volumes))
    volumes += [Volume(name) for name in described if name not in known]
    return Names(sorted(volumes, key=lambda one: (-one.total, one.name)), others)


def list_names(here: Names, query: ListQuery, *, also: Collection[str] = ()) -> Page[Volume]:
    """A page of names. Filter `search`: part of the name, or one of `also` (names that fit in words).

    sort: `recent`, `total`, `last`, `name`, with `-` for descending. Raises paging.BadCursor.
    """
    word = query.sort.removeprefix("-") or "recent"
    is_descending = query.sort != word
    wanted = query.filters.get("search", "").strip().lower()
    fitting = [one for one in here.volumes if wanted in one.name.lower() or one.name in also]
    rows = sorted(fitting, key=lambda one: one.name)
    rows.sort(key=_SORTS[word], reverse=is_descending)
    begin = 0
    if query.after:
        (last,) = paging.from_cursor(query.after, 1)
        begin = next((place for place, one in enumerate(rows, 1) if one.name == last), len(rows))
    shown = rows[begin : begin + query.limit]
    more = begin + len(shown) < len(rows)
    return Page(shown, paging.to_cursor(shown[-1].name) if more else "", len(rows))


def details(asked: Collection[str], window: Window) -> dict[str, Details]:
    """By name, for the names of one page. Raises core.clickhouse.ClickHouseError."""
    if not asked:
        return {}
    store, params = clickhouse.store(), {**_asked(asked), **window.params}
    days = {name: [0] * DAYS for name in asked}
    machines: Counter[str] = Counter()
    for name, day, count, by_machines in store.rows(sql.named("events", "catalogue_days"), params):
        days[name][(_EPOCH_DAY + timedelta(days=day) - window.first).days] += count
        machines[name] += by_machines
    who = "SELECT name, countIf(is_known), countIf(NOT is_known) FROM (" + _who_did() + ") GROUP BY name"
    people = {name: (known, unknown) for name, known, unknown in store.rows(who, params)}
    return {name: Details(days[name], machines[name], *people.get(name, (0, 0))) for name in asked}


def who(name: str, window: Window) -> tuple[list[UUID], int]:
    """Exactly those whom `details` counts: the people, and the number of visitors."""
    found = clickhouse.store().rows(_who_did(), {**_asked([name]), **window.params})
    people = sorted(person_id for _name, person_id, is_known in found if is_known)
    return people, len(found) - len(people)


def properties(volume: Volume, window: Window) -> Properties:
    """What events of this name carry, from a sample of the newest. Raises core.clickhouse.ClickHouseError."""
    is_recent = volume.recent >= min(volume.total, 1_000)
    size = volume.recent if is_recent else volume.total
    rows = clickhouse.store().rows(
        sql.named("events", "catalogue_sample"),
        {
            "workspace": postgres.workspace_id(),
            "name": volume.name,
            "start": window.params["start"] if is_recent else 0,
            "thin": max(size // (SAMPLE * 5), 1),
            "limit": SAMPLE,
        },
    )
    sample = _Sample()
    for (text,) in rows:
        sample.add(json.loads(text))
    return sample.told(len(rows))


def newest(name: str, *, limit: int = 20) -> list[Arrival]:
    """What arrived last, up to the watermark. Raises core.clickhouse.ClickHouseError."""
    now = clock.to_ms(postgres.scalar("SELECT clock_timestamp()"))
    params = {
        "workspace": postgres.workspace_id(),
        "name": name,
        "limit": limit,
        "through": watermark.by_shard(),
    }
    found: list[tuple[Any, ...]] = []
    for span in _SINCE:
        since = max(now - int(span.total_seconds() * 1_000), 0)
        found = clickhouse.store().rows(sql.named("events", "catalogue_newest"), {**params, "since": since})
        if len(found) == limit:
            break
    people = _people(row[3] for row in found)
    return [_arrival(row, people) for row in found]


def mark() -> str:
    """Changes whenever something new may be read: while it stays, `newest` would say the same."""
    return ".".join(map(str, watermark.by_shard()))


class _Sample:
    """Properties of many events, as they are walked through."""

    def __init__(self) -> None:
        self._filled: Counter[str] = Counter()
        self._kinds: dict[str, Counter[Kind]] = {}
        self._seen: dict[str, dict[str, None]] = {}
        self._others: set[str] = set()

    def add(self, props: dict[str, Any]) -> None:
        for path, value in values.walk(props):
            if path not in self._kinds:
                if len(self._kinds) >= MAX_PROPERTIES:
                    if len(self._others) < MAX_NAMES:
                        self._others.add(path)
                    continue
                self._kinds[path], self._seen[path] = Counter(), {}
            kind = values.kind_of(value)
            assert kind is not None
            self._filled[path] += 1
            self._kinds[path][kind] += 1
            seen = self._seen[path]
            if len(seen) < _MOST_DISTINCT:
                seen.setdefault(text_of(value))

    def told(self, looked_at: int) -> Properties:
        listed = [
            Property(
                path,
                filled,
                self._kinds[path].most_common(),
                list(self._seen[path])[:_EXAMPLES],
                len(self._seen[path]),
                len(self._seen[path]) >= _MOST_DISTINCT,
            )
            for path, filled in sorted(self._filled.items(), key=lambda one: (-one[1], one[0]))
        ]
        return Properties(looked_at, listed, len(self._others))


def text_of(value: Any) -> str:
    """A value as text, cut where it is long."""
    if isinstance(value, list):
        text = ", ".join(map(text_of, value[:20]))
    elif isinstance(value, dict):
        text = ", ".join(f"{name}: {text_of(one)}" for name, one in list(value.items())[:20])
    else:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _EXAMPLE_CHARS else text[: _EXAMPLE_CHARS - 1] + "…"


def _arrival(row: Sequence[Any], people: dict[UUID, UUID]) -> Arrival:
    batch, shard, ordinal, subject, occurred, _received, machine, source, path, title, props = row
    said = [(name, text_of(value)) for name, value in values.walk(json.loads(props))][:_SHOWN_PROPERTIES]
    return Arrival(
        f"{shard}-{batch}-{ordinal}",
        people.get(subject),
        clock.from_ms(occurred),
        machine,
        source,
        path,
        title,
        said,
    )


def _people(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Subject to the person whose it is by now, where there is one."""
    asked = sorted(set(subjects))
    owners: dict[UUID, UUID] = dict(
        postgres.rows(
            "SELECT subject_id, person_id FROM subject_owner WHERE subject_id = ANY(%s::uuid[])", [asked]
        )
    )
    return owners | persons.resolve(one for one in asked if one not in owners)


def _asked(names: Collection[str]) -> dict[str, Any]:
    return {**heads.params(), "names": sorted(names)}


def _who_did() -> str:
    return heads.tables() + sql.named("events", "catalogue_who")


_SORTS: Final[dict[str, Callable[[Volume], Any]]] = {
    "recent": lambda one: (one.recent, one.total),
    "total": lambda one: one.total,
    "last": lambda one: one.last_at or clock.EPOCH,
    "name": lambda one: one.name,
}
