"""In the fiscal year so many after the present one."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="in_fiscal_year",
    types=DAYS,
    takes=Takes.UNITS,
    words=_("%(name)s is in: %(value)s"),
    compile=lambda column, units: column.within(column.moment.unit("fiscal_year", units)),
    moves_with_time=True,
)
