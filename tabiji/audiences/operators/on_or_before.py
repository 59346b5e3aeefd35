"""On this day or earlier."""

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="on_or_before",
    types=DAYS,
    takes=Takes.ONE,
    words=_("%(name)s is on or before %(value)s"),
    compile=lambda column, value: column.within((None, date.fromisoformat(value) + timedelta(days=1))),
)
