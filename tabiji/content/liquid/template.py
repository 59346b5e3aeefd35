"""A text that was checked, as constant stretches and functions over plain values.

In markup every value is escaped, the author's own literals as well: python-liquid would let those
pass as markup. Filling in costs a dict look-up and an escape for each field; python-liquid's own
rendering takes ten times as long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from liquid.ast import Node
from liquid.builtin.content import ContentNode
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
from liquid.builtin.output import OutputNode
from liquid.builtin.tags.if_tag import IfNode
from liquid.builtin.tags.unless_tag import UnlessNode
from liquid.expression import Expression
from markupsafe import escape

from tabiji.content.contracts import Language
from tabiji.content.liquid import filters, grammar

MAX_OUTPUT: Final = 1_000_000
"""Characters that one text may come to."""

Context = Mapping[str, Any]
Value = Callable[[Context], Any]
Part = str | Callable[[Context], str]
Mark = Callable[[str, str], str]
"""(field, text) to the text that a preview shows where the field has no value."""


class CannotRender(ValueError):
    """A text that cannot be filled in: not sound, or too long for this person."""


@dataclass(frozen=True, slots=True)
class Template:
    """Make it with `compile`. `paths`: the fields that it uses."""

    parts: _Parts
    paths: frozenset[str]

    def render(self, context: Context) -> str:
        """The text for these plain values. Raises CannotRender."""
        return "".join(self.pieces(context))

    def pieces(self, context: Context) -> list[str]:
        """The same in stretches, of which the author's own words are `constants`. Raises CannotRender."""
        try:
            pieces = self.parts.fill(context)
        except (ValueError, TypeError, AttributeError) as error:
            raise CannotRender(f"this text cannot be filled in: {error}") from error
        length = sum(map(len, pieces))
        if length > MAX_OUTPUT:
            raise CannotRender(f"this text would have {length} characters; {MAX_OUTPUT} are allowed")
        return pieces

    @property
    def constants(self) -> list[str]:
        """Stretches that are the same for everybody."""
        return self.parts.constants


class _Parts:
    """Stretches and functions in their order; a function that stands in several places is asked once."""

    __slots__ = ("_places", "_stencil", "constants")

    def __init__(self, parts: Iterable[Part]) -> None:
        self._stencil: list[str] = []
        self._places: dict[Callable[[Context], str], list[int]] = {}
        for place, part in enumerate(_joined(parts)):
            self._stencil.append(part if isinstance(part, str) else "")
            if not isinstance(part, str):
                self._places.setdefault(part, []).append(place)
        self.constants = [text for text in self._stencil if text]

    def fill(self, context: Context) -> list[str]:
        pieces = self._stencil.copy()
        for part, places in self._places.items():
            text = part(context)
            for place in places:
                pieces[place] = text
        return pieces

    def text(self, context: Context) -> str:
        return "".join(self.fill(context))


def compile(source: str, *, language: Language, markup: bool, mark: Mark | None = None) -> Template:
    """A text without faults, ready to be filled in. Raises CannotRender.

    markup: values are escaped for HTML text and quoted attributes. mark: for previews, what stands
    where a field has no value; it gets the text that would stand there, escaped already.
    """
    try:
        nodes = grammar.parse(source)
    except grammar.NotSound as error:
        raise CannotRender(str(error)) from error
    builder = _Builder(language, markup, mark)
    return Template(builder.parts(nodes), frozenset(builder.paths))


@dataclass(slots=True)
class _Builder:
    language: Language
    markup: bool
    mark: Mark | None = None
    paths: set[str] = field(default_factory=set)
    _shown: dict[str, Callable[[Context], str]] = field(default_factory=dict)
    """What shows an expression: the same function wherever it stands."""

    def parts(self, nodes: Iterable[Node]) -> _Parts:
        return _Parts(self._part(node) for node in nodes)

    def _part(self, node: Node) -> Part:
        if isinstance(node, ContentNode):
            return node.text
        if isinstance(node, OutputNode):
            return self._output(node.expression)
        if isinstance(node, IfNode | UnlessNode):
            return self._choice(node)
        raise CannotRender(f"{type(node).__name__} is not allowed in a text")

    def _output(self, expression: Expression) -> Part:
        if not isinstance(expression, FilteredExpression):
            raise CannotRender(f"{expression} is not allowed in a text")
        show, language = filters.show, self.language
        if isinstance(expression.left, LiteralValue) and not expression.filters:
            constant = show(expression.left.value, language)
            return str(escape(constant)) if self.markup else constant
        key = str(expression)
        if key not in self._shown:
            self._shown[key] = self._showing(expression)
        return self._shown[key]

    def _showing(self, expression: FilteredExpression) -> Callable[[Context], str]:
        show, language = filters.show, self.language
        raw = value = self._value(expression.left)
        for one in expression.filters or []:
            value = self._filtered(value, one)
        if self.markup:
            return self._marked(
                expression.left, raw, lambda context: str(escape(show(value(context), language)))
            )
        return self._marked(expression.left, raw, lambda context: show(value(context), language))

    def _marked(
        self, of: Expression, raw: Value, shown: Callable[[Context], str]
    ) -> Callable[[Context], str]:
        mark, name = self.mark, grammar.dotted(of) if isinstance(of, Path) else ""
        if mark is None or not name or name.startswith("link_"):
            return shown

        def marked(context: Context) -> str:
            text = shown(context)
            return mark(name, text) if _is_missing(raw(context)) else text

        return marked

    def _filtered(self, value: Value, one: Any) -> Value:
        rule = filters.FILTERS.get(one.name)
        if rule is None or not rule.fewest <= len(one.args) <= rule.most:
            raise CannotRender(f"{one} is not allowed in a text")
        apply, language = rule.apply, self.language
        if all(isinstance(argument.value, LiteralValue) for argument in one.args):
            constants = [argument.value.value for argument in one.args]
            return lambda context: apply(value(context), constants, language)
        arguments = [self._value(argument.value) for argument in one.args]
        return lambda context: apply(value(context), [argument(context) for argument in arguments], language)

    def _choice(self, node: IfNode | UnlessNode) -> Part:
        first = self._condition(node.condition)
        if isinstance(node, UnlessNode):
            first = _not(first)
        arms = [(first, self.parts(node.consequence.nodes))]
        arms += [(self._condition(arm.expression), self.parts(arm.block.nodes)) for arm in node.alternatives]
        rest = self.parts(node.default.nodes if node.default else [])

        def choose(context: Context) -> str:
            for holds, parts in arms:
                if holds(context):
                    return parts.text(context)
            return rest.text(context)

        return choose

    def _condition(self, expression: Expression) -> Callable[[Context], bool]:
        if isinstance(expression, BooleanExpression):
            return self._condition(expression.expression)
        if isinstance(expression, LogicalAndExpression):
            left, right = self._condition(expression.left), self._condition(expression.right)
            return lambda context: left(context) and right(context)
        if isinstance(expression, LogicalOrExpression):
            left, right = self._condition(expression.left), self._condition(expression.right)
            return lambda context: left(context) or right(context)
        compare = _COMPARISONS.get(type(expression))
        if compare is not None and isinstance(expression, grammar.COMPARISONS):
            one, other = self._value(expression.left), self._value(expression.right)
            return lambda context: compare(one(context), other(context))
        value = self._value(expression)
        return lambda context: not _is_blank(value(context)) and value(context) is not False

    def _value(self, expression: Expression) -> Value:
        if isinstance(expression, LiteralValue):
            constant = expression.value
            return lambda context: constant
        if isinstance(expression, grammar.CONSTANTS):
            return lambda context: None
        if isinstance(expression, Path) and (name := grammar.dotted(expression)):
            self.paths.add(name)
            return _getter(name.split("."))
        raise CannotRender(f"{expression} is not allowed in a text")


def _joined(parts: Iterable[Part]) -> list[Part]:
    """Neighbouring constant stretches as one."""
    out: list[Part] = []
    for part in parts:
        if out and isinstance(part, str) and isinstance(last := out[-1], str):
            out[-1] = last + part
        elif part != "":
            out.append(part)
    return out


def _getter(segments: list[str]) -> Value:
    if len(segments) == 1:
        only = segments[0]
        return lambda context: context.get(only)

    def walk(context: Context) -> Any:
        value: Any = context
        for segment in segments:
            # Only plain dicts are entered: attributes and methods are never looked at.
            value = value.get(segment) if type(value) is dict else None
        return value

    return walk


def _not(holds: Callable[[Context], bool]) -> Callable[[Context], bool]:
    return lambda context: not holds(context)


def _is_blank(value: Any) -> bool:
    """Liquid takes an empty text for true; to people a value that is not there is not there."""
    return value is None or (isinstance(value, str) and not value.strip()) or value == [] or value == {}


def _is_missing(value: Any) -> bool:
    """A person whose family name is not known cannot be addressed as one."""
    return _is_blank(value.get("last_name")) if type(value) is dict else _is_blank(value)


def _equals(left: Any, right: Any) -> bool:
    if _is_blank(left) or _is_blank(right):
        return _is_blank(left) and _is_blank(right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return bool(left == right)


def _contains(left: Any, right: Any) -> bool:
    if isinstance(left, str):
        return isinstance(right, str) and right != "" and right in left
    return isinstance(left, list) and right in left


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    """Numbers with numbers; any other comparison does not hold."""

    def holds(left: Any, right: Any) -> bool:
        return type(left) in (int, float) and type(right) in (int, float) and compare(left, right)

    return holds


_COMPARISONS: Final[dict[type[Expression], Callable[[Any, Any], bool]]] = {
    EqExpression: _equals,
    NeExpression: lambda left, right: not _equals(left, right),
    LtExpression: _ordered(lambda left, right: left < right),
    LeExpression: _ordered(lambda left, right: left <= right),
    GtExpression: _ordered(lambda left, right: left > right),
    GeExpression: _ordered(lambda left, right: left >= right),
    ContainsExpression: _contains,
}
