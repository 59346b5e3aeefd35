"""What a lane may ask. Three layers, so that one mistake in a query is not an open door:

1. the engine's own grants and `readonly` (configuration.py, engine.py): no files, networks or writes;
2. its own parser, asked before anything runs: one statement, and one that only reads, which also
   shuts INTO OUTFILE, SET ROLE and KILL, which `readonly` lets through (chdb-core 26.9);
3. a few functions by name that ask for no grant at all, `file()` first among them. EXPLAIN AST does
   not show a function behind APPLY, so this looks at the raw text and never tries to be clever.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tabiji.runtime.clickhouse.faults import READONLY, SYNTAX_ERROR, EngineError

if TYPE_CHECKING:
    from tabiji.runtime.clickhouse.engine import Connection

READS: Final = "READ_ONLY"
MUTATES: Final = "MUTATING"
_UNGRANTED: Final = (
    *("file", "python", "arrowstream", "bigquery", "eval", "executable"),
    *(
        "aiClassify",
        "aiEmbed",
        "aiExtract",
        "aiFilter",
        "aiGenerate",
        "aiRedact",
        "aiSimilarity",
        "aiTranslate",
    ),
)


def check_reading(connection: Connection, sql: str, lane: str) -> str:
    """The kind of the statement. Raises EngineError unless it is one that leaves no trace and touches no file."""
    kind = _one_statement(connection, sql)
    if kind not in (READS, "UNKNOWN"):  # what cannot be parsed is told so by the engine
        raise EngineError(
            READONLY,
            f"The lane {lane!r} only reads, and this statement does more. "
            "Send it in the lane 'writer' (header X-Tabiji-Lane).",
        )
    if found := _forbidden(_LEADING_COMMENT.sub("", sql, count=1)):
        raise EngineError(
            READONLY,
            f"The lane {lane!r} may not name {found!r}: it reaches beyond the database. "
            "If it is a column, give the column another name.",
        )
    return kind


def check_writing(connection: Connection, sql: str) -> str:
    """The kind of the statement. Raises EngineError for what would end or block the engine that all share."""
    kind = _one_statement(connection, sql)
    if kind == "CONTROL" and not _HARMLESS_CONTROL.match(sql):
        raise EngineError(
            READONLY,
            "Statements that control the server (SYSTEM, SET, USE, INTO OUTFILE, RESTORE …) do not come in "
            "over HTTP. KILL, DETACH, ATTACH and BACKUP may; settings go into the query string.",
        )
    return kind


def _forbidden(sql: str) -> str | None:
    """The first name that may not stand in the text."""
    lower = sql.lower()
    if "\\" not in sql and not any(name.lower() in lower for name in _UNGRANTED):
        return None
    found = _FORBIDDEN.search(sql)
    return found.group() if found else None


def _one_statement(connection: Connection, sql: str) -> str:
    kind, count = connection.classify(sql)
    if count > 1:
        raise EngineError(
            SYNTAX_ERROR, "Syntax error: one statement at a time; send each in a request of its own."
        )
    return kind


def _spelled(name: str) -> str:
    """The name as itself or with escapes, which quoted identifiers allow."""
    return "".join(
        rf"(?:\\?{letter}|\\x{ord(letter.lower()):02x}|\\x{ord(letter.upper()):02x})" for letter in name
    )


_FORBIDDEN: Final = re.compile(
    # A part of a path, like props.file, is no function.
    rf"""(?<![\w`"]\.)(?<![\w`"]\.[`"])(?<!\w)(?:{"|".join(map(_spelled, _UNGRANTED))})(?!\w)""",
    re.IGNORECASE,
)
_LEADING_COMMENT: Final = re.compile(r"(?:\s*--[^\n]*\n)*")  # prose; nothing can be open before it
# The engine's parser also counts ALTER … SETTINGS among the statements of control.
_HARMLESS_CONTROL: Final = re.compile(
    r"(?:\s*--[^\n]*\n|\s*/\*.*?\*/)*\s*(?:KILL|DETACH|ATTACH|BACKUP|ALTER|DELETE|UPDATE|OPTIMIZE)\s",
    re.IGNORECASE | re.DOTALL,
)
