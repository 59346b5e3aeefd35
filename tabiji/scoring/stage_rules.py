"""The one place where a stage's rule meets the conditions of audiences.

Rules are asked of the mirrors in ClickHouse as far as a batch brought them: every change that a rule
can depend on is a fact, the batch that brings it judges its person again, and so judgements follow the
order of the stream and never flap between what is decided and what has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tabiji.audiences.public import asking, conditions, operators
from tabiji.core import clock
from tabiji.people.public import exclusions, identity, persons
from tabiji.scoring.rules import BadRules


def check(rule: dict[str, Any]) -> None:
    """Raises BadRules for what is no condition of this workspace, and for "since entry"."""
    try:
        condition = conditions.parse(rule)
    except conditions.BadCondition as error:
        raise BadRules(error.path, error.why) from None
    if conditions.needs_entry(condition):
        raise BadRules("window", "a stage has no entry to count from")


def matching(
    rule: dict[str, Any], person_ids: Sequence[UUID], *, now: datetime, through: Mapping[int, int]
) -> set[UUID]:
    """Of these people, those for whom the rule holds; facts up to these batches of each shard.

    Raises audiences.asking.CountingRests while ClickHouse is away.
    """
    condition = conditions.read(rule)
    if not person_ids:
        return set()
    subjects = identity.subjects_of(person_ids)
    found = set(asking.among(condition, subjects, now=now, through=through))
    return found | _of_excluded(condition, person_ids, now)


def sentence(rule: dict[str, Any], language: str) -> str:
    """The rule as people read it, in `ja` or `en`."""
    return conditions.sentence(conditions.read(rule), language)


def moves_with_time(rule: dict[str, Any]) -> bool:
    """Whether it can come true, or stop being true, without anything happening."""
    return any(_moves(leaf) for _path, leaf in conditions.leaves(conditions.read(rule)))


def _of_excluded(condition: conditions.Condition, person_ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Numbers leave out own staff and competitors; a stage is no number, so they are asked apart."""
    excluded = exclusions.from_numbers()
    if not excluded.emails and not excluded.domains:
        return set()
    left_out = [
        person.id for person in persons.get_many(person_ids).values() if excluded.covers_email(person.email)
    ]
    try:
        return asking.matching(condition, left_out, now=now, asked_at=_LONG_AGO)
    except asking.NotYet:
        return set()


def _moves(leaf: conditions.Leaf) -> bool:
    match leaf:
        case conditions.Event():
            return _slides(leaf.window) or any(_operator_moves(test.op) for test in leaf.where)
        case conditions.Change():
            return _slides(leaf.window)
        case conditions.Attribute() | conditions.Value():
            return _operator_moves(leaf.op)
        case _:
            return False


def _slides(window: conditions.Window) -> bool:
    return isinstance(window, conditions.Last)


def _operator_moves(name: str) -> bool:
    return operators.registry.get(name).moves_with_time


_LONG_AGO: Final = clock.EPOCH
"""Nothing from before it is unprocessed: never wait."""
