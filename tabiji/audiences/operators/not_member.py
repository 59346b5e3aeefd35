"""The person is not in it, or has left it."""

from django.utils.translation import gettext_lazy as _

from tabiji.audiences.columns import Type
from tabiji.audiences.operators import Operator, Takes

OPERATOR = Operator(
    name="not_member",
    types=frozenset({Type.MEMBERSHIP}),
    takes=Takes.NOTHING,
    words=_("is not in %(name)s"),
    negates="member",
)
