"""ClickHouse's error codes as far as this server answers with them, and their HTTP status."""

from __future__ import annotations

import re
from typing import Final

# Numbers and names: ClickHouse's ErrorCodes.cpp.
BAD_ARGUMENTS: Final = 36
LOGICAL_ERROR: Final = 49
SYNTAX_ERROR: Final = 62
READONLY: Final = 164
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: Final = 216
QUERY_WAS_CANCELLED: Final = 394
TOO_MANY_ROWS_OR_BYTES: Final = 396
AUTHENTICATION_FAILED: Final = 516

_NAMES: Final = {
    BAD_ARGUMENTS: "BAD_ARGUMENTS",
    LOGICAL_ERROR: "LOGICAL_ERROR",
    SYNTAX_ERROR: "SYNTAX_ERROR",
    READONLY: "READONLY",
    TOO_MANY_SIMULTANEOUS_QUERIES: "TOO_MANY_SIMULTANEOUS_QUERIES",
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING: "QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING",
    QUERY_WAS_CANCELLED: "QUERY_WAS_CANCELLED",
    TOO_MANY_ROWS_OR_BYTES: "TOO_MANY_ROWS_OR_BYTES",
    AUTHENTICATION_FAILED: "AUTHENTICATION_FAILED",
}
# As ClickHouse's exceptionCodeToHTTPStatus; every other code is 500.
_STATUS: Final = {
    **dict.fromkeys((6, 26, 27, 38, 41, 43, 44, 53, 62, 69, 70, 72, 117, 167, 168, 320, 456, 457), 400),
    **dict.fromkeys((16, 46, 47, 50, 56, 60, 63, 73, 81, 115), 404),
    **dict.fromkeys((192, 193, 516), 403),
    **dict.fromkeys((164, 497), 403),
    159: 408,
    223: 413,
    48: 501,
    202: 503,
}
_CODE: Final = re.compile(r"Code: (\d+)\. ")


class EngineError(Exception):
    """A refusal by the engine, or by the server in the engine's words."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        return _STATUS.get(self.code, 500)

    def body(self, version: str) -> bytes:
        """As ClickHouse writes it: `Code: N. DB::Exception: … (NAME) (version …)`."""
        text = self.message
        if not text.startswith("Code: "):
            text = f"Code: {self.code}. DB::Exception: {text} ({_NAMES.get(self.code, 'UNKNOWN')})"
        if "(version " not in text:
            text = f"{text} (version {version} (tabiji embedded))"
        return text.encode()


def from_engine(error: BaseException) -> EngineError:
    """What chDB raised, with its code; LOGICAL_ERROR where it names none."""
    text = str(error).strip()
    found = _CODE.search(text)
    if not found:
        return EngineError(LOGICAL_ERROR, text)
    return EngineError(int(found.group(1)), text[found.start() :])
