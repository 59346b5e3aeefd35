"""Acts in their order: the n-th of all, and one after another.

The acts of a person are gathered, sorted by (moment, arrival, place in the stream) and gone through once.
A sequence keeps for each step the moment of the latest act that completes the way up to it: where a later
act of the same step came after the same steps, it leaves less time and fewer acts in between than an
earlier one, so no other needs to be remembered.
"""

from __future__ import annotations

from tabiji.audiences import acts
from tabiji.audiences.binding import Binder, both, either
from tabiji.audiences.conditions import Deed, Event, Sequence, SinceEntry, Step
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Acts, Ending, Scope

_PLACE = "(e.occurred_at, e.received_at, e.shard, e.batch_id, e.ordinal)"
"""No two acts have the same."""


def picked(leaf: Event, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: the n-th act of this name lies in the window, and the tests hold of it."""
    assert leaf.pick is not None
    fits = both(
        [
            *(acts.holds_of_event(test, binder, moment) for test in leaf.where),
            acts.in_window(leaf.window, binder, moment),
        ]
    )
    rows = Acts(
        "event AS e",
        acts.readable(scope, binder, acts.is_named(leaf, binder)),
        {"place": _PLACE, "fits": fits},
    )
    if leaf.pick.n == 1:
        edge = "argMin" if leaf.pick.start == "start" else "argMax"
        numbers = {"best": edge + "((fits, place), place)"}
        ending = Ending(edge + "(best.1, best.2)")
    else:
        numbers = {"done": "groupArray((place, fits))"}
        nth = binder.bind(leaf.pick.n if leaf.pick.start == "start" else -leaf.pick.n, "Int64")
        ending = Ending("arrayElement(arraySort(groupArrayArray(done)), " + nth + ").2")
    return acts.among(scope.tally(rows, numbers, ending, binder, since_entry=False))


def followed(leaf: Sequence, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: did the steps one after the other."""
    marks = [acts.is_deed(step, binder, moment) for step in leaf.steps]
    stops = [_any_of(step.without, binder, moment) for step in leaf.steps]
    rows = Acts(
        "event AS e",
        acts.readable(
            scope, binder, both([acts.in_window(leaf.window, binder, moment), either([*marks, *stops])])
        ),
        {"place": _PLACE, "mark": _bits([*marks, *stops])},
    )
    ending = Ending("arrayFold((way, one) -> " + _next(leaf.steps, binder) + ", " + _SORTED + ", " + _start(leaf) + ")."
        + str(len(leaf.steps)) + " > 0")  # fmt: skip
    return acts.among(
        scope.tally(
            rows,
            {"done": "groupArray((place, mark))"},
            ending,
            binder,
            since_entry=isinstance(leaf.window, SinceEntry),
        )
    )


def _any_of(deeds: list[Deed], binder: Binder, moment: Moment) -> str:
    return either([acts.is_deed(deed, binder, moment) for deed in deeds])


def _bits(conditions: list[str]) -> str:
    """One number: the bit n of it says whether the n-th condition holds."""
    return "toUInt32(" + " + ".join(
        "(" + condition + ") * " + str(2**place) for place, condition in enumerate(conditions)
    ) + ")"  # fmt: skip


def _start(leaf: Sequence) -> str:
    return "(" + ", ".join("toInt64(0)" for _step in leaf.steps) + ")"


def _next(steps: list[Step], binder: Binder) -> str:
    """`way` after the act `one`: for each step the moment up to which it is done, 0 where it is not."""
    at = "toUnixTimestamp64Milli(one.1.1)"
    ways = []
    for place, step in enumerate(steps):
        kept = "way." + str(place + 1)
        if place + 1 < len(steps):  # an act that must not come after this step ends its way
            kept = "if(" + _bit(len(steps) + place + 1) + ", toInt64(0), " + kept + ")"
        comes = _bit(place)
        if place:
            before = "way." + str(place)
            parts = [comes, before + " > 0"]
            if step.within is not None:
                length = binder.bind(round(step.within.length.total_seconds() * 1_000), "Int64")
                parts.append(at + " - " + before + " <= " + length)
            comes = both(parts)
        ways.append("if(" + comes + ", " + at + ", " + kept + ")")
    return "(" + ", ".join(ways) + ")"


def _bit(place: int) -> str:
    return "bitTest(one.2, " + str(place) + ")"


_SORTED = "arraySort(groupArrayArray(done))"
