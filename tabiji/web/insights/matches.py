"""What counts as a step or a conversion, as a sentence: from the words of `purpose.matching`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.pages.public import forms
from tabiji.purpose.public import conversions, matching
from tabiji.sales.public import policy
from tabiji.sales.public import words as sales_words
from tabiji.web.components import event_names
from tabiji.workspaces.public import definitions

EVENTS: Final[Mapping[str, Any]] = {
    "page_viewed": gettext_lazy("Viewed a page"),
    "identified": gettext_lazy("Told us who it is"),
    "form_viewed": gettext_lazy("Looked at the form"),
    "form_started": gettext_lazy("Began the form"),
    "form_submitted": gettext_lazy("Sent the form"),
    "mail_opened": gettext_lazy("Opened a mail (for reference)"),
    "mail_clicked": gettext_lazy("Clicked in a mail"),
    "click_judged": gettext_lazy("Clicked in a mail, judged human or machine"),
    "mail_bounced": gettext_lazy("A mail bounced"),
    "mail_replied": gettext_lazy("Answered a mail"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
}
_THINGS: Final[Mapping[str, Any]] = {
    "appointment": pgettext_lazy("fact", "Appointment"),
    "audience": pgettext_lazy("fact", "Audience"),
    "call": pgettext_lazy("fact", "Call"),
    "consent": pgettext_lazy("fact", "Consent"),
    "conversion": pgettext_lazy("fact", "Conversion"),
    "deal": pgettext_lazy("fact", "Deal"),
    "experiment": pgettext_lazy("fact", "A/B test"),
    "field": pgettext_lazy("fact", "Field"),
    "hand_over": pgettext_lazy("fact", "Hand-over"),
    "journey": pgettext_lazy("fact", "Journey"),
    "list": pgettext_lazy("fact", "Static list"),
    "message": pgettext_lazy("fact", "Mail"),
    "score": pgettext_lazy("fact", "Score"),
    "stage": pgettext_lazy("fact", "Stage"),
    "step": pgettext_lazy("fact", "Step of a journey"),
    "task": pgettext_lazy("fact", "Task"),
}
_VALUES: Final[Mapping[tuple[str, str], Any]] = {
    **{("appointment", str(key)): word for key, word in sales_words.APPOINTMENT_STATES.items()},
    **{("call", str(key)): word for key, word in sales_words.CALL_RESULTS.items()},
    **{("hand_over", str(key)): word for key, word in sales_words.HAND_OVER_STATES.items()},
    ("deal", "won"): pgettext_lazy("deal", "Won"),
    ("deal", "lost"): pgettext_lazy("deal", "Lost"),
    ("consent", "granted"): pgettext_lazy("consent", "Agreed"),
    ("consent", "withdrawn"): pgettext_lazy("consent", "Unsubscribed"),
    ("journey", "active"): pgettext_lazy("journey", "entered"),
    ("journey", "goal"): pgettext_lazy("journey", "goal reached"),
    ("message", "sent"): pgettext_lazy("mail", "sent"),
    ("message", "bounced"): pgettext_lazy("mail", "bounced"),
    ("task", "done"): pgettext_lazy("task", "done"),
}


def sentence(data: Mapping[str, Any]) -> str:
    """What fits this description. Raises matching.BadMatch."""
    parsed = matching.parse(data)
    return _(", or ").join(_one(one) for one in matching.alternatives(parsed))


def _one(match: matching.EventMatch | matching.ChangeMatch) -> str:
    return _event(match) if isinstance(match, matching.EventMatch) else _change(match)


def _event(match: matching.EventMatch) -> str:
    named = _form_names(match) if match.names[0].startswith("form_") else []
    if match.names == ("page_viewed",) and match.paths:
        said = _("Viewed %(pages)s") % {"pages": _pages(match.paths)}
    elif named:
        said = _("%(event)s “%(name)s”") % {
            "event": EVENTS.get(match.names[0], match.names[0]),
            "name": _or(named),
        }
    else:
        said = _or([_event_name(name) for name in match.names])
        if match.paths:
            said = _("%(what)s on %(pages)s") % {"what": said, "pages": _pages(match.paths)}
    if match.line:
        said = _with_line(said, match.line)
    left = [test for test in match.where if not (named and _names_form(test))]
    return _with_tests(said, left)


def _pages(paths: Sequence[str]) -> str:
    """Paths such as `*/pricing/*` in words: those of one shape together."""
    shapes: dict[tuple[bool, bool], list[str]] = {}
    for path in paths:
        known = path.strip("*").replace("*", "…")
        shapes.setdefault((path.startswith("*"), path.endswith("*")), []).append(known)
    return _or([str(_PAGES[shape]) % {"parts": _or(parts)} for shape, parts in shapes.items()])


def _change(match: matching.ChangeMatch) -> str:
    if match.change == "conversion":
        named = {one.key: one.name for one in conversions.list_all()}
        said = _("Conversion “%(name)s”") % {"name": _or([named.get(key, key) for key in match.refs])}
    else:
        words = [str(_VALUES[match.change, new]) for new in match.new if (match.change, new) in _VALUES]
        if match.change == "deal":
            words += [
                policy.current().phase_label(new) for new in match.new if new not in ("won", "lost", "")
            ]
        thing = str(_THINGS[match.change])
        said = _("%(thing)s: %(values)s") % {"thing": thing, "values": _or(words)} if words else thing
    return _with_tests(_with_line(said, match.line) if match.line else said, match.where)


def _event_name(name: str) -> str:
    known = EVENTS.get(name)
    return str(known) if known else _("“%(name)s”") % {"name": event_names.said(name)}


def _form_names(match: matching.EventMatch) -> list[str]:
    said = [test for test in match.where if _names_form(test)]
    wanted = [
        int(value)
        for test in said
        if test.property == "form_id"
        for value in test.values
        if value.isdecimal() and len(value) < 19
    ]
    found = definitions.get_many(wanted)
    names = [found[number].name for number in wanted if number in found]
    keys = [value for test in said if test.property == "form_key" for value in test.values]
    if keys:
        of_key = forms.names()
        names += [of_key.get(key, key) for key in keys]
    return names


def _names_form(test: matching.Test) -> bool:
    return test.operator == "is" and test.property in ("form_id", "form_key")


def _with_line(said: str, line: str) -> str:
    return _("%(what)s (%(more)s)") % {"what": said, "more": policy.current().line_label(line)}


def _with_tests(said: str, tests: Sequence[matching.Test]) -> str:
    if not tests:
        return said
    more = _(", ").join(_test(one) for one in tests)
    return _("%(what)s (%(more)s)") % {"what": said, "more": more}


def _test(test: matching.Test) -> str:
    values = {"name": test.property.replace("_", " "), "values": _or(test.values), "number": test.number}
    return str(_OPERATORS[test.operator]) % values


def _or(words: Sequence[str]) -> str:
    return pgettext_lazy("list", " or ").join(words) if words else ""


_PAGES: Final[Mapping[tuple[bool, bool], Any]] = {
    (False, False): gettext_lazy("the page %(parts)s"),
    (False, True): gettext_lazy("a page whose path begins with %(parts)s"),
    (True, False): gettext_lazy("a page whose path ends with %(parts)s"),
    (True, True): gettext_lazy("a page whose path contains %(parts)s"),
}
"""By whether the path is open at its beginning and at its end."""
_OPERATORS: Final[Mapping[str, Any]] = {
    "is": gettext_lazy("%(name)s is %(values)s"),
    "is_not": gettext_lazy("%(name)s is not %(values)s"),
    "contains": gettext_lazy("%(name)s contains %(values)s"),
    "starts_with": gettext_lazy("%(name)s begins with %(values)s"),
    "at_least": gettext_lazy("%(name)s at least %(number)g"),
    "at_most": gettext_lazy("%(name)s at most %(number)g"),
    "is_set": gettext_lazy("%(name)s is stated"),
}
