"""A form in numbers: who saw it, began it, at which field they gave it up, and who sent it.

Everyone counts once, under the person where known by now, else as a visitor; machines and the people left
out of numbers do not. Somebody gave up who began the form after the last time they sent it, if ever, and
counts at the field at which they stopped last, where the page told it. What people typed is never known
here, only where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tabiji.core import sql
from tabiji.insights import funnels
from tabiji.insights.contracts import Who
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import reading

SEEN: Final = "seen"
BEGAN: Final = "began"
SENT: Final = "sent"
GAVE_UP: Final = "gave_up"
LEFT_AT: Final = "left_at"
ERROR: Final = "error"
STAGES: Final[Mapping[str, str]] = {
    SEEN: "true",
    BEGAN: "began",
    SENT: "sent",
    GAVE_UP: "gave_up",
    LEFT_AT: "gave_up AND left_field = {field:String}",
    ERROR: "has(error_fields, {field:String})",
}
"""Who is behind each number, asked of a visit."""
MOST_FIELDS: Final = 50
"""A page can name fields without end."""


@dataclass(frozen=True, slots=True)
class FieldNumbers:
    """One field by the name that the page gives it (empty: not told): heads who gave up there, and whom
    it refused.
    """

    field: str
    gave_up: int
    refused: int


@dataclass(frozen=True, slots=True)
class FormNumbers:
    """Heads. fields: those with any number, the one at which most gave up first, MOST_FIELDS at the most."""

    seen: int
    began: int
    sent: int
    gave_up: int
    fields: Sequence[FieldNumbers]


def numbers(form_id: int, period: Period) -> FormNumbers:
    """Raises core.clickhouse.ClickHouseResting."""
    ((seen, began, sent, gave_up),) = _ask(form_id, period, _HEADS)
    fields = [FieldNumbers(*row) for row in _ask(form_id, period, _FIELDS, most=MOST_FIELDS)]
    fields.sort(key=lambda one: (-one.gave_up, -one.refused, one.field))
    return FormNumbers(seen, began, sent, gave_up, fields)


def who(form_id: int, period: Period, stage: str, field: str = "") -> Who:
    """Exactly those behind a number; field: of LEFT_AT and ERROR. Raises ValueError."""
    if stage not in STAGES:
        raise ValueError(f"a form has no stage {stage!r}")
    rows = _ask(form_id, period, "SELECT who FROM ({inner}) WHERE " + STAGES[stage], field=field)
    return funnels.known(row[0] for row in rows)


def _ask(form_id: int, period: Period, question: str, **params: str | int) -> list[tuple[Any, ...]]:
    """Ask about everyone's visits: columns who, began, sent, gave_up, left_field, error_fields."""
    statement = question.replace("{inner}", sql.named("insights", "form_visits"))
    return reading.rows(statement, {"form": str(form_id), **params, **reading.within(period)})


_HEADS: Final = "SELECT count(), countIf(began), countIf(sent), countIf(gave_up) FROM ({inner})"
_FIELDS: Final = """
SELECT one.1 AS field, sum(one.2) AS left_here, sum(one.3) AS refused_here
FROM (
    SELECT arrayJoin(arrayConcat(if(gave_up, [(left_field, 1, 0)], []),
                                 arrayMap(name -> (name, 0, 1), error_fields))) AS one
    FROM ({inner})
)
GROUP BY field
ORDER BY left_here DESC, refused_here DESC, field
LIMIT {most:UInt32}"""
