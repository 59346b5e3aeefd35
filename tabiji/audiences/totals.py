"""Numbers made of acts: how they are summed up for each subject, and for each person from there.

Sums of parts are the sum of all, so that acts are summed up before it is known whose they are; different
values and days are kept as sets until then.
"""

from __future__ import annotations

from typing import Final

from tabiji.audiences import properties
from tabiji.audiences.binding import Binder
from tabiji.audiences.columns import Type
from tabiji.audiences.conditions import Measure, Total
from tabiji.audiences.moments import Moment


def value(total: Total | Measure, binder: Binder, moment: Moment) -> str:
    """What is read of each act, as SQL over `e`; empty where nothing is."""
    match total.of:
        case "count":
            return ""
        case "days":
            return "toDate(e.occurred_at, " + binder.bind(moment.zone.key, "String") + ")"
        case "distinct":
            assert total.prop is not None
            return "nullIf(" + properties.column(total.prop, Type.WORD, binder, moment).sql + ", '')"
        case _:
            assert total.prop is not None
            return properties.column(total.prop, Type.NUMBER, binder, moment).sql


def numbers(total: Total | Measure) -> dict[str, str]:
    """Aggregates over the column `value`, for each subject."""
    return dict(_PARTS[total.of])


def number(total: Total | Measure) -> str:
    """The number of a person, made of those of the subjects."""
    return _WHOLE[total.of]


def compared(total: Total, binder: Binder) -> str:
    """For HAVING: who is looked for. People without such acts have no row, so where nothing (0) fulfils
    the comparison those are looked for who do not fulfil it.
    """
    holds = (
        "ifNull(" + number(total) + " " + _SIGNS[total.op] + " " + binder.bind(total.n, "Float64") + ", 0)"
    )
    return "NOT " + holds if holds_of_nothing(total) else holds


def holds_of_nothing(total: Total) -> bool:
    """Whether the comparison holds for somebody who did nothing at all."""
    if total.of in ("average", "smallest", "largest"):
        return False
    return {
        "at_least": total.n <= 0,
        "at_most": total.n >= 0,
        "more_than": total.n < 0,
        "less_than": total.n > 0,
        "exactly": total.n == 0,
    }[total.op]


_SIGNS: Final = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<", "exactly": "="}
_PARTS: Final = {
    "count": {"n": "count()"},
    "sum": {"part": "ifNull(sum(value), 0)"},
    "average": {"part": "ifNull(sum(value), 0)", "n": "count(value)"},
    "smallest": {"part": "min(value)"},
    "largest": {"part": "max(value)"},
    "distinct": {"part": "uniqExactState(value)"},
    "days": {"part": "uniqExactState(value)"},
}
_WHOLE: Final = {
    "count": "sum(n)",
    "sum": "sum(part)",
    "average": "if(sum(n) = 0, NULL, sum(part) / sum(n))",
    "smallest": "min(part)",
    "largest": "max(part)",
    "distinct": "uniqExactMerge(part)",
    "days": "uniqExactMerge(part)",
}
