"""What is wrong in a text, and in which line."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from liquid.builtin.expressions import FilteredExpression, Path
from liquid.expression import Expression

from tabiji.content.liquid import grammar
from tabiji.content.liquid.filters import FILTERS
from tabiji.content.liquid.grammar import ENDS, NotSound
from tabiji.content.liquid.pieces import Piece, pieces

MAX_PIECES: Final = 1_000
_MOST_SHOWN: Final = 50


class Fault(NamedTuple):
    """line from 1; code of a closed set (content.problems has a sentence for each); values for the sentence."""

    line: int
    code: str
    values: dict[str, str]


def find_faults(source: str, *, known: Iterable[str]) -> list[Fault]:
    """All that is wrong with a text. known: the merge fields that exist, by path."""
    cut = pieces(source)
    if sum(1 for piece in cut if piece.kind != "words") > MAX_PIECES:
        return [Fault(1, "too_many_fields", {"most": str(MAX_PIECES)})]
    fields = set(known)
    found: list[Fault] = []
    for piece in cut:
        if piece.kind == "stray":
            found.append(_stray(piece))
        elif piece.kind == "output":
            found += _in_output(piece, fields)
        elif piece.kind == "tag":
            found += _in_tag(piece, fields)
    found += _in_nesting(cut)
    if not found:
        found += _in_whole(source, cut)
    return sorted(found, key=lambda fault: fault.line)[:_MOST_SHOWN]


def _stray(piece: Piece) -> Fault:
    code = "brace_not_opened" if piece.source == "}}" else "brace_not_closed"
    return Fault(piece.line, code, {"brace": piece.source})


def _in_output(piece: Piece, known: set[str]) -> list[Fault]:
    try:
        (expression,) = grammar.expressions(piece)
    except (NotSound, ValueError):
        return [_syntax(piece)]
    if not isinstance(expression, FilteredExpression) or not grammar.is_output(expression):
        return [_not_allowed(piece)]
    found = _in_filters(piece, expression)
    first = expression.filters[0].name if expression.filters else ""
    if isinstance(expression.left, Path) and grammar.dotted(expression.left) == grammar.WHOLE_PERSON:
        if first != "honorific":
            found.append(Fault(piece.line, "whole_person", {}))
        known = known | {grammar.WHOLE_PERSON}
    elif first == "honorific":
        found.append(Fault(piece.line, "honorific_of_field", {}))
    return found + _in_paths(piece, [expression], known)


def _in_filters(piece: Piece, expression: FilteredExpression) -> list[Fault]:
    found = []
    for one in expression.filters or []:
        rule = FILTERS.get(one.name)
        if rule is None:
            values = {"name": one.name[:60], "near": _nearest(one.name, FILTERS)}
            found.append(Fault(piece.line, "unknown_filter", values))
        elif not rule.fewest <= len(one.args) <= rule.most or not all(_is_plain(arg) for arg in one.args):
            found.append(Fault(piece.line, "filter_arguments", {"name": one.name}))
    return found


def _is_plain(argument: Any) -> bool:
    """By place, not by name."""
    return not hasattr(argument, "name") and grammar.is_value(argument.value)


def _in_tag(piece: Piece, known: set[str]) -> list[Fault]:
    name, rest = piece.tag
    if name not in grammar.TAGS:
        values = {"name": _short(name, 60), "near": _nearest(name, grammar.TAGS)}
        return [Fault(piece.line, "unknown_tag", values)]
    if name in ("else", "endif", "endunless"):
        return [_syntax(piece)] if rest else []
    try:
        found = grammar.expressions(piece)
    except NotSound:
        return [_syntax(piece)]
    if not all(grammar.is_condition(expression) for expression in found):
        return [_not_allowed(piece)]
    return _in_paths(piece, found, known)


def _in_paths(piece: Piece, found: Iterable[Expression], known: set[str]) -> list[Fault]:
    names = [grammar.dotted(path) for path in grammar.paths(found)]
    return [
        Fault(piece.line, "unknown_field", {"name": name[:100], "near": _nearest(name, known)})
        for name in names
        if name not in known
    ]


def _in_nesting(cut: Sequence[Piece]) -> list[Fault]:
    found: list[Fault] = []
    waiting: list[tuple[str, int]] = []
    for piece in cut:
        name = piece.tag[0] if piece.kind == "tag" else ""
        if name in ENDS:
            waiting.append((name, piece.line))
        elif name in ENDS.values() and waiting and ENDS[waiting[-1][0]] == name:
            waiting.pop()
        elif name in ENDS.values() or (name in ("elsif", "else") and not waiting):
            found.append(Fault(piece.line, "tag_not_opened", {"name": name}))
    return found + [
        Fault(line, "tag_not_closed", {"name": name, "end": ENDS[name]}) for name, line in waiting
    ]


def _in_whole(source: str, cut: Sequence[Piece]) -> list[Fault]:
    """What only shows when the pieces stand together: nesting too deep."""
    try:
        grammar.parse(source)
    except NotSound:
        line = next((piece.line for piece in cut if piece.kind == "tag"), 1)
        return [Fault(line, "bad_syntax", {"source": _short(source)})]
    return []


def _syntax(piece: Piece) -> Fault:
    return Fault(piece.line, "bad_syntax", {"source": _short(piece.source)})


def _not_allowed(piece: Piece) -> Fault:
    return Fault(piece.line, "not_allowed", {"source": _short(piece.source)})


def _short(source: str, most: int = 80) -> str:
    text = " ".join(source.split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _nearest(name: str, known: Iterable[str]) -> str:
    found = difflib.get_close_matches(name[:100], list(known), 1, 0.6)
    return found[0] if found else ""
