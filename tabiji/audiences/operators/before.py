"""Earlier than this day."""

from datetime import date

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="before",
    types=DAYS,
    takes=Takes.ONE,
    words=_("%(name)s is before %(value)s"),
    compile=lambda column, value: column.within((None, date.fromisoformat(value))),
)
