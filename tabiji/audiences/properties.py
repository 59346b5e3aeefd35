"""Properties of events: columns of the event, and what it carried in JSON under names of its own.

Names in JSON come from outside. They are bound as identifiers, so no name can become SQL; those that
ClickHouse would read as something else than a name (a type, a sub-object) are refused.
"""

from __future__ import annotations

from typing import Any, Final

from django.utils.translation import gettext as _

from tabiji.audiences import operators
from tabiji.audiences.binding import Binder
from tabiji.audiences.columns import DAYS, Column, Type
from tabiji.audiences.moments import Moment

COLUMNS: Final = ("path", "url", "title", "referrer", "source", "session")
PREFIX: Final = "props."
_MAX_NAME: Final = 200
_DAY: Final = "^[0-9]{4}-(02-(0[1-9]|[12][0-9])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|(0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01]))"
"""With what a text begins that is read as a day. 29 February passes in every year."""
_REFUSED: Final = frozenset('`"\\')


class BadProperty(ValueError):
    """No event can have a property of this name."""


def check_name(prop: str) -> None:
    """Raises BadProperty."""
    if prop in COLUMNS:
        return
    if not prop.startswith(PREFIX):
        raise BadProperty(
            _("events have no property %(name)s: use path, url, title, referrer, source, session or props.…")
            % {"name": prop}
        )
    steps = prop.removeprefix(PREFIX).split(".")
    if len(prop) > _MAX_NAME or not all(map(_is_name, steps)):
        raise BadProperty(_("%(name)s cannot be the name of a property") % {"name": prop})


def type_of(operator: operators.Operator, value: Any) -> Type:
    """How a property is read, by what it is compared with."""
    if operator.types <= DAYS:
        return Type.DATE
    values = value if isinstance(value, list) else [value]
    if operator.types & {Type.WORD} and not all(_is_number(one) for one in values):
        return Type.YES_NO if isinstance(value, bool) else Type.WORD
    if operator.types & {Type.NUMBER} and all(_is_number(one) for one in values):
        return Type.NUMBER
    return Type.WORD if operator.types & {Type.WORD} else Type.DATE


def column(prop: str, kind: Type, binder: Binder, moment: Moment) -> Column:
    """The property of the event `e`, read as this type."""
    if prop in COLUMNS:
        return _read("e." + prop, "e." + prop, kind, binder, moment)
    value = "e.props." + binder.bind(prop.removeprefix(PREFIX), "Identifier")
    if kind is Type.NUMBER:
        number = "coalesce(toFloat64(" + value + ".:Int64), " + value + ".:Float64, "
        return Column(kind, number + _number_in(value + ".:String") + ")", binder, moment)
    if kind is Type.YES_NO:
        return Column(kind, value + ".:Bool", binder, moment)
    text = "if(startsWith(dynamicType(" + value + "), 'Array'), '', toString(" + value + "))"
    return _read(text, "ifNull(" + value + ".:String, '')", kind, binder, moment)


def _read(text: str, strings: str, kind: Type, binder: Binder, moment: Moment) -> Column:
    match kind:
        case Type.NUMBER:
            return Column(kind, _number_in(text), binder, moment)
        case Type.DATE:
            day = "if(match(" + text + ", '" + _DAY + "'), left(" + text + ", 10), '')"
            return Column(kind, day, binder, moment)
        case Type.YES_NO:
            return Column(kind, "CAST(NULL AS Nullable(Bool))", binder, moment)
        case _:
            return Column(kind, text, binder, moment, strings)


def _number_in(text: str) -> str:
    """The number that a text is from its first to its last character, else NULL."""
    return (
        "if(match("
        + text
        + ", '^-?[0-9]+([.][0-9]+)?(e[+-]?[0-9]+)?$') AND isFinite(toFloat64OrZero("
        + text
        + ")), toFloat64OrNull("
        + text
        + "), NULL)"
    )


def _is_name(step: str) -> bool:
    return (
        bool(step)
        and step.isprintable()
        and not _REFUSED.intersection(step)
        and not step.startswith((":", "^"))
        and not step.endswith("[]")
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
