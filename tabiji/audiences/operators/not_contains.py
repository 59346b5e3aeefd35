"""The text has this part nowhere, or is empty."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="not_contains",
    types=TEXTS,
    takes=Takes.ONE,
    words=_("%(name)s does not contain %(value)s"),
    negates="contains",
)
