"""Longer ago, in the future, or empty."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import DAYS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="not_within_last_days",
    types=DAYS,
    takes=Takes.DAYS,
    words=_("%(name)s was not in the last %(value)s days"),
    negates="within_last_days",
    moves_with_time=True,
)
