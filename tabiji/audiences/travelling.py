"""Rows that travel with a question: few as values bound in its text, many as a table beside it.

A table beside the question costs a connection of its own and some milliseconds before anything is read,
so that a question about three people would take as long as one about a thousand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tabiji.audiences.binding import Binder
from tabiji.core.clickhouse import External

FEW: Final = 500
"""With more rows than this a table is the faster way."""
_SHORT: Final = 30_000
"""Letters of one column: a server refuses a bound value of more than 128 KiB (http_max_field_value_size)."""


def is_few(table: External) -> bool:
    columns = [values for _type, values in table.columns.values()]
    return all(len(values) <= FEW and _letters(values) <= _SHORT for values in columns)


def _letters(values: Sequence[Any]) -> int:
    return sum(len(value) for value in values if isinstance(value, str))


def source(table: External, binder: Binder) -> str:
    """What stands behind FROM or JOIN."""
    if not is_few(table):
        return table.name
    bound, named = [], []
    for place, (column, (kind, values)) in enumerate(table.columns.items(), 1):
        carried, read = _CARRIED.get(kind, (kind, "{}"))
        bound.append(_array(table.name, column, carried, values, binder))
        named.append(read.format(f"t.{place}") + " AS " + column)
    return (
        "(SELECT " + ", ".join(named) + " FROM (SELECT arrayJoin(arrayZip(" + ", ".join(bound) + ")) AS t))"
    )


def values_of(table: External, column: str, binder: Binder) -> str:
    """What stands behind IN: the values of one column."""
    if not is_few(table):
        return "(SELECT " + column + " FROM " + table.name + ")"
    kind, values = table.columns[column]
    return _array(table.name, column, kind, values, binder)


def _array(table: str, column: str, kind: str, values: Sequence[Any], binder: Binder) -> str:
    return binder.named(table + "_" + column, values, "Array(" + kind + ")")


_CARRIED: Final = {
    "DateTime64(3, 'UTC')": ("Int64", "fromUnixTimestamp64Milli({}, 'UTC')"),
    "Nullable(DateTime64(3, 'UTC'))": ("Nullable(Int64)", "fromUnixTimestamp64Milli({}, 'UTC')"),
    "JSON(max_dynamic_paths=512)": ("String", "CAST({}, 'JSON(max_dynamic_paths=512)')"),
}
"""Types that are given to the server otherwise than they are read: (type of the values, how to read one)."""
