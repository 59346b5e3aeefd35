"""The value is one of these."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS, Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="in",
    types=TEXTS | {Type.NUMBER, Type.REFERENCE},
    takes=Takes.MANY,
    words=_("%(name)s is one of %(value)s"),
    compile=lambda column, values: column.one_of(values),
)
