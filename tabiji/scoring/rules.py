"""The document of a score model: which acts and changes give how many points, and how often.

A rule is asked of one act at a time, in memory, both for acts as they arrive and for a visitor's
earlier acts read back from ClickHouse: one meaning, one place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext, pgettext_lazy
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Scalar = str | int | float | bool
Operator = Literal["is", "is_not", "in", "not_in", "contains", "starts_with", "gte", "lte", "is_set"]

PLAIN_PROPERTIES: Final = frozenset({"path", "url", "title", "referrer", "source"})
_KEY: Final = r"^[a-z][a-z0-9_]{0,39}$"
_LISTS: Final = ("in", "not_in")


class BadRules(ValueError):
    """A document that cannot count: (where in it, what was wrong). Nothing was changed."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(f"{path}: {why}" if path else why)
        self.path = path
        self.why = why


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Filter(_Part):
    """A condition on one property of an event: path, url, title, referrer, source or `props.<name>`."""

    prop: Annotated[str, Field(pattern=r"^(path|url|title|referrer|source|props\.[\w\-]{1,80})$")]
    op: Operator
    value: Scalar | list[Scalar] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Filter:
        _check_value(self.op, self.value)
        return self


class EventTrigger(_Part):
    """An act of the person: an event of this name of which every filter holds."""

    kind: Literal["event"]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    where: Annotated[list[Filter], Field(max_length=20)] = []


class FieldTrigger(_Part):
    """A field took a value: 予算 reached a million yen."""

    kind: Literal["field"]
    field: Annotated[str, Field(min_length=1, max_length=40)]
    op: Operator
    value: Scalar | list[Scalar] | None = None

    @model_validator(mode="after")
    def _fits(self) -> FieldTrigger:
        _check_value(self.op, self.value)
        return self


class ChangeTrigger(_Part):
    """A change of another kind: put on a list, appointment visited, journey goal reached."""

    kind: Literal["change"]
    change: Literal["list", "appointment", "journey", "deal", "hand_over", "consent", "call"]
    ref: Annotated[str, Field(max_length=100)] = ""
    """Empty for any."""
    to: Annotated[str, Field(min_length=1, max_length=100)]


Trigger = Annotated[EventTrigger | FieldTrigger | ChangeTrigger, Field(discriminator="kind")]


class Rule(_Part):
    """points: -1,000 to 1,000; label: shown as the reason, `{subject}` stands for what it was about.

    cap: `once` in a person's life, `daily` (the workspace's local day of the act), `per` value of the
    event property named in `per` (`props.mail_id`: once a mail), or `always`.
    """

    key: Annotated[str, Field(pattern=_KEY)]
    label: Annotated[str, Field(min_length=1, max_length=120)]
    subject: Annotated[str, Field(max_length=60)] = ""
    """Said for `{subject}` where the act itself has no name."""
    points: Annotated[int, Field(ge=-1_000, le=1_000)]
    trigger: Trigger
    cap: Literal["once", "daily", "per", "always"] = "once"
    per: Annotated[str, Field(pattern=r"^(|path|props\.[\w\-]{1,80})$")] = ""

    @model_validator(mode="after")
    def _fits(self) -> Rule:
        if self.points == 0:
            raise ValueError(_("a rule without points says nothing: give some, or remove it"))
        if (self.cap == "per") != bool(self.per):
            raise ValueError(_("say what the points are given once for: a property of the event"))
        if self.per and self.trigger.kind != "event":
            raise ValueError(_("only events have properties to give points once for"))
        return self


class ScoreDocument(_Part):
    """threshold: points at which sales take over; fresh_days: an act that began to count longer ago
    than this (an import of history) adds points and hands nobody over."""

    version: Literal[1]
    threshold: Annotated[int, Field(ge=1, le=100_000)]
    fresh_days: Annotated[int, Field(ge=0, le=3_650)] = 7
    rules: Annotated[list[Rule], Field(min_length=1, max_length=200)]

    @model_validator(mode="after")
    def _keys_differ(self) -> ScoreDocument:
        keys = [rule.key for rule in self.rules]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(_("these rules have the same key: %(keys)s") % {"keys": ", ".join(twice)})
        return self


def parse(data: object) -> ScoreDocument:
    """The document, checked to the last key. Raises BadRules with the place in it."""
    try:
        return ScoreDocument.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise BadRules(
            ".".join(str(step) for step in first["loc"]), first["msg"].removeprefix("Value error, ")
        ) from None


def holds(op: Operator, actual: object, wanted: object) -> bool:
    """Whether a property or field value satisfies an operator. A value of another type does not."""
    match op:
        case "is_set":
            return actual not in (None, "")
        case "is":
            return _text(actual) == _text(wanted)
        case "is_not":
            return _text(actual) != _text(wanted)
        case "in" | "not_in":
            assert isinstance(wanted, list)
            return (_text(actual) in {_text(one) for one in wanted}) == (op == "in")
        case "contains":
            return _text(wanted) in _text(actual)
        case "starts_with":
            return _text(actual).startswith(_text(wanted))
        case "gte" | "lte":
            return _compare(op, actual, wanted)


def sentence(rule: Rule) -> str:
    """The rule as people read it, in the active language."""
    return str(_("%(what)s: %(points)s, %(often)s")) % {
        "what": _trigger_sentence(rule.trigger),
        "points": ngettext("%(n)+d point", "%(n)+d points", abs(rule.points)) % {"n": rule.points},
        "often": _often(rule),
    }


def _check_value(op: str, value: object) -> None:
    if op == "is_set":
        if value is not None:
            raise ValueError(_("this operator takes no value"))
    elif op in _LISTS:
        if not isinstance(value, list) or not value:
            raise ValueError(_("this operator needs a list of values"))
    elif value is None or isinstance(value, list):
        raise ValueError(_("this operator needs one value"))
    elif op in ("gte", "lte") and (isinstance(value, bool | str) or value != value):
        raise ValueError(_("this operator needs a number"))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value)


def _compare(op: str, actual: object, wanted: object) -> bool:
    if actual is None or isinstance(actual, bool | dict | list) or not isinstance(wanted, int | float):
        return False
    try:
        number = float(str(actual))
    except ValueError:
        return False
    return number >= wanted if op == "gte" else number <= wanted


def _trigger_sentence(trigger: EventTrigger | FieldTrigger | ChangeTrigger) -> str:
    match trigger:
        case EventTrigger():
            said = str(_EVENTS.get(trigger.name, trigger.name))
            parts = [_comparison(_property_name(one.prop), one.op, one.value) for one in trigger.where]
            for part in parts:
                said = str(_("%(what)s (%(condition)s)")) % {"what": said, "condition": part}
            return said
        case FieldTrigger():
            return _comparison(trigger.field, trigger.op, trigger.value)
        case ChangeTrigger():
            return str(_("%(what)s becomes %(to)s")) % {"what": _CHANGES[trigger.change], "to": trigger.to}


def _comparison(name: str, op: Operator, value: object) -> str:
    said = str(_(", ")).join(_text(one) for one in value) if isinstance(value, list) else _text(value)
    return str(_OPERATORS[op]) % {"name": name, "value": said}


def _property_name(prop: str) -> str:
    return str(_PROPERTIES[prop]) if prop in _PROPERTIES else prop.removeprefix("props.")


def _often(rule: Rule) -> str:
    match rule.cap:
        case "once":
            return str(_("once"))
        case "daily":
            return str(_("at most once a day"))
        case "per" if rule.per == "props.mail_id":
            return str(_("once a mail"))
        case "per":
            return str(_("once for each %(what)s")) % {"what": _property_name(rule.per)}
        case "always":
            return str(_("each time"))


_EVENTS: Final[Mapping[str, Any]] = {
    "page_viewed": _("Page viewed"),
    "form_submitted": _("Form submitted"),
    "click_judged": _("Link in a mail clicked by a person"),
    "mail_replied": _("Mail answered"),
    "unsubscribed": _("Unsubscribed"),
}
_CHANGES: Final[Mapping[str, Any]] = {
    "list": _("Static list"),
    "appointment": _("Appointment"),
    "journey": _("Journey"),
    "deal": _("Deal"),
    "hand_over": _("Hand-over"),
    "consent": _("Consent"),
    "call": _("Call"),
}
_PROPERTIES: Final[Mapping[str, Any]] = {
    "path": _("page"),
    "url": _("address"),
    "title": _("page title"),
    "referrer": _("came from"),
    "source": _("way in"),
    "props.verdict": _("judged"),
    "props.link_kind": _("kind of link"),
    "props.mail_id": _("mail"),
    "props.form_id": _("form"),
    "props.form_key": _("form"),
}
_OPERATORS: Final[Mapping[Operator, Any]] = {
    "is": pgettext_lazy("score rule", "%(name)s is %(value)s"),
    "is_not": pgettext_lazy("score rule", "%(name)s is not %(value)s"),
    "in": pgettext_lazy("score rule", "%(name)s is one of %(value)s"),
    "not_in": pgettext_lazy("score rule", "%(name)s is none of %(value)s"),
    "contains": pgettext_lazy("score rule", "%(name)s contains %(value)s"),
    "starts_with": pgettext_lazy("score rule", "%(name)s begins with %(value)s"),
    "gte": pgettext_lazy("score rule", "%(name)s is at least %(value)s"),
    "lte": pgettext_lazy("score rule", "%(name)s is at most %(value)s"),
    "is_set": pgettext_lazy("score rule", "%(name)s is known"),
}
