"""The value is another one, or empty."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="is_not",
    types=frozenset(Type) - {Type.MEMBERSHIP},
    takes=Takes.ONE,
    words=_("%(name)s is not %(value)s"),
    negates="is",
)
