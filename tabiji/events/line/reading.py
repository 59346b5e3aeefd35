"""Reading a line page by page: fetch, fold, cut where nothing that belongs together is torn apart."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from tabiji.core import clickhouse, clock, paging, postgres, sql
from tabiji.events.line import acts, folding, silences
from tabiji.events.line.acts import ALWAYS, Act, Source
from tabiji.events.line.entries import ANONYMOUS, Entry, Silence
from tabiji.workspaces.public import calendar

_FETCHED: Final = (600, 3_000, 12_000)
"""Rows of each look: most lines are whole in the first."""
OWN: Final = "own"
AUTO: Final = "auto"
STAFF: Final = "staff"
ACTORS: Final = (OWN, AUTO, STAFF)

Shown = Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class LinePage:
    """items: newest first, silences between where nothing is filtered away; next: cursor, empty at the end.

    has_records: facts that are no touchpoints were found here and left out (`records=True` shows them).
    """

    items: Sequence[Entry | Silence]
    next: str = ""
    has_records: bool = False

    @property
    def entries(self) -> list[Entry]:
        return [item for item in self.items if isinstance(item, Entry)]


def read(
    person_id: UUID,
    *,
    now: datetime,
    actors: Collection[str] = (),
    lanes: Collection[str] = (),
    kinds: Collection[str] = (),
    records: bool = False,
    before: str = "",
    until: datetime | None = None,
    limit: int = 50,
) -> LinePage:
    """A page of a person's line, newest first.

    actors: of `own` (the person, anonymous or known), `auto`, `staff`; lanes: of LANES; kinds: of
    Entry.kind; empty means all. records: also facts that are no touchpoints (scores, fields, lists).
    before: the cursor of the page before; until: begin at this moment instead of now.
    Raises people.persons.NoSuchPerson, paging.BadCursor, core.clickhouse.ClickHouseError.
    """
    newer_ms, newer_is_now = _beginning(before, until, now)
    start_ms = newer_ms if before or until else ALWAYS
    shown = _filter(actors, lanes, kinds, records)
    found, next_ms = _gather(acts.of(person_id, now), start_ms, shown, limit)
    kept = [entry for entry in found if shown(entry)]
    is_filtered = bool(actors or lanes or kinds)
    items: Sequence[Entry | Silence] = kept
    if not is_filtered:
        newer = clock.from_ms(newer_ms)
        items = silences.woven(kept, calendar.current(), newer=newer, is_open=newer_is_now)
    has_records = not records and any(entry.is_record for entry in found)
    return LinePage(items, paging.to_cursor(next_ms) if next_ms else "", has_records)


def _beginning(before: str, until: datetime | None, now: datetime) -> tuple[int, bool]:
    """(what the first entry follows, whether that is now)."""
    if before:
        (cursor,) = paging.from_cursor(before, 1)
        if not isinstance(cursor, int) or not 0 <= cursor < ALWAYS:
            raise paging.BadCursor("this page link is not valid any more: open the list again")
        return cursor, False
    if until is not None:
        return clock.to_ms(until), False
    return clock.to_ms(now), True


def _filter(actors: Collection[str], lanes: Collection[str], kinds: Collection[str], records: bool) -> Shown:
    def shown(entry: Entry) -> bool:
        together = (entry, *entry.also)
        return (
            (records or not entry.is_record)
            and (not actors or any(actor_class(one) in actors for one in together))
            and (not lanes or any(one.lane in lanes for one in together))
            and (not kinds or any(one.kind in kinds for one in together))
        )

    return shown


def actor_class(entry: Entry) -> str:
    """own, auto or staff."""
    if entry.actor.startswith("user:"):
        return STAFF
    return OWN if entry.actor in ("person", ANONYMOUS) else AUTO


def _gather(source: Source, start_ms: int, shown: Shown, limit: int) -> tuple[list[Entry], int]:
    """(entries until `limit` of them are shown, where the next page begins; 0 at the end)."""
    out: list[Entry] = []
    extra = [act for act in source.waiting if act.at_ms < start_ms]
    for size in _FETCHED:
        rows = acts.before(source, start_ms, size)
        is_all = len(rows) < size
        floor = 0 if is_all else _quiet_moment(rows)
        taken = [act for act in (*rows, *extra) if act.at_ms >= floor]
        extra = [act for act in extra if act.at_ms < floor]
        entries = folding.fold(taken, _views_before(source, taken))
        cut = _cut(entries, shown, limit - sum(map(shown, out)))
        if cut:
            # Fold again without what comes on the next page: counts must not be spent on it here.
            kept = [act for act in taken if act.at_ms >= cut]
            return out + folding.fold(kept, _views_before(source, kept)), cut
        out += entries
        if is_all:
            return out, 0
        start_ms = floor
    return out, start_ms


def _quiet_moment(rows: Sequence[Act]) -> int:
    """A moment in the older half of these rows (newest first) at which nothing that folds is torn."""
    oldest = rows[-1].at_ms
    for place in range(len(rows) - 1, len(rows) // 2, -1):
        if rows[place - 1].at_ms - rows[place].at_ms > folding.VISIT_MS:
            return rows[place - 1].at_ms
    # No quiet half-hour: cut between two moments at least.
    return next((act.at_ms for act in reversed(rows) if act.at_ms > oldest), oldest)


def _cut(entries: Sequence[Entry], shown: Shown, limit: int) -> int:
    """The moment after which `limit` entries are shown, whole; 0 where there are no more than that."""
    count = 0
    for place, entry in enumerate(entries):
        count += shown(entry)
        rest = entries[place + 1 :]
        if count < limit or not any(map(shown, rest)):
            continue
        moment = entry.at_ms
        if all(one.at_ms < moment and clock.to_ms(one.until) < moment for one in rest):
            return moment
    return 0


def _views_before(source: Source, rows: Sequence[Act]) -> dict[UUID, int]:
    """How many pages each unknown browser had seen, where becoming known is told on this page."""
    if not any(act.is_change and act.name == "known" for act in rows) or not source.visitors:
        return {}
    counted = clickhouse.store().rows(
        sql.named("events", "views_of_visitors"),
        {
            "workspace": postgres.workspace_id(),
            "subjects": source.visitors,
            "through": list(source.through),
        },
    )
    return dict(counted)
