"""What a score rule waits for, as a sentence and as a sentence with gaps, with the names that people know.

A trigger that no sentence with gaps can say stays as it is: shown, kept, never changed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from tabiji.core.paging import ListQuery
from tabiji.pages.public import forms
from tabiji.people.contracts import FieldInfo
from tabiji.people.public import fields, lists
from tabiji.scoring.public import rules
from tabiji.web.components.condition_rows import Piece
from tabiji.web.shell import on_screen

Option = tuple[str, str]
KINDS: Final[dict[str, Any]] = {
    "page": gettext_lazy("A page is viewed"),
    "form": gettext_lazy("A form is sent"),
    "click": gettext_lazy("A link in a mail is clicked"),
    "reply": gettext_lazy("A mail is answered"),
    "field": gettext_lazy("A field takes a value"),
    "list": gettext_lazy("Put on a static list"),
    "appointment": gettext_lazy("An appointment"),
    "deal": gettext_lazy("A deal"),
    "unsubscribed": gettext_lazy("Mails are unsubscribed from"),
    "event": gettext_lazy("Another event"),
}
_COMPARED: Final[dict[str, Any]] = {
    "contains": pgettext_lazy("score rule", "contains"),
    "is": pgettext_lazy("score rule", "is"),
    "starts_with": pgettext_lazy("score rule", "begins with"),
}
_NUMBERS: Final[dict[str, Any]] = {
    "gte": pgettext_lazy("score rule", "is at least"),
    "lte": pgettext_lazy("score rule", "is at most"),
    "is": pgettext_lazy("score rule", "is"),
}
_CHOSEN: Final[dict[str, Any]] = {
    "in": pgettext_lazy("score rule", "is one of"),
    "not_in": pgettext_lazy("score rule", "is none of"),
}
_KNOWN: Final[dict[str, Any]] = {"is_set": pgettext_lazy("score rule", "is known")}
_APPOINTMENTS: Final[dict[str, Any]] = {
    "booked": pgettext_lazy("appointment", "is booked"),
    "visited": pgettext_lazy("appointment", "has taken place"),
    "no_show": pgettext_lazy("appointment", "was missed"),
    "cancelled": pgettext_lazy("appointment", "is cancelled"),
}
_DEALS: Final[dict[str, Any]] = {
    "won": pgettext_lazy("deal", "is won"),
    "lost": pgettext_lazy("deal", "is lost"),
}
_PLAIN_EVENTS: Final = {"reply": "mail_replied", "unsubscribed": "unsubscribed"}
_HUMAN: Final[list[dict[str, Any]]] = [
    {"prop": "props.verdict", "op": "is", "value": "human"},
    {"prop": "props.link_kind", "op": "is", "value": "content"},
]
_NOT_SCORED: Final = frozenset({"owner_id"})


class BadTrigger(ValueError):
    """Something that was left out or cannot be; the text says what, for people."""


@dataclass(frozen=True, slots=True)
class Reading:
    """kind: one of KINDS, '' where no sentence with gaps can say it. values: its gaps."""

    kind: str
    values: Mapping[str, Any]


class Words:
    """Sentences of triggers; names are read once for a screen."""

    def sentence(self, trigger: Mapping[str, Any]) -> str:
        """The trigger as it reads. One that has no sentence here is said by its own room."""
        reading = read(trigger)
        if not reading.kind:
            document = {"key": "x", "label": "x", "points": 1, "trigger": dict(trigger)}
            said = rules.sentence(rules.Rule.model_validate(document))
            return said.rpartition(": ")[0] or said.partition(":")[0]
        parts = []
        for piece in self.pieces(reading, ""):
            chosen = dict(piece.options)
            if piece.kind == "checks":
                parts.append(_(", ").join(label for value, label in piece.options if value in piece.chosen))
            else:
                parts.append(piece.text or chosen.get(piece.value, piece.value))
        return ("" if on_screen.is_japanese() else " ").join(part for part in parts if part)

    def often(self, rule: Mapping[str, Any]) -> str:
        cap = rule.get("cap", "once")
        key = f"per:{rule.get('per', '')}" if cap == "per" else str(cap)
        return str(OFTEN.get(key, OFTEN["once"]))

    def pieces(self, reading: Reading, name: str) -> list[Piece]:
        """The sentence of this kind, its gaps filled."""
        values = reading.values
        match reading.kind:
            case "page":
                gaps = {
                    "op": _select(name, "op", values, _COMPARED, _("How it is compared")),
                    "value": _text(name, "value", values, _("Path"), "/pricing/"),
                }
                return _sentence(_("Views a page whose path %(op)s %(value)s"), gaps)
            case "form":
                offered = [("", _("any form")), *self._forms]
                return _sentence(
                    _("Sends %(form)s"), {"form": _choose(name, "form", values, offered, _("Form"))}
                )
            case "field":
                return self._field_pieces(values, name)
            case "list":
                offered = [("", _("any static list")), *self._lists]
                return _sentence(
                    _("Is put on %(ref)s"), {"ref": _choose(name, "ref", values, offered, _("Which list"))}
                )
            case "appointment":
                gap = _select(name, "to", values, _APPOINTMENTS, _("What happens"))
                return _sentence(_("An appointment %(to)s"), {"to": gap})
            case "deal":
                gap = _select(name, "to", values, _DEALS, _("What happens"))
                return _sentence(_("A deal %(to)s"), {"to": gap})
            case "event":
                gap = _text(name, "name", values, _("Name of the event"), "signed_up")
                return _sentence(_("Does this: %(name)s"), {"name": gap})
            case "click":
                return [Piece(text=_("A person, not a machine, clicks a content link in a mail"))]
            case "reply":
                return [Piece(text=_("Answers a mail"))]
        return [Piece(text=_("Unsubscribes from mails"))]

    def _field_pieces(self, values: Mapping[str, Any], name: str) -> list[Piece]:
        field = self.field(str(values.get("field", "")))
        compared = _compared(field)
        op = values.get("op") if values.get("op") in compared else next(iter(compared))
        offered = [(one.key, one.label) for one in self.fields]
        gaps = {
            "field": replace(
                _choose(name, "field", {"field": field.key}, offered, _("Which field")), is_turning=True
            ),
            "op": replace(
                _select(name, "op", {"op": op}, compared, _("How it is compared")), is_turning=True
            ),
        }
        if op in _CHOSEN:
            options = [(one["value"], _choice(one)) for one in field.choices]
            chosen = frozenset(str(one) for one in values.get("chosen", ()))
            gaps["value"] = Piece("", name + "chosen", "checks", "", options, _("Values"), chosen=chosen)
        elif op != "is_set":
            kind = "number" if field.type in ("number", "money") else "text"
            gaps["value"] = replace(_text(name, "value", values, _("Value"), ""), kind=kind)
        else:
            return _sentence(pgettext("score rule", "%(field)s %(op)s"), gaps)
        return _sentence(pgettext("score rule", "%(field)s %(op)s %(value)s"), gaps)

    def field(self, key: str) -> FieldInfo:
        return next((one for one in self.fields if one.key == key), self.fields[0])

    @cached_property
    def fields(self) -> Sequence[FieldInfo]:
        found = [one for one in fields.list_fields() if one.key not in _NOT_SCORED]
        return sorted(found, key=lambda one: not one.is_custom)

    @cached_property
    def _forms(self) -> list[Option]:
        return [(one.key, one.name) for one in forms.list_forms(ListQuery(limit=200)).rows]

    @cached_property
    def _lists(self) -> list[Option]:
        return [(str(one.id), one.name) for one in lists.list_all()]


OFTEN: Final[dict[str, Any]] = {
    "once": pgettext_lazy("score rule", "once for each person"),
    "daily": pgettext_lazy("score rule", "at most once a day"),
    "per:props.mail_id": pgettext_lazy("score rule", "once a mail"),
    "per:path": pgettext_lazy("score rule", "once a page"),
    "always": pgettext_lazy("score rule", "each time"),
}


def often_of(kind: str) -> list[Option]:
    """How often a trigger of this kind may give points."""
    per = {"click": ("per:props.mail_id",), "reply": ("per:props.mail_id",), "page": ("per:path",)}
    return [(key, str(OFTEN[key])) for key in ("once", "daily", *per.get(kind, ()), "always")]


def read(trigger: Mapping[str, Any]) -> Reading:
    """A stored trigger as a kind with gaps, exactly or not at all."""
    where = list(trigger.get("where", ()))
    match trigger.get("kind"), trigger.get("name"):
        case "event", "page_viewed" if len(where) == 1 and _is_about(where[0], "path", _COMPARED):
            return Reading("page", {"op": where[0]["op"], "value": where[0]["value"]})
        case "event", "form_submitted" if not where:
            return Reading("form", {"form": ""})
        case "event", "form_submitted" if len(where) == 1 and _is_about(where[0], "props.form_key", ("is",)):
            return Reading("form", {"form": where[0]["value"]})
        case "event", "click_judged" if where == _HUMAN:
            return Reading("click", {})
        case "event", str(name) if not where:
            plain = next((kind for kind, event in _PLAIN_EVENTS.items() if event == name), "event")
            return Reading(plain, {"name": name})
        case "field", _name:
            return _read_field(trigger)
        case "change", _name:
            return _read_change(trigger)
    return Reading("", {})


def write(kind: str, post: Mapping[str, str], name: str) -> dict[str, Any]:
    """The trigger that these fields say. Raises BadTrigger."""
    values = {key.removeprefix(name): value.strip() for key, value in post.items() if key.startswith(name)}
    match kind:
        case "page":
            op = values.get("op") if values.get("op") in _COMPARED else "contains"
            filled = _filled(values, "value", _("Say which page: a part of its path."))
            return _event("page_viewed", [{"prop": "path", "op": op, "value": filled}])
        case "form":
            key = values.get("form", "")
            return _event(
                "form_submitted", [{"prop": "props.form_key", "op": "is", "value": key}] if key else []
            )
        case "click":
            return _event("click_judged", [dict(one) for one in _HUMAN])
        case "reply" | "unsubscribed":
            return _event(_PLAIN_EVENTS[kind], [])
        case "event":
            return _event(_filled(values, "name", _("Say what the event is called."))[:200], [])
        case "field":
            return _write_field(values)
        case "list":
            return {"kind": "change", "change": "list", "ref": values.get("ref", ""), "to": "1"}
        case "appointment" | "deal":
            offered = _APPOINTMENTS if kind == "appointment" else _DEALS
            to = values.get("to") if values.get("to") in offered else next(iter(offered))
            return {"kind": "change", "change": kind, "to": to}
    raise BadTrigger(_("Choose what gives the points."))


def typed(kind: str, post: Mapping[str, str], name: str) -> Reading:
    """What a form holds, finished or not."""
    values: dict[str, Any] = {
        key.removeprefix(name): value for key, value in post.items() if key.startswith(name)
    }
    values["chosen"] = [value for key, value in values.items() if key.startswith("chosen-")]
    return Reading(kind, values)


def _write_field(values: Mapping[str, str]) -> dict[str, Any]:
    field = Words().field(values.get("field", ""))
    compared = _compared(field)
    op = values.get("op") if values.get("op") in compared else next(iter(compared))
    trigger: dict[str, Any] = {"kind": "field", "field": field.key, "op": op}
    if op == "is_set":
        return trigger
    if op in _CHOSEN:
        known = {one["value"] for one in field.choices}
        chosen = [value for key, value in values.items() if key.startswith("chosen-") and value in known]
        if not chosen:
            raise BadTrigger(_("Tick at least one value."))
        return {**trigger, "value": chosen}
    text = _filled(values, "value", _("Say what it is compared with."))
    return {**trigger, "value": _number(text) if field.type in ("number", "money") else text}


def _read_field(trigger: Mapping[str, Any]) -> Reading:
    field = next((one for one in fields.list_fields() if one.key == trigger["field"]), None)
    op, value = str(trigger["op"]), trigger.get("value")
    if field is None or op not in _compared(field):
        return Reading("", {})
    chosen = value if isinstance(value, list) else []
    return Reading(
        "field",
        {"field": field.key, "op": op, "value": "" if chosen or value is None else value, "chosen": chosen},
    )


def _read_change(trigger: Mapping[str, Any]) -> Reading:
    change, ref, to = trigger["change"], trigger.get("ref", ""), trigger["to"]
    if change == "list" and to == "1":
        return Reading("list", {"ref": ref})
    offered = {"appointment": _APPOINTMENTS, "deal": _DEALS}.get(change, {})
    return Reading(change if to in offered and not ref else "", {"to": to})


def _compared(field: FieldInfo) -> Mapping[str, Any]:
    match field.type:
        case "choice":
            return _CHOSEN | _KNOWN
        case "number" | "money":
            return _NUMBERS | _KNOWN
        case "text":
            return _COMPARED | _KNOWN
        case _:
            return _KNOWN


def _is_about(test: Mapping[str, Any], prop: str, ops: Mapping[str, Any] | Sequence[str]) -> bool:
    return test.get("prop") == prop and test.get("op") in ops and isinstance(test.get("value"), str)


def _event(name: str, where: list[dict[str, Any]]) -> dict[str, Any]:
    return {"kind": "event", "name": name, "where": where}


def _filled(values: Mapping[str, str], key: str, why: str) -> str:
    if not values.get(key):
        raise BadTrigger(why)
    return values[key][:500]


def _number(text: str) -> int | float:
    try:
        number = float(text.replace(",", ""))
    except ValueError:
        raise BadTrigger(_("“%(text)s” is not a number.") % {"text": text[:30]}) from None
    if number != number or abs(number) > 1e15:
        raise BadTrigger(_("“%(text)s” is not a number.") % {"text": text[:30]})
    return int(number) if number.is_integer() else number


def _choice(choice: Mapping[str, str]) -> str:
    english = "" if on_screen.is_japanese() else choice.get("label_en", "")
    return english or choice.get("label", choice["value"])


def _select(name: str, key: str, values: Mapping[str, Any], offered: Mapping[str, Any], label: str) -> Piece:
    options = [(value, str(word)) for value, word in offered.items()]
    return Piece(
        name=name + key,
        kind="select",
        value=str(values.get(key, options[0][0])),
        options=options,
        label=label,
    )


def _text(name: str, key: str, values: Mapping[str, Any], label: str, hint: str) -> Piece:
    return Piece(name=name + key, kind="text", value=str(values.get(key, "")), label=label, hint=hint)


def _choose(name: str, key: str, values: Mapping[str, Any], offered: Sequence[Option], label: str) -> Piece:
    return Piece(name=name + key, kind="select", value=str(values.get(key, "")), options=offered, label=label)


def _sentence(pattern: str, gaps: Mapping[str, Piece]) -> list[Piece]:
    """The words of the pattern with the gaps where its language has them."""
    pieces = []
    for place, part in enumerate(re.split(r"%\((\w+)\)s", pattern)):
        if place % 2:
            pieces.append(gaps[part])
        elif part.strip():
            pieces.append(Piece(text=part.strip()))
    return pieces
