"""What can be told from the text of a statement without asking the engine: where the data of an INSERT
begins, which FORMAT a query names. Only routing depends on it; what is allowed never does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    rb"""
      (?P<space>    \s+ | --[^\n]*(?:\n|\Z) | \#[\ !][^\n]*(?:\n|\Z) | /\*.*?\*/ )
    | (?P<quoted>   '(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.|"")*" | `(?:[^`\\]|\\.|``)*` )
    | (?P<word>     [A-Za-z_][A-Za-z0-9_]* )
    | (?P<other>    . )
    """,
    re.VERBOSE | re.DOTALL,
)
# As nearly every client ends its question. Found wrongly inside a comment it does no harm: the name is
# then also the format that the engine takes where a statement names none.
_PLAIN_FORMAT = re.compile(rb"\sFORMAT\s+([A-Za-z]\w*)\s*;?\s*\Z", re.IGNORECASE)
_OPENING = frozenset({b"INTO", b"TABLE", b"FUNCTION"})
_SERVED_BY_THE_ENGINE = frozenset({b"SELECT", b"WITH", b"FROM", b"WATCH"})


@dataclass(frozen=True, slots=True)
class Insert:
    """`INSERT INTO t (a, b) SETTINGS … FORMAT X` followed by its data."""

    target: bytes
    """INSERT INTO t (a, b)"""
    settings: bytes
    """SETTINGS …, or empty"""
    format: str
    data_at: int
    """Where the data begins in the text."""


def split_insert(text: bytes) -> Insert | None:
    """The parts of an INSERT that brings its data along; None for every other statement.

    None is also the answer while the text ends before FORMAT or VALUES.
    """
    tokens = _significant(text)
    if next(tokens, _END).word != b"INSERT":
        return None
    settings_at: int | None = None
    named = False
    for token in tokens:
        if not named:
            named = token.word not in _OPENING
        elif token.word in _SERVED_BY_THE_ENGINE:
            return None
        elif token.word == b"SETTINGS":
            settings_at = token.start
        elif token.word == b"VALUES":
            return _insert(text, settings_at, token.start, b"Values", token.end)
        elif token.word == b"FORMAT":
            name = next(tokens, _END)
            cut_off = not name.word or name.end == len(text)
            return None if cut_off else _insert(text, settings_at, token.start, name.text, name.end)
    return None


def format_of(text: bytes) -> str | None:
    """The name in a trailing `FORMAT X` (`SETTINGS …` may follow); None where there is none."""
    if b"format" not in text.lower():
        return None
    if plain := _PLAIN_FORMAT.search(text):
        return plain.group(1).decode()
    tokens = [*_significant(text), _END, _END]
    for place in range(len(tokens) - 3, -1, -1):
        clause, name, after = tokens[place : place + 3]
        if (
            clause.word == b"FORMAT"
            and name.word
            and (after.word == b"SETTINGS" or after.text in (b"", b";"))
        ):
            return name.text.decode()
    return None


@dataclass(frozen=True, slots=True)
class _Token:
    text: bytes
    word: bytes  # upper case; empty for what is not a bare word
    start: int
    end: int


_END = _Token(b"", b"", 0, 0)


def _significant(text: bytes) -> Iterator[_Token]:
    """The tokens outside parentheses, comments and blanks left out."""
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if match.lastgroup == "space":
            continue
        if token == b")":
            depth -= 1
        if depth == 0:
            word = token.upper() if match.lastgroup == "word" else b""
            yield _Token(token, word, match.start(), match.end())
        if token == b"(":
            depth += 1


def _insert(text: bytes, settings_at: int | None, clause_at: int, format_name: bytes, end: int) -> Insert:
    target = text[: clause_at if settings_at is None else settings_at].rstrip()
    settings = b"" if settings_at is None else text[settings_at:clause_at].rstrip()
    return Insert(target, settings, format_name.decode(), _data_start(text, end))


def _data_start(text: bytes, end: int) -> int:
    """ClickHouse's rule: after the format's name, blanks and at most one line break are the statement's."""
    while text[end : end + 1] in (b" ", b"\t", b"\f"):
        end += 1
    if text[end : end + 1] == b"\r":
        end += 1
    if text[end : end + 1] == b"\n":
        end += 1
    return end
