"""A form in numbers: who saw it, began it, at which field they gave it up, and who sent it.

Everyone counts once, under the person where known by now, else as a visitor; machines and the people left
out of numbers do not. Somebody gave up who began the form after the last time they sent it, if ever, and
counts at the field at which they stopped last, where the page told it. What people typed is never known
here, only where.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

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
STAGES: Final = (SEEN, BEGAN, SENT, GAVE_UP, LEFT_AT, ERROR)


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
    """Heads. fields: those with any number, the one at which most gave up first."""

    seen: int
    began: int
    sent: int
    gave_up: int
    fields: Sequence[FieldNumbers]


@dataclass(frozen=True, slots=True)
class _Visit:
    """How far one head came. left_field: where they gave up, empty where it was not told."""

    who: UUID
    began: bool
    sent: bool
    gave_up: bool
    left_field: str
    error_fields: Sequence[str]


def numbers(form_id: int, period: Period) -> FormNumbers:
    """Raises core.clickhouse.ClickHouseResting."""
    visits = _visits(form_id, period)
    left = Counter(visit.left_field for visit in visits if visit.gave_up)
    refused = Counter(field for visit in visits for field in visit.error_fields)
    fields = [FieldNumbers(field, left[field], refused[field]) for field in left.keys() | refused.keys()]
    return FormNumbers(
        seen=len(visits),
        began=sum(visit.began for visit in visits),
        sent=sum(visit.sent for visit in visits),
        gave_up=sum(left.values()),
        fields=sorted(fields, key=lambda one: (-one.gave_up, -one.refused, one.field)),
    )


def who(form_id: int, period: Period, stage: str, field: str = "") -> Who:
    """Exactly those behind a number; field: of LEFT_AT and ERROR. Raises ValueError."""
    if stage not in STAGES:
        raise ValueError(f"a form has no stage {stage!r}")
    return funnels.known(visit.who for visit in _visits(form_id, period) if _counts(visit, stage, field))


def _counts(visit: _Visit, stage: str, field: str) -> bool:
    match stage:
        case "seen":
            return True
        case "began":
            return visit.began
        case "sent":
            return visit.sent
        case "gave_up":
            return visit.gave_up
        case "left_at":
            return visit.gave_up and visit.left_field == field
        case _:
            return field in visit.error_fields


def _visits(form_id: int, period: Period) -> list[_Visit]:
    rows = reading.named("insights", "form_visits", {"form": str(form_id), **reading.within(period)})
    return [
        _Visit(
            who,
            bool(began),
            sent_at > 0,
            began_at > sent_at,
            left_field if left_at > sent_at else "",
            errors,
        )
        for who, began, began_at, sent_at, left_at, left_field, errors in rows
    ]
