"""What python-liquid reads, and which of it we allow."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from liquid import Environment
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import FilteredExpression, Path
from liquid.builtin.expressions import Literal as LiteralValue
from liquid.builtin.expressions.logical import (
    BooleanExpression,
    ContainsExpression,
    EqExpression,
    GeExpression,
    GtExpression,
    LeExpression,
    LogicalAndExpression,
    LogicalOrExpression,
    LtExpression,
    NeExpression,
)
from liquid.builtin.expressions.primitive import Blank, Empty, Nil
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.builtin.tags.unless_tag import UnlessTag
from liquid.exceptions import LiquidError
from liquid.expression import Expression

from tabiji.content.liquid.pieces import Piece, pieces

WHOLE_PERSON: Final = "person"
"""Not a value, but what `honorific` takes."""
ENDS: Final = {"if": "endif", "unless": "endunless"}
TAGS: Final = ("if", "elsif", "else", "endif", "unless", "endunless")
# python-liquid's lexer knows these by itself, whatever tags are registered.
_BLIND: Final = re.compile(r"\{%-?\s*(?:raw|doc|comment|#)")
CONSTANTS: Final = (LiteralValue, Nil, Empty, Blank)
COMPARISONS: Final = (
    EqExpression,
    NeExpression,
    LtExpression,
    LeExpression,
    GtExpression,
    GeExpression,
    ContainsExpression,
)
CONDITIONS: Final = (BooleanExpression, LogicalAndExpression, LogicalOrExpression, *COMPARISONS)


class NotSound(ValueError):
    """A text that is no template at all."""


def parse(source: str) -> list[Node]:
    """The nodes of a whole text. Raises NotSound."""
    if _BLIND.search(source):
        raise NotSound("raw, doc and comment are not part of this language")
    try:
        return _environment()._parse(source)
    except (LiquidError, RecursionError, ValueError) as error:
        raise NotSound(f"this text is not sound: {type(error).__name__}") from error


def expressions(piece: Piece) -> list[Expression]:
    """What one output or tag computes. Raises NotSound."""
    if piece.kind == "output":
        return [one for node in parse(piece.source) for one in node.expressions()]
    name, rest = piece.tag
    if name not in ("if", "elsif", "unless"):
        return []
    return [node.condition for node in parse("{% if " + rest + " %}{% endif %}") if isinstance(node, IfNode)]


def is_value(expression: object) -> bool:
    """A field or a constant."""
    return isinstance(expression, CONSTANTS) or (isinstance(expression, Path) and dotted(expression) != "")


def is_output(expression: Expression) -> bool:
    return isinstance(expression, FilteredExpression) and is_value(expression.left)


def is_condition(expression: Expression) -> bool:
    if is_value(expression):
        return True
    return isinstance(expression, CONDITIONS) and all(is_condition(one) for one in expression.children())


def paths(found: Iterable[Expression]) -> Iterator[Path]:
    """The fields that these compute with."""
    for expression in found:
        if isinstance(expression, Path):
            yield expression
        else:
            yield from paths(expression.children())


def dotted(path: Path) -> str:
    """The field's path with dots; empty where it has numbers, or other fields in brackets."""
    if all(type(segment) is str for segment in path.path):
        return ".".join(str(segment) for segment in path.path)
    return ""


def used_paths(source: str) -> set[str]:
    """The fields that a text names, whether they exist or not; of a broken text those of its sound pieces."""
    found: set[str] = set()
    for piece in pieces(source):
        if piece.kind in ("output", "tag"):
            try:
                found |= {dotted(path) for path in paths(expressions(piece))}
            except NotSound:
                continue
    return found - {""}


class _Closed(Environment):
    block_nesting_limit = 10
    context_depth_limit = 5

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (content.Literal, output.Output, illegal.Illegal, IfTag, UnlessTag):
            self.add_tag(tag)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return _Closed()
