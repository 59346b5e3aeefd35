"""The strip of a person as lengths in per cent, ready to be drawn: bands, lanes, stops, an axis."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tabiji.audiences.public import conditions
from tabiji.events.public import line
from tabiji.web.customers import words
from tabiji.web.customers.known import Known
from tabiji.web.shell import on_screen

_WORD_ABOVE: Final = 8.0
"""Narrower bands stay without their word."""
_WITH_SALES: Final = ("deal", "appointment", "hand_over")
_STOP_CLASSES: Final = {
    "own": "",
    "anonymous": "stop-anon",
    "auto": "stop-auto",
    "staff": "stop-staff",
    "hot": "stop-hot",
    "next": "stop-next",
}


@dataclass(frozen=True, slots=True)
class BandDrawn:
    css: str
    x: str
    width: str
    middle: str
    label: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class StopDrawn:
    css: str
    x: str
    label: str
    day: str
    """Of the local date, for the anchor in the line: 2026-04-28; empty for what lies ahead."""


@dataclass(frozen=True, slots=True)
class LaneDrawn:
    name: str
    label: str
    stops: tuple[StopDrawn, ...]
    silences: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TickDrawn:
    x: str
    label: str
    anchor: str


@dataclass(frozen=True, slots=True)
class StripDrawn:
    bands: tuple[BandDrawn, ...]
    lanes: tuple[LaneDrawn, ...]
    ticks: tuple[TickDrawn, ...]
    now: str


def draw(strip: line.Strip, known: Known) -> StripDrawn:
    return StripDrawn(
        tuple(_band(strip, band, known) for band in strip.bands),
        tuple(_lane(strip, lane, known) for lane in strip.lanes),
        _ticks(strip),
        _percent(strip.place(strip.now)),
    )


def _band(strip: line.Strip, band: line.Band, known: Known) -> BandDrawn:
    start, end = strip.place(band.start), strip.place(band.end)
    label = str(words.ANONYMOUS_STAGE) if band.stage == line.ANONYMOUS else known.stage(band.stage)
    return BandDrawn(
        _band_class(band.stage, known),
        _percent(start),
        _percent(end - start),
        _percent((start + end) / 2),
        label,
        end - start > _WORD_ABOVE,
    )


def _band_class(stage: str, known: Known) -> str:
    """By what the stage's rule asks for: a won deal, an open one, a long absence."""
    if stage == line.ANONYMOUS:
        return "anon"
    found = known.stage_model.stages if known.stage_model else ()
    rule = next((one.rule for one in found if one.key == stage), None)
    try:
        leaves = [leaf for _path, leaf in conditions.leaves(conditions.read(rule))]
    except conditions.BadCondition:
        return "known"
    if any(isinstance(leaf, conditions.Value) and leaf.value in ("won", ["won"]) for leaf in leaves):
        return "won"
    if any(isinstance(leaf, conditions.Value) and leaf.of in _WITH_SALES for leaf in leaves):
        return "hot"
    if any(isinstance(leaf, conditions.Attribute) and leaf.op == "longer_ago_than_days" for leaf in leaves):
        return "rest"
    if any(isinstance(leaf, conditions.Event) and leaf.count.n == 0 for leaf in leaves):
        return "rest"
    return "known"


def _lane(strip: line.Strip, lane: str, known: Known) -> LaneDrawn:
    stops = strip.stops_of(lane)
    # What is hot is drawn last, on top of its neighbours of the day.
    drawn = tuple(_stop(strip, stop) for stop in sorted(stops, key=lambda stop: stop.kind == "hot"))
    # A silence is everybody's; it is hatched where the lane has something to be silent about.
    silences = strip.silences if stops else ()
    label = words.of(words.LANES, lane)
    count = sum(stop.count for stop in stops if stop.kind != "next")
    said = ngettext("%(lane)s: %(n)s touchpoint", "%(lane)s: %(n)s touchpoints", count) % {
        "lane": label,
        "n": count,
    }
    return LaneDrawn(
        label, said, drawn, tuple((_percent(strip.place(a)), _percent(strip.place(b))) for a, b in silences)
    )


def _stop(strip: line.Strip, stop: line.Stop) -> StopDrawn:
    if stop.kind == "next":
        label = _("Ahead: %(moment)s") % {"moment": on_screen.moment(stop.at)}
        return StopDrawn(_STOP_CLASSES["next"], _percent(strip.place(stop.at)), label, "")
    number = ngettext("%(n)s touchpoint", "%(n)s touchpoints", stop.count) % {"n": stop.count}
    local = timezone.localtime(stop.at)
    return StopDrawn(
        _STOP_CLASSES[stop.kind],
        _percent(strip.place(stop.at)),
        f"{on_screen.day(stop.at)} {number}",
        local.date().isoformat(),
    )


def _ticks(strip: line.Strip) -> tuple[TickDrawn, ...]:
    """Every third month; the first one, and each January, with its year; now at its place."""
    ticks: list[TickDrawn] = []
    moment = timezone.localtime(strip.start).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    moment = _next_month(moment)
    last_year = 0
    while moment < strip.now - timedelta(days=25):
        if (moment.month - 1) % 3 == 0:
            named = moment.year != last_year
            last_year = moment.year
            label = f"{moment.year}/{moment.month}" if named else f"{moment.month}"
            if not ticks or strip.place(moment) - float(ticks[-1].x.rstrip("%")) > _WORD_ABOVE:
                anchor = "start" if strip.place(moment) < 4 else "middle"
                ticks.append(TickDrawn(_percent(strip.place(moment)), label, anchor))
        moment = _next_month(moment)
    ticks.append(TickDrawn(_percent(strip.place(strip.now)), pgettext("axis", "now"), "middle"))
    return tuple(ticks)


def _next_month(moment: datetime) -> datetime:
    return (moment + timedelta(days=32)).replace(day=1)


def _percent(value: float) -> str:
    return f"{value:.2f}%"
