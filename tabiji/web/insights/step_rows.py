"""The steps of a funnel as rows of a form: a name, what counts, and where that needs a word more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.insights.public import funnels
from tabiji.purpose.public import conversions, matching
from tabiji.sales.public import policy
from tabiji.web.insights import matches
from tabiji.workspaces.public import definitions

Step = tuple[str, Mapping[str, Any]]
Group = tuple[str, list[tuple[str, str]]]
EMPTY_ROWS: Final = 2
FORMS: Final = ("form_submitted", "form_viewed")


class BadStep(ValueError):
    """A row that says no step; the message says which and why."""


@dataclass(frozen=True, slots=True)
class StepRow:
    """what: a word of `choices`; detail: paths, or the name of an event. kept: a step beyond this form."""

    index: int
    label: str = ""
    what: str = "page"
    detail: str = ""
    kept: str = ""


def rows(steps: Sequence[Step]) -> list[StepRow]:
    """A row for each step, and empty ones to go on with."""
    offered = {value for _group, found in choices() for value, _name in found}
    filled = [_row(index, label, match, offered) for index, (label, match) in enumerate(steps)]
    most = min(len(filled) + EMPTY_ROWS, funnels.MAX_STEPS)
    return filled + [StepRow(index) for index in range(len(filled), most)]


def choices() -> list[Group]:
    """What a step may be, in groups."""
    forms = [(str(one.id), one.name) for one in definitions.list_of_kind("form")]
    lines = policy.current().lines
    return [
        (
            _("On the site"),
            [("page", _("Viewed a page")), ("event", _("Another event, by its name"))],
        ),
        (
            _("Forms"),
            [
                *(
                    (
                        f"{event}:",
                        _("%(what)s (%(more)s)") % {"what": matches.EVENTS[event], "more": _("any")},
                    )
                    for event in FORMS
                ),
                *(
                    (
                        f"{event}:{number}",
                        _("%(event)s “%(name)s”") % {"event": matches.EVENTS[event], "name": name},
                    )
                    for number, name in forms
                    for event in FORMS
                ),
            ],
        ),
        (
            _("Sales"),
            [
                ("booked", matches.sentence(_booked())),
                ("won:", matches.sentence(_won(""))),
                *((f"won:{key}", matches.sentence(_won(key))) for key, _label in lines),
            ],
        ),
        (
            _("Conversions"),
            [(f"conversion:{one.key}", one.name) for one in conversions.list_all()],
        ),
    ]


def read(post: Mapping[str, str], before: Sequence[Step]) -> list[Step]:
    """The steps that the form says, in the order of its numbers; rows without a name fall away.

    before: the steps as they stood, for those that are kept as they are. Raises BadStep.
    """
    found = []
    for index in range(funnels.MAX_STEPS):
        label = post.get(f"step-{index}-label", "").strip()[:60]
        if not label:
            continue
        what, detail = post.get(f"step-{index}-what", ""), post.get(f"step-{index}-detail", "")
        place = post.get(f"step-{index}-place", "")
        found.append(
            (
                int(place) if place.isdecimal() and len(place) < 5 else index + 1,
                index,
                label,
                _match(label, what, detail.strip()[:500], before),
            )
        )
    return [(label, match) for _place, _index, label, match in sorted(found, key=lambda row: row[:2])]


def _match(label: str, what: str, detail: str, before: Sequence[Step]) -> Mapping[str, Any]:
    kind, _colon, ref = what.partition(":")
    words = [word for word in detail.replace("、", " ").replace(",", " ").split() if word]
    match kind:
        case "page":
            return {"kind": "event", "names": ["page_viewed"], "paths": words}
        case "event" if words:
            return {"kind": "event", "names": words}
        case "event":
            raise BadStep(_("“%(step)s”: say the name of the event.") % {"step": label})
        case "form_submitted":
            return {"kind": "event", "names": [kind], "sources": ["form"], "where": _form(ref)}
        case "form_viewed":
            return {"kind": "event", "names": [kind], "where": _form(ref)}
        case "booked":
            return _booked()
        case "won":
            return _won(ref)
        case "conversion" if ref:
            return {"kind": "change", "change": "conversion", "refs": [ref]}
        case "kept" if ref.isdecimal() and int(ref) < len(before):
            return before[int(ref)][1]
        case _:
            raise BadStep(_("“%(step)s”: choose what counts.") % {"step": label})


def _row(index: int, label: str, match: Mapping[str, Any], offered: set[str]) -> StepRow:
    """What the form cannot say (such as a form or a line that is gone since) is kept as it is."""
    parsed = matching.parse(match).model_dump(mode="json")
    for what, detail in _simple(parsed):
        if what not in offered:
            continue
        asked = _match(label, what, detail, ())
        if matching.parse(asked).model_dump(mode="json") == parsed:
            return StepRow(index, label, what, detail)
    return StepRow(index, label, f"kept:{index}", "", matches.sentence(match))


def _simple(parsed: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the form might say for this description; the caller sees which says the same."""
    if parsed["kind"] == "event":
        names = parsed["names"]
        forms = [value for test in parsed["where"] for value in test["values"]] or [""]
        found = [("page", " ".join(parsed["paths"]))] if names == ["page_viewed"] else []
        found += [(f"{names[0]}:{forms[0]}", "")] if names[0] in FORMS else []
        return [*found, ("event", " ".join(names))]
    if parsed["kind"] == "change":
        refs = parsed["refs"] or [""]
        return [
            ("booked", ""),
            (f"won:{parsed['line']}", ""),
            *([(f"conversion:{refs[0]}", "")] if refs[0] else []),
        ]
    return []


def _form(ref: str) -> list[dict[str, Any]]:
    return [{"property": "form_id", "operator": "is", "values": [ref]}] if ref else []


def _booked() -> dict[str, Any]:
    return {"kind": "change", "change": "appointment", "new": ["booked"]}


def _won(line: str) -> dict[str, Any]:
    return {"kind": "change", "change": "deal", "new": ["won"], "line": line}
