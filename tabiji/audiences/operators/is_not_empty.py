"""There is a value."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="is_not_empty",
    types=frozenset(Type) - {Type.MEMBERSHIP},
    takes=Takes.NOTHING,
    words=_("%(name)s is filled in"),
    compile=lambda column, _nothing: column.present(),
)
