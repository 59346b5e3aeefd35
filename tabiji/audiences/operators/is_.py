"""The value is this one; of a day, any moment of it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="is",
    types=frozenset(Type) - {Type.MEMBERSHIP},
    takes=Takes.ONE,
    words=_("%(name)s is %(value)s"),
    compile=lambda column, value: column.equals(value),
)
