"""What one line of a condition can say: a sentence with gaps, from a leaf of the tree and back to it.

A kind says exactly what it reads, or nothing: a leaf that would come back differently is left to be
shown as a sentence (`condition_rows`), never rounded to something near it.
"""

from __future__ import annotations

from typing import Any, Final

from tabiji.audiences.public import conditions
from tabiji.web.components import (
    condition_acts,
    condition_changes,
    condition_fields,
    condition_gaps,
    condition_values,
)
from tabiji.web.components.condition_gaps import Kind, Known, Values


def values_of(kind: Kind, leaf: Any, known: Known) -> dict[str, str] | None:
    """What the gaps of this kind hold for a leaf; None unless the leaf comes back from them as it is."""
    values = kind.values(leaf, known)
    if values is None or any("\n" in value or "\r" in value for value in values.values()):
        return None  # a gap is one line: a browser would take the line break out
    try:
        back = conditions.read(kind.leaf(values, known)).root
    except conditions.BadCondition:
        return None
    return values if back == leaf else None


def with_part(kind: Kind, values: Values, part: str, known: Known) -> Values:
    """The line with one more part, if it offers one."""
    offered = {key for one in kind.parts(values, known) for key, _label in one.adds}
    return condition_gaps.with_part(values, part) if part in offered else values


def without_part(kind: Kind, values: Values, key: str, known: Known) -> Values:
    """The line with one part less, if that one can go."""
    offered = {one.key for one in kind.parts(values, known) if one.key}
    return condition_gaps.without_part(values, key) if key in offered else values


GROUPS: Final[tuple[tuple[Kind, ...], ...]] = (
    condition_acts.KINDS,
    (*condition_fields.KINDS, *condition_changes.KINDS),
    condition_values.STANDING,
    condition_values.GENERAL,
)
"""As they are offered."""
KINDS: Final[dict[str, Kind]] = {kind.key: kind for group in GROUPS for kind in group}
