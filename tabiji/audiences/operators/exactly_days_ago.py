"""The day that is n days before today."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="exactly_days_ago",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s was exactly %(value)s days ago"),
    compile=lambda column, days: column.within(column.moment.day_ahead(-days)),
    moves_with_time=True,
)
