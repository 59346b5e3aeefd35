"""The text has this part somewhere."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="contains",
    types=TEXTS,
    takes=Takes.ONE,
    words=_("%(name)s contains %(value)s"),
    compile=lambda column, value: column.contains(value),
)
