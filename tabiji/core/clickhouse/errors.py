"""What can go wrong with ClickHouse, as far as a caller acts on it differently."""

from __future__ import annotations

import re
from typing import Final


class ClickHouseError(Exception):
    """Refused by ClickHouse, for the reason of its error code (0 where there is none)."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ClickHouseResting(ClickHouseError):
    """Not reachable, or too busy to begin: nothing was done. Screens say "counting is resting"."""


class QueryTooLong(ClickHouseError):
    """Stopped by its time limit."""


class QueryTooBig(ClickHouseError):
    """Stopped by a limit of memory, rows or bytes."""


class UnknownOutcome(ClickHouseError):
    """The connection broke in the middle of an insert: it may have been done, in part or not at all."""


class BatchDoubled(ClickHouseError):
    """A batch has more rows than it ever had: some ordinal was written twice."""


# Numbers: ClickHouse's ErrorCodes.cpp.
TIMEOUT_EXCEEDED: Final = 159
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
_LONG: Final = frozenset({TIMEOUT_EXCEEDED, 160})
_BIG: Final = frozenset({158, 191, 241, 307, 396})
_CODE: Final = re.compile(r"Code: (\d+)")


def refused(code: int, message: str, status: int = 0) -> ClickHouseError:
    """The error for a refusal of the server; the code is read from the message where it is 0."""
    if not code and (found := _CODE.search(message)):
        code = int(found.group(1))
    if code in _LONG:
        return QueryTooLong(code, message)
    if code in _BIG:
        return QueryTooBig(code, message)
    if code == TOO_MANY_SIMULTANEOUS_QUERIES or status == 503:
        return ClickHouseResting(code, message)
    return ClickHouseError(code, message)
