"""Lines about what somebody did: a click, a form, any event, one after another, and who did it most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tabiji.audiences.public import conditions
from tabiji.purpose.public import initiatives
from tabiji.web.components import condition_deeds as deeds
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components import condition_windows as windows
from tabiji.web.components.condition_gaps import Group, Kind, Known, Option, Part, Piece, Values
from tabiji.web.components.condition_windows import BEGUN, SINCE_EVENT

# -- how often, how much, which one -------------------------------------------------------------


def counted(count: conditions.Count) -> dict[str, str]:
    """What the gaps `did` and `times` hold for how often."""
    match (count.op, count.n):
        case ("at_least", 1):
            return {"did": "yes"}
        case ("exactly", 0):
            return {"did": "no"}
        case (op, n):
            return {"did": op, "times": str(n)}


def count_leaf(values: Values) -> dict[str, Any]:
    """{count}, or nothing for once or more. Raises BadCondition."""
    did = values.get("did", "yes")
    if did == "no":
        return {"count": {"op": "exactly", "n": 0}}
    return {"count": {"op": did, "n": _times(values)}} if did in OFTEN else {}


def often(
    values: Values, said: Sequence[Option], times: Sequence[Option] = (), more: Sequence[Group] = ()
) -> dict[str, Piece]:
    """The gaps `did` and `times`: whether, how often, and whatever else can be asked of this line."""
    did = values.get("did", "yes")
    groups = [("", said), (_("How often"), times or _how_often()), *more]
    found = {"did": gaps.grouped("did", _("Did or did not, how often"), did, groups)}
    if did in OFTEN or did in _NTH:
        found["times"] = gaps.number("times", _("How many times"), values.get("times", "2"))
    return found


def _how_often() -> list[Option]:
    return [
        ("at_least", pgettext("times", "or more often")),
        ("exactly", pgettext("times", "exactly so often")),
        ("at_most", pgettext("times", "at the most")),
    ]


def _did() -> list[Option]:
    return [("yes", pgettext("condition", "did")), ("no", pgettext("condition", "did not"))]


def _much() -> list[Group]:
    """How much, and which one."""
    totals = [
        ("sum", pgettext("total", "sum")),
        ("average", pgettext("total", "average")),
        ("smallest", pgettext("total", "smallest")),
        ("largest", pgettext("total", "largest")),
        ("distinct", pgettext("total", "number of different values")),
        ("days", pgettext("total", "number of days")),
    ]
    picks = [
        ("first", pgettext("pick", "first")),
        ("last", pgettext("pick", "last")),
        ("nth", pgettext("pick", "counted from the start")),
        ("nth_last", pgettext("pick", "counted from the end")),
    ]
    return [(_("How much"), totals), (_("Which one"), picks)]


# -- any event ----------------------------------------------------------------------------------


def _event_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Event):
        return None
    did, when = deeds.values(leaf, known), windows.values(leaf.window, known)
    return None if did is None or when is None else {**did, **_asked(leaf), **when}


def _asked(leaf: conditions.Event) -> dict[str, str]:
    if leaf.total is not None:
        prop = {"prop": deeds.property_said(leaf.total.prop)} if leaf.total.prop else {}
        return {"did": leaf.total.of, **prop, "sign": leaf.total.op, "amount": gaps.as_text(leaf.total.n)}
    if leaf.pick is not None:
        once, nth = ("first", "nth") if leaf.pick.start == "start" else ("last", "nth_last")
        return {"did": once} if leaf.pick.n == 1 else {"did": nth, "times": str(leaf.pick.n)}
    return counted(leaf.count)


def _event_leaf(values: Values, known: Known) -> dict[str, Any]:
    return {
        "kind": "event",
        **deeds.leaf(values, known),
        **_asked_leaf(values),
        "window": windows.leaf(values, known, without=_not_with(values)),
    }


def _asked_leaf(values: Values) -> dict[str, Any]:
    did = values.get("did", "yes")
    if did in _TOTALS:
        prop = {} if did == "days" else {"prop": deeds.written_property(values, "prop", "total.prop")}
        number = gaps.as_number(values.get("amount", ""), "total.n")
        return {"total": {"of": did, **prop, "op": values.get("sign", "at_least"), "n": number}}
    if did in _PICKS:
        n = gaps.as_whole(values.get("times", "2"), "pick.n", _why_times(), least=1) if did in _NTH else 1
        return {"pick": {"n": n, "from": "start" if did in ("first", "nth") else "end"}}
    return count_leaf(values)


def _event_parts(values: Values, known: Known) -> list[Part]:
    without = _not_with(values)
    found = {
        **deeds.drawn(values),
        **often(values, _did(), more=_much()),
        **windows.drawn(values, known.where, without=without),
    }
    did = values.get("did", "yes")
    if did in _TOTALS:
        signs = [(key, str(label)) for key, label in _SIGNS.items()]
        found["sign"] = gaps.select("sign", _("How it is compared"), values.get("sign", "at_least"), signs)
        found["amount"] = gaps.number("amount", _("Number"), values.get("amount", ""))
        found["prop"] = deeds.property_gap(values, "prop")
    pattern = deeds.with_name(str(_EVENT_PATTERNS.get(_group_of(did), _EVENT_PATTERNS[""])), values)
    said = gaps.cut(windows.with_window(pattern, values, known.where, without=without), found)
    return [
        Part(said, adds=deeds.adds(values)),
        *deeds.parts(values, known),
        *windows.parts(values, known, without=without),
    ]


def _not_with(values: Values) -> frozenset[str]:
    """The first, or the last, of all acts cannot be asked since a moment of its own."""
    return BEGUN if values.get("did") in _PICKS else frozenset()


def _group_of(did: str) -> str:
    if did in OFTEN:
        return "often"
    if did in _NTH:
        return "nth"
    if did in _PICKS:
        return "pick"
    return "days" if did == "days" else "total" if did in _TOTALS else ""


# -- clicks and forms ---------------------------------------------------------------------------


def _clicked_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not _is_counted(leaf, "click_judged"):
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
    when = windows.values(leaf.window, known)
    return None if tests or when is None else {"which": which, **counted(leaf.count), **when}


def _clicked_leaf(values: Values, known: Known) -> dict[str, Any]:
    tests = [_is("props.verdict", "human"), _is("props.link_kind", "content")]
    word, _colon, number = _which_mail(values, known).partition(":")
    if word in ("mail", "initiative"):
        tests.append(_is(f"props.{word}_id", gaps.whole_or(number, 0)))
    return _counted_leaf("click_judged", tests, values, known)


def _clicked_parts(values: Values, known: Known) -> list[Part]:
    which: list[Option] = []
    if known.where.initiative_id:
        which.append((f"initiative:{known.where.initiative_id}", _("any mail of this initiative")))
    which += [("any", _("any mail")), *known.mails]
    chosen = _which_mail(values, known)
    if chosen not in dict(which) and chosen.startswith("initiative:"):
        found = initiatives.get_many([gaps.whole_or(chosen.partition(":")[2], 0)])
        which += [(chosen, _("any mail of “%(name)s”") % {"name": one.name}) for one in found.values()]
    words = [
        ("yes", pgettext("condition", "was clicked")),
        ("no", pgettext("condition", "was not clicked")),
    ]
    usual = _("A link in %(which)s %(did)s %(window)s")
    times = _("A link in %(which)s was clicked %(times)s times %(did)s %(window)s")
    gap = gaps.select("which", _("Which mail"), chosen, which)
    return _counted_parts(values, known, gap, words, usual, times)


def _which_mail(values: Values, known: Known) -> str:
    where = known.where
    default = f"initiative:{where.initiative_id}" if where.in_journey and where.initiative_id else "any"
    return values.get("which") or default


def _form_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not _is_counted(leaf, "form_submitted") or len(leaf.where) != 1:
        return None
    (test,) = leaf.where
    when = windows.values(leaf.window, known)
    if test.prop != "props.form_id" or test.op != "is" or when is None:
        return None
    return {"which": str(test.value), **counted(leaf.count), **when}


def _form_leaf(values: Values, known: Known) -> dict[str, Any]:
    chosen = values.get("which") or next((key for key, _name in known.forms), "")
    if not gaps.whole_or(chosen, 0):
        raise conditions.BadCondition("where", _("There is no form yet."))
    return _counted_leaf("form_submitted", [_is("props.form_id", gaps.whole_or(chosen, 0))], values, known)


def _form_parts(values: Values, known: Known) -> list[Part]:
    gap = gaps.select("which", _("Which form"), values.get("which", ""), known.forms)
    usual = _("The person %(did)s send the form %(which)s %(window)s")
    times = _("The person sent the form %(which)s %(times)s times %(did)s %(window)s")
    return _counted_parts(values, known, gap, _did(), usual, times)


def _is_counted(leaf: Any, name: str) -> bool:
    """Whether it asks only how often people, not machines, did this."""
    return (
        isinstance(leaf, conditions.Event)
        and leaf.name == name
        and not leaf.machines
        and leaf.total is None
        and leaf.pick is None
    )


def _counted_leaf(name: str, tests: list[dict[str, Any]], values: Values, known: Known) -> dict[str, Any]:
    when = windows.leaf(values, known)
    return {"kind": "event", "name": name, "where": tests, **count_leaf(values), "window": when}


def _counted_parts(
    values: Values, known: Known, which: Piece, words: list[Option], usual: str, times: str
) -> list[Part]:
    found = {"which": which, **often(values, words), **windows.drawn(values, known.where)}
    pattern = times if values.get("did") in OFTEN else usual
    said = gaps.cut(windows.with_window(pattern, values, known.where), found)
    return [Part(said), *windows.parts(values, known)]


# -- one after another --------------------------------------------------------------------------


def _sequence_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Sequence):
        return None
    said = windows.values(leaf.window, known)
    for place, step in enumerate(leaf.steps):
        prefix = f"step-{place}-"
        told = [deeds.values(step, known, prefix)] + [
            deeds.values(deed, known, f"{prefix}without-{number}-")
            for number, deed in enumerate(step.without)
        ]
        if said is None or any(one is None for one in told):
            return None
        said |= windows.span_values(step.within, f"{prefix}span", f"{prefix}within")
        for one in told:
            said |= one or {}
    return said


def _sequence_leaf(values: Values, known: Known) -> dict[str, Any]:
    written = values if gaps.count_parts(values, "step") else {**values, **_NEW_STEPS}
    steps = [_step(written, known, place) for place in range(gaps.count_parts(written, "step"))]
    return {"kind": "sequence", "steps": steps, "window": windows.leaf(values, known, without={SINCE_EVENT})}


def _step(values: Values, known: Known, place: int) -> dict[str, Any]:
    prefix = f"step-{place}-"
    step = deeds.leaf(values, known, prefix)
    if place == 0:  # nothing stands before the first step
        return step
    within = windows.span(values, f"{prefix}span", f"{prefix}within")
    without = [
        deeds.leaf(values, known, f"{prefix}without-{number}-")
        for number in range(gaps.count_parts(values, f"{prefix}without"))
    ]
    return {**step, **({"within": within} if within else {}), "without": without}


def _sequence_parts(values: Values, known: Known) -> list[Part]:
    without = {SINCE_EVENT}
    pattern = windows.with_window(
        _("The person did these one after the other, %(window)s:"), values, known.where, without=without
    )
    found = [Part(gaps.cut(pattern, windows.drawn(values, known.where, without=without)))]
    steps = gaps.count_parts(values, "step")
    for place in range(steps):
        found += _step_parts(values, known, place, may_go=steps > 2)
    return [*found, Part(adds=[("step", _("And then"))] if steps < _MOST_STEPS else [], depth=1)]


def _step_parts(values: Values, known: Known, place: int, *, may_go: bool) -> list[Part]:
    prefix = f"step-{place}-"
    drawn = deeds.drawn(values, prefix)
    pattern = _("first: %(name)s")
    if place:
        within = values.get(f"{prefix}within", "")
        drawn["within"] = gaps.select(f"{prefix}within", _("How soon"), within, _soon(), is_turning=True)
        drawn["span"] = gaps.number(f"{prefix}span", _("How soon"), values.get(f"{prefix}span", "3"))
        pattern = _("then, within %(span)s %(within)s: %(name)s") if within else _("%(within)s: %(name)s")
    said = gaps.cut(deeds.with_name(pattern, values, prefix), drawn)
    more = [(f"{prefix}without", _("Without something in between"))] if place else []
    key = f"step-{place}" if may_go else ""
    found = [
        Part(said, key, [*deeds.adds(values, prefix), *more], depth=1),
        *deeds.parts(values, known, prefix, depth=2),
    ]
    for number in range(gaps.count_parts(values, f"{prefix}without") if place else 0):
        inside = f"{prefix}without-{number}-"
        never = deeds.with_name(_("without in between: %(name)s"), values, inside)
        pieces = gaps.cut(never, deeds.drawn(values, inside))
        found.append(Part(pieces, f"{prefix}without-{number}", deeds.adds(values, inside), depth=2))
        found += deeds.parts(values, known, inside, depth=3)
    return found


def _soon() -> list[Option]:
    return [
        ("", _("then, at any time")),
        ("minutes", pgettext("span", "minutes")),
        ("hours", pgettext("span", "hours")),
        ("days", pgettext("span", "days")),
    ]


# -- the most active ----------------------------------------------------------------------------


def _top_values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Top):
        return None
    did, when = deeds.values(leaf, known), windows.values(leaf.window, known)
    if did is None or when is None:
        return None
    prop = {"prop": deeds.property_said(leaf.total.prop)} if leaf.total.prop else {}
    unit, number = ("people", leaf.n) if leaf.n is not None else ("percent", leaf.percent)
    return {**did, **when, **prop, "by": leaf.total.of, "unit-of": unit, "most-of": gaps.as_text(number)}


def _top_leaf(values: Values, known: Known) -> dict[str, Any]:
    by = values.get("by", "count")
    total = {"of": by}
    if by in ("sum", "distinct"):
        total["prop"] = deeds.written_property(values, "prop", "total.prop")
    number = values.get("most-of", "10")
    most: dict[str, Any] = {"percent": gaps.as_number(number, "percent")}
    if values.get("unit-of") == "people":
        most = {"n": gaps.as_whole(number, "n", _why_times(), least=1)}
    when = windows.leaf(values, known, without=BEGUN)
    return {"kind": "top", **most, **deeds.leaf(values, known), "total": total, "window": when}


def _top_parts(values: Values, known: Known) -> list[Part]:
    by = values.get("by", "count")
    offered = [
        ("count", pgettext("total", "number of times")),
        ("sum", pgettext("total", "sum")),
        ("distinct", pgettext("total", "number of different values")),
        ("days", pgettext("total", "number of days")),
    ]
    units = [("percent", pgettext("top", "percent")), ("people", pgettext("top", "people"))]
    found = {
        **deeds.drawn(values),
        **windows.drawn(values, known.where, without=BEGUN),
        "by": gaps.select("by", _("By what they are ranked"), by, offered, is_turning=True),
        "most": gaps.number("most-of", _("How many of them"), values.get("most-of", "10")),
        "unit": gaps.select("unit-of", _("People or percent"), values.get("unit-of", "percent"), units),
    }
    pattern = _("Among the top %(most)s %(unit)s by %(by)s: %(name)s %(window)s")
    if by in ("sum", "distinct"):
        found["prop"] = deeds.property_gap(values, "prop")
        pattern = _("Among the top %(most)s %(unit)s by %(by)s of %(prop)s: %(name)s %(window)s")
    pattern = windows.with_window(deeds.with_name(pattern, values), values, known.where, without=BEGUN)
    return [Part(gaps.cut(pattern, found), adds=deeds.adds(values)), *deeds.parts(values, known)]


# -- reading ------------------------------------------------------------------------------------


def _is(prop: str, value: str | int) -> dict[str, Any]:
    return {"prop": prop, "op": "is", "value": value}


def _times(values: Values) -> int:
    return gaps.as_whole(values.get("times", "2"), "count.n", _why_times())


def _why_times() -> str:
    return _("How many times: a whole number, please.")


OFTEN: Final = ("at_least", "exactly", "at_most")
_TOTALS: Final = ("sum", "average", "smallest", "largest", "distinct", "days")
_NTH: Final = ("nth", "nth_last")
_PICKS: Final = ("first", "last", *_NTH)
_MOST_STEPS: Final = 10
_NEW_STEPS: Final = {"step-0-name": "page_viewed", "step-1-name": "form_submitted", "step-1-within": ""}
_SIGNS: Final[Mapping[str, Any]] = {
    "at_least": gettext_lazy("is at least"),
    "at_most": gettext_lazy("is at most"),
    "more_than": gettext_lazy("is above"),
    "less_than": gettext_lazy("is below"),
    "exactly": gettext_lazy("is exactly"),
}
_EVENT_PATTERNS: Final[Mapping[str, Any]] = {
    "": gettext_lazy("The person %(did)s this: %(name)s %(window)s"),
    "often": gettext_lazy("The person did this %(times)s times %(did)s: %(name)s %(window)s"),
    "total": gettext_lazy("The %(did)s of %(prop)s of this: %(name)s %(window)s %(sign)s %(amount)s"),
    "days": gettext_lazy("The %(did)s with this: %(name)s %(window)s %(sign)s %(amount)s"),
    "pick": gettext_lazy("The %(did)s time that the person did this: %(name)s, was %(window)s"),
    "nth": gettext_lazy(
        "Number %(times)s %(did)s of the times that the person did this: %(name)s, was %(window)s"
    ),
}
KINDS = (
    Kind("clicked", gettext_lazy("Click in a mail"), _clicked_values, _clicked_leaf, _clicked_parts),
    Kind("form", gettext_lazy("A form"), _form_values, _form_leaf, _form_parts),
    Kind("did", gettext_lazy("An event"), _event_values, _event_leaf, _event_parts),
    Kind(
        "sequence", gettext_lazy("One event after another"), _sequence_values, _sequence_leaf, _sequence_parts
    ),
    Kind("top", gettext_lazy("The most active"), _top_values, _top_leaf, _top_parts),
)
