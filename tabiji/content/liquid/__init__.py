"""Merge fields and conditions in texts: a small, closed part of Liquid.

python-liquid parses; what is allowed is decided here, and the rest is refused with its line: output
of known fields through known filters, and `if` / `unless` over them. No loops, no assignments, no
includes, no ranges, no raw or comment blocks. What is allowed becomes plain functions over plain
values, so that nothing a text says can reach an object, escape the escaping, or run long.
"""

from tabiji.content.liquid.faults import Fault, find_faults
from tabiji.content.liquid.filters import FILTERS, honorific, show
from tabiji.content.liquid.grammar import used_paths
from tabiji.content.liquid.pieces import Piece, pieces
from tabiji.content.liquid.template import CannotRender, Mark, Template, compile

__all__ = [
    "FILTERS",
    "CannotRender",
    "Fault",
    "Mark",
    "Piece",
    "Template",
    "compile",
    "find_faults",
    "honorific",
    "pieces",
    "show",
    "used_paths",
]
