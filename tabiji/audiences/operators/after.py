"""Later than this day."""

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="after",
    types=DAYS,
    takes=Takes.ONE,
    words=_("%(name)s is after %(value)s"),
    compile=lambda column, value: column.within((date.fromisoformat(value) + timedelta(days=1), None)),
)
