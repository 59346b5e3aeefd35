"""What a comparison works on: a piece of SQL and the type that says how it compares.

Nothing here yields NULL: a comparison with an empty value does not hold, and its opposite does.

| type | SQL of the value | compares |
|---|---|---|
| text | String, '' for empty | without regard to case and width (NFKC, case folded) |
| word | String, '' for empty | exactly: choices, keys, addresses, properties of events |
| number | Nullable(Float64) | as a number |
| reference | UInt64, 0 for empty | as an id |
| yes_no | Nullable(Bool) | |
| date | String like 2026-04-28, '' for empty | by calendar day |
| moment | Nullable(DateTime64) | by local day of the workspace |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from tabiji.audiences.binding import Binder, both
from tabiji.audiences.moments import Moment


class Type(StrEnum):
    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    REFERENCE = "reference"
    YES_NO = "yes_no"
    DATE = "date"
    MOMENT = "moment"
    MEMBERSHIP = "membership"


class Spread(StrEnum):
    """What is known about the values of a text: few different ones, or folded when they were stored."""

    UNKNOWN = "unknown"
    FEW = "few"
    FOLDED = "folded"


TEXTS: Final = frozenset({Type.TEXT, Type.WORD})
DAYS: Final = frozenset({Type.DATE, Type.MOMENT})

Days = tuple[date | None, date | None]
"""From the first day to just before the second; None where it is open."""


@dataclass(frozen=True, slots=True)
class Column:
    type: Type
    sql: str
    binder: Binder
    moment: Moment
    strings: str = ""
    """For a word in JSON: its SQL as far as it is stored as a text, which is much faster to read."""
    spread: Spread = Spread.UNKNOWN

    def equals(self, value: Any) -> str:
        match self.type:
            case Type.TEXT:
                return self._folded() + " = " + _folded(self._text(value))
            case Type.WORD:
                return self._word([value]) + " = " + self._text(value)
            case Type.NUMBER:
                return "ifNull(" + self.sql + " = " + self.binder.bind(float(value), "Float64") + ", 0)"
            case Type.REFERENCE:
                return self.sql + " = " + self.binder.bind(int(value), "UInt64")
            case Type.YES_NO:
                return "ifNull(" + self.sql + " = " + self.binder.bind(bool(value), "Bool") + ", 0)"
            case Type.DATE | Type.MOMENT:
                day = date.fromisoformat(value)
                return self.within((day, day + timedelta(days=1)))
            case Type.MEMBERSHIP:
                raise AssertionError("a membership is asked by `member`")

    def one_of(self, values: list[Any]) -> str:
        match self.type:
            case Type.TEXT:
                listed = self.binder.bind([as_text(value) for value in values], "Array(String)")
                return self._folded() + " IN (SELECT " + _folded("arrayJoin(" + listed + ")") + ")"
            case Type.WORD:
                listed = self.binder.bind([as_text(value) for value in values], "Array(String)")
                return self._word(values) + " IN " + listed
            case Type.REFERENCE:
                return self.sql + " IN " + self.binder.bind([int(value) for value in values], "Array(UInt64)")
            case _:
                listed = self.binder.bind([float(value) for value in values], "Array(Float64)")
                return "ifNull(" + self.sql + " IN " + listed + ", 0)"

    def contains(self, value: Any) -> str:
        text, part = self._searched(value)
        return "position(" + text + ", " + part + ") > 0"

    def starts_with(self, value: Any) -> str:
        text, part = self._searched(value)
        return "startsWith(" + text + ", " + part + ")"

    def compares(self, sign: str, value: Any) -> str:
        """sign: one of > >= < <=, from our code."""
        return "ifNull(" + self.sql + " " + sign + " " + self.binder.bind(float(value), "Float64") + ", 0)"

    def within(self, days: Days) -> str:
        """Falls on one of these days."""
        first, beyond = days
        parts = [self.present()]
        for sign, day in ((">=", first), ("<", beyond)):
            if day is not None:
                parts.append("ifNull(" + self.sql + " " + sign + " " + self._day(day) + ", 0)")
        return both(parts)

    def on_anniversary(self, days: list[str]) -> str:
        """Its local month and day (`04-28`) are one of these."""
        if self.type is Type.DATE:
            month_and_day = "substring(" + self.sql + ", 6, 5)"
        else:
            zone = self.binder.bind(self.moment.zone.key, "String")
            month_and_day = "formatDateTime(" + self.sql + ", '%m-%d', " + zone + ")"
        listed = self.binder.bind(days, "Array(String)")
        return both([self.present(), "ifNull(" + month_and_day + " IN " + listed + ", 0)"])

    def present(self) -> str:
        match self.type:
            case Type.TEXT | Type.WORD | Type.DATE:
                return self.sql + " != ''"
            case Type.REFERENCE:
                return self.sql + " != 0"
            case _:
                return "isNotNull(" + self.sql + ")"

    def _day(self, day: date) -> str:
        if self.type is Type.DATE:
            return self.binder.bind(day.isoformat(), "String")
        return self.binder.bind(self.moment.midnight(day), "DateTime64(3, 'UTC')")

    def _text(self, value: Any) -> str:
        return self.binder.bind(as_text(value), "String")

    def _word(self, values: list[Any]) -> str:
        return self.strings if self.strings and all(map(_can_only_be_text, values)) else self.sql

    def _searched(self, value: Any) -> tuple[str, str]:
        bound = self._text(value)
        if self.type is Type.WORD:
            return self._word([value]), bound
        return self._folded(), _folded(bound)

    def _folded(self) -> str:
        match self.spread:
            case Spread.FOLDED:
                return self.sql
            case Spread.FEW:
                # Folding costs more than all the rest; so each block folds its distinct values only.
                return _folded("toLowCardinality(" + self.sql + ")")
            case Spread.UNKNOWN:
                return _folded(self.sql)


def as_text(value: Any) -> str:
    """A value as ClickHouse writes it: numbers without needless decimals."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def _folded(sql: str) -> str:
    return "normalizeUTF8NFKCCasefold(" + sql + ")"


def _can_only_be_text(value: Any) -> bool:
    """Whether no number, date, yes or no in JSON is ever written so."""
    return isinstance(value, str) and not _NOT_ONLY_TEXT.issuperset(value)


_NOT_ONLY_TEXT: Final = frozenset("0123456789.-+: TZtruefalsinf")
