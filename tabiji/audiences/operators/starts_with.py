"""The text begins with this part."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import TEXTS
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="starts_with",
    types=TEXTS,
    takes=Takes.ONE,
    words=_("%(name)s begins with %(value)s"),
    compile=lambda column, value: column.starts_with(value),
)
