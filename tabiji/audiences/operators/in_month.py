"""In the calendar month so many after the present one."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="in_month",
    types=DAYS,
    takes=Takes.UNITS,
    words=_("%(name)s is in: %(value)s"),
    compile=lambda column, units: column.within(column.moment.unit("month", units)),
    moves_with_time=True,
)
