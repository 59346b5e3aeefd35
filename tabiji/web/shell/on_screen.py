"""How values read on a screen: 5/7(木) 10:00, ¥1,800,000, 1,284人. One place for both languages."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

_WEEKDAYS_JA = "月火水木金土日"
_WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
SMALL = 30
"""Below so many, a rate is not shown: it would mislead."""


def is_japanese() -> bool:
    return (get_language() or "ja").startswith("ja")


def language() -> Literal["ja", "en"]:
    """Of the page: for sentences that a room says in either."""
    return "ja" if is_japanese() else "en"


def day(value: date | datetime | None, *, year: bool = False) -> str:
    """5/7(木), or Thu 7 May; with the year where it is asked for."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    if is_japanese():
        head = f"{value.year}/" if year else ""
        return f"{head}{value.month}/{value.day}({_WEEKDAYS_JA[value.weekday()]})"
    tail = f" {value.year}" if year else ""
    return f"{_WEEKDAYS_EN[value.weekday()]} {value.day} {_MONTHS_EN[value.month - 1]}{tail}"


def hour(value: datetime | None) -> str:
    """10:00 in the workspace's zone."""
    return "" if value is None else timezone.localtime(value).strftime("%H:%M")


def moment(value: datetime | None, *, year: bool = False) -> str:
    return "" if value is None else f"{day(value, year=year)} {hour(value)}"


def number(value: float | Decimal | None) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value != int(value):
        return f"{value:,.1f}"
    return f"{int(value):,}"


def yen(value: float | Decimal | None) -> str:
    return "" if value is None else f"¥{int(value):,}"


def people(value: int) -> str:
    """1,284人 / 1,284 people."""
    if is_japanese():
        return f"{value:,}人"
    return (
        _("%(count)s person") % {"count": f"{value:,}"}
        if value == 1
        else _("%(count)s people") % {"count": f"{value:,}"}
    )


def comma() -> str:
    """Between two of several names: 、 in Japanese."""
    return "、" if is_japanese() else ", "


def percent(part: float, whole: float, digits: int = 1) -> str:
    return f"{100 * part / whole:.{digits}f}%" if whole else "—"


def length(value: timedelta | float | None) -> str:
    """6分12秒, 3時間20分, 2日: two units at the most."""
    if value is None:
        return ""
    seconds = int(value.total_seconds() if isinstance(value, timedelta) else value)
    units = (
        (86_400, "日", "d"),
        (3_600, "時間", "h"),
        (60, "分", "min"),
        (1, "秒", "s"),
    )
    parts = []
    for size, ja, en in units:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{ja}" if is_japanese() else f"{count} {en}")
    joiner = "" if is_japanese() else " "
    return joiner.join(parts[:2]) or ("0秒" if is_japanese() else "0 s")


def masked(text: str) -> str:
    """Personal data for those who may count people but not read them."""
    return text[:1] + "●●" if text else ""
