"""A condition as people read it: one sentence, in the language asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext, pgettext_lazy

from tabiji.audiences import attributes, conditions, operators, sources
from tabiji.audiences.attributes import Askable
from tabiji.audiences.columns import Type
from tabiji.audiences.conditions import (
    Ago,
    Attribute,
    Between,
    Calendar,
    Change,
    Condition,
    Count,
    Deed,
    Event,
    Ever,
    Everyone,
    Group,
    Last,
    Leaf,
    Pick,
    PropertyTest,
    Sample,
    SinceEntry,
    SinceEvent,
    Span,
    Step,
    Today,
    Top,
    Total,
    Value,
    Window,
)
from tabiji.audiences.operators import Takes
from tabiji.audiences.sources import Refs, Shape, Source
from tabiji.workspaces.public import members


def sentence(condition: Condition, language: str) -> str:
    """`ja` or `en`; names of lists, audiences and colleagues come from the open scope."""
    with translation.override(language):
        return _Speaker(_fields_of(condition)).node(condition.root, is_inside=False)


def lines(condition: Condition, language: str) -> dict[str, str]:
    """The sentence of each node by its path: for a builder that shows the tree."""
    with translation.override(language):
        speaker = _Speaker(_fields_of(condition))
        return {path: speaker.node(node, is_inside=False) for path, node in conditions.walk(condition.root)}


@dataclass(frozen=True, slots=True)
class _Speaker:
    fields: Mapping[str, Askable]

    def node(self, node: Group | Leaf, *, is_inside: bool) -> str:
        match node:
            case Group():
                return self._group(node, is_inside=is_inside)
            case Everyone():
                return pgettext("condition", "everyone")
            case Attribute():
                return self._attribute(node)
            case Event():
                return self._event(node)
            case Change():
                return self._change(node)
            case Value():
                return self._value(node)
            case conditions.Sequence():
                return _in_window(_sequence(node.steps), node.window)
            case Top():
                return _in_window(_top(node), node.window)
            case Sample():
                return _("is in the sample “%(seed)s” of %(percent)s %% of all") % {
                    "seed": node.seed,
                    "percent": _plain(node.percent),
                }
            case Today():
                is_open = node.is_ == "business_day"
                return _("today is a business day") if is_open else _("today is a day off")

    def _group(self, group: Group, *, is_inside: bool) -> str:
        parts = [self.node(child, is_inside=len(group.of) > 1) for child in group.of]
        if group.kind == "none":
            return _("none of these: %(parts)s") % {"parts": pgettext("condition", "; ").join(parts)}
        if len(parts) == 1:
            return parts[0]
        joined = (
            pgettext("condition", " and ") if group.kind == "all" else pgettext("condition", " or ")
        ).join(parts)
        return pgettext("condition", "(%(part)s)") % {"part": joined} if is_inside else joined

    def _attribute(self, leaf: Attribute) -> str:
        field = self.fields.get(leaf.field)
        if field is None:
            return _compared(leaf.op, leaf.field, leaf.value, _plain)
        return _compared(leaf.op, field.label, leaf.value, lambda value: _field_value(field, value))

    def _event(self, leaf: Event) -> str:
        name = _deed(leaf)
        if leaf.total is not None:
            return _in_window(_total(name, leaf.total), leaf.window)
        if leaf.pick is not None:
            return _in_window(_picked(leaf, leaf.pick), leaf.window)
        return _happened(name, leaf.count, leaf.window)

    def _change(self, leaf: Change) -> str:
        source = sources.registry.find(leaf.change)
        name = str(source.label if source else _CHANGES.get(leaf.change, leaf.change))
        field = self.fields.get(leaf.ref or "") if leaf.change == "field" else None
        if field is not None:
            name = field.label
        elif source and leaf.ref is not None and source.names is not None:
            name = _named(source, leaf.ref)
        elif leaf.ref is not None:
            name = _("%(name)s %(ref)s") % {"name": name, "ref": leaf.ref}
        words = _words(source) if source else _known_words(leaf.change)
        if source and source.shape is Shape.MEMBERSHIP and not leaf.old and len(leaf.new) == 1:
            name = (_("came into %(name)s") if leaf.new[0] else _("left %(name)s")) % {"name": name}
        elif leaf.old and leaf.new:
            values = {"name": name, "old": _among(leaf.old, words), "new": _among(leaf.new, words)}
            name = _("%(name)s changed from %(old)s to %(new)s") % values
        elif leaf.new:
            name = _("%(name)s became %(new)s") % {"name": name, "new": _among(leaf.new, words)}
        elif leaf.old:
            name = _("%(name)s stopped being %(old)s") % {"name": name, "old": _among(leaf.old, words)}
        else:
            name = _("%(name)s changed") % {"name": name}
        return _happened(name, leaf.count, leaf.window)

    def _value(self, leaf: Value) -> str:
        source = sources.registry.get(leaf.of)
        name = (
            str(source.label) if leaf.ref is None or source.refs is Refs.FIXED else _named(source, leaf.ref)
        )
        words = _words(source)
        return _compared(leaf.op, name, leaf.value, lambda value: _quoted(words.get(str(value), value)))


def _fields_of(condition: Condition) -> Mapping[str, Askable]:
    needed = any(isinstance(leaf, Attribute | Change) for _path, leaf in conditions.leaves(condition))
    return attributes.askable() if needed else {}


def _compared(op: str, name: str, value: Any, say: Any) -> str:
    operator = operators.registry.get(op)
    match operator.takes:
        case Takes.NOTHING:
            filled = {"name": name}
        case Takes.MANY:
            filled = {"name": name, "value": pgettext("condition", ", ").join(say(one) for one in value)}
        case Takes.TWO:
            filled = {"name": name, "value": say(value[0]), "other": say(value[1])}
        case Takes.DAYS:
            filled = {"name": name, "value": str(value)}
        case Takes.UNITS:
            filled = {"name": name, "value": unit_in_words(op.removeprefix("in_"), value)}
        case Takes.ONE:
            filled = {"name": name, "value": say(value)}
    return str(operator.words) % filled


def _deed(deed: Deed) -> str:
    """What somebody did: the event, with what must hold of it."""
    return _with_tests(deed, _event_name(deed.name))


def _event_name(name: str) -> str:
    known = _EVENTS.get(name)
    return str(known) if known else _("did “%(name)s”") % {"name": name}


def _with_tests(deed: Deed, said: str) -> str:
    tests = [_property(test) for test in deed.where]
    if tests:
        said = _("%(event)s (%(tests)s)") % {"event": said, "tests": pgettext("condition", ", ").join(tests)}
    return _("%(event)s, machines included") % {"event": said} if deed.machines else said


def _total(name: str, total: Total) -> str:
    filled = {"event": name, "prop": _property_name(total.prop or "")}
    said = str(_TOTALS[total.of]) % filled
    return str(_TOTAL_SIGNS[total.op]) % {"number": said, "n": _plain(total.n)}


def _picked(leaf: Event, pick: Pick) -> str:
    filled = {"event": _event_name(leaf.name), "n": pick.n}
    if pick.start == "start":
        said = _("the first time: %(event)s") if pick.n == 1 else _("time number %(n)d: %(event)s")
    else:
        said = (
            _("the last time: %(event)s") if pick.n == 1 else _("time number %(n)d from the end: %(event)s")
        )
    return _with_tests(leaf, said % filled)


def _sequence(steps: Sequence[Step]) -> str:
    said = _deed(steps[0])
    for step in steps[1:]:
        filled = {"before": said, "event": _deed(step), "span": _span(step.within)}
        said = (
            _("%(before)s, then within %(span)s %(event)s")
            if step.within
            else _("%(before)s, then %(event)s")
        ) % filled
        if step.without:
            between = pgettext("condition", " or ").join(_deed(one) for one in step.without)
            said = _("%(sequence)s (without in between: %(acts)s)") % {"sequence": said, "acts": between}
    return said


def _top(leaf: Top) -> str:
    filled = {
        "n": leaf.n,
        "percent": _plain(leaf.percent or 0),
        "number": str(_TOTALS[leaf.total.of])
        % {"event": _deed(leaf), "prop": _property_name(leaf.total.prop or "")},
    }
    if leaf.n is not None:
        return _("is among the %(n)d with the most: %(number)s") % filled
    return _("is among the top %(percent)s %% by: %(number)s") % filled


def _span(span: Span | None) -> str:
    if span is None:
        return ""
    match span.unit:
        case "minutes":
            return ngettext("%(n)d minute", "%(n)d minutes", span.n) % {"n": span.n}
        case "hours":
            return ngettext("%(n)d hour", "%(n)d hours", span.n) % {"n": span.n}
        case "days":
            return ngettext("%(n)d day", "%(n)d days", span.n) % {"n": span.n}


def _happened(name: str, count: Count, window: Window) -> str:
    filled = {"event": name, "n": count.n}
    if count.n == 0:
        said = _("never %(event)s") % filled
    elif count.op == "at_most":
        said = ngettext("at most %(n)d time %(event)s", "at most %(n)d times %(event)s", count.n) % filled
    elif count.op == "exactly":
        said = ngettext("exactly %(n)d time %(event)s", "exactly %(n)d times %(event)s", count.n) % filled
    elif count.n == 1:
        said = name
    else:
        said = ngettext("%(n)d time or more %(event)s", "%(n)d times or more %(event)s", count.n) % filled
    return _in_window(said, window)


def _in_window(said: str, window: Window) -> str:
    match window:
        case Last(unit="days"):
            pattern = ngettext("%(what)s in the last %(n)d day", "%(what)s in the last %(n)d days", window.n)
            return pattern % {"what": said, "n": window.n}
        case Last():
            pattern = ngettext(
                "%(what)s in the last %(n)d hour", "%(what)s in the last %(n)d hours", window.n
            )
            return pattern % {"what": said, "n": window.n}
        case Between():
            return _between(said, window)
        case SinceEntry():
            return _("%(what)s since entry") % {"what": said}
        case Ago(most=None):
            return _("%(what)s %(n)d days ago or earlier") % {"what": said, "n": window.least}
        case Ago():
            filled = {"what": said, "most": window.most, "least": window.least}
            return _("%(what)s between %(most)d and %(least)d days ago") % filled
        case Calendar():
            return _("%(what)s %(unit)s") % {"what": said, "unit": unit_in_words(window.unit, -window.back)}
        case SinceEvent():
            return _since_event(said, window)
        case Ever():
            return said


def unit_in_words(unit: str, ahead: int) -> str:
    """This month, last quarter, in 3 fiscal years: a unit of the calendar counted from the present one."""
    this, last, following, name = (str(word) for word in _UNITS[unit])
    near = {0: this, -1: last, 1: following}.get(ahead)
    if near:
        return near
    if ahead < 0:
        return _("%(n)d %(unit)s ago") % {"n": -ahead, "unit": name}
    return _("in %(n)d %(unit)s") % {"n": ahead, "unit": name}


def _since_event(said: str, window: SinceEvent) -> str:
    filled = {"what": said, "event": _deed(window), "span": _span(window.span)}
    if window.span is not None:
        pattern = (
            _("%(what)s within %(span)s after the first time: %(event)s")
            if window.which == "first"
            else _("%(what)s within %(span)s after the last time: %(event)s")
        )
    else:
        pattern = (
            _("%(what)s since the first time: %(event)s")
            if window.which == "first"
            else _("%(what)s since the last time: %(event)s")
        )
    return pattern % filled


def _between(said: str, window: Between) -> str:
    ends = {"what": said, "first": _day(window.first), "last": _day(window.last)}
    if window.first is None:
        return _("%(what)s until %(last)s") % ends
    if window.last is None:
        return _("%(what)s since %(first)s") % ends
    return _("%(what)s from %(first)s to %(last)s") % ends


def _property_name(prop: str) -> str:
    return str(_PROPERTIES.get(prop, prop.removeprefix("props.")))


def _property(test: PropertyTest) -> str:
    name = _property_name(test.prop)
    better = sources.words.find(test.prop)
    words = better() if better else _PROPERTY_WORDS.get(test.prop, {})
    return _compared(test.op, name, test.value, lambda value: _quoted(words.get(str(value), value)))


def _field_value(field: Askable, value: Any) -> str:
    if field.key == "owner_id":
        return _colleague(value)
    if field.type in (Type.DATE, Type.MOMENT):
        return _day(date.fromisoformat(value))
    for choice in field.choices:
        if choice["value"] == value:
            english = translation.get_language() == "en" and choice.get("label_en")
            return _quoted(english or choice.get("label", value))
    return _amount(field, value) if field.type is Type.NUMBER else _quoted(value)


def _amount(field: Askable, value: Any) -> str:
    return "¥" + _plain(value) if field.is_money else _plain(value) + field.unit


def _colleague(user_id: int) -> str:
    name = members.names().get(user_id)
    return _quoted(name) if name else _("somebody who left")


def _named(source: Source, ref: str) -> str:
    found = source.names([ref]) if source.names is not None else {}
    return _("%(kind)s %(name)s") % {"kind": source.label, "name": _quoted(found.get(ref, ref))}


def _words(source: Source) -> Mapping[str, str]:
    return {**source.words(), **_known_words(source.kind)}


def _known_words(kind: str) -> Mapping[str, str]:
    known = sources.words.find(kind)
    return known() if known else {}


def _among(values: Sequence[str], words: Mapping[str, str]) -> str:
    return pgettext("condition", " or ").join(
        _quoted(words.get(value, value)) if value else pgettext("condition", "empty") for value in values
    )


def _quoted(value: Any) -> str:
    if isinstance(value, bool):
        return pgettext("condition", "yes") if value else pgettext("condition", "no")
    return (
        _plain(value)
        if isinstance(value, int | float)
        else pgettext("condition", "“%(text)s”") % {"text": value}
    )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return pgettext("condition", "yes") if value else pgettext("condition", "no")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _day(day: date | None) -> str:
    return "" if day is None else f"{day.year}/{day.month}/{day.day}"


_EVENTS: Final[Mapping[str, Any]] = {
    "page_viewed": gettext_lazy("viewed a page"),
    "page_left": gettext_lazy("left a page"),
    "identified": gettext_lazy("made themselves known"),
    "form_viewed": gettext_lazy("saw a form"),
    "form_started": gettext_lazy("began a form"),
    "form_error": gettext_lazy("made a mistake in a form"),
    "form_field_left": gettext_lazy("gave up a form"),
    "form_submitted": gettext_lazy("submitted a form"),
    "mail_opened": gettext_lazy("opened a mail (for reference)"),
    "mail_clicked": gettext_lazy("a link in a mail was opened"),
    "click_judged": gettext_lazy("clicked in a mail"),
    "mail_bounced": gettext_lazy("a mail came back"),
    "mail_complained": gettext_lazy("reported a mail as spam"),
    "mail_replied": gettext_lazy("answered a mail"),
    "unsubscribed": gettext_lazy("unsubscribed"),
}
_TOTALS: Final[Mapping[str, Any]] = {
    "count": gettext_lazy("the number of times: %(event)s"),
    "sum": gettext_lazy("the sum of %(prop)s of: %(event)s"),
    "average": gettext_lazy("the average %(prop)s of: %(event)s"),
    "smallest": gettext_lazy("the smallest %(prop)s of: %(event)s"),
    "largest": gettext_lazy("the largest %(prop)s of: %(event)s"),
    "distinct": gettext_lazy("the number of different %(prop)s of: %(event)s"),
    "days": gettext_lazy("the number of days with: %(event)s"),
}
_TOTAL_SIGNS: Final[Mapping[str, Any]] = {
    "at_least": gettext_lazy("%(number)s is at least %(n)s"),
    "at_most": gettext_lazy("%(number)s is at most %(n)s"),
    "more_than": gettext_lazy("%(number)s is more than %(n)s"),
    "less_than": gettext_lazy("%(number)s is less than %(n)s"),
    "exactly": gettext_lazy("%(number)s is exactly %(n)s"),
}
_UNITS: Final[Mapping[str, tuple[Any, Any, Any, Any]]] = {
    "day": (
        gettext_lazy("today"),
        gettext_lazy("yesterday"),
        gettext_lazy("tomorrow"),
        pgettext_lazy("unit", "days"),
    ),
    "week": (
        gettext_lazy("this week"),
        gettext_lazy("last week"),
        gettext_lazy("next week"),
        pgettext_lazy("unit", "weeks"),
    ),
    "month": (
        gettext_lazy("this month"),
        gettext_lazy("last month"),
        gettext_lazy("next month"),
        pgettext_lazy("unit", "months"),
    ),
    "quarter": (
        gettext_lazy("this quarter"),
        gettext_lazy("last quarter"),
        gettext_lazy("next quarter"),
        pgettext_lazy("unit", "quarters"),
    ),
    "year": (
        gettext_lazy("this year"),
        gettext_lazy("last year"),
        gettext_lazy("next year"),
        pgettext_lazy("unit", "years"),
    ),
    "fiscal_year": (
        gettext_lazy("this fiscal year"),
        gettext_lazy("last fiscal year"),
        gettext_lazy("next fiscal year"),
        pgettext_lazy("unit", "fiscal years"),
    ),
}
_CHANGES: Final[Mapping[str, Any]] = {
    "field": gettext_lazy("A field"),
    "known": gettext_lazy("Known visitor"),
    "merge": gettext_lazy("Merge"),
    "journey": pgettext_lazy("condition", "Journey"),
    "step": gettext_lazy("Journey step"),
    "message": gettext_lazy("Message"),
    "task": gettext_lazy("Task"),
    "call": gettext_lazy("Call"),
    "conversion": gettext_lazy("Conversion"),
    "experiment": gettext_lazy("Experiment"),
}
_PROPERTIES: Final[Mapping[str, Any]] = {
    "path": pgettext_lazy("condition", "page"),
    "url": pgettext_lazy("condition", "address of the page"),
    "title": pgettext_lazy("condition", "title of the page"),
    "referrer": pgettext_lazy("condition", "came from"),
    "source": pgettext_lazy("condition", "way in"),
    "session": pgettext_lazy("condition", "visit"),
    "props.verdict": pgettext_lazy("condition", "judged"),
    "props.link_kind": pgettext_lazy("condition", "kind of link"),
    "props.mail_id": pgettext_lazy("condition", "mail"),
    "props.form_id": pgettext_lazy("condition", "form"),
    "props.form_key": pgettext_lazy("condition", "form"),
    "props.initiative_id": pgettext_lazy("condition", "initiative"),
}
_PROPERTY_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "props.verdict": {
        "human": pgettext_lazy("condition", "a person"),
        "machine": pgettext_lazy("condition", "a machine"),
    },
    "props.link_kind": {
        "content": pgettext_lazy("condition", "content"),
        "unsubscribe": pgettext_lazy("condition", "unsubscribe"),
        "preferences": pgettext_lazy("condition", "preferences"),
        "legal": pgettext_lazy("condition", "legal notice"),
    },
}
