"""What may be done to a merge value: a closed set of filters, none of which makes markup or grows without end.

敬称: a person gets 様, a company or department without a name gets 御中, never both; nobody known is
ご担当者様 (Japanese business letters; JAPAN: docs/guides/mail-and-pages).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from tabiji.content.contracts import Language

Value = Any
_WEEKDAYS: Final[dict[Language, str]] = {"ja": "月火水木金土日", "en": "MonTueWedThuFriSatSun"}
_MONTHS: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_HONORIFICS: Final = re.compile(r"(様|さま|さん|殿|御中)$")
_DATE: Final = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?:[T ].*)?")
_DIRECTIVE: Final = re.compile(r"%(-?[md]|[YaHM%])")
_LONGEST: Final = 10_000


class BadArgument(ValueError):
    """A filter got what it cannot use."""


@dataclass(frozen=True, slots=True)
class Filter:
    """apply(value, arguments, language); fewest and most: how many arguments it takes."""

    apply: Callable[[Value, list[Value], Language], Value]
    fewest: int = 0
    most: int = 0


def show(value: Value, language: Language) -> str:
    """A value as people read it; nothing for what is missing or no plain value."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"ja": ("いいえ", "はい"), "en": ("No", "Yes")}[language][value]
    if isinstance(value, int):
        return str(value) if abs(value) < 10**18 else ""
    if isinstance(value, float):
        return str(int(value)) if value == value and abs(value) < 1e15 and value == int(value) else str(value)
    if isinstance(value, date):
        return _long_date(value, language)
    if isinstance(value, list | tuple):
        return ("、" if language == "ja" else ", ").join(show(one, language) for one in value[:100])
    return str.__str__(value) if isinstance(value, str) else ""


def honorific(person: Value, form: str, language: Language) -> str:
    """How a person is addressed. form: `` (佐藤 様), `company` (青葉製作所 佐藤 様), `full` (with department,
    title and full name)."""
    known = person if type(person) is dict else {}
    last = _name(known, "last_name")
    if language == "en":
        return _addressed_in_english(last, _name(known, "first_name"), _text(known, "company"), form)
    if not last:
        place = _spaced(_text(known, "company"), _text(known, "department"))
        return f"{place} 御中" if place else "ご担当者様"
    if form == "company":
        return _spaced(_text(known, "company"), last) + " 様"
    if form == "full":
        before = (_text(known, key) for key in ("company", "department", "title"))
        return _spaced(*before, last, _name(known, "first_name")) + " 様"
    return last + " 様"


def _addressed_in_english(last: str, first: str, company: str, form: str) -> str:
    name = " ".join(part for part in (first, last) if part)
    if not name:
        return f"{company} team" if company else "Customer"
    return f"{name}, {company}" if company and form in ("company", "full") else name


def _spaced(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def _text(known: dict[str, Any], key: str) -> str:
    value = known.get(key)
    return value.strip() if isinstance(value, str) else ""


def _name(known: dict[str, Any], key: str) -> str:
    """Some people write 佐藤様 into the form."""
    name = _text(known, key)
    return _HONORIFICS.sub("", name) if name[-1:] in "様まん殿中" else name


def _honorific(value: Value, arguments: list[Value], language: Language) -> str:
    form = arguments[0] if arguments else ""
    if form not in ("", "company", "full"):
        raise BadArgument("honorific")
    return honorific(value, form, language)


def _default(value: Value, arguments: list[Value], language: Language) -> Value:
    return arguments[0] if show(value, language).strip() == "" or value is False else value


def _append(value: Value, arguments: list[Value], language: Language) -> str:
    return (show(value, language) + show(arguments[0], language))[:_LONGEST]


def _prepend(value: Value, arguments: list[Value], language: Language) -> str:
    return (show(arguments[0], language) + show(value, language))[:_LONGEST]


def _truncate(value: Value, arguments: list[Value], language: Language) -> str:
    text = show(value, language)
    if not isinstance(arguments[0], int):
        raise BadArgument("truncate")
    most = max(1, min(arguments[0], _LONGEST))
    end = show(arguments[1], language) if len(arguments) > 1 else "…"
    return text if len(text) <= most else text[: max(0, most - len(end))] + end


def _date(value: Value, arguments: list[Value], language: Language) -> str:
    moment = _as_date(value)
    if moment is None:
        return show(value, language)
    wanted = show(arguments[0], language) if arguments else "long"
    if wanted == "long":
        return _long_date(moment, language)
    if wanted == "short":
        return _short_date(moment, language)
    # Our own directives: the C library would take %999999999d for a gigabyte of blanks.
    return _DIRECTIVE.sub(lambda found: _directive(found.group(1), moment, language), wanted)


def _as_date(value: Value) -> date | None:
    if isinstance(value, date):
        return value
    found = _DATE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def _long_date(moment: date, language: Language) -> str:
    if language == "ja":
        return f"{moment.year}年{moment.month}月{moment.day}日({_weekday(moment, language)})"
    return f"{_weekday(moment, language)}, {_month(moment)} {moment.day}, {moment.year}"


def _short_date(moment: date, language: Language) -> str:
    if language == "ja":
        return f"{moment.month}/{moment.day}({_weekday(moment, language)})"
    return f"{_month(moment)} {moment.day}"


def _directive(name: str, moment: date, language: Language) -> str:
    at = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001
    return {
        "Y": str(at.year),
        "m": f"{at.month:02}",
        "d": f"{at.day:02}",
        "-m": str(at.month),
        "-d": str(at.day),
        "a": _weekday(at, language),
        "H": f"{at.hour:02}",
        "M": f"{at.minute:02}",
        "%": "%",
    }[name]


def _weekday(moment: date, language: Language) -> str:
    width = 1 if language == "ja" else 3
    return _WEEKDAYS[language][moment.weekday() * width :][:width]


def _month(moment: date) -> str:
    return _MONTHS[(moment.month - 1) * 3 :][:3]


def _number(value: Value, arguments: list[Value], language: Language) -> str:
    try:
        number = float(show(value, language).replace(",", ""))
    except ValueError:
        return show(value, language)
    if number != number or abs(number) >= 1e15:
        return show(value, language)
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def _yen(value: Value, arguments: list[Value], language: Language) -> str:
    number = _number(value, arguments, language)
    return f"¥{number}" if number[:1].isdigit() or number[:1] == "-" else number


FILTERS: Final[dict[str, Filter]] = {
    "default": Filter(_default, 1, 1),
    "honorific": Filter(_honorific, 0, 1),
    "append": Filter(_append, 1, 1),
    "prepend": Filter(_prepend, 1, 1),
    "upcase": Filter(lambda value, _, language: show(value, language).upper()),
    "downcase": Filter(lambda value, _, language: show(value, language).lower()),
    "capitalize": Filter(lambda value, _, language: show(value, language).capitalize()),
    "strip": Filter(lambda value, _, language: show(value, language).strip()),
    "truncate": Filter(_truncate, 1, 2),
    "date": Filter(_date, 0, 1),
    "number": Filter(_number),
    "yen": Filter(_yen),
}
