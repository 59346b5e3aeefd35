"""On this day or later."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="on_or_after",
    types=DAYS,
    takes=Takes.ONE,
    words=_("%(name)s is on or after %(value)s"),
    compile=lambda column, value: column.within((date.fromisoformat(value), None)),
)
