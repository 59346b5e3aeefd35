"""Sets that travel to PostgreSQL as columns come back as they were, whatever repeats in them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tabiji.core import postgres

pytestmark = pytest.mark.django_db

_ONE, _OTHER = UUID(int=1), UUID(int=2**128 - 1)
_NOON = datetime(2026, 4, 28, 12, tzinfo=UTC)
_HOUR = datetime(2025, 10, 26, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
"""Comes twice in this night: equal, and an hour apart."""


@pytest.mark.parametrize(
    ("type_name", "column"),
    [
        ("bigint", []),
        ("bigint", [5]),
        ("bigint", [5, 5, 5]),
        ("bigint", [5, 2**40, -7]),
        ("text", ["", "", ""]),
        ("text", ["請求", "請求", "a'b\\c"]),
        ("text", [None, None]),
        ("text", ["x", None, "x"]),
        ("uuid", [_ONE, _ONE]),
        ("uuid", [_ONE, _OTHER]),
        ("timestamptz", [_NOON] * 3),
        ("timestamptz", [_NOON, None]),
        ("boolean", [True, True]),
        ("boolean", [False, True]),
        ("double precision", [0.5, 0.5]),
        ("integer", [[1, 1], [1, 1]]),
        ("integer", [[1, 2], [3, 4]]),
        ("timestamptz", [_HOUR, _HOUR.replace(fold=1)]),
        ("double precision", [0.0, -0.0]),
        ("bytea", [b"\x00\xff", b"\x00\xff"]),
    ],
)
def test_a_column_comes_back_as_it_was(type_name: str, column: list[Any]) -> None:
    came = postgres.scalar("SELECT %s::" + type_name + "[]", [column])
    assert [_exactly(one) for one in came] == [_exactly(one) for one in column]


def _exactly(value: Any) -> Any:
    return value.timestamp() if isinstance(value, datetime) else repr(value)


def test_columns_of_a_set_stay_side_by_side() -> None:
    rows = postgres.rows(
        "SELECT * FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[])",
        [list(range(1_000)), ["same"] * 1_000, [_NOON] * 1_000],
    )
    assert rows == [(number, "same", _NOON) for number in range(1_000)]
