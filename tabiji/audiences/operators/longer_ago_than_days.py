"""Before the n days that precede today; an empty value is not."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="longer_ago_than_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s was more than %(value)s days ago"),
    compile=lambda column, days: column.within((None, column.moment.days_ago(days))),
    moves_with_time=True,
)
