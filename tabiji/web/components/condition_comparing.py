"""How a value is compared, as a gap with what stands beside it: for fields and for properties of events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.audiences.public import conditions, operators, wording
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components.condition_gaps import Option, Piece, Values

NUMBER: Final = "number"
DAY: Final = "date"
YES_NO: Final = "yes_no"
TEXT: Final = "text"


@dataclass(frozen=True, slots=True)
class Comparison:
    """An operator, and as what its value is read. choices: among which one chooses; several values without
    choices are divided by commas.
    """

    op: str
    reads: str = TEXT
    choices: Sequence[Option] = ()

    @property
    def takes(self) -> operators.Takes:
        return operators.registry.get(self.op).takes


def labels(names: Sequence[str]) -> list[Option]:
    """The operators of these names as choices."""
    return [(name, str(LABELS[name])) for name in names]


def values(compared: Comparison, value: Any, name: str = "value", other: str = "other") -> dict[str, str]:
    """What the gaps hold for a value."""
    match compared.takes:
        case operators.Takes.NOTHING:
            return {}
        case operators.Takes.TWO if isinstance(value, list) and len(value) == 2:
            return {name: gaps.as_text(value[0]), other: gaps.as_text(value[1])}
        case operators.Takes.MANY if isinstance(value, list):
            texts = [gaps.as_text(one) for one in value]
            return gaps.checking(name, texts) if compared.choices else {name: gaps.COMMA.join(texts)}
    return {name: gaps.as_text(value)}


def operand(compared: Comparison, written: Values, name: str = "value", other: str = "other") -> Any:
    """The value that the gaps say. Raises BadCondition."""
    said = written.get(name, "")
    match compared.takes:
        case operators.Takes.NOTHING:
            return None
        case operators.Takes.DAYS:
            return gaps.as_number(said or "30")
        case operators.Takes.UNITS:
            return gaps.as_number(said or "0")
        case operators.Takes.TWO:
            return [_typed(compared, said), _typed(compared, written.get(other, ""))]
        case operators.Takes.MANY:
            wanted = gaps.checked(written, name) or gaps.several(said)
            if not wanted:
                raise conditions.BadCondition("value", _("Say what it is compared with."))
            return [_typed(compared, one) for one in wanted]
        case operators.Takes.ONE:
            return _typed(compared, said)


def pieces(
    compared: Comparison, written: Values, name: str = "value", other: str = "other"
) -> dict[str, Piece]:
    """The gaps `value` and, for a pair, `other`."""
    label, value = _("Value"), written.get(name, "")
    match compared.takes:
        case operators.Takes.NOTHING:
            return {}
        case operators.Takes.DAYS:
            return {"value": gaps.number(name, label, value)}
        case operators.Takes.UNITS:
            return {"value": gaps.select(name, label, value or "0", _units(compared.op, value))}
        case operators.Takes.MANY if compared.choices:
            return {"value": gaps.checks(name, _("Values"), written, compared.choices)}
        case operators.Takes.MANY:
            return {"value": gaps.text(name, label, value, _("Several, divided by commas"))}
        case operators.Takes.TWO:
            second = _one(compared, other, _("Until"), written.get(other, ""))
            return {"value": _one(compared, name, label, value), "other": second}
        case operators.Takes.ONE:
            return {"value": _one(compared, name, label, value)}


def pattern(compared: Comparison) -> str:
    """The sentence: `field` is compared by `op` with `value` and `other`."""
    match compared.takes:
        case operators.Takes.NOTHING:
            return _("%(field)s %(op)s")
        case operators.Takes.TWO:
            return _("%(field)s %(op)s %(value)s – %(other)s")
    return _("%(field)s %(op)s %(value)s")


def _one(compared: Comparison, name: str, label: str, value: str) -> Piece:
    if compared.choices:
        return gaps.select(name, label, value, compared.choices)
    kind = {NUMBER: "number", DAY: "date"}.get(compared.reads, "text")
    return Piece(name=name, kind=kind, value=value, label=label)


def _typed(compared: Comparison, written: str) -> Any:
    if not written.strip():
        raise conditions.BadCondition("value", _("Say what it is compared with."))
    match compared.reads:
        case "number":
            return gaps.as_number(written)
        case "yes_no":
            return written.lower() != "false"
    return written.strip()


def _units(op: str, chosen: str) -> list[Option]:
    """Units of the calendar around the present one; one that is farther away is offered where it was said."""
    unit = op.removeprefix("in_")
    near = range(-12, 13) if unit == "month" else range(-5, 6)
    offered = [*near]
    far = int(chosen) if chosen.lstrip("-").isdecimal() and len(chosen) < 6 else 0
    if far not in near:
        offered.append(far)
    return [(str(ahead), wording.unit_in_words(unit, ahead)) for ahead in offered]


UNITS: Final[Mapping[str, Any]] = {
    "day": pgettext_lazy("unit", "days"),
    "week": pgettext_lazy("unit", "weeks"),
    "month": pgettext_lazy("unit", "months"),
    "quarter": pgettext_lazy("unit", "quarters"),
    "year": pgettext_lazy("unit", "years"),
    "fiscal_year": pgettext_lazy("unit", "fiscal years"),
}
LABELS: Final[Mapping[str, Any]] = {
    "is": gettext_lazy("is exactly"),
    "is_not": gettext_lazy("is anything but"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("begins with"),
    "not_starts_with": gettext_lazy("does not begin with"),
    "gte": gettext_lazy("is at least"),
    "lte": gettext_lazy("is at most"),
    "gt": gettext_lazy("is above"),
    "lt": gettext_lazy("is below"),
    "between": gettext_lazy("is between"),
    "on_or_after": gettext_lazy("is on or after"),
    "on_or_before": gettext_lazy("is on or before"),
    "after": gettext_lazy("is after"),
    "before": gettext_lazy("is before"),
    "within_last_days": gettext_lazy("is within the last days:"),
    "not_within_last_days": gettext_lazy("is not within the last days:"),
    "longer_ago_than_days": gettext_lazy("is longer ago than days:"),
    "exactly_days_ago": gettext_lazy("was exactly so many days ago:"),
    "within_next_days": gettext_lazy("is within the next days:"),
    "in_exactly_days": gettext_lazy("is in exactly so many days:"),
    "within_next_business_days": gettext_lazy("is within the next business days:"),
    "anniversary_within_next_days": gettext_lazy("has its anniversary within the next days:"),
    "anniversary_in_exactly_days": gettext_lazy("has its anniversary in exactly so many days:"),
    "in_month": gettext_lazy("is in the month:"),
    "in_fiscal_year": gettext_lazy("is in the fiscal year:"),
    "is_empty": pgettext_lazy("comparison", "is empty"),
    "is_not_empty": pgettext_lazy("comparison", "is not empty"),
}
"""Operators in the order in which they are offered."""
