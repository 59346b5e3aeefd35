"""What somebody did, in a line about acts: the event, its filters, and whether machines count.

A deed stands in the line itself, in its window or in one of its steps: `prefix` says where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from tabiji.audiences.public import conditions
from tabiji.web.components import condition_comparing as comparing
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components.condition_comparing import Comparison
from tabiji.web.components.condition_gaps import Known, Option, Part, Piece, Values

OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class _Property:
    """A property that has a word. reads: as what its values are, where they are chosen by name."""

    word: Any
    reads: str = ""


def values(deed: conditions.Deed, known: Known, prefix: str = "") -> dict[str, str] | None:
    """What the gaps hold for a deed; None where a filter cannot be said."""
    said = named(deed.name, prefix)
    for place, test in enumerate(deed.where):
        tested = _test_values(test, known, f"{prefix}test-{place}-")
        if tested is None:
            return None
        said |= tested
    return said | {f"{prefix}machines-0-on": "1"} if deed.machines else said


def leaf(values: Values, known: Known, prefix: str = "") -> dict[str, Any]:
    """{name, where, machines}. Raises BadCondition."""
    tests = range(gaps.count_parts(values, f"{prefix}test"))
    return {
        "name": name_of(values, prefix),
        "where": [_test(values, known, place, f"{prefix}test-{place}-") for place in tests],
        "machines": bool(gaps.count_parts(values, f"{prefix}machines")),
    }


def named(name: str, prefix: str = "") -> dict[str, str]:
    is_ours = name in dict(_offered())
    return {f"{prefix}name": name if is_ours else OTHER, f"{prefix}own": "" if is_ours else name}


def name_of(values: Values, prefix: str = "") -> str:
    """Raises BadCondition."""
    name = values.get(f"{prefix}name", "").strip() or _offered()[0][0]
    if name == OTHER:
        name = values.get(f"{prefix}own", "").strip()
    if not name:
        raise conditions.BadCondition("name", _("Say the name of the event."))
    return name


def drawn(values: Values, prefix: str = "") -> dict[str, Piece]:
    """The gaps `name` and, for an event that is not ours, `own`."""
    options = [*_offered(), (OTHER, _("another event, by its name"))]
    name = values.get(f"{prefix}name") or options[0][0]
    found = {"name": gaps.select(f"{prefix}name", _("Which event"), name, options, is_turning=True)}
    if name == OTHER:
        own = values.get(f"{prefix}own", "")
        found["own"] = Piece(name=f"{prefix}own", kind="event", value=own, label=_("Name of the event"))
    return found


def with_name(pattern: str, values: Values, prefix: str = "") -> str:
    """The sentence, with room for a name of one's own."""
    is_own = values.get(f"{prefix}name") == OTHER
    return pattern.replace("%(name)s", "%(name)s %(own)s") if is_own else pattern


def parts(values: Values, known: Known, prefix: str = "", *, depth: int = 1) -> list[Part]:
    """What stands under a deed: its filters, and machines where they count."""
    found = [
        Part(
            [Piece(text=_("only where")), *_test_pieces(values, known, f"{prefix}test-{place}-", prefix)],
            f"{prefix}test-{place}",
            depth=depth,
        )
        for place in range(gaps.count_parts(values, f"{prefix}test"))
    ]
    if gaps.count_parts(values, f"{prefix}machines"):
        flag = Piece(name=f"{prefix}machines-0-on", kind="hidden", value="1")
        said = Piece(text=_("what machines did counts, too"))
        found.append(Part([said, flag], f"{prefix}machines-0", depth=depth))
    return found


def adds(values: Values, prefix: str = "") -> list[Option]:
    """What can be added to a deed."""
    found = [(f"{prefix}test", _("Only where a property says"))]
    if not gaps.count_parts(values, f"{prefix}machines"):
        found.append((f"{prefix}machines", _("Count what machines did, too")))
    return found


def property_gap(values: Values, name: str, prefix: str = "") -> Piece:
    """A name of a property: a word of ours, or the name as the site sends it."""
    name_of_event = values.get(f"{prefix}name") or _offered()[0][0]
    own = values.get(f"{prefix}own", "")
    return Piece(
        name=name,
        kind="property",
        value=values.get(name, ""),
        label=_("Property"),
        options=[(str(one.word), "") for one in _PROPERTIES.values()],
        hint=_("Page, or a name you send"),
        about=own if name_of_event == OTHER else name_of_event,
        # Only properties of our own events have values with names, which are chosen and not written.
        is_turning=name_of_event not in (OTHER, "page_viewed"),
    )


def property_of(said: str) -> str:
    """The name in the condition of what was written: one of our words, or a name of the site's own."""
    for prop, known in _PROPERTIES.items():
        if said in (prop, str(known.word)):
            return prop
    return said if said.startswith("props.") else f"props.{said}"


def property_said(prop: str) -> str:
    """What is written for a property, so that `property_of` finds it again."""
    known = _PROPERTIES.get(prop)
    said = str(known.word) if known else prop.removeprefix("props.")
    return said if property_of(said) == prop else prop


def written_property(values: Values, name: str, path: str) -> str:
    """Raises BadCondition."""
    said = values.get(name, "").strip()
    if not said:
        raise conditions.BadCondition(path, _("Say which property of the event."))
    return property_of(said)


def our_events() -> list[Option]:
    """Events of our own that a person does and journeys begin with, with their words."""
    names = ("page_viewed", "form_submitted", "form_started", "mail_opened", "mail_replied", "unsubscribed")
    return [(name, gaps.say(conditions.Event(name=name))) for name in names]


def our_names() -> set[str]:
    """Names of events that are chosen, not written."""
    return {name for name, _label in _offered()}


def is_property(prop: str) -> bool:
    """Whether a condition can ask for a property of this name."""
    try:
        conditions.parse({"kind": "event", "name": "x", "where": [{"prop": prop, "op": "is_empty"}]})
    except conditions.BadCondition:
        return False
    return True


def _offered() -> list[Option]:
    more = (
        *("page_left", "form_viewed", "form_error", "form_field_left", "identified"),
        *("mail_clicked", "click_judged", "mail_bounced", "mail_complained"),
    )
    return [*our_events(), *((name, gaps.say(conditions.Event(name=name))) for name in more)]


# -- filters by a property ----------------------------------------------------------------------


def _test_values(test: conditions.PropertyTest, known: Known, place: str) -> dict[str, str] | None:
    kept = _PROPERTIES.get(test.prop)
    key = test.op if kept and kept.reads else _comparison_of(test)
    if key not in _keys(kept):
        return None
    compared = _compared(key, test.prop, known)
    return {
        f"{place}prop": property_said(test.prop),
        f"{place}op": key,
        **comparing.values(compared, test.value, f"{place}value", f"{place}other"),
    }


def _test(values: Values, known: Known, number: int, place: str) -> dict[str, Any]:
    prop = written_property(values, f"{place}prop", f"where.{number}.prop")
    key = _key(values, place, prop)
    compared = _compared(key, prop, known)
    test: dict[str, Any] = {"prop": prop, "op": compared.op}
    value = comparing.operand(compared, values, f"{place}value", f"{place}other")
    return test if value is None else {**test, "value": value}


def _test_pieces(values: Values, known: Known, place: str, prefix: str) -> list[Piece]:
    prop = property_of(values.get(f"{place}prop", "").strip())
    key = _key(values, place, prop)
    compared = _compared(key, prop, known)
    offered = [(one, _label(one)) for one in _keys(_PROPERTIES.get(prop))]
    found = {
        "field": property_gap(values, f"{place}prop", prefix),
        "op": gaps.select(f"{place}op", _("How it is compared"), key, offered, is_turning=True),
        **comparing.pieces(compared, values, f"{place}value", f"{place}other"),
    }
    return gaps.cut(comparing.pattern(compared), found)


def _key(values: Values, place: str, prop: str) -> str:
    key = values.get(f"{place}op", "is")
    return key if key in _keys(_PROPERTIES.get(prop)) else "is"


def _comparison_of(test: conditions.PropertyTest) -> str:
    """The choice that says this operator and reads a value of this type: `is:number` for 5, `is` for "5"."""
    value = test.value[0] if isinstance(test.value, list) and test.value else test.value
    if isinstance(value, bool):
        return f"{test.op}:yes_no"
    if test.op in _BY_TYPE and isinstance(value, int | float):
        return f"{test.op}:number"
    return f"{test.op}:date" if test.op == "between" else test.op


def _compared(key: str, prop: str, known: Known) -> Comparison:
    kept = _PROPERTIES.get(prop)
    op, _colon, reads = key.partition(":")
    if kept and kept.reads:
        words = _OWN_WORDS.get(prop)
        options = [(value, str(word)) for value, word in words.items()] if words else known.words(prop)
        return Comparison(op, kept.reads, options)
    if op in _NUMBERS:
        return Comparison(op, comparing.NUMBER)
    if op in _DAYS:
        return Comparison(op, comparing.DAY)
    if reads == comparing.YES_NO:
        return Comparison(op, reads, gaps.yes_or_no())
    return Comparison(op, reads or comparing.TEXT)


def _keys(kept: _Property | None) -> Sequence[str]:
    return _CHOSEN if kept and kept.reads else _TESTS


def _label(key: str) -> str:
    op, _colon, reads = key.partition(":")
    label = str(comparing.LABELS[op])
    if not reads:
        return label
    return pgettext("comparison", "%(compared)s (%(as)s)") % {"compared": label, "as": _READS[reads]}


_READS: Final[Mapping[str, Any]] = {
    "number": pgettext_lazy("comparison", "a number"),
    "yes_no": pgettext_lazy("comparison", "yes or no"),
    "date": pgettext_lazy("comparison", "days"),
}
_BY_TYPE: Final = ("is", "is_not", "in", "not_in", "between")
_NUMBERS: Final = ("gte", "lte", "gt", "lt")
_DAYS: Final = tuple(
    name
    for name in comparing.LABELS
    if name.startswith(("on_or", "before", "after", "within", "not_within", "longer", "exactly_days"))
    or name.startswith(("in_exactly", "anniversary", "in_month", "in_fiscal"))
)
_TESTS: Final = (
    *("is", "is_not", "contains", "not_contains", "starts_with", "not_starts_with", "in", "not_in"),
    *("is:number", "is_not:number", "in:number", "not_in:number", *_NUMBERS, "between:number"),
    *("is:yes_no", "is_not:yes_no", "between:date", *_DAYS, "is_empty", "is_not_empty"),
)
_CHOSEN: Final = ("is", "is_not", "in", "not_in", "is_empty", "is_not_empty")
_PROPERTIES: Final[Mapping[str, _Property]] = {
    "path": _Property(pgettext_lazy("event", "page")),
    "title": _Property(pgettext_lazy("event", "title of the page")),
    "url": _Property(pgettext_lazy("event", "address of the page")),
    "referrer": _Property(pgettext_lazy("event", "came from")),
    "source": _Property(pgettext_lazy("event", "way in")),
    "session": _Property(pgettext_lazy("event", "visit")),
    "props.form_key": _Property(pgettext_lazy("event", "form"), comparing.TEXT),
    "props.form_id": _Property(pgettext_lazy("event", "form (by number)"), comparing.NUMBER),
    "props.mail_id": _Property(pgettext_lazy("event", "mail"), comparing.NUMBER),
    "props.initiative_id": _Property(pgettext_lazy("event", "initiative"), comparing.NUMBER),
    "props.verdict": _Property(pgettext_lazy("event", "clicked by"), comparing.TEXT),
    "props.link_kind": _Property(pgettext_lazy("event", "kind of link"), comparing.TEXT),
}
_OWN_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "props.verdict": {
        "human": pgettext_lazy("event", "a person"),
        "machine": pgettext_lazy("event", "a machine"),
    },
    "props.link_kind": {
        "content": pgettext_lazy("event", "content"),
        "unsubscribe": pgettext_lazy("event", "unsubscribe"),
        "preferences": pgettext_lazy("event", "preferences"),
        "legal": pgettext_lazy("event", "legal notice"),
    },
}
