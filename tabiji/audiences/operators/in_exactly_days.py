"""The day that is n days after today."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="in_exactly_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s is in exactly %(value)s days"),
    compile=lambda column, days: column.within(column.moment.day_ahead(days)),
    moves_with_time=True,
)
