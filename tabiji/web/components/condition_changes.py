"""Lines about what became different: a field, a stage, a list, a deal …"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from tabiji.audiences.public import conditions, sources
from tabiji.sales.public import words
from tabiji.web.components import condition_acts as acts
from tabiji.web.components import condition_fields as fields
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components import condition_windows as windows
from tabiji.web.components.condition_gaps import Kind, Known, Option, Part, Values

_EMPTY: Final = "-"
"""How "no value" is written among texts that are divided by commas."""


@dataclass(frozen=True, slots=True)
class _Change:
    """refs: which of them can be chosen by name; is_membership: one comes in or leaves; words: of what its
    values are, by name: a source, or one of `_WORDS`.
    """

    label: Any
    refs: Callable[[Known], list[Option]] | None = None
    is_membership: bool = False
    words: str = ""


def _values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Change) or leaf.change not in CHANGES:
        return None
    change = CHANGES[leaf.change]
    when = windows.values(leaf.window, known)
    if when is None or (leaf.ref is not None and change.refs is None):
        return None
    said = {"change": leaf.change, "ref": _ANY if leaf.ref is None else leaf.ref, "how": _how(leaf, change)}
    options = _options(change, leaf.ref or "", known)
    for name, chosen in (("old", leaf.old), ("new", leaf.new)):
        if said["how"] not in _MEMBERSHIPS:
            said |= gaps.checking(name, chosen) if options else {name: _written(chosen)}
    return said | acts.counted(leaf.count) | when


def _leaf(values: Values, known: Known) -> dict[str, Any]:
    kind, _change, ref, how = _chosen(values)
    made: dict[str, Any] = {"kind": "change", "change": kind}
    if ref != _ANY:
        made["ref"] = ref
    if how in _MEMBERSHIPS:
        made["new"] = ["1"] if how == "entered" else [""]
    for name in _NAMED[how]:
        made[name] = gaps.checked(values, name) or _read(values.get(name, ""))
        if not made[name]:
            raise conditions.BadCondition(name, _("Say what it is compared with."))
    return {**made, **acts.count_leaf(values), "window": windows.leaf(values, known)}


def _parts(values: Values, known: Known) -> list[Part]:
    kind, change, ref, how = _chosen(values)
    kinds = [(key, str(one.label)) for key, one in CHANGES.items()]
    happened = [("yes", pgettext("change", "happened")), ("no", pgettext("change", "did not happen"))]
    times = [
        ("at_least", pgettext("change", "or more often")),
        ("exactly", pgettext("change", "exactly so often")),
        ("at_most", pgettext("change", "at the most")),
    ]
    found = {
        "change": gaps.select("change", _("What changed"), kind, kinds, is_turning=True),
        "how": gaps.select("how", _("How it changed"), how, _hows(change), is_turning=True),
        **acts.often(values, happened, times),
        **windows.drawn(values, known.where),
    }
    if change.refs:
        refs = [(_ANY, pgettext("change", "any of them")), *change.refs(known)]
        found["ref"] = gaps.select("ref", _("Which one"), ref, refs, is_turning=True)
    options = _options(change, ref, known)
    for name, label in (("old", _("From what")), ("new", _("To what"))):
        found[name] = (
            gaps.checks(name, label, values, options)
            if options
            else gaps.text(name, label, values.get(name, ""), _("Several, divided by commas; - for no value"))
        )
    pattern = str(_PATTERNS[how]) + " " + str(_OFTEN if values.get("did") in acts.OFTEN else _ONCE)
    said = gaps.cut(windows.with_window(pattern, values, known.where), found)
    return [Part(said), *windows.parts(values, known)]


def _chosen(values: Values) -> tuple[str, _Change, str, str]:
    """(kind, what is known about it, which one, how): as they are filled in, or as a new line begins."""
    kind = values.get("change", "")
    kind = kind if kind in CHANGES else "stage"
    change = CHANGES[kind]
    how = values.get("how", "")
    usual = "entered" if change.is_membership else "any"
    ref = values.get("ref") or _ANY
    return kind, change, ref if change.refs else _ANY, how if how in dict(_hows(change)) else usual


def _how(leaf: conditions.Change, change: _Change) -> str:
    if change.is_membership and not leaf.old and leaf.new in (["1"], [""]):
        return "entered" if leaf.new == ["1"] else "left"
    if leaf.old and leaf.new:
        return "both"
    return "from" if leaf.old else "to" if leaf.new else "any"


def _hows(change: _Change) -> list[Option]:
    offered = [
        ("any", pgettext("change", "changed")),
        ("to", pgettext("change", "became")),
        ("from", pgettext("change", "stopped being")),
        ("both", pgettext("change", "changed from, to")),
    ]
    if not change.is_membership:
        return offered
    members = [("entered", pgettext("change", "was entered")), ("left", pgettext("change", "was left"))]
    return [*members, *offered]


def _options(change: _Change, ref: str, known: Known) -> list[Option]:
    """What the values can be, where they are chosen by name."""
    if change.is_membership:
        return [("1", pgettext("change", "in")), ("", pgettext("change", "not in"))]
    if change.words == "stage":
        found = known.stages
    elif change.words == "field":
        found = _field_choices(ref, known)
    else:
        own = _WORDS.get(change.words)
        found = [(key, str(label)) for key, label in own.items()] if own else known.words(change.words)
    return [*found, ("", pgettext("change", "no value"))] if found else []


def _field_choices(ref: str, known: Known) -> list[Option]:
    field = known.fields.get(ref)
    if field is None:
        return []
    if field.key == "owner_id":
        return known.colleagues
    return gaps.yes_or_no() if str(field.type) == "yes_no" else fields.choices(field)


def _written(chosen: list[str]) -> str:
    return gaps.COMMA.join(one or _EMPTY for one in chosen)


def _read(written: str) -> list[str]:
    return ["" if one == _EMPTY else one for one in gaps.several(written)]


_ANY: Final = "any"
_MEMBERSHIPS: Final = ("entered", "left")
_NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "any": (),
    "to": ("new",),
    "from": ("old",),
    "both": ("old", "new"),
    "entered": (),
    "left": (),
}
_WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "journey": {
        "active": gettext_lazy("in progress"),
        "goal": gettext_lazy("reached the goal"),
        "exited": gettext_lazy("left early"),
    },
    "task": {
        "open": gettext_lazy("open"),
        "done": gettext_lazy("done"),
        "dropped": gettext_lazy("dropped"),
    },
    "conversion": {"counted": gettext_lazy("counted"), "undone": gettext_lazy("undone")},
    "message": {
        "queued": gettext_lazy("waiting to be sent"),
        "sent": gettext_lazy("sent"),
        "deferred": gettext_lazy("put off"),
        "refused": gettext_lazy("not sent, for a reason"),
        "failed": gettext_lazy("failed"),
        "uncertain": gettext_lazy("delivery unknown"),
        "bounced": gettext_lazy("bounced"),
        "complained": gettext_lazy("reported as spam"),
    },
    "call": {result.value: label for result, label in words.CALL_RESULTS.items()},
    "hold": {"held": gettext_lazy("stopped")},
}
CHANGES: Final[Mapping[str, _Change]] = {
    "field": _Change(
        gettext_lazy("A field"),
        lambda known: [(key, one.label) for key, one in known.fields.items() if key not in fields.FIXED],
        words="field",
    ),
    "stage": _Change(gettext_lazy("The stage"), words="stage"),
    "score": _Change(gettext_lazy("The score")),
    "list": _Change(gettext_lazy("A static list"), lambda known: known.lists, is_membership=True),
    "audience": _Change(gettext_lazy("An audience"), lambda known: known.audiences, is_membership=True),
    "journey": _Change(gettext_lazy("A journey"), lambda known: known.journeys, words="journey"),
    "step": _Change(gettext_lazy("A step of a journey")),
    "consent": _Change(gettext_lazy("Consent"), lambda known: known.consents, words="consent"),
    "hold": _Change(gettext_lazy("Stopping to sell"), words="hold"),
    "hand_over": _Change(gettext_lazy("A hand-over"), words="hand_over"),
    "appointment": _Change(gettext_lazy("An appointment"), words="appointment"),
    "deal": _Change(gettext_lazy("A deal"), words="deal"),
    "task": _Change(gettext_lazy("A task"), words="task"),
    "call": _Change(gettext_lazy("A call"), words="call"),
    "message": _Change(gettext_lazy("A message to the person"), words="message"),
    "conversion": _Change(gettext_lazy("A conversion"), lambda known: known.conversions, words="conversion"),
    "experiment": _Change(gettext_lazy("An experiment")),
    "known": _Change(gettext_lazy("Becoming known")),
    "merge": _Change(gettext_lazy("A merge")),
}
_PATTERNS: Final[Mapping[str, Any]] = {
    "any": gettext_lazy("%(change)s %(ref)s %(how)s"),
    "to": gettext_lazy("%(change)s %(ref)s %(how)s %(new)s"),
    "from": gettext_lazy("%(change)s %(ref)s %(how)s %(old)s"),
    "both": gettext_lazy("%(change)s %(ref)s %(how)s %(old)s → %(new)s"),
    "entered": gettext_lazy("%(change)s %(ref)s %(how)s"),
    "left": gettext_lazy("%(change)s %(ref)s %(how)s"),
}
_ONCE: Final = gettext_lazy("– this %(did)s %(window)s")
_OFTEN: Final = gettext_lazy("– this happened %(times)s times %(did)s %(window)s")
for _source, _said in _WORDS.items():
    sources.words.add(_source, partial(dict, _said))
KINDS = (Kind("change", gettext_lazy("A change"), _values, _leaf, _parts),)
