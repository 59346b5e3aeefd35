"""Its month and day are those of the day n days after today; see `Moment.anniversaries`."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="anniversary_in_exactly_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("the anniversary of %(name)s is in exactly %(value)s days"),
    compile=lambda column, days: column.on_anniversary(column.moment.anniversaries(days, days)),
    moves_with_time=True,
)
