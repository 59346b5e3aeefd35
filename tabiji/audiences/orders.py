"""Acts in their order: the n-th of all, and one after another.

An act is one number: its moment, its place in the stream, and below them the marks of what holds of it.
So the acts of a person sort as plain numbers, and the first and last of them are a minimum and a maximum.

A sequence is looked for with whole arrays at once. For each step a way runs along the acts: at each act
the moment of the latest act before it with which the step was done, or that it is not done. The latest is
enough: it leaves less time and fewer acts in between than any earlier one would.
"""

from __future__ import annotations

from typing import Final

from tabiji.audiences import acts
from tabiji.audiences.binding import Binder, both, either
from tabiji.audiences.conditions import Deed, Event, Sequence, SinceEntry, Step
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Acts, Ending, Scope

_MARKS: Final = 20
"""Bits of marks: two for each of ten steps; above them 24 for the ordinal, 40 for the batch, 44 for the moment."""
_MOMENT: Final = _MARKS + 24 + 40


def picked(leaf: Event, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: the n-th act of this name lies in the window, and the tests hold of it."""
    assert leaf.pick is not None
    tests = [acts.holds_of_event(test, binder, moment) for test in leaf.where]
    fits = both([*tests, acts.in_window(leaf.window, binder, moment)])
    named = acts.readable(scope, binder, acts.is_named(leaf, binder))
    # Of acts at one moment the same holds unless their properties are looked at.
    rows = Acts(acts.EVENTS, named, {"act": _act([fits], is_placed=bool(tests))})
    if leaf.pick.n == 1:
        edge = "min" if leaf.pick.start == "start" else "max"
        numbers, nth = {"edge": edge + "(act)"}, edge + "(edge)"
    else:
        place = binder.bind(leaf.pick.n if leaf.pick.start == "start" else -leaf.pick.n, "Int64")
        numbers, nth = {"done": "groupArray(act)"}, "arrayElement(" + _SORTED + ", " + place + ")"
    return acts.among(
        scope.tally(rows, numbers, Ending("bitTest(toUInt64(" + nth + "), 0)"), binder, since_entry=False)
    )


def followed(leaf: Sequence, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: did the steps one after the other."""
    marks = [acts.is_deed(step, binder, moment) for step in leaf.steps]
    stops = [_any_of(step.without, binder, moment) for step in leaf.steps]
    looked_at = both([acts.in_window(leaf.window, binder, moment), either([*marks, *stops])])
    rows = Acts(
        acts.EVENTS,
        acts.readable(scope, binder, looked_at),
        {"act": _act([*marks, *stops], is_placed=True)},
    )
    numbers = {
        "done": "groupArray(act)",
        "marks": "groupBitOr(toUInt32(bitAnd(act, " + str(2**_MARKS - 1) + ")))",
    }
    all_steps = str(2 ** len(leaf.steps) - 1)
    did_all = "bitAnd(groupBitOr(marks), " + all_steps + ") = " + all_steps
    sorted_acts = scope.tally(
        rows,
        numbers,
        Ending(did_all, {"acts": _SORTED}),
        binder,
        since_entry=isinstance(leaf.window, SinceEntry),
    )
    return acts.among(_ways(leaf.steps, sorted_acts, binder))


def _ways(steps: list[Step], sorted_acts: str, binder: Binder) -> str:
    """A query for those whose way reaches the last step; sorted_acts: `person` and the array `acts`."""
    sql = (
        "SELECT person, arrayMap(act -> toInt64(bitShiftRight(act, " + str(_MOMENT) + ")), acts) AS at,"
        " arrayMap(act -> toUInt32(bitAnd(act, " + str(2**_MARKS - 1) + ")), acts) AS mark,"
        " arrayWithConstant(length(acts), toInt64(1)) AS way FROM (" + sorted_acts + ")"
    )  # fmt: skip
    for place, step in enumerate(steps[:-1]):
        stops = "bitTest(m, " + str(len(steps) + place + 1) + ")"
        done = "if(" + _comes(place, step, binder) + ", a, if(" + stops + ", toInt64(-1), toInt64(0)))"
        way = "arrayFill(w -> w != 0, arrayMap((a, m, b) -> " + done + ", at, mark, way))"
        before = "arrayPopBack(arrayPushFront(" + way + ", toInt64(0)))"
        sql = "SELECT person, at, mark, " + before + " AS way FROM (" + sql + ")"
    last = _comes(len(steps) - 1, steps[-1], binder)
    return "SELECT person FROM (" + sql + ") WHERE arrayExists((a, m, b) -> " + last + ", at, mark, way)"


def _comes(place: int, step: Step, binder: Binder) -> str:
    """Whether the act (moment `a`, marks `m`) does this step; `b`: when the step before it was done."""
    parts = ["bitTest(m, " + str(place) + ")", "b > 0"]
    if step.within is not None:
        length = binder.bind(round(step.within.length.total_seconds() * 1_000), "Int64")
        parts.append("a - b <= " + length)
    return both(parts)


def _any_of(deeds: list[Deed], binder: Binder, moment: Moment) -> str:
    return either([acts.is_deed(deed, binder, moment) for deed in deeds])


def _act(conditions: list[str], *, is_placed: bool) -> str:
    """The event `e` as one number; the bit n says whether the n-th condition holds.

    is_placed: with its place in the stream, which need not be read where only moments matter.
    """
    parts = ["bitShiftLeft(toUInt128(toUnixTimestamp64Milli(e.occurred_at)), " + str(_MOMENT) + ")"]
    if is_placed:
        parts.append("bitShiftLeft(toUInt128(e.batch_id), " + str(_MARKS + 24) + ")")
        parts.append("bitShiftLeft(toUInt64(e.ordinal), " + str(_MARKS) + ")")
    parts += [
        "(" + condition + ") * " + str(2**bit) for bit, condition in enumerate(conditions) if condition != "0"
    ]
    return " + ".join(parts)


_SORTED: Final = "arraySort(groupArrayArray(done))"
