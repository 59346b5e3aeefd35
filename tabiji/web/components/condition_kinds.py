"""What one line of a condition can say: a sentence with gaps, from a leaf of the tree and back to it.

A kind says exactly what it reads, or nothing: a leaf that would come back differently is left to be
shown as a sentence (`condition_rows`), never rounded to something near it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tabiji.audiences.public import attributes, audience, conditions
from tabiji.content.contracts import Purpose
from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.pages.public import forms
from tabiji.people.public import lists
from tabiji.purpose.public import initiatives
from tabiji.scoring.public import stages
from tabiji.web.shell import on_screen
from tabiji.workspaces.public import members

Option = tuple[str, str]
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Where:
    """Where a condition is asked: on a journey of an initiative, or of everybody at once."""

    initiative_id: int = 0
    in_journey: bool = False


@dataclass(frozen=True, slots=True)
class Piece:
    """A text of the sentence, or a gap in it.

    kind: select, checks, text, number or date; is_turning: another choice needs another sentence.
    """

    text: str = ""
    name: str = ""
    kind: str = ""
    value: str = ""
    options: Sequence[Option] = ()
    label: str = ""
    is_turning: bool = False
    hint: str = ""
    chosen: frozenset[str] = frozenset()


@dataclass
class Known:
    """What the workspace has that a line may name: each looked up once for a whole condition."""

    where: Where = field(default_factory=Where)

    @cached_property
    def fields(self) -> dict[str, attributes.Askable]:
        return attributes.askable()

    @cached_property
    def stages(self) -> list[Option]:
        return [(one.key, one.label) for one in stages.distribution() if one.key]

    @cached_property
    def lists(self) -> list[Option]:
        return [(str(one.id), one.name) for one in lists.list_all()]

    @cached_property
    def audiences(self) -> list[Option]:
        return [(str(one.id), one.name) for one in audience.list_all()]

    @cached_property
    def mails(self) -> list[Option]:
        found = mails.list_mails(ListQuery({"purpose": Purpose.MARKETING.value}, limit=200)).rows
        return [(f"mail:{one.id}", one.name) for one in found]

    @cached_property
    def forms(self) -> list[Option]:
        return [(str(one.id), one.name) for one in forms.list_forms(ListQuery(limit=200)).rows]

    @cached_property
    def colleagues(self) -> list[Option]:
        return [(str(one.user_id), one.name) for one in members.list_colleagues()]


@dataclass(frozen=True, slots=True)
class Kind:
    """values: from a leaf, or None where it says something else; leaf: back, from what was filled in."""

    key: str
    label: Any
    values: Callable[[Any, Known], dict[str, str] | None]
    leaf: Callable[[Values, Known], dict[str, Any]]
    gaps: Callable[[Values, Known], dict[str, Piece]]
    pattern: Callable[[Values], str]
    has_tests: bool = False
    """Whether properties of the event can be asked, each in a line of its own."""


def values_of(kind: Kind, leaf: Any, known: Known) -> dict[str, str] | None:
    """What the gaps of this kind hold for a leaf; None unless the leaf comes back from them as it is."""
    values = kind.values(leaf, known)
    if values is None:
        return None
    try:
        back = conditions.read(kind.leaf(values, known)).root
    except conditions.BadCondition:
        return None
    return values if back == leaf else None


# -- clicks, forms and other events -------------------------------------------------------------


def _clicked_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event) or leaf.name != "click_judged" or leaf.machines:
        return None
    tests = {test.prop: test.value for test in leaf.where if test.op == "is"}
    if len(tests) != len(leaf.where) or tests.pop("props.verdict", None) != "human":
        return None
    if tests.pop("props.link_kind", None) != "content":
        return None
    which = "any"
    for prop, word in (("props.mail_id", "mail"), ("props.initiative_id", "initiative")):
        if prop in tests:
            which = f"{word}:{tests.pop(prop)}"
    return None if tests else {"which": which, **_how_often(leaf)}


def _clicked_leaf(values: Values, known: Known) -> dict[str, Any]:
    tests = [_is("props.verdict", "human"), _is("props.link_kind", "content")]
    where = known.where
    default = f"initiative:{where.initiative_id}" if where.in_journey and where.initiative_id else "any"
    word, _colon, number = values.get("which", default).partition(":")
    if word in ("mail", "initiative") and number.isdecimal():
        tests.append(_is(f"props.{word}_id", int(number)))
    return _event("click_judged", tests, values, known)


def _clicked_gaps(values: Values, known: Known) -> dict[str, Piece]:
    which: list[Option] = []
    if known.where.initiative_id:
        which.append((f"initiative:{known.where.initiative_id}", _("any mail of this initiative")))
    which += [("any", _("any mail")), *known.mails]
    chosen = values.get("which", "any")
    if chosen not in dict(which) and chosen.startswith("initiative:"):
        found = initiatives.get_many([_whole(chosen.partition(":")[2])])
        which += [(chosen, _("any mail of “%(name)s”") % {"name": one.name}) for one in found.values()]
    words = {
        "yes": pgettext("condition", "was clicked"),
        "no": pgettext("condition", "was not clicked"),
    }
    return {"which": _select(_("Which mail"), chosen, which), **_often_gaps(values, known, words)}


def _form_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event) or leaf.name != "form_submitted" or len(leaf.where) != 1:
        return None
    (test,) = leaf.where
    if test.prop != "props.form_id" or test.op != "is":
        return None
    return {"which": str(test.value), **_how_often(leaf)}


def _form_leaf(values: Values, known: Known) -> dict[str, Any]:
    chosen = values.get("which") or next((key for key, _name in known.forms), "")
    if not chosen.isdecimal():
        raise conditions.BadCondition("where", _("There is no form yet."))
    return _event("form_submitted", [_is("props.form_id", int(chosen))], values, known)


def _form_gaps(values: Values, known: Known) -> dict[str, Piece]:
    which = _select(_("Which form"), values.get("which", ""), known.forms)
    return {"which": which, **_often_gaps(values, known)}


def _event_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event) or leaf.machines:
        return None
    is_ours = leaf.name in dict(event_names())
    values = {"name": leaf.name if is_ours else OTHER, "own": "" if is_ours else leaf.name}
    for place, test in enumerate(leaf.where):
        prop = _SAID_PROPERTIES.get(test.prop)
        if test.op not in _TESTS or isinstance(test.value, list | bool) or (not prop and not _is_own(test)):
            return None
        values |= {
            f"test-{place}-prop": str(prop or test.prop.removeprefix("props.")),
            f"test-{place}-op": test.op,
            f"test-{place}-value": "" if test.value is None else str(test.value),
        }
    return values | _how_often(leaf)


def _event_leaf(values: Values, known: Known) -> dict[str, Any]:
    name = values.get("name", "").strip() or event_names()[0][0]
    if name == OTHER:
        name = values.get("own", "").strip()
        if not name:
            raise conditions.BadCondition("name", _("Say the name of the event."))
    tests = []
    for place in range(tests_in(values)):
        said = values.get(f"test-{place}-prop", "").strip()
        op = values.get(f"test-{place}-op", "is")
        if not said:
            raise conditions.BadCondition("where", _("Say which property of the event."))
        test: dict[str, Any] = {"prop": _property_of(said), "op": op}
        if op not in _WITHOUT_VALUE:
            test["value"] = _property_value(op, values.get(f"test-{place}-value", ""))
        tests.append(test)
    return _event(name[:200], tests, values, known)


def _event_gaps(values: Values, known: Known) -> dict[str, Piece]:
    options = [*event_names(), (OTHER, _("another event, by its name"))]
    name = values.get("name") or options[0][0]
    gaps = {
        "name": _select(_("Which event"), name, options, is_turning=True),
        **_often_gaps(values, known),
    }
    if name == OTHER:
        gaps["own"] = Piece(kind="text", value=values.get("own", ""), label=_("Name of the event"))
    return gaps


def tests_in(values: Values) -> int:
    """How many properties a line about an event asks."""
    return next((place for place in range(20) if f"test-{place}-op" not in values), 20)


def test_gaps(values: Values, place: int) -> list[Piece]:
    """The gaps of one of them: which property, how it is compared, with what."""
    op = values.get(f"test-{place}-op", "is")
    said = values.get(f"test-{place}-prop", "")
    words = [(key, str(_COMPARISONS[key])) for key in _TESTS]
    # What is written here is a name, of ours in words or of theirs as they send it.
    prop = Piece(
        name=f"test-{place}-prop",
        kind="property",
        value=said,
        label=_("Property"),
        options=[(str(word), "") for word in _SAID_PROPERTIES.values()],
        hint=_("Page, or a name you send"),
    )
    compared = Piece(
        name=f"test-{place}-op",
        kind="select",
        value=op,
        options=words,
        label=_("How it is compared"),
        is_turning=True,
    )
    if op in _WITHOUT_VALUE:
        return [prop, compared]
    value = Piece(
        name=f"test-{place}-value", kind="text", value=values.get(f"test-{place}-value", ""), label=_("Value")
    )
    return [prop, value, compared] if on_screen.is_japanese() else [prop, compared, value]


def event_names() -> list[Option]:
    """Events of our own that a person does, with their words."""
    names = ("page_viewed", "form_submitted", "form_started", "mail_opened", "mail_replied", "unsubscribed")
    return [(name, _say(conditions.Event(name=name))) for name in names]


def _event(name: str, tests: list[dict[str, Any]], values: Values, known: Known) -> dict[str, Any]:
    leaf: dict[str, Any] = {"kind": "event", "name": name, "where": tests}
    did = values.get("did", "yes")
    if did == "no":
        leaf["count"] = {"op": "exactly", "n": 0}
    elif did in _OFTEN:
        leaf["count"] = {"op": did, "n": _times(values.get("times", "2"))}
    leaf["window"] = _window(values, known.where)
    return leaf


def _window(values: Values, where: Where) -> dict[str, Any]:
    word, _colon, days = values.get("window", "since_entry" if where.in_journey else "ever").partition(":")
    match word:
        case "last" if days.isdecimal():
            return {"kind": "last", "n": int(days), "unit": "days"}
        case "days" | "hours":
            return {"kind": "last", "n": _span(values.get("span", "14")), "unit": word}
        case "between":
            ends = {"from": values.get("from", "").strip(), "to": values.get("to", "").strip()}
            return {"kind": "between", **{name: day for name, day in ends.items() if day}}
        case "since_entry" if where.in_journey:
            return {"kind": "since_entry"}
    return {"kind": "ever"}


def _how_often(leaf: conditions.Event) -> dict[str, str]:
    match (leaf.count.op, leaf.count.n):
        case ("at_least", 1):
            often = {"did": "yes"}
        case ("exactly", 0):
            often = {"did": "no"}
        case (op, n):
            often = {"did": op, "times": str(n)}
    window = leaf.window
    match window:
        case conditions.Last(unit="days") if window.n in _USUAL_DAYS:
            return often | {"window": f"last:{window.n}"}
        case conditions.Last():
            return often | {"window": window.unit, "span": str(window.n)}
        case conditions.Between():
            first, last = window.first, window.last
            return often | {
                "window": "between",
                "from": first.isoformat() if first else "",
                "to": last.isoformat() if last else "",
            }
    return often | {"window": window.kind}


def _often_gaps(values: Values, known: Known, words: Mapping[str, str] | None = None) -> dict[str, Piece]:
    """Did or did not, how many times, and when."""
    said = words or {"yes": pgettext("condition", "did"), "no": pgettext("condition", "did not")}
    did = values.get("did", "yes")
    options = [
        *said.items(),
        ("at_least", pgettext("times", "or more often")),
        ("exactly", pgettext("times", "exactly so often")),
        ("at_most", pgettext("times", "at the most")),
    ]
    gaps = {"did": _select(_("Did or did not, how often"), did, options, is_turning=True)}
    if did in _OFTEN:
        gaps["times"] = Piece(kind="number", value=values.get("times", "2"), label=_("How many times"))
    return gaps | _window_gaps(values, known.where)


def _window_gaps(values: Values, where: Where) -> dict[str, Piece]:
    chosen = values.get("window", "since_entry" if where.in_journey else "ever")
    options = [("since_entry", _("since entry"))] if where.in_journey else []
    options += [("ever", _("at any time"))]
    options += [
        (f"last:{count}", _("in the last %(count)d days") % {"count": count}) for count in _USUAL_DAYS
    ]
    options += [
        ("days", _("in the last days:")),
        ("hours", _("in the last hours:")),
        ("between", _("from … to …")),
    ]
    gaps = {"window": _select(_("When"), chosen, options, is_turning=True)}
    if chosen in ("days", "hours"):
        label = _("How many days") if chosen == "days" else _("How many hours")
        gaps["span"] = Piece(kind="number", value=values.get("span", "14"), label=label)
    if chosen == "between":
        gaps["from"] = Piece(kind="date", value=values.get("from", ""), label=_("First day"))
        gaps["to"] = Piece(kind="date", value=values.get("to", ""), label=_("Last day"))
    return gaps


# -- fields -------------------------------------------------------------------------------------


def _attribute_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Attribute):
        return None
    found = known.fields.get(leaf.field)
    if leaf.op not in dict(_comparisons(found)):
        return None
    values = {"field": leaf.field, "op": leaf.op}
    if not isinstance(leaf.value, list):
        return values | {"value": _as_text(leaf.value)}
    if leaf.op == "between":
        return values | {"value": str(leaf.value[0]), "other": str(leaf.value[-1])}
    if found is not None and (found.choices or found.key == "owner_id"):
        return values | {f"value-{place}": str(one) for place, one in enumerate(leaf.value)}
    return values | {"value": _COMMA.join(str(one) for one in leaf.value)}


def _attribute_leaf(values: Values, known: Known) -> dict[str, Any]:
    chosen = values.get("field") or "title"
    found = known.fields.get(chosen)
    offered = dict(_comparisons(found))
    op = values.get("op", "") if values.get("op", "") in offered else "is_not_empty"
    leaf = {"kind": "attribute", "field": chosen, "op": op}
    # An unknown field goes on as it is: reading the condition says so, with its line.
    return leaf if op in _WITHOUT_VALUE else {**leaf, "value": _operand(found, op, values)}


def _attribute_gaps(values: Values, known: Known) -> dict[str, Piece]:
    key = values.get("field") or "title"
    found = known.fields.get(key)
    offered = [
        (name, one.label)
        for name, one in known.fields.items()
        if str(one.type) != "reference" or name == "owner_id"
    ]
    op = values.get("op", "is_not_empty")
    gaps = {
        "field": _select(_("Which field"), key, offered, is_turning=True),
        "op": _select(_("How it is compared"), op, _comparisons(found), is_turning=True),
    }
    return gaps | (_value_gaps(found, op, values, known) if op not in _WITHOUT_VALUE else {})


def _value_gaps(found: attributes.Askable | None, op: str, values: Values, known: Known) -> dict[str, Piece]:
    kind, options, hint = _value_input(found, op, known)
    value = values.get("value", "")
    if op in ("in", "not_in") and options:
        chosen = frozenset(text for key, text in values.items() if key.startswith("value-"))
        return {"value": Piece(kind="checks", options=options, label=_("Values"), chosen=chosen)}
    gaps = {"value": Piece(kind=kind, value=value, options=options, label=_("Value"), hint=hint)}
    if op == "between":
        gaps["other"] = Piece(kind=kind, value=values.get("other", ""), label=_("Until"))
    return gaps


def _value_input(
    found: attributes.Askable | None, op: str, known: Known
) -> tuple[str, Sequence[Option], str]:
    """(kind of gap, options, hint)."""
    if found is not None and found.key == "owner_id":
        return "select", known.colleagues, ""
    if found is not None and found.choices:
        return "select", [(one["value"], _choice(one)) for one in found.choices], ""
    kind = str(found.type) if found else "text"
    if kind == "yes_no":
        return "select", [("true", pgettext("value", "yes")), ("false", pgettext("value", "no"))], ""
    if op in ("in", "not_in"):
        return "text", (), _("Several, divided by commas")
    if kind == "number" or op in _DAYS:
        return "number", (), ""
    return ("date" if kind in ("date", "moment") else "text"), (), ""


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _comparisons(found: attributes.Askable | None) -> list[Option]:
    kind = str(found.type) if found else "text"
    by_type = {
        "number": ("is", "gte", "lte", "gt", "lt", "between", "is_empty", "is_not_empty"),
        "yes_no": ("is", "is_empty"),
        "date": _OF_DAYS,
        "moment": _OF_DAYS,
        "word": ("is", "is_not", "in", "not_in", "is_empty", "is_not_empty"),
        "reference": ("is", "is_not", "in", "is_empty", "is_not_empty"),
    }
    offered = by_type.get(
        kind,
        (
            "is",
            "is_not",
            "contains",
            "not_contains",
            "starts_with",
            "in",
            "not_in",
            "is_empty",
            "is_not_empty",
        ),
    )
    return [(key, str(_COMPARISONS[key])) for key in offered]


def _operand(found: attributes.Askable | None, op: str, values: Values) -> Any:
    text = values.get("value", "")
    if op == "between":
        return [_typed(found, op, text), _typed(found, op, values.get("other", ""))]
    if op in ("in", "not_in"):
        checked = [one for key, one in values.items() if key.startswith("value-")]
        several = checked or [one.strip() for one in text.replace("、", ",").replace("，", ",").split(",")]
        wanted = [_typed(found, op, one) for one in several if one]
        if not wanted:
            raise conditions.BadCondition("value", _("Say what it is compared with."))
        return wanted
    return _typed(found, op, text)


def _typed(found: attributes.Askable | None, op: str, text: str) -> Any:
    if op in _DAYS:
        return _number(text or "30")
    if not text.strip():
        raise conditions.BadCondition("value", _("Say what it is compared with."))
    match str(found.type) if found else "text":
        case "number" | "reference":
            return _number(text)
        case "yes_no":
            return text.lower() != "false"
    return text.strip()


# -- score, stage, lists and audiences ----------------------------------------------------------


def _score_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Value) or leaf.of != "score" or leaf.op not in ("gte", "lt"):
        return None
    return {"op": leaf.op, "value": str(leaf.value)}


def _score_leaf(values: Values, known: Known) -> dict[str, Any]:
    op = "lt" if values.get("op") == "lt" else "gte"
    return {"kind": "value", "of": "score", "op": op, "value": _number(values.get("value", "40"))}


def _score_gaps(values: Values, known: Known) -> dict[str, Piece]:
    options = [("gte", pgettext("score", "at least")), ("lt", pgettext("score", "below"))]
    return {
        "op": _select(_("How compared"), values.get("op", "gte"), options),
        "value": Piece(kind="number", value=values.get("value", "40"), label=_("Score")),
    }


def _stage_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Value) or leaf.of != "stage" or leaf.op not in ("is", "is_not"):
        return None
    return {"op": leaf.op, "value": str(leaf.value)}


def _stage_leaf(values: Values, known: Known) -> dict[str, Any]:
    op = "is_not" if values.get("op") == "is_not" else "is"
    value = values.get("value") or next((key for key, _label in known.stages), "-")
    return {"kind": "value", "of": "stage", "op": op, "value": value}


def _stage_gaps(values: Values, known: Known) -> dict[str, Piece]:
    options = [("is", pgettext("condition", "is")), ("is_not", pgettext("condition", "is not"))]
    return {
        "op": _select(_("Is or is not"), values.get("op", "is"), options),
        "value": _select(_("Stage"), values.get("value", ""), known.stages),
    }


def _member_kind(of: str, label: Any, named: Callable[[Known], list[Option]], said: Any, which: Any) -> Kind:
    def values(leaf: Any, known: Known) -> dict[str, str] | None:
        if not isinstance(leaf, conditions.Value) or leaf.of != of or leaf.op not in ("member", "not_member"):
            return None
        return {"ref": leaf.ref or "", "op": leaf.op}

    def leaf(values: Values, known: Known) -> dict[str, Any]:
        ref = values.get("ref") or next((key for key, _name in named(known)), "0")
        op = "not_member" if values.get("op") == "not_member" else "member"
        return {"kind": "value", "of": of, "ref": ref, "op": op}

    def gaps(values: Values, known: Known) -> dict[str, Piece]:
        options = [("member", pgettext("member", "in")), ("not_member", pgettext("member", "not in"))]
        return {
            "ref": _select(str(which), values.get("ref", ""), named(known)),
            "op": _select(_("In or not in"), values.get("op", "member"), options),
        }

    return Kind(of, label, values, leaf, gaps, lambda _values: str(said))


# -- pieces of kinds ----------------------------------------------------------------------------


def _select(label: str, value: str, options: Sequence[Option], *, is_turning: bool = False) -> Piece:
    """A choice. What was chosen and is gone stays to be seen, so that nothing takes its place unseen."""
    offered = list(options)
    if value and value not in dict(offered):
        offered.append((value, _("(no longer there)")))
    return Piece(kind="select", value=value, options=offered, label=label, is_turning=is_turning)


def _is(prop: str, value: str | int) -> dict[str, Any]:
    return {"prop": prop, "op": "is", "value": value}


def _is_own(test: conditions.PropertyTest) -> bool:
    """A property that the site sends itself; ids of our own things are said by other kinds."""
    return test.prop.startswith("props.") and test.prop not in _OURS


def _property_of(said: str) -> str:
    for prop, word in _SAID_PROPERTIES.items():
        if said in (prop, str(word)):
            return prop
    return f"props.{said}"


def _property_value(op: str, text: str) -> Any:
    if not text.strip():
        raise conditions.BadCondition("value", _("Say what it is compared with."))
    return _number(text) if op in ("gte", "lt") else text.strip()


def _number(text: str) -> int | float:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        raise conditions.BadCondition(
            "value", _("“%(text)s” is not a number.") % {"text": text[:30]}
        ) from None
    return int(value) if value.is_integer() else value


def _times(text: str) -> int:
    return _within(text, 1_000_000, _("How many times: a whole number, please."), "count.n")


def _span(text: str) -> int:
    return _within(text, 36_500, _("How long: a whole number of days or hours, please."), "window.n")


def _within(text: str, most: int, why: str, path: str) -> int:
    number = _whole(text)
    if not text.strip().isdecimal() or number > most:
        raise conditions.BadCondition(path, why)
    return number


def _whole(text: str) -> int:
    text = text.strip()
    return int(text) if text.isdecimal() and len(text) < 16 else 0


def _choice(choice: Mapping[str, str]) -> str:
    english = "" if on_screen.is_japanese() else choice.get("label_en", "")
    return english or choice.get("label", choice["value"])


def _say(leaf: Any) -> str:
    return conditions.sentence(conditions.Condition(leaf), on_screen.language())


def _happened_pattern(usual: Any, counted: Any) -> Callable[[Values], str]:
    """The sentence, with room for the number and for the window's own gaps where there are some."""

    def pattern(values: Values) -> str:
        said = str(counted if values.get("did") in _OFTEN else usual)
        when = {
            "days": "%(window)s %(span)s",
            "hours": "%(window)s %(span)s",
            "between": "%(window)s %(from)s – %(to)s",
        }.get(values.get("window", ""), "%(window)s")
        name = "%(name)s %(own)s" if values.get("name") == OTHER else "%(name)s"
        return said.replace("%(window)s", when).replace("%(name)s", name)

    return pattern


def _attribute_pattern(values: Values) -> str:
    op = values.get("op", "is_not_empty")
    if op in _WITHOUT_VALUE:
        return _("%(field)s %(op)s")
    return _("%(field)s %(op)s %(value)s – %(other)s") if op == "between" else _("%(field)s %(op)s %(value)s")


OTHER: Final = "other"
_OFTEN: Final = ("at_least", "exactly", "at_most")
_USUAL_DAYS: Final = (7, 28, 90, 180)
_COMMA: Final = "、"
_WITHOUT_VALUE: Final = ("is_empty", "is_not_empty")
_DAYS: Final = ("within_last_days", "not_within_last_days", "within_next_days", "longer_ago_than_days")
_OF_DAYS: Final = (
    "on_or_after",
    "before",
    "between",
    "within_last_days",
    "not_within_last_days",
    "is_empty",
    "is_not_empty",
)
_TESTS: Final = ("is", "is_not", "contains", "not_contains", "starts_with", "gte", "lt", *_WITHOUT_VALUE)
_SAID_PROPERTIES: Final[dict[str, Any]] = {
    "path": pgettext_lazy("event", "page"),
    "title": pgettext_lazy("event", "title of the page"),
    "url": pgettext_lazy("event", "address of the page"),
    "referrer": pgettext_lazy("event", "came from"),
}
_OURS: Final = frozenset(
    f"props.{name}"
    for name in ("verdict", "link_kind", "mail_id", "form_id", "form_key", "initiative_id", "journey_id")
)
_COMPARISONS: Final[dict[str, Any]] = {
    "is": gettext_lazy("is exactly"),
    "is_not": gettext_lazy("is anything but"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts_with": gettext_lazy("begins with"),
    "gte": gettext_lazy("is at least"),
    "lte": gettext_lazy("is at most"),
    "gt": gettext_lazy("is above"),
    "lt": gettext_lazy("is below"),
    "between": gettext_lazy("is between"),
    "on_or_after": gettext_lazy("is on or after"),
    "before": gettext_lazy("is before"),
    "within_last_days": gettext_lazy("is within the last days"),
    "not_within_last_days": gettext_lazy("is longer ago than days"),
    "is_empty": pgettext_lazy("comparison", "is empty"),
    "is_not_empty": pgettext_lazy("comparison", "is not empty"),
}
KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        Kind(
            "clicked",
            gettext_lazy("Click in a mail"),
            _clicked_values,
            _clicked_leaf,
            _clicked_gaps,
            _happened_pattern(
                gettext_lazy("A link in %(which)s %(did)s %(window)s"),
                gettext_lazy("A link in %(which)s was clicked %(times)s times %(did)s %(window)s"),
            ),
        ),
        Kind(
            "form",
            gettext_lazy("A form"),
            _form_values,
            _form_leaf,
            _form_gaps,
            _happened_pattern(
                gettext_lazy("The person %(did)s send the form %(which)s %(window)s"),
                gettext_lazy("The person sent the form %(which)s %(times)s times %(did)s %(window)s"),
            ),
        ),
        Kind(
            "did",
            gettext_lazy("An event"),
            _event_values,
            _event_leaf,
            _event_gaps,
            _happened_pattern(
                gettext_lazy("The person %(did)s this: %(name)s %(window)s"),
                gettext_lazy("The person did this %(times)s times %(did)s: %(name)s %(window)s"),
            ),
            has_tests=True,
        ),
        Kind(
            "attribute",
            gettext_lazy("A field"),
            _attribute_values,
            _attribute_leaf,
            _attribute_gaps,
            _attribute_pattern,
        ),
        Kind(
            "score",
            gettext_lazy("The score"),
            _score_values,
            _score_leaf,
            _score_gaps,
            lambda _values: _("The score is %(op)s %(value)s"),
        ),
        Kind(
            "stage",
            gettext_lazy("The stage"),
            _stage_values,
            _stage_leaf,
            _stage_gaps,
            lambda _values: _("The stage %(op)s %(value)s"),
        ),
        _member_kind(
            "list",
            gettext_lazy("A static list"),
            lambda known: known.lists,
            gettext_lazy("The person is %(op)s the list %(ref)s"),
            gettext_lazy("Which list"),
        ),
        _member_kind(
            "audience",
            gettext_lazy("An audience"),
            lambda known: known.audiences,
            gettext_lazy("The person is %(op)s the audience %(ref)s"),
            gettext_lazy("Which audience"),
        ),
    )
}
