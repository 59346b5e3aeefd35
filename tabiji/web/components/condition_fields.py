"""Lines about fields of the person and of the person's company."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.audiences.public import attributes, conditions, operators
from tabiji.web.components import condition_comparing as comparing
from tabiji.web.components import condition_gaps as gaps
from tabiji.web.components.condition_comparing import Comparison
from tabiji.web.components.condition_gaps import Kind, Known, Option, Part, Values
from tabiji.web.shell import on_screen


def comparison(field: attributes.Askable | None, op: str, known: Known) -> Comparison:
    """How this operator compares the field; one that is not known any more compares as a text."""
    kind = str(field.type) if field else comparing.TEXT
    if field is not None and field.key == "owner_id":
        return Comparison(op, comparing.NUMBER, known.colleagues)
    if field is not None and field.choices and op in _AMONG_CHOICES:
        return Comparison(op, comparing.TEXT, choices(field))
    match kind:
        case "number" | "reference":
            return Comparison(op, comparing.NUMBER)
        case "yes_no":
            return Comparison(op, comparing.YES_NO, gaps.yes_or_no())
        case "date" | "moment":
            return Comparison(op, comparing.DAY)
    return Comparison(op)


def choices(field: attributes.Askable) -> list[Option]:
    """What the field may hold, in the reader's language."""
    return [(one["value"], _choice(one)) for one in field.choices]


def _values(leaf: Any, known: Known) -> dict[str, str] | None:
    if not isinstance(leaf, conditions.Attribute):
        return None
    field = known.fields.get(leaf.field)
    if leaf.op not in dict(_offered(field)):
        return None
    said = comparing.values(comparison(field, leaf.op, known), leaf.value)
    return {"field": leaf.field, "op": leaf.op, **said}


def _leaf(values: Values, known: Known) -> dict[str, Any]:
    chosen, op = _chosen(values, known)
    leaf = {"kind": "attribute", "field": chosen, "op": op}
    # An unknown field goes on as it is: reading the condition says so, with its line.
    value = comparing.operand(comparison(known.fields.get(chosen), op, known), values)
    return leaf if value is None else {**leaf, "value": value}


def _parts(values: Values, known: Known) -> list[Part]:
    chosen, op = _chosen(values, known)
    field = known.fields.get(chosen)
    compared = comparison(field, op, known)
    drawn = {
        "field": gaps.select("field", _("Which field"), chosen, _fields(known.fields), is_turning=True),
        "op": gaps.select("op", _("How it is compared"), op, _offered(field), is_turning=True),
        **comparing.pieces(compared, values),
    }
    return [Part(gaps.cut(comparing.pattern(compared), drawn))]


def _chosen(values: Values, known: Known) -> tuple[str, str]:
    """(field, operator): as they are filled in, or as a new line begins."""
    field = values.get("field") or "title"
    op = values.get("op", "")
    return field, op if op in dict(_offered(known.fields.get(field))) else "is_not_empty"


def _fields(fields: Mapping[str, attributes.Askable]) -> list[Option]:
    # A company is meant by what is known about it: its number says nothing to anybody.
    return [(key, one.label) for key, one in fields.items() if key != "company_id"]


def _offered(field: attributes.Askable | None) -> list[Option]:
    kind = str(field.type) if field else comparing.TEXT
    return comparing.labels([name for name in comparing.LABELS if _compares(name, kind)])


def _compares(name: str, kind: str) -> bool:
    return kind in {str(one) for one in operators.registry.get(name).types}


def _choice(choice: Mapping[str, str]) -> str:
    english = "" if on_screen.is_japanese() else choice.get("label_en", "")
    return english or choice.get("label", choice["value"])


_AMONG_CHOICES: Final = ("is", "is_not", "in", "not_in")
FIXED: Final = ("created_at", "last_act_at", "company_id")
"""Fields of which no change is recorded."""
KINDS = (Kind("attribute", gettext_lazy("A field"), _values, _leaf, _parts),)
