"""Asking a condition: how many, who, which of these, and what each line of it does.

`count` and `removed_by_line` read all that is stored; `people` and `matching`, on which something is
done, read no further than the watermark. All run in the open workspace scope.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from tabiji.audiences import attributes, compiler, conditions, lines, scopes, sources
from tabiji.audiences.compiler import Statement
from tabiji.audiences.conditions import Attribute, Condition, Everyone, NeedsEntry, Value
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import NOBODY_EXCLUDED, Among, Asked
from tabiji.audiences.scopes import Everyone as EveryoneHere
from tabiji.core import clickhouse, clock
from tabiji.core.clickhouse import Lane
from tabiji.events.public import watermark
from tabiji.people.public import exclusions, identity, persons
from tabiji.workspaces.public import workspace

_DECISION_S: Final = 60.0


class NotYet(RuntimeError):
    """Cannot be answered truly yet: ask again. people: of whom it is not known; None for all."""

    def __init__(self, reason: str, people: set[UUID] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.people = people


class CountingRests(RuntimeError):
    """ClickHouse is away or busy: nothing is wrong with the condition, ask again."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a condition: for how many people it holds, and how many it removes from the whole.

    removes is negative for a line that brings people in (under "any").
    """

    path: str
    holds: int
    removes: int


@dataclass(frozen=True, slots=True)
class Lines:
    everyone: int
    total: int
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Verdict:
    """One person before a condition. counts: whether audiences mean this person at all (not excluded from
    numbers, not merged away, and processed); lines: whether each line holds, by its path."""

    counts: bool
    holds: bool
    lines: Mapping[str, bool]


def count(condition: Condition, *, now: datetime) -> int:
    """How many people. Raises CountingRests, NeedsEntry."""
    _refuse_since_entry(condition)
    return int(ask(compiler.count(condition, _everyone(), moment_of(now)), "screen")[0][0])


def people(
    condition: Condition,
    *,
    now: datetime,
    limit: int | None = None,
    after: UUID | None = None,
    through: Mapping[int, int] | None = None,
    lane: Lane = "decision",
) -> list[UUID]:
    """Who, up to the watermark (or one given); with a limit a page, after the last of the page before.

    lane: `screen` for what is only shown, which must not wait long. The order is ClickHouse's own, not
    Python's. Raises CountingRests, NeedsEntry.
    """
    _refuse_since_entry(condition)
    scope = _everyone(watermark.closed_through() if through is None else through)
    statement = compiler.people(condition, scope, moment_of(now), limit=limit, after=after)
    return [row[0] for row in ask(statement, lane)]


def among(
    condition: Condition,
    subjects: Sequence[tuple[UUID, UUID]],
    *,
    now: datetime,
    through: Mapping[int, int],
    with_excluded: bool = False,
) -> list[UUID]:
    """Who of some people only, by the mirrors; subjects as of `people.identity.subjects_of`.

    with_excluded: people excluded from numbers count too, as where the answer is a decision.
    """
    excluded = NOBODY_EXCLUDED if with_excluded else exclusions.from_numbers()
    scope = Among(excluded, scopes.subject_table(subjects), through)
    return [row[0] for row in ask(compiler.people(condition, scope, moment_of(now)), "decision")]


def first_that_holds(
    conditions: Sequence[Condition],
    subjects: Sequence[tuple[UUID, UUID]],
    *,
    now: datetime,
    through: Mapping[int, int],
) -> dict[UUID, int]:
    """For some people the place, from 0, of the first condition that holds; left out are those with none.

    One question, by the mirrors, also of people whom numbers leave out. Raises CountingRests.
    """
    scope = Among(NOBODY_EXCLUDED, scopes.subject_table(subjects), through)
    rows = ask(compiler.first_that_holds(conditions, scope, moment_of(now)), "decision")
    return {person_id: place - 1 for person_id, place in rows if place}


def moved_by_time(conditions: Sequence[Condition], *, before: datetime, now: datetime) -> set[UUID]:
    """Everybody for whom one of these conditions holds at one of two moments only, up to the watermark.

    Also people whom numbers leave out. Raises CountingRests, NeedsEntry.
    """
    for condition in conditions:
        _refuse_since_entry(condition)
    if not conditions:
        return set()
    scope = EveryoneHere(NOBODY_EXCLUDED, watermark.closed_through())
    moments = moment_of(before), moment_of(now)
    return {row[0] for row in ask(compiler.moved_by_time(conditions, scope, moments), "decision")}


def matching(
    condition: Condition,
    person_ids: Collection[UUID],
    *,
    now: datetime,
    asked_at: datetime,
    since: Mapping[UUID, datetime] | None = None,
) -> set[UUID]:
    """Which of these people, decided now: present values from PostgreSQL (the caller has locked the
    people), facts from ClickHouse up to the watermark.

    now: business time; asked_at: the database's clock when the question was first asked; since: when
    each entered. Raises NotYet while facts from before `asked_at` are unprocessed or an event that is
    asked about is still being judged; CountingRests; NeedsEntry.
    """
    ids = list(dict.fromkeys(person_ids))
    if not ids or isinstance(condition.root, Everyone):
        return set(ids)
    if since is None:
        _refuse_since_entry(condition)
    if conditions.reads_facts(condition):
        _wait_for_facts(condition, ids, asked_at)
    scope = Asked(
        scopes.subject_table(identity.subjects_of(ids), since),
        scopes.people_table(_people_rows(condition, ids)),
        scopes.value_table(_value_rows(condition, ids, now)),
        watermark.closed_through(),
    )
    return {row[0] for row in ask(compiler.people(condition, scope, moment_of(now)), "decision")}


def removed_by_line(condition: Condition, *, now: datetime) -> Lines:
    """What each line of the condition does, in one question. Raises CountingRests, NeedsEntry."""
    _refuse_since_entry(condition)
    statement, paths = lines.compile(condition, _everyone(), moment_of(now))
    everyone, total, *numbers = ask(statement, "screen")[0]
    pairs = zip(paths, numbers[::2], numbers[1::2], strict=True)
    return Lines(everyone, total, [Line(path, holds, without - total) for path, holds, without in pairs])


def explain(condition: Condition, person_id: UUID, *, now: datetime) -> Verdict:
    """What each line of the condition says of one person now. Raises CountingRests, NeedsEntry."""
    _refuse_since_entry(condition)
    subjects = scopes.subject_table(identity.subjects_of([person_id]))
    scope = Among(exclusions.from_numbers(), subjects)
    statement, paths = lines.compile(condition, scope, moment_of(now))
    everyone, total, *numbers = ask(statement, "screen")[0]
    holds = dict(zip(paths, map(bool, numbers[::2]), strict=True))
    return Verdict(bool(everyone), bool(total), holds)


def sentence(condition: Condition, language: str) -> str:
    """The condition as people read it, in `ja` or `en`."""
    return conditions.sentence(condition, language)


def moment_of(now: datetime) -> Moment:
    return Moment(now, workspace.current().zone)


def ask(statement: Statement, lane: Lane) -> list[tuple[Any, ...]]:
    """The rows of a compiled question. Raises CountingRests."""
    with _counting_may_rest():
        return clickhouse.store().rows(
            statement.sql,
            statement.params,
            lane=lane,
            external=statement.tables,
            timeout_s=_DECISION_S if lane == "decision" else None,
        )


@contextmanager
def _counting_may_rest() -> Iterator[None]:
    try:
        yield
    except (clickhouse.ClickHouseResting, clickhouse.QueryTooLong, clickhouse.QueryTooBig) as error:
        raise CountingRests(str(error)) from error


def _everyone(through: Mapping[int, int] | None = None) -> EveryoneHere:
    return EveryoneHere(exclusions.from_numbers(), through)


def _refuse_since_entry(condition: Condition) -> None:
    if conditions.needs_entry(condition):
        raise NeedsEntry("window", "since entry can only be asked of people on a journey")


def _wait_for_facts(condition: Condition, ids: Sequence[UUID], asked_at: datetime) -> None:
    if not watermark.has_passed(asked_at):
        raise NotYet("facts from before the question are still being processed")
    undecided: set[UUID] = set()
    for name in conditions.event_names(condition):
        provider = sources.unsettled.find(name)
        undecided |= provider(ids) if provider else set()
    if undecided:
        raise NotYet("an event that is asked about is still being judged", undecided)


def _people_rows(condition: Condition, ids: Sequence[UUID]) -> dict[str, tuple[str, Sequence[object]]]:
    """The columns that the condition needs, as PostgreSQL has them now; merged people are left out."""
    rows = [row for row in persons.mirror_rows(ids) if not row["gone"]]
    wanted: dict[str, tuple[str, Sequence[object]]] = {"person_id": ("UUID", [row["id"] for row in rows])}
    for name in sorted(_columns(condition)):
        kind, read = _MIRROR[name]
        wanted[name] = (kind, [read(row[name]) for row in rows])
    return wanted


def _columns(condition: Condition) -> set[str]:
    found: set[str] = set()
    fields = attributes.askable()
    for _path, leaf in conditions.leaves(condition):
        if isinstance(leaf, Attribute) and leaf.field in fields:
            found.add(attributes.mirrored(fields[leaf.field]))
        elif isinstance(leaf, Value):
            found.add(sources.registry.get(leaf.of).column)
    return found - {""}


def _value_rows(
    condition: Condition, ids: Sequence[UUID], now: datetime
) -> list[tuple[str, str, UUID, str, float]]:
    kinds = {leaf.of for _path, leaf in conditions.leaves(condition) if isinstance(leaf, Value)}
    return [
        (kind, row.ref, row.person_id, row.value, float(row.number))
        for kind in sorted(kinds)
        for row in sources.registry.get(kind).present(ids, now)
    ]


def _same(value: Any) -> Any:
    return value


def _text_in_json(value: Any) -> str:
    return _json.encode(value).decode()


def _milliseconds(value: datetime | None) -> int | None:
    return None if value is None else clock.to_ms(value)


_json: Final = msgspec.json.Encoder()
_TEXT: Final = ("String", _same)
_ID: Final = ("UInt64", _same)
# As the mirror has them (events' table `person`).
_MIRROR: Final[Mapping[str, tuple[str, Callable[[Any], Any]]]] = {
    **dict.fromkeys(
        ("last_name", "first_name", "last_kana", "first_kana", "email", "phone", "company", "department"),
        _TEXT,
    ),
    **dict.fromkeys(("title", "source", "stage"), _TEXT),
    "owner_id": _ID,
    "company_id": _ID,
    "company_industry": _TEXT,
    "company_employees": ("Nullable(Int32)", _same),
    "score": ("Int32", _same),
    "created_at": ("DateTime64(3, 'UTC')", _milliseconds),
    "last_act_at": ("Nullable(DateTime64(3, 'UTC'))", _milliseconds),
    "fields": ("JSON(max_dynamic_paths=512)", _text_in_json),
}
