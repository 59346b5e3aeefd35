"""The form of a step, drawn from its configuration's JSON Schema, with a few widgets of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from tabiji.audiences.public import conditions
from tabiji.content.public import mails
from tabiji.core.paging import ListQuery
from tabiji.journeys.public import graph as graphs
from tabiji.journeys.public import nodes
from tabiji.people.public import fields
from tabiji.web.components import condition_rows
from tabiji.web.components.condition_rows import Line, Rows, Where

Option = tuple[str, str]


class BadSettings(ValueError):
    """What was filled in cannot be a step's settings. errors: by name of the field, in words."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


@dataclass(frozen=True, slots=True)
class Field:
    """One field. kind: text, number, time, select, check, or area; css: beside the wrapper's class."""

    name: str
    label: str
    kind: str
    value: str = ""
    options: list[Option] = field(default_factory=list)
    hint: str = ""
    unit: str = ""
    least: int | None = None
    most: int | None = None
    error: str = ""
    css: str = ""

    @property
    def shown(self) -> str:
        """The value as it reads."""
        if self.kind == "select":
            return dict(self.options).get(self.value, "")
        return f"{self.value} {self.unit}".strip()


@dataclass(frozen=True, slots=True)
class ArmForm:
    """One arm of a branch or a split. rows: its condition; weight and is_control: of a split."""

    index: int
    port: str
    label: str
    rows: Rows | None = None
    weight: str = ""
    is_control: bool = False


@dataclass(frozen=True, slots=True)
class StepForm:
    type: str
    fields: list[Field]
    arms: list[ArmForm] = field(default_factory=list)
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def can_remove_arms(self) -> bool:
        return len(self.arms) > (2 if self.type == "split" else 1)


def show(
    node: graphs.Node,
    where: Where,
    *,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[int, Line] | None = None,
) -> StepForm:
    """The form as the step stands. typed: by arm, the lines of its condition as they are being written."""
    node_type = nodes.types.get(node.type)
    schema = node_type.config.model_json_schema()
    told = errors or {}
    shown = [
        _field(node, name, _resolved(schema, spec), told)
        for name, spec in schema["properties"].items()
        if (node.type, name) not in HIDDEN and name != "arms"
    ]
    return StepForm(node.type, shown, _arms(node, where, told, typed or {}), told)


def typed(node: graphs.Node, post: Mapping[str, str], where: Where) -> dict[int, Line]:
    """By arm of a branch, the lines of its condition, finished or not, after what a button of them does."""
    does, _colon, argument = post.get("do", "").partition(":")
    acted, _slash, what = argument.partition("/")
    found = {}
    for arm in range(_MOST_ARMS if node.type == "branch" else 0):
        if f"arm-{arm}-port" in post:
            found[arm] = condition_rows.typed(post, prefix=f"arm-{arm}-")
            if acted == str(arm):
                found[arm] = condition_rows.act(found[arm], does, what, where)[0]
    return found


def read(
    node: graphs.Node, post: Mapping[str, str], where: Where, lines: Mapping[int, Line]
) -> dict[str, Any]:
    """The settings that these fields and lines say, on top of what the form does not show.

    Raises BadSettings.
    """
    node_type = nodes.types.get(node.type)
    schema = node_type.config.model_json_schema()
    config: dict[str, Any] = dict(node.config)
    errors: dict[str, str] = {}
    for name, spec in schema["properties"].items():
        if (node.type, name) in HIDDEN or name == "arms":
            continue
        try:
            config[name] = _value(_resolved(schema, spec), post.get(name, ""))
        except ValueError as error:
            errors[name] = str(error)
    if "arms" in schema["properties"]:
        config["arms"], bad = _read_arms(node.type, post, where, lines)
        errors |= bad
    errors |= {} if errors else _refused(node_type, node.id, config)
    if errors:
        raise BadSettings(errors)
    return config


def with_arm(config: dict[str, Any], type: str, where: Where) -> dict[str, Any]:
    """The settings with one more arm."""
    arms = list(config.get("arms", []))
    taken = {arm["port"] for arm in arms}
    port = next(name for name in _port_names() if name not in taken)
    added: dict[str, Any] = {"port": port, "label": _("Arm %(number)d") % {"number": len(arms) + 1}}
    if type == "branch":
        added["condition"] = condition_rows.beginning(where)
    return {**config, "arms": [*arms, added]}


def without_arm(config: dict[str, Any], index: int) -> dict[str, Any]:
    return {**config, "arms": [arm for place, arm in enumerate(config.get("arms", [])) if place != index]}


def _field(node: graphs.Node, name: str, spec: Mapping[str, Any], errors: Mapping[str, str]) -> Field:
    key = (node.type, name)
    value = node.config.get(name, spec.get("default", ""))
    text = str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
    options = _options(key, spec)
    return Field(
        name=name,
        label=str(LABELS.get(key, name)),
        kind=_kind(spec, options),
        value=text,
        options=options,
        hint=str(HINTS.get(key, "")),
        unit=str(UNITS.get(key, "")),
        least=spec.get("minimum"),
        most=spec.get("maximum"),
        error=errors.get(name, ""),
        css=f"step-{node.type.replace('_', '-')}-{name.replace('_', '-')}",
    )


def _kind(spec: Mapping[str, Any], options: list[Option]) -> str:
    if options:
        return "select"
    match spec.get("type"):
        case "integer":
            return "number"
        case "boolean":
            return "check"
    return "time" if "[0-5]" in spec.get("pattern", "") else "text"


def _options(key: tuple[str, str], spec: Mapping[str, Any]) -> list[Option]:
    if key in _CHOSEN:
        return _CHOSEN[key]()
    words = CHOICES.get(key, {})
    return [(str(one), str(words.get(one, one))) for one in spec.get("enum", ())]


def _value(spec: Mapping[str, Any], text: str) -> Any:
    match spec.get("type"):
        case "integer":
            try:
                return int(text or spec.get("default", 0))
            except ValueError:
                raise ValueError(_("“%(text)s” is not a whole number.") % {"text": text[:30]}) from None
        case "boolean":
            return text in ("true", "on", "1")
    return text.strip()


def _resolved(schema: Mapping[str, Any], spec: Mapping[str, Any]) -> Mapping[str, Any]:
    name = str(spec.get("$ref", "")).rpartition("/")[2]
    found: Mapping[str, Any] = schema.get("$defs", {}).get(name, spec) if name else spec
    return found


def _refused(node_type: Any, node_id: str, config: dict[str, Any]) -> dict[str, str]:
    """What the step's own model says against it, by field."""
    _config, problems = nodes.read_config(node_type, node_id, config)
    return {
        str(one.values["where"]).partition(".")[0]: _("This does not fit: %(why)s")
        % {"why": one.values["why"]}
        for one in problems
    }


def _arms(
    node: graphs.Node, where: Where, errors: Mapping[str, str], typed: Mapping[int, Line]
) -> list[ArmForm]:
    stated = node.config.get("arms", [])
    if not isinstance(stated, list):
        return []
    return [
        ArmForm(
            index,
            str(arm.get("port", "")),
            str(arm.get("label", "")),
            condition_rows.rows(
                typed.get(index) or condition_rows.lines_of(arm.get("condition", {}), where),
                where,
                prefix=f"arm-{index}-",
                error=errors.get(f"arm-{index}", ""),
            )
            if node.type == "branch"
            else None,
            str(arm.get("weight", 1)),
            bool(arm.get("is_control")),
        )
        for index, arm in enumerate(stated)
        if isinstance(arm, dict)
    ]


def _read_arms(
    type: str, post: Mapping[str, str], where: Where, lines: Mapping[int, Line]
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    arms: list[dict[str, Any]] = []
    errors: dict[str, str] = {}
    for index in range(_MOST_ARMS):
        prefix = f"arm-{index}-"
        port = post.get(prefix + "port", "")
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,19}", port):
            break
        arm: dict[str, Any] = {"port": port, "label": post.get(prefix + "label", "").strip()[:60]}
        if type == "branch":
            try:
                arm["condition"] = condition_rows.tree(lines[index], where)
            except conditions.BadCondition as error:
                errors[f"arm-{index}"] = error.why
        else:
            weight = post.get(prefix + "weight", "1")
            if not weight.isdecimal() or not 1 <= int(weight) <= 1_000:
                errors[f"arm-{index}"] = _("A share is a whole number from 1 to 1,000.")
                weight = "1"
            arm["weight"] = int(weight)
            arm["is_control"] = bool(post.get(prefix + "control"))
        arms.append(arm)
    return arms, errors


_MOST_ARMS: Final = 10


def _port_names() -> list[str]:
    return [*"abcdefghij", *(f"arm{number}" for number in range(1, 30))]


def _mails() -> list[Option]:
    found = mails.list_mails(ListQuery(limit=200)).rows
    return [
        ("0", _("Choose a mail")),
        *(
            (str(one.id), one.name if one.version_id else _("%(name)s (not published)") % {"name": one.name})
            for one in found
        ),
    ]


def _fields() -> list[Option]:
    return [("", _("Choose a field")), *((info.key, info.label) for info in fields.list_fields())]


HIDDEN: Final = {("send", "mail_version_id"), ("send", "kind"), ("split", "key")}
_CHOSEN: Final = {("send", "mail_id"): _mails, ("set_field", "field"): _fields}
LABELS: Final[dict[tuple[str, str], Any]] = {
    ("send", "mail_id"): gettext_lazy("Mail"),
    ("wait", "kind"): gettext_lazy("How to wait"),
    ("wait", "amount"): gettext_lazy("How long"),
    ("wait", "at"): gettext_lazy("Hour"),
    ("branch", "question"): gettext_lazy("Question on the card"),
    ("branch", "else_label"): gettext_lazy("Name of the other way"),
    ("goal", "wait_days"): gettext_lazy("Days that the goal still counts"),
    ("set_field", "field"): pgettext_lazy("step", "Field"),
    ("set_field", "value"): gettext_lazy("New value"),
    ("add_score", "points"): gettext_lazy("Points"),
    ("hand_over", "reason"): gettext_lazy("Reason for sales"),
}
HINTS: Final[dict[tuple[str, str], Any]] = {
    ("wait", "at"): gettext_lazy("In the time zone of the workspace."),
    ("wait", "kind"): gettext_lazy(
        "The day of entry is day 0; weekends, holidays and closed days do not count."
    ),
    ("branch", "question"): gettext_lazy("Empty: the condition itself is the question."),
    ("branch", "else_label"): gettext_lazy("Empty: No."),
    ("goal", "wait_days"): gettext_lazy("After the last mail; then the person leaves without the goal."),
    ("add_score", "points"): gettext_lazy("Negative takes points away."),
    ("hand_over", "reason"): gettext_lazy("Sales reads it above the packet."),
}
UNITS: Final[dict[tuple[str, str], Any]] = {
    ("goal", "wait_days"): gettext_lazy("days"),
    ("add_score", "points"): gettext_lazy("points"),
}
CHOICES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    ("wait", "kind"): {
        "business_days": pgettext_lazy("wait", "Business days"),
        "days": pgettext_lazy("wait", "Days"),
        "hours": pgettext_lazy("wait", "Hours"),
        "minutes": pgettext_lazy("wait", "Minutes"),
        "until_hour": pgettext_lazy("wait", "Until an hour of the day"),
    },
}
