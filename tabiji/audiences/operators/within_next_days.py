"""Today, or one of the n days after it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="within_next_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s is in the next %(value)s days"),
    compile=lambda column, days: column.within((column.moment.today, column.moment.days_ahead(days + 1))),
    moves_with_time=True,
)
