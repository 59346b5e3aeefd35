"""A text cut at its braces, in one pass."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

MAX_PIECE: Final = 500
"""Characters between a pair of braces."""


class Piece(NamedTuple):
    """A stretch of a text: words, one `{{ output }}`, one `{% tag %}`, or a brace that has no partner."""

    kind: Literal["words", "output", "tag", "stray"]
    source: str
    line: int

    @property
    def inner(self) -> str:
        """What stands between the braces."""
        return self.source[2:-2].removeprefix("-").removesuffix("-").strip()

    @property
    def tag(self) -> tuple[str, str]:
        """(name, rest) of a tag."""
        words = self.inner.split(None, 1)
        return (words[0] if words else "", words[1] if len(words) > 1 else "")


def pieces(source: str) -> list[Piece]:
    """All stretches, in order; together they are the text again."""
    found: list[Piece] = []
    start, line = 0, 1
    while start < len(source):
        at = _next_brace(source, start)
        if at > start:
            found.append(Piece("words", source[start:at], line))
            line += source.count("\n", start, at)
        if at == len(source):
            break
        piece = _piece_at(source, at, line)
        found.append(piece)
        line += piece.source.count("\n")
        start = at + len(piece.source)
    return found


def _next_brace(source: str, start: int) -> int:
    # One step at a time: a search for each of three marks over the whole rest would be quadratic.
    while True:
        at = min((place for mark in "{}" if (place := source.find(mark, start)) >= 0), default=-1)
        if at < 0:
            return len(source)
        if source[at : at + 2] in ("{{", "{%", "}}"):
            return at
        start = at + 1


def _piece_at(source: str, at: int, line: int) -> Piece:
    opener = source[at : at + 2]
    if opener == "}}":
        return Piece("stray", opener, line)
    end = source.find("}}" if opener == "{{" else "%}", at + 2, at + 2 + MAX_PIECE)
    inner = source[at + 2 : end]
    if end < 0 or "{{" in inner or "{%" in inner:
        return Piece("stray", opener, line)
    return Piece("output" if opener == "{{" else "tag", source[at : end + 2], line)
