"""Everybody who fulfils a condition, as PostgreSQL takes them: a million ids never become values here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from tabiji.audiences import asking, compiler, conditions
from tabiji.audiences.conditions import Condition, NeedsEntry
from tabiji.audiences.scopes import Everyone
from tabiji.people.public import exclusions

_AS_ARRAY: Final = "SELECT concat('{', arrayStringConcat(groupArray(id), ','), '}') FROM (SELECT toString(person_id) AS id FROM ("
"""Sorted as PostgreSQL sorts them: its indexes take rows in their own order three times as fast."""


def fulfilling(condition: Condition, *, now: datetime, through: Mapping[int, int]) -> str:
    """Their ids as the text of an array (`{…,…}`), up to the watermark. Raises CountingRests, NeedsEntry."""
    if conditions.needs_entry(condition):
        raise NeedsEntry("window", "since entry can only be asked of people on a journey")
    scope = Everyone(exclusions.from_numbers(), through)
    statement = compiler.people(condition, scope, asking.moment_of(now))
    asked = replace(statement, sql=_AS_ARRAY + statement.sql + ") ORDER BY id)")
    found: str = asking.ask(asked, "decision")[0][0]
    return found
