"""The text begins otherwise, or is empty."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="not_starts_with",
    types=TEXTS,
    takes=Takes.ONE,
    words=_("%(name)s does not begin with %(value)s"),
    negates="starts_with",
)
