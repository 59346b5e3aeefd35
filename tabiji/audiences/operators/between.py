"""From the first to the second, both included: numbers or days."""

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.binding import both
from tabiji.audiences.columns import DAYS, Column, Type
from tabiji.audiences.operators import Operator, Takes


def _compile(column: Column, ends: list[Any]) -> str:
    low, high = ends
    if column.type is Type.NUMBER:
        return both([column.compares(">=", low), column.compares("<=", high)])
    return column.within((date.fromisoformat(low), date.fromisoformat(high) + timedelta(days=1)))


OPERATOR = Operator(
    name="between",
    types=DAYS | {Type.NUMBER},
    takes=Takes.TWO,
    words=_("%(name)s is from %(value)s to %(other)s"),
    compile=_compile,
)
