"""When: the window of a line about acts, from "at any time" to "since another event"."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tabiji.audiences.public import conditions, wording
from tabiji.web.components import condition_deeds as deeds
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components.condition_comparing import UNITS
from tabiji.web.components.condition_gaps import Group, Known, Option, Part, Piece, Values, Where

SINCE_ENTRY: Final = "since_entry"
SINCE_EVENT: Final = "since_event"
BEGUN: Final = frozenset({SINCE_ENTRY, SINCE_EVENT})
"""Windows that begin at another moment for each person."""
_SINCE: Final = "since-"


def values(window: conditions.Window, known: Known) -> dict[str, str] | None:
    """What the gaps hold; None where they cannot say it."""
    match window:
        case conditions.Last(unit="days") if window.n in _USUAL_DAYS:
            return {"window": f"last:{window.n}"}
        case conditions.Last():
            return {"window": window.unit, "span": str(window.n)}
        case conditions.Ago(most=None):
            return {"window": "earlier", "least": str(window.least)}
        case conditions.Ago():
            return {"window": "ago", "most": str(window.most), "least": str(window.least)}
        case conditions.Calendar():
            usual = f"calendar:{window.unit}:{window.back}"
            if usual in dict(_calendar()):
                return {"window": usual}
            return {"window": "calendar", "unit": window.unit, "back": str(window.back)}
        case conditions.Between():
            ends = {"from": window.first, "to": window.last}
            return {"window": "between", **{key: day.isoformat() if day else "" for key, day in ends.items()}}
        case conditions.SinceEvent():
            return _since_values(window, known)
    return {"window": window.kind}


def leaf(values: Values, known: Known, *, without: Collection[str] = ()) -> dict[str, Any]:
    """The window that the gaps say; without: kinds that cannot be asked here. Raises BadCondition."""
    chosen = _chosen(values, known.where, without)
    word, _colon, rest = chosen.partition(":")
    match word:
        case "last":
            return {"kind": "last", "n": gaps.whole_or(rest, 0), "unit": "days"}
        case "days" | "hours":
            return {"kind": "last", "n": _span(values.get("span", "14")), "unit": word}
        case "ago":
            return {"kind": "ago", "from": _days(values, "most"), "to": _days(values, "least")}
        case "earlier":
            return {"kind": "ago", "to": _days(values, "least")}
        case "calendar" if rest:
            unit, _mark, back = rest.partition(":")
            return {"kind": "calendar", "unit": unit, "back": gaps.whole_or(back, 0)}
        case "calendar":
            ago = gaps.as_whole(values.get("back", "2"), "window.back", _how_many(), most=1_000)
            return {"kind": "calendar", "unit": values.get("unit", "month"), "back": ago}
        case "between":
            ends = {"from": values.get("from", "").strip(), "to": values.get("to", "").strip()}
            return {"kind": "between", **{name: day for name, day in ends.items() if day}}
        case "since_event":
            return _since_leaf(values, known)
        case "since_entry":
            return {"kind": "since_entry"}
    return {"kind": "ever"}


def drawn(values: Values, where: Where, *, without: Collection[str] = ()) -> dict[str, Piece]:
    """The gap `window` and those that it needs."""
    chosen = _chosen(values, where, without)
    found = {"window": gaps.grouped("window", _("When"), chosen, _groups(where, without))}
    match chosen:
        case "days" | "hours":
            label = _("How many days") if chosen == "days" else _("How many hours")
            found["span"] = gaps.number("span", label, values.get("span", "14"))
        case "ago" | "earlier":
            found["most"] = gaps.number("most", _("From how many days ago"), values.get("most", "90"))
            found["least"] = gaps.number("least", _("To how many days ago"), values.get("least", "30"))
        case "calendar":
            found["back"] = gaps.number("back", _("How many ago"), values.get("back", "2"))
            units = [(key, str(label)) for key, label in UNITS.items()]
            found["calendar_unit"] = gaps.select(
                "unit", _("Unit of the calendar"), values.get("unit", "month"), units
            )
        case "between":
            found["from"] = Piece(
                name="from", kind="date", value=values.get("from", ""), label=_("First day")
            )
            found["to"] = Piece(name="to", kind="date", value=values.get("to", ""), label=_("Last day"))
    return found


def with_window(pattern: str, values: Values, where: Where, *, without: Collection[str] = ()) -> str:
    """The sentence, with room for the window's own gaps where there are some."""
    words = _PATTERNS.get(_chosen(values, where, without))
    return pattern.replace("%(window)s", str(words)) if words else pattern


def parts(values: Values, known: Known, *, without: Collection[str] = ()) -> list[Part]:
    """What stands under the line: the event with which the window begins."""
    if _chosen(values, known.where, without) != SINCE_EVENT:
        return []
    limit = values.get("since-limit", "")
    found = {
        "which": gaps.select(
            "since-which", _("First or last time"), values.get("since-which", "last"), _which()
        ),
        "limit": gaps.select("since-limit", _("How long after it"), limit, _limits(), is_turning=True),
        **deeds.drawn(values, _SINCE),
    }
    pattern = _("since the person %(which)s did this: %(name)s, %(limit)s")
    if limit:
        found["for"] = gaps.number("since-for", _("How long after it"), values.get("since-for", "3"))
        pattern = _("since the person %(which)s did this: %(name)s, within %(for)s %(limit)s")
    said = gaps.cut(deeds.with_name(pattern, values, _SINCE), found)
    return [
        Part(said, adds=deeds.adds(values, _SINCE), depth=1),
        *deeds.parts(values, known, _SINCE, depth=2),
    ]


def span_values(span: conditions.Span | None, number: str, unit: str) -> dict[str, str]:
    """What the gaps of a span of time hold: its number, and its unit, empty for no limit."""
    return {unit: span.unit, number: str(span.n)} if span else {unit: ""}


def span(values: Values, number: str, unit: str) -> dict[str, Any] | None:
    """Raises BadCondition."""
    chosen = values.get(unit, "")
    if chosen not in ("minutes", "hours", "days"):
        return None
    least = gaps.as_whole(values.get(number, "3"), number, _how_many(), least=1)
    return {"n": least, "unit": chosen}


# -- since another event ------------------------------------------------------------------------


def _since_values(window: conditions.SinceEvent, known: Known) -> dict[str, str] | None:
    said = deeds.values(window, known, _SINCE)
    if said is None:
        return None
    return {
        "window": SINCE_EVENT,
        "since-which": window.which,
        **span_values(window.span, "since-for", "since-limit"),
        **said,
    }


def _since_leaf(values: Values, known: Known) -> dict[str, Any]:
    which = "first" if values.get("since-which") == "first" else "last"
    begun = {"kind": SINCE_EVENT, "which": which, **deeds.leaf(values, known, _SINCE)}
    limit = span(values, "since-for", "since-limit")
    return {**begun, "for": limit} if limit else begun


def _which() -> list[Option]:
    return [("last", pgettext("since", "last")), ("first", pgettext("since", "first"))]


def _limits() -> list[Option]:
    return [
        ("", _("at any time after it")),
        ("minutes", pgettext("span", "minutes")),
        ("hours", pgettext("span", "hours")),
        ("days", pgettext("span", "days")),
    ]


# -- choices ------------------------------------------------------------------------------------


def _chosen(values: Values, where: Where, without: Collection[str]) -> str:
    """The choice as it stands, or as a line begins; one that cannot be asked here is any time."""
    may_enter = where.in_journey and SINCE_ENTRY not in without
    chosen = values.get("window") or (SINCE_ENTRY if may_enter else "ever")
    is_refused = chosen in without or (chosen == SINCE_ENTRY and not may_enter)
    return "ever" if is_refused else chosen


def _groups(where: Where, without: Collection[str]) -> list[Group]:
    plain = [(SINCE_ENTRY, _("since entry"))] if where.in_journey and SINCE_ENTRY not in without else []
    plain.append(("ever", _("at any time")))
    rolling = [(f"last:{count}", _("in the last %(count)d days") % {"count": count}) for count in _USUAL_DAYS]
    rolling += [
        ("days", _("in the last days:")),
        ("hours", _("in the last hours:")),
        ("ago", _("between … and … days ago")),
        ("earlier", _("… days ago or earlier")),
    ]
    chosen = [("between", _("from … to …"))]
    if SINCE_EVENT not in without:
        chosen.append((SINCE_EVENT, _("since another event")))
    calendar = [*_calendar(), ("calendar", _("an earlier month, week …"))]
    return [
        ("", plain),
        (_("Counted back from now"), rolling),
        (_("By the calendar"), calendar),
        (_("From a day or an event"), chosen),
    ]


def _calendar() -> list[Option]:
    return [
        (f"calendar:{unit}:{back}", wording.unit_in_words(unit, -back)) for unit in UNITS for back in (0, 1)
    ]


def _days(values: Values, name: str) -> int:
    usual = {"most": "90", "least": "30"}[name]
    return gaps.as_whole(values.get(name, usual), "window", _how_many(), most=36_500)


def _span(written: str) -> int:
    why = _("How long: a whole number of days or hours, please.")
    return gaps.as_whole(written, "window.n", why, least=1, most=36_500)


def _how_many() -> str:
    return _("How many: a whole number, please.")


_USUAL_DAYS: Final = (7, 28, 90, 180)
_PATTERNS: Final[Mapping[str, Any]] = {
    "days": gettext_lazy("%(window)s %(span)s"),
    "hours": gettext_lazy("%(window)s %(span)s"),
    "ago": gettext_lazy("%(window)s: %(most)s to %(least)s days ago"),
    "earlier": gettext_lazy("%(window)s: %(least)s days ago or earlier"),
    "calendar": gettext_lazy("%(window)s: %(back)s %(calendar_unit)s ago"),
    "between": gettext_lazy("%(window)s %(from)s – %(to)s"),
}
