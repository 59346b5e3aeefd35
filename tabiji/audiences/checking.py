"""Whether a tree can be asked in this workspace: fields, operators, sources and values that exist and fit."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.audiences import attributes, conditions, operators, properties, sources, values
from tabiji.audiences.attributes import Askable
from tabiji.audiences.columns import DAYS, TEXTS, Type
from tabiji.audiences.conditions import (
    Act,
    Ago,
    Attribute,
    BadCondition,
    Between,
    Change,
    Condition,
    Count,
    Deed,
    Event,
    Pick,
    PropertyTest,
    Sequence,
    SinceEntry,
    SinceEvent,
    Top,
    Value,
    Window,
)
from tabiji.audiences.operators import Operator, Takes
from tabiji.audiences.sources import Refs

CHANGE_KINDS: Final = frozenset(
    {"field", "known", "merge", "consent", "list", "hold", "score", "stage", "audience", "journey", "step"}
    | {"message", "hand_over", "task", "call", "appointment", "deal", "conversion", "experiment"}
)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
_MAX_PARTS: Final = 400
"""Events, and tests of their properties, of a whole tree."""
_MAX_UNITS: Final = 1_200
_MAX_REFERENCE: Final = 2**63 - 1


def check(condition: Condition) -> None:
    """Raises BadCondition at the first thing that cannot be asked."""
    _check_length(condition)
    fields: dict[str, Askable] | None = None
    for path, leaf in conditions.leaves(condition):
        match leaf:
            case Attribute():
                fields = attributes.askable() if fields is None else fields
                _check_attribute(path, leaf, fields)
            case Value():
                _check_value(path, leaf)
            case Event():
                _check_event(path, leaf)
            case Change():
                _check_change(path, leaf)
            case Sequence():
                _check_sequence(path, leaf)
            case Top():
                _check_top(path, leaf)
        if isinstance(leaf, Act):
            _check_window(path, leaf.window)


def _check_length(condition: Condition) -> None:
    """A question of the engine has an end: about all that stands in a tree of many long lines together."""
    deeds = [deed for _path, leaf in conditions.leaves(condition) for deed in conditions.deeds(leaf)]
    if len(deeds) + sum(len(deed.where) for deed in deeds) > _MAX_PARTS:
        raise BadCondition("", _("there are too many events and properties in one condition"))


def _check_attribute(path: str, leaf: Attribute, fields: Mapping[str, Askable]) -> None:
    field = fields.get(leaf.field)
    if field is None:
        raise BadCondition(_at(path, "field"), _("people have no field %(name)s") % {"name": leaf.field})
    operator = _operator(path, leaf.op)
    if field.type not in operator.types:
        raise BadCondition(_at(path, "op"), _("this field cannot be compared so"))
    _check_operand(path, operator, field.type, leaf.value)


def _check_event(path: str, leaf: Event) -> None:
    _check_deed(path, leaf)
    _check_count(path, leaf.count)
    if leaf.total is not None:
        _check_measured(path, leaf.total.of, leaf.total.prop)
    if leaf.pick is not None:
        _check_pick(path, leaf.pick, leaf.window)


def _check_pick(path: str, pick: Pick, window: Window) -> None:
    if isinstance(window, SinceEntry | SinceEvent):
        raise BadCondition(
            _at(path, "window"),
            _("the first or last of all acts cannot be asked since a moment: ask how often"),
        )


def _check_sequence(path: str, leaf: Sequence) -> None:
    for place, step in enumerate(leaf.steps):
        where = _at(path, "steps." + str(place))
        _check_deed(where, step)
        if place == 0 and (step.within is not None or step.without):
            raise BadCondition(where, _("nothing stands before the first step"))
        for other, without in enumerate(step.without):
            _check_deed(_at(where, "without." + str(other)), without)
    if isinstance(leaf.window, SinceEvent):
        raise BadCondition(_at(path, "window"), _("make that event the first step instead"))


def _check_top(path: str, leaf: Top) -> None:
    _check_deed(path, leaf)
    if leaf.total.of != "count":
        _check_measured(path, leaf.total.of, leaf.total.prop)
    elif leaf.total.prop is not None:
        raise BadCondition(_at(path, "total.prop"), _("this number is made without a property"))
    if isinstance(leaf.window, SinceEntry | SinceEvent):
        raise BadCondition(_at(path, "window"), _("a ranking compares people over the same days"))


def _check_measured(path: str, of: str, prop: str | None) -> None:
    where = _at(path, "total.prop")
    if of == "days":
        if prop is not None:
            raise BadCondition(where, _("this number is made without a property"))
    elif prop is None:
        raise BadCondition(where, _("say of which property"))
    else:
        _check_name(where, prop)


def _check_deed(path: str, deed: Deed) -> None:
    for place, test in enumerate(deed.where):
        _check_property(_at(path, "where." + str(place)), test)


def _check_property(path: str, test: PropertyTest) -> None:
    _check_name(_at(path, "prop"), test.prop)
    operator = _operator(path, test.op)
    if not operator.types & (TEXTS | DAYS | {Type.NUMBER}):
        raise BadCondition(_at(path, "op"), _("a property of an event cannot be compared so"))
    _check_operand(path, operator, properties.type_of(operator, test.value), test.value)


def _check_name(path: str, prop: str) -> None:
    try:
        properties.check_name(prop)
    except properties.BadProperty as error:
        raise BadCondition(path, str(error)) from None


def _check_change(path: str, leaf: Change) -> None:
    if leaf.change not in CHANGE_KINDS:
        raise BadCondition(_at(path, "change"), _("no change is called %(name)s") % {"name": leaf.change})
    _check_count(path, leaf.count)


def _check_value(path: str, leaf: Value) -> None:
    source = sources.registry.find(leaf.of)
    if source is None:
        raise BadCondition(_at(path, "of"), _("nothing is known about %(name)s") % {"name": leaf.of})
    if source.refs is Refs.ONE and leaf.ref is None:
        raise BadCondition(_at(path, "ref"), _("say which one"))
    if source.refs is Refs.FIXED and leaf.ref not in (None, source.fixed_ref or None):
        raise BadCondition(_at(path, "ref"), _("there is only one of these"))
    if leaf.ref is not None and source.names is not None and leaf.ref not in source.names([leaf.ref]):
        raise BadCondition(_at(path, "ref"), _("there is no such thing any more"))
    operator = _operator(path, leaf.op)
    kind = values.type_of(source, operator)
    if kind is None:
        raise BadCondition(_at(path, "op"), _("this cannot be compared so"))
    _check_operand(path, operator, kind, leaf.value)


def _check_count(path: str, count: Count) -> None:
    if count.op == "at_least" and count.n == 0:
        raise BadCondition(_at(path, "count.n"), _("at least 0 times is true of everyone: say 1 or more"))


def _check_window(path: str, window: Window) -> None:
    match window:
        case Between():
            _check_between(path, window)
        case SinceEvent():
            _check_deed(_at(path, "window"), window)
        case Ago():
            if window.most is not None and window.most < window.least:
                raise BadCondition(_at(path, "window"), _("the window ends before it begins"))
        case _:
            pass


def _check_between(path: str, window: Between) -> None:
    if window.first is None and window.last is None:
        raise BadCondition(_at(path, "window"), _("say from when, or until when"))
    for day in (window.first, window.last):
        if day is not None and not _FIRST_YEAR <= day.year <= _LAST_YEAR:
            raise BadCondition(_at(path, "window"), _("the date is too far away"))
    if window.first and window.last and window.first > window.last:
        raise BadCondition(_at(path, "window"), _("the window ends before it begins"))


def _operator(path: str, name: str) -> Operator:
    operator = operators.registry.find(name)
    if operator is None:
        raise BadCondition(_at(path, "op"), _("no comparison is called %(name)s") % {"name": name})
    return operator


def _check_operand(path: str, operator: Operator, kind: Type, value: Any) -> None:
    where = _at(path, "value")
    match operator.takes:
        case Takes.NOTHING:
            if value is not None:
                raise BadCondition(where, _("this comparison takes no value"))
        case Takes.ONE:
            _check_one(where, kind, value)
        case Takes.DAYS:
            if not _is_whole(value) or not 1 <= value <= operator.most:
                raise BadCondition(
                    where, _("say a number of days from 1 to %(most)s") % {"most": operator.most}
                )
        case Takes.UNITS:
            if not _is_whole(value) or abs(value) > _MAX_UNITS:
                raise BadCondition(
                    where, _("say a whole number from -%(most)s to %(most)s") % {"most": _MAX_UNITS}
                )
        case Takes.MANY:
            if not isinstance(value, list):
                raise BadCondition(where, _("this comparison takes a list of values"))
            for one in value:
                _check_one(where, kind, one)
        case Takes.TWO:
            if not isinstance(value, list) or len(value) != 2:
                raise BadCondition(where, _("this comparison takes two values"))
            for one in value:
                _check_one(where, kind, one)
            if value[0] > value[1]:
                raise BadCondition(where, _("the first value is greater than the second"))


def _check_one(where: str, kind: Type, value: Any) -> None:
    if not _fits(kind, value):
        raise BadCondition(where, str(_EXPECTED[kind]()))


def _fits(kind: Type, value: Any) -> bool:
    match kind:
        case Type.TEXT:
            return isinstance(value, str) and _has_text(value)
        case Type.WORD:
            return isinstance(value, str | int | float) and value != ""
        case Type.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 1e15
        case Type.REFERENCE:
            return _is_whole(value) and 1 <= value <= _MAX_REFERENCE
        case Type.YES_NO:
            return isinstance(value, bool)
        case Type.DATE | Type.MOMENT:
            return isinstance(value, str) and _is_day(value)
        case Type.MEMBERSHIP:
            return False


def _has_text(value: str) -> bool:
    """Something is left of it when case, width and what cannot be seen are folded away."""
    folded = unicodedata.normalize("NFKC", value)
    return any(unicodedata.category(letter)[0] != "C" for letter in folded)


def _is_day(value: str) -> bool:
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return False
    return day.isoformat() == value and _FIRST_YEAR <= day.year <= _LAST_YEAR


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _at(path: str, step: str) -> str:
    return f"{path}.{step}" if path else step


_EXPECTED: Final = {
    Type.TEXT: lambda: _("give a text"),
    Type.WORD: lambda: _("give a value"),
    Type.NUMBER: lambda: _("give a number"),
    Type.REFERENCE: lambda: _("choose one"),
    Type.YES_NO: lambda: _("give yes or no"),
    Type.DATE: lambda: _("give a date like 2026-04-28"),
    Type.MOMENT: lambda: _("give a date like 2026-04-28"),
    Type.MEMBERSHIP: lambda: _("this comparison takes no value"),
}
