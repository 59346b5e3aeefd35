"""The value is none of these, or empty."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS, Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="not_in",
    types=TEXTS | {Type.NUMBER, Type.REFERENCE},
    takes=Takes.MANY,
    words=_("%(name)s is none of %(value)s"),
    negates="in",
)
