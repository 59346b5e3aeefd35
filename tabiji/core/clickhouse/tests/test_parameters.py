from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tabiji.core.clickhouse import ClickHouse, parameters

_ID = UUID("61f0c404-5cb3-11e7-907b-a6006ad3dba0")
_TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
_against_the_server = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a'b", "a'b"),
        ("\t\\\n\0", "\\t\\\\\\n\\0"),
        (None, "\\N"),
        (True, "1"),
        (-7, "-7"),
        (0.5, "0.5"),
        (Decimal("1.20"), "1.20"),
        (_ID, str(_ID)),
        (date(2026, 4, 28), "2026-04-28"),
        (datetime(2026, 4, 28, 14, tzinfo=timezone(timedelta(hours=9))), "2026-04-28 05:00:00"),
        (datetime(2026, 4, 28, 5, 0, 0, 120000, tzinfo=UTC), "2026-04-28 05:00:00.120000"),
        ([1, 2], "[1,2]"),
        ([], "[]"),
        (range(3), "[0,1,2]"),
        (["a'b", "\n", None], "['a\\'b','\\n',NULL]"),
        ([_ID, date(2026, 4, 28)], f"['{_ID}','2026-04-28']"),
        ((1, "x"), "(1,'x')"),
        ({"k": [1]}, "{'k':[1]}"),
    ],
)
def test_values_in_clickhouses_own_spelling(value: Any, text: str) -> None:
    assert parameters.text(value) == text


@pytest.mark.parametrize("value", [object(), b"bytes", [object()], datetime(2026, 4, 28, 5, 0)])
def test_what_has_no_spelling_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        parameters.text(value)


@given(text=_TEXT)
@_against_the_server
def test_any_text_arrives_as_it_is(store: ClickHouse, text: str) -> None:
    assert store.scalar("SELECT {text:String}", {"text": text}) == text


@given(words=st.lists(_TEXT, max_size=5), labels=st.dictionaries(_TEXT, _TEXT, max_size=3))
@_against_the_server
def test_any_text_in_arrays_and_maps_arrives_as_it_is(
    store: ClickHouse, words: list[str], labels: dict[str, str]
) -> None:
    row = store.rows("SELECT {w:Array(String)}, {m:Map(String, String)}", {"w": words, "m": labels})[0]

    assert row == (words, labels)
