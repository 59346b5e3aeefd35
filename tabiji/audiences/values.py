"""Conditions on present values of sources: which rows of a person count, and how they compare."""

from __future__ import annotations

from tabiji.audiences import operators, sources
from tabiji.audiences.acts import compared
from tabiji.audiences.binding import Binder, both, opposite
from tabiji.audiences.columns import Column, Type
from tabiji.audiences.conditions import Value
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Scope
from tabiji.audiences.sources import Shape, Source


def type_of(source: Source, operator: operators.Operator) -> Type | None:
    """What this operator compares of the source; None where it has nothing to compare."""
    kinds = _TYPES[source.shape][:1] if source.column else _TYPES[source.shape]
    return next((kind for kind in kinds if kind in operator.types), None)


def who(leaf: Value, scope: Scope, binder: Binder, moment: Moment) -> str:
    """A condition on the person `p`: has such a value; for a negative operator, has none."""
    source = sources.registry.get(leaf.of)
    operator = operators.registry.get(leaf.op)
    kind = type_of(source, operator)
    assert kind is not None
    if source.column:
        sql = "p." + source.column if kind is not Type.NUMBER else "toFloat64(p." + source.column + ")"
        return compared(operator, Column(kind, sql, binder, moment), leaf.value)
    rows, where = scope.values(binder)
    twin = operators.positive(operator)
    assert twin.compile is not None
    column = Column(kind, "v.number" if kind is Type.NUMBER else "v.value", binder, moment)
    parts = [where, "v.kind = " + binder.bind(leaf.of, "String")]
    if leaf.ref is not None:
        parts.append("v.ref = " + binder.bind(leaf.ref, "String"))
    parts += ["v.value != ''", twin.compile(column, leaf.value)]
    condition = "p.person_id IN (SELECT v.person_id FROM " + rows + " WHERE " + both(parts) + ")"
    return condition if twin is operator else opposite(condition)


_TYPES = {
    Shape.MEMBERSHIP: (Type.MEMBERSHIP,),
    Shape.WORD: (Type.WORD, Type.NUMBER),
    Shape.NUMBER: (Type.NUMBER,),
}
