"""Heads behind numbers: everyone under one id, known or not, without those who are left out.

A statement after `tables()` may read `owners` (subject → whose acts these are by now) and `left_out`
(people on the exclusion list for numbers), with `params()` bound.
"""

from __future__ import annotations

from typing import Any

from tabiji.core import postgres, sql
from tabiji.people.public import exclusions


def tables() -> str:
    """`WITH owners AS (…), left_out AS (…)`, which a statement or a further table follows."""
    return sql.named("events", "heads")


def params() -> dict[str, Any]:
    """What the tables bind, in the open scope."""
    excluded = exclusions.from_numbers()
    return {
        "workspace": postgres.workspace_id(),
        "left_out_emails": sorted(excluded.emails),
        "left_out_domains": sorted(excluded.domains),
    }
