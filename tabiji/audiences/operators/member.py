"""The person is in it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="member",
    types=frozenset({Type.MEMBERSHIP}),
    takes=Takes.NOTHING,
    words=_("is in %(name)s"),
    compile=lambda column, _nothing: column.present(),
)
