"""Today, or one of the n days before it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="within_last_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s was in the last %(value)s days"),
    compile=lambda column, days: column.within((column.moment.days_ago(days), column.moment.days_ahead(1))),
    moves_with_time=True,
)
