"""The number is as great or greater."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="gte",
    types=frozenset({Type.NUMBER}),
    takes=Takes.ONE,
    words=_("%(name)s is at least %(value)s"),
    compile=lambda column, value: column.compares(">=", value),
)
