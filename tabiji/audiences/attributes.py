"""Which fields of a person can be asked, and the column that each is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.binding import Binder
from tabiji.audiences.columns import Column, Spread, Type
from tabiji.audiences.moments import Moment
from tabiji.people.contracts import FieldInfo
from tabiji.people.public import fields

# Columns of the mirror (events' table `person`): identifiers come from here and from nowhere else.
_COLUMNS: Final = {
    "last_name": Type.TEXT,
    "first_name": Type.TEXT,
    "last_kana": Type.TEXT,
    "first_kana": Type.TEXT,
    "email": Type.TEXT,
    "phone": Type.TEXT,
    "company": Type.TEXT,
    "department": Type.TEXT,
    "title": Type.TEXT,
    "source": Type.TEXT,
    "owner_id": Type.REFERENCE,
    "company_id": Type.REFERENCE,
    "company_industry": Type.TEXT,
    "company_employees": Type.NUMBER,
    "created_at": Type.MOMENT,
    "last_act_at": Type.MOMENT,
}
_SPREADS: Final = {
    **dict.fromkeys(("last_name", "first_name", "last_kana", "first_kana"), Spread.FEW),
    **dict.fromkeys(("company", "company_industry", "department", "title", "source"), Spread.FEW),
    "email": Spread.FOLDED,
    "phone": Spread.FOLDED,
}
_OWN_LABELS: Final = {
    "company_id": _("Company"),
    "company_industry": _("Industry of the company"),
    "company_employees": _("Employees of the company"),
    "created_at": _("Known since"),
    "last_act_at": _("Last act"),
    "owner_id": _("Owner"),
}
_TYPES: Final = {
    "text": Type.TEXT,
    "choice": Type.WORD,
    "number": Type.NUMBER,
    "money": Type.NUMBER,
    "date": Type.DATE,
    "yes_no": Type.YES_NO,
}


@dataclass(frozen=True, slots=True)
class Askable:
    """A field that conditions may name."""

    key: str
    label: str
    type: Type
    choices: tuple[dict[str, str], ...] = ()
    is_custom: bool = False
    unit: str = ""
    is_money: bool = False


def askable() -> dict[str, Askable]:
    """By key, in the open scope: standard fields first, then the workspace's own."""
    known = {info.key: info for info in fields.list_fields()}
    standard = {key: Askable(key, _label(key, known), kind) for key, kind in _COLUMNS.items()}
    own = {
        key: Askable(key, info.label, _TYPES[info.type], info.choices, True, info.unit, info.type == "money")
        for key, info in known.items()
        if info.is_custom and key not in _COLUMNS
    }
    return standard | own


def column(field: Askable, binder: Binder, moment: Moment) -> Column:
    """The field of the person `p`."""
    if not field.is_custom:
        spread = _SPREADS.get(field.key, Spread.UNKNOWN)
        return Column(field.type, "p." + field.key, binder, moment, spread=spread)
    value = "p.fields." + binder.bind(field.key, "Identifier")
    match field.type:
        case Type.NUMBER:
            sql = "ifNull(toFloat64(" + value + ".:Int64), " + value + ".:Float64)"
            return Column(field.type, sql, binder, moment)
        case Type.YES_NO:
            return Column(field.type, value + ".:Bool", binder, moment)
        case Type.DATE:
            return Column(field.type, "left(toString(" + value + "), 10)", binder, moment)
        case _:
            texts = "ifNull(" + value + ".:String, '')"
            return Column(field.type, "toString(" + value + ")", binder, moment, texts)


def mirrored(field: Askable) -> str:
    """The column of the mirror that holds the field."""
    return "fields" if field.is_custom else field.key


def _label(key: str, known: dict[str, FieldInfo]) -> str:
    if key in _OWN_LABELS:
        return str(_OWN_LABELS[key])
    return known[key].label
