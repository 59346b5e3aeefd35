"""What each line of a condition does, for a builder: one question, whose length grows with the lines.

The leaves are columns of 0 and 1; every group adds the number of its children that hold. Without one
of its children a group holds by that number less the child's own, and so on up to the root.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tabiji.audiences import conditions
from tabiji.audiences.compiler import Compilation, Statement
from tabiji.audiences.conditions import Condition, Group, Leaf
from tabiji.audiences.moments import Moment
from tabiji.audiences.scopes import Scope


@dataclass(slots=True)
class _Line:
    """A node with the names of its columns: whether it holds, and how many of its children do."""

    path: str
    node: Group | Leaf
    parent: _Line | None
    holds: str
    sum: str = ""
    children: list[_Line] = field(default_factory=list)
    level: int = 0
    """0 for leaves; a group stands above its children."""


def compile(condition: Condition, scope: Scope, moment: Moment) -> tuple[Statement, list[str]]:
    """One row of counts: everyone, the whole condition, then for each line (the paths) two numbers:
    for how many it holds, and for how many the whole would hold without it.
    """
    making = Compilation(scope, moment)
    every = _lines(condition)
    root = every[0]
    leaves = [line for line in every if not line.children]
    inner = making.statement(
        ", ".join("(" + _leaf(making, line) + ") AS " + line.holds for line in leaves), []
    )
    sql = inner.sql
    for level in range(1, root.level + 1):
        groups = [line for line in every if line.level == level]
        sums = ", ".join(_sum(line) + " AS " + line.sum for line in groups)
        verdicts = ", ".join(
            _verdict(line, line.sum, len(line.children)) + " AS " + line.holds for line in groups
        )
        sql = "SELECT *, " + verdicts + " FROM (SELECT *, " + sums + " FROM (" + sql + "))"
    shown = [line for line in every if line.parent is not None] or [root]
    wanted = ["count()", "countIf(" + root.holds + ")"]
    for line in shown:
        wanted += ["countIf(" + line.holds + ")", "countIf(" + _without(line) + ")"]
    statement = Statement("SELECT " + ", ".join(wanted) + " FROM (" + sql + ")", inner.params, inner.tables)
    return statement, [line.path for line in shown]


def _lines(condition: Condition) -> list[_Line]:
    by_path: dict[str, _Line] = {}
    for path, node in conditions.walk(condition.root):
        name = str(len(by_path))
        parent = by_path.get(path.rpartition(".of.")[0] if ".of." in path else "") if path else None
        line = _Line(path, node, parent, "h" + name, "s" + name)
        by_path[path] = line
        if parent is not None:
            parent.children.append(line)
    for line in reversed(by_path.values()):
        line.level = 1 + max(child.level for child in line.children) if line.children else 0
    return list(by_path.values())


def _leaf(making: Compilation, line: _Line) -> str:
    assert not isinstance(line.node, Group)
    return making.leaf(line.node)


def _sum(line: _Line) -> str:
    return " + ".join("toUInt16(" + child.holds + ")" for child in line.children)


def _verdict(line: _Line, number: str, children: int) -> str:
    """Whether a group with so many children holds, by how many of them hold."""
    assert isinstance(line.node, Group)
    if line.node.kind == "all":
        return "(" + number + " = " + str(children) + ")"
    return "(" + number + (" > 0)" if line.node.kind == "any" else " = 0)")


def _without(line: _Line) -> str:
    """Whether the root would hold if this line were not there; a group of nothing else goes with it."""
    group = line.parent
    if group is None:
        return "1"
    if len(group.children) == 1:
        return _without(group)
    number = "(toInt32(" + group.sum + ") - " + line.holds + ")"
    verdict = _verdict(group, number, len(group.children) - 1)
    while group.parent is not None:
        above = group.parent
        number = "(toInt32(" + above.sum + ") - " + group.holds + " + " + verdict + ")"
        verdict = _verdict(above, number, len(above.children))
        group = above
    return verdict
