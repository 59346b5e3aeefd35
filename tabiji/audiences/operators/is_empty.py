"""There is no value."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="is_empty",
    types=frozenset(Type) - {Type.MEMBERSHIP},
    takes=Takes.NOTHING,
    words=_("%(name)s is empty"),
    negates="is_not_empty",
)
