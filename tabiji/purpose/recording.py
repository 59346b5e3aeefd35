"""What becomes a conversion: asked of every batch, counted once for each cause.

The decision is a row in PostgreSQL, unique for rule and cause (and, for `once` rules, one for a
person); the fact `conversion` follows in the same transaction. What a visitor did waits without a
person and is counted at its own time when somebody becomes known by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec

from tabiji.core import clock, facts, postgres, sql
from tabiji.core.facts import Batch, BecameKnown, Change, Event
from tabiji.people.public import persons
from tabiji.purpose import compiling, conversions, matching, reading
from tabiji.purpose.compiling import Parameters
from tabiji.purpose.contracts import ConversionInfo
from tabiji.purpose.conversions import Worth
from tabiji.purpose.matching import AnyMatch, ChangeMatch, EventMatch

_AT_ONCE: Final = 20_000


class Cause(NamedTuple):
    """Something that counts by one rule. person_id is None for an unknown visitor."""

    rule_id: int
    cause: str
    person_id: UUID | None
    subject_id: UUID | None
    occurred_ms: int
    value: float
    line: str
    initiative_id: int
    hops: int


class Undoing(NamedTuple):
    """A change that takes back what its thing had caused."""

    rule_id: int
    cause: str
    occurred_ms: int
    hops: int


@dataclass(frozen=True, slots=True)
class Rule:
    """A conversion's definition, ready to be asked."""

    info: ConversionInfo
    match: EventMatch | ChangeMatch | AnyMatch
    worth: Worth

    @classmethod
    def of(cls, info: ConversionInfo) -> Rule:
        return cls(info, matching.parse(info.rule), Worth.model_validate(info.worth))

    def of_event(self, event: Event) -> Cause | None:
        return self.cause_of(event) if matching.fits_event(self.match, event) else None

    def cause_of(self, event: Event) -> Cause:
        """What a fitting event counts as."""
        return Cause(
            self.info.id,
            "event:" + event.message_id,
            event.person_id,
            None if event.person_id else event.subject_id,
            event.occurred_ms,
            self._value(event.props, 0.0),
            matching.text_of(event.props, "line")[:60],
            _stated_initiative(event),
            event.hops,
        )

    def of_change(self, change: Change) -> Cause | Undoing | None:
        if matching.fits_change(self.match, change):
            return Cause(
                self.info.id,
                _cause_of(change),
                change.person_id,
                None,
                change.occurred_ms,
                self._value(change.detail, change.number),
                matching.text_of(change.detail, "line")[:60],
                change.initiative_id,
                change.hops,
            )
        if self._undoes(change):
            return Undoing(self.info.id, _cause_of(change), change.occurred_ms, change.hops)
        return None

    def _undoes(self, change: Change) -> bool:
        undone_by = self.info.undone_by
        return (change.new in undone_by or conversions.ANYTHING_ELSE in undone_by) and any(
            isinstance(one, ChangeMatch) and one.change == change.kind
            for one in matching.alternatives(self.match)
        )

    def _value(self, values: dict[str, Any], number: float) -> float:
        match self.worth.kind:
            case "fixed":
                return self.worth.amount
            case "number":
                return number
            case "property":
                return matching.number_of(values, self.worth.property) or 0.0


class Conversions:
    """Consumer: counts what the batch's events and changes cause, and what waited for a person."""

    name = "conversions"

    def consume(self, batch: Batch) -> None:
        rules = [Rule.of(info) for info in conversions.list_all()]
        if not rules:
            return
        replaced, counting, undoing = _of_batch(rules, batch)
        undo(replaced, rules)
        count(counting, rules)
        _claim_waiting(batch.known, rules)
        undo(undoing, rules)


def count(causes: Sequence[Cause], rules: Sequence[Rule]) -> int:
    """Count causes that do not count yet, and record them; the number that began to count."""
    began = 0
    for start in range(0, len(causes), _AT_ONCE):
        part = causes[start : start + _AT_ONCE]
        rows = postgres.rows(sql.named("purpose", "count_causes"), _columns(part))
        began += _record(rows, rules, "counted")
    return began


def undo(undoings: Sequence[Undoing], rules: Sequence[Rule]) -> int:
    """Take back what these changes undo, and record it; the number taken back."""
    if not undoings:
        return 0
    rows = postgres.rows(
        sql.named("purpose", "undo_causes"),
        {
            "rules": [one.rule_id for one in undoings],
            "causes": [one.cause for one in undoings],
            "ats": [clock.from_ms(one.occurred_ms) for one in undoings],
            "hops": [min(one.hops, 255) for one in undoings],
        },
    )
    return _record(rows, rules, "undone")


def backfill(key: str) -> int:
    """Count what had happened before the rule was there; the number that began to count.

    Reads facts up to the watermark; may run while batches are consumed, and again. Raises
    NoSuchConversion, core.clickhouse.ClickHouseResting.
    """
    rule = Rule.of(conversions.get(key))
    causes = _past_events(rule) + _past_changes(rule)
    return count(sorted(causes, key=lambda one: (one.occurred_ms, one.cause)), [rule])


def _of_batch(rules: Sequence[Rule], batch: Batch) -> tuple[list[Undoing], list[Cause], list[Undoing]]:
    """The last word of the batch on each cause: won, lost and won again in one batch is one contract.

    The first list takes back what had counted before the batch, where it counts again in another way.
    """
    said: dict[tuple[int, str], Cause | Undoing] = {}
    replaced: list[Undoing] = []
    by_name, by_kind = _by_interest(rules)
    for event in batch.events:
        for rule in by_name.get(event.name, ()):
            if (cause := rule.of_event(event)) is not None:
                said.setdefault((cause.rule_id, cause.cause), cause)
    for change in batch.changes:
        if change.kind in by_kind and not change.occurred_ms:
            change = msgspec.structs.replace(change, occurred_ms=clock.to_ms(batch.now))
        for rule in by_kind.get(change.kind, ()):
            if (found := rule.of_change(change)) is not None:
                replaced += _say(said, found)
    return (
        replaced,
        [one for one in said.values() if isinstance(one, Cause)],
        [one for one in said.values() if isinstance(one, Undoing)],
    )


def _by_interest(rules: Sequence[Rule]) -> tuple[dict[str, list[Rule]], dict[str, list[Rule]]]:
    """Rules by name of event and by kind of change: most facts concern no rule at all."""
    by_name: dict[str, list[Rule]] = {}
    by_kind: dict[str, list[Rule]] = {}
    for rule in rules:
        asked = list(matching.alternatives(rule.match))
        for name in {name for one in asked if isinstance(one, EventMatch) for name in one.names}:
            by_name.setdefault(name, []).append(rule)
        for kind in {one.change for one in asked if isinstance(one, ChangeMatch)}:
            by_kind.setdefault(kind, []).append(rule)
    return by_name, by_kind


def _say(said: dict[tuple[int, str], Cause | Undoing], found: Cause | Undoing) -> list[Undoing]:
    """A cause that counts already is not counted again at a later time; after an undoing it is, and that
    undoing, whose word it takes, is given back.
    """
    place = (found.rule_id, found.cause)
    before = said.get(place)
    if isinstance(found, Undoing) or not isinstance(before, Cause):
        said[place] = found
    return [before] if isinstance(found, Cause) and isinstance(before, Undoing) else []


def _claim_waiting(known: Sequence[BecameKnown], rules: Sequence[Rule]) -> None:
    """What the subjects had done as visitors now belongs to people."""
    if not known:
        return
    rows = postgres.rows(
        sql.named("purpose", "claim_waiting"),
        {"subjects": [one.subject_id for one in known], "people": [one.person_id for one in known]},
    )
    _record(rows, rules, "counted")


def _past_events(rule: Rule) -> list[Cause]:
    params = Parameters()
    condition = compiling.compile(rule.match, params).events
    if not condition:
        return []
    rows = reading.named(
        "purpose", "past_events", params.values, keys=sorted(params.keys), condition=condition
    )
    people = persons.resolve({row[1] for row in rows})
    return [
        rule.cause_of(
            Event(
                0,
                message_id,
                subject_id,
                people.get(who),
                "",
                "",
                occurred_ms,
                0,
                source=source,
                props=msgspec.json.decode(props),
            )
        )
        for message_id, who, subject_id, occurred_ms, source, props in rows
    ]


def _past_changes(rule: Rule) -> list[Cause]:
    """Of each cause what was said last, as the consumer would have heard it."""
    params = Parameters()
    condition = compiling.compile(rule.match, params).changes
    if not condition:
        return []
    if rule.info.undone_by:
        kinds = [one.change for one in matching.alternatives(rule.match) if isinstance(one, ChangeMatch)]
        undoing = "kind IN " + params.bind(kinds, "Array(String)")
        if conversions.ANYTHING_ELSE not in rule.info.undone_by:
            undoing += " AND new IN " + params.bind(list(rule.info.undone_by), "Array(String)")
        condition = compiling.any_of([condition, "(" + undoing + ")"])
    rows = reading.named(
        "purpose", "past_changes", params.values, keys=sorted(params.keys), condition=condition
    )
    people = persons.resolve({row[3] for row in rows})
    said: dict[tuple[int, str], Cause | Undoing] = {}
    for _, _, _, who, kind, ref, old, new, number, at, initiative_id, detail in sorted(rows):
        if who not in people:
            continue
        told = msgspec.json.decode(detail) if detail else {}
        found = rule.of_change(
            Change(people[who], kind, ref, old, new, number, at, "", "", initiative_id, 0, told)
        )
        if found is not None:
            _say(said, found)
    return [one for one in said.values() if isinstance(one, Cause)]


def _record(rows: Sequence[tuple[Any, ...]], rules: Sequence[Rule], state: str) -> int:
    keys = {rule.info.id: rule.info.key for rule in rules}
    facts.record(
        [
            Change(
                person_id,
                "conversion",
                keys[rule_id],
                "" if state == "counted" else "counted",
                state,
                value,
                clock.to_ms(at),
                facts.AUTOMATIC,
                cause,
                initiative_id,
                min(hops + 1, 255),
                {"line": line} if line else {},
            )
            for rule_id, cause, person_id, at, value, line, initiative_id, hops in rows
        ]
    )
    return len(rows)


def _columns(causes: Sequence[Cause]) -> dict[str, Any]:
    return {
        "workspace": postgres.workspace_id(),
        "rules": [one.rule_id for one in causes],
        "causes": [one.cause[:300] for one in causes],
        "people": [one.person_id for one in causes],
        "subjects": [one.subject_id for one in causes],
        "ats": [clock.from_ms(one.occurred_ms) for one in causes],
        "values": [one.value for one in causes],
        "lines": [one.line for one in causes],
        "initiatives": [one.initiative_id for one in causes],
        "hops": [min(one.hops, 255) for one in causes],
    }


def _cause_of(change: Change) -> str:
    """A thing by its ref; a state of a person by whose it is and when it came."""
    if change.kind in matching.OWN_REFS:
        return f"{change.kind}:{change.ref}"
    return f"{change.kind}:{change.ref}:{change.person_id}:{change.occurred_ms}"


def _stated_initiative(event: Event) -> int:
    """Believed only where the product itself said it."""
    stated = event.props.get("initiative_id") if event.source not in matching.OPEN_INLETS else 0
    return stated if isinstance(stated, int) and 0 <= stated < 1 << 63 else 0


facts.consumers.add("conversions", Conversions())
