"""Values for typed parameters, `{name:Type}` in the text: bound by the server, never pasted."""

from __future__ import annotations

from collections.abc import Mapping, Set
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

# ClickHouse reads a parameter in its "escaped" format, and strings inside arrays as quoted ones.
_ESCAPES: Final = str.maketrans(
    {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0", "\b": "\\b", "\f": "\\f"}
)
_QUOTED: Final = str.maketrans({"\\": "\\\\", "'": "\\'"})


def text(value: Any) -> str:
    """The value as ClickHouse reads it for a parameter of its type.

    list and set are Array, tuple is Tuple, dict is Map; datetimes must be aware and go over in UTC, so
    their type should name it: `DateTime64(3, 'UTC')`. Raises TypeError for another kind of value.
    """
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return _plain(value) or _nested(value)


def _nested(value: Any) -> str:
    """The value as a literal inside an array, tuple or map."""
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return f"'{value.translate(_QUOTED)}'".translate(_WHITE)
    if isinstance(value, (date, UUID)):
        return f"'{_plain(value)}'"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_nested(key)}:{_nested(item)}" for key, item in value.items()) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(_nested, value)) + ("," if len(value) == 1 else "") + ")"
    if isinstance(value, (list, Set, range)):
        return "[" + ",".join(map(_nested, value)) + "]"
    return _plain(value) or _refuse(value)


def _plain(value: Any) -> str:
    """Scalars that need no quotes where they stand alone; empty for other kinds."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (int, float, Decimal)):
        return str(int(value)) if isinstance(value, int) else str(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise TypeError(f"{value!r} has no time zone; ClickHouse is only given aware datetimes")
        moment = value.astimezone(UTC).replace(tzinfo=None)
        return moment.isoformat(" ", "seconds" if not moment.microsecond else "microseconds")
    if isinstance(value, date):
        return value.isoformat()
    return ""


def _refuse(value: Any) -> str:
    raise TypeError(f"{type(value).__name__} is not a kind of value that ClickHouse is given")


_WHITE: Final = str.maketrans({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
