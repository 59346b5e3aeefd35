"""The one place where a stage's rule meets the conditions of audiences.

Rules are asked of the mirrors in ClickHouse as far as a batch brought them: every change that a rule
can depend on is a fact, the batch that brings it judges its person again, and so judgements follow the
order of the stream and never flap between what is decided and what has arrived.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.audiences.public import asking, conditions, dependencies
from tabiji.core.facts import Change, Event
from tabiji.people.public import identity
from tabiji.scoring.rules import BadRules


def check(rule: dict[str, Any]) -> None:
    """Raises BadRules for what is no condition of this workspace, for "since entry", and for a circle."""
    try:
        condition = conditions.parse(rule)
    except conditions.BadCondition as error:
        raise BadRules(error.path, error.why) from None
    if conditions.needs_entry(condition):
        raise BadRules("window", "a stage has no entry to count from")
    for path, leaf in conditions.leaves(condition):
        if (isinstance(leaf, conditions.Value) and leaf.of == "stage") or _is_quiet(leaf, {"stage"}):
            raise BadRules(path, str(_("a stage cannot depend on the stage itself")))
        if isinstance(leaf, conditions.Top):
            raise BadRules(
                path, str(_("who ranks first changes by what others do: ask for an audience instead"))
            )
        if _is_quiet(leaf, QUIET):
            raise BadRules(path, str(_("no stage can be made of this kind of change")))


QUIET: Final = frozenset({"stage", "message", "step", "experiment", "conversion", "task", "call"})
"""Kinds of change that no stage rule can ask for, so that they make nobody be judged again."""


def _is_quiet(leaf: conditions.Leaf, kinds: Set[str]) -> bool:
    return isinstance(leaf, conditions.Change) and leaf.change in kinds


class Judging:
    """Some people, of whom several rules are asked; facts up to these batches of each shard."""

    def __init__(self, person_ids: Sequence[UUID], *, now: datetime, through: Mapping[int, int]) -> None:
        self._now = now
        self._through = through
        self._subjects = identity.subjects_of(person_ids)

    def matching(self, rule: dict[str, Any], person_ids: Set[UUID]) -> set[UUID]:
        """Of these people, those for whom the rule holds.

        Raises audiences.asking.CountingRests, audiences.conditions.BadCondition.
        """
        condition = conditions.read(rule)
        subjects = [pair for pair in self._subjects if pair[1] in person_ids]
        if not subjects:
            return set()
        # Numbers leave out own staff and competitors; a stage is no number.
        return set(
            asking.among(condition, subjects, now=self._now, through=self._through, with_excluded=True)
        )

    def first_that_holds(self, rules: Sequence[dict[str, Any]], person_ids: Set[UUID]) -> dict[UUID, int]:
        """For these people the place, from 0, of the first rule that holds: one question for all rules.

        Raises audiences.asking.CountingRests, audiences.conditions.BadCondition.
        """
        asked = [conditions.read(rule) for rule in rules]
        subjects = [pair for pair in self._subjects if pair[1] in person_ids]
        if not subjects:
            return {}
        return asking.first_that_holds(asked, subjects, now=self._now, through=self._through)


def together(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All of them as one rule: they are asked in one question, so they must not be too long together."""
    within = [{key: value for key, value in rule.items() if key != "version"} for rule in rules]
    return {"version": 1, "kind": "any", "of": within}


def depends(rule: dict[str, Any]) -> set[str]:
    """The keys (see `brings_*`) of everything that can make the rule come true or stop being true."""
    asked = conditions.read(rule)
    found = {"person", *(f"event:{name}" for name in conditions.event_names(asked))}
    for _path, leaf in conditions.leaves(asked):
        match leaf:
            case conditions.Change():
                found.add(f"change:{leaf.change}")
            case conditions.Attribute():
                found.add(dependencies.key_of_field(leaf.field))
            case conditions.Value():
                found.add(f"change:{leaf.of}")
            case _:
                pass
    return found


def brings_event(event: Event) -> set[str]:
    keys = {f"event:{event.name}"} if event.machine else {f"event:{event.name}", "act"}
    return keys | {"person"} if event.type in dependencies.TELLING else keys


def brings_change(change: Change) -> set[str]:
    keys = {f"change:{change.kind}"}
    if change.kind == "field":
        keys.add(f"field:{change.ref}")
    return keys | {"person"} if change.kind in ("known", "merge", "person") else keys


def shortest_window(rules: Sequence[dict[str, Any]]) -> timedelta:
    """How far apart two looks may lie so that nothing comes true and untrue again between them."""
    windows = [timedelta(days=1)]
    for rule in rules:
        for _path, leaf in conditions.leaves(conditions.read(rule)):
            if isinstance(leaf, conditions.Act) and isinstance(leaf.window, conditions.Last):
                windows.append(timedelta(days=leaf.window.n if leaf.window.unit == "days" else 0))
    return min(windows)


def moved_by_time(rules: Sequence[dict[str, Any]], *, before: datetime, now: datetime) -> set[UUID]:
    """Everybody for whom time alone changed the answer of one of these rules between two moments.

    They must not lie further apart than `shortest_window`. Raises audiences.asking.CountingRests.
    """
    return asking.moved_by_time([conditions.read(rule) for rule in rules], before=before, now=now)


def sentence(rule: dict[str, Any], language: str) -> str:
    """The rule as people read it, in `ja` or `en`."""
    return conditions.sentence(conditions.read(rule), language)


def moves_with_time(rule: dict[str, Any]) -> bool:
    """Whether it can come true, or stop being true, without anything happening."""
    leaves = conditions.leaves(conditions.read(rule))
    return any(dependencies.moves_at_midnight(leaf) for _path, leaf in leaves)
