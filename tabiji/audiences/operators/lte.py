"""The number is as small or smaller; an empty one is not."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="lte",
    types=frozenset({Type.NUMBER}),
    takes=Takes.ONE,
    words=_("%(name)s is at most %(value)s"),
    compile=lambda column, value: column.compares("<=", value),
)
