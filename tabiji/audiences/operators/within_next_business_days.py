"""From today to the n-th business day after it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="within_next_business_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s is in the next %(value)s business days"),
    compile=lambda column, days: column.within(
        (column.moment.today, column.moment.after_business_days(days))
    ),
    most=2_000,
    moves_with_time=True,
)
