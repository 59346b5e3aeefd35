"""Its month and day come today or on one of the n days after it; see `Moment.anniversaries`."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="anniversary_within_next_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("the anniversary of %(name)s is in the next %(value)s days"),
    compile=lambda column, days: column.on_anniversary(column.moment.anniversaries(0, days)),
    moves_with_time=True,
)
