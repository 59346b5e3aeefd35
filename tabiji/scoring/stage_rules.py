"""The one place where a stage's rule meets the conditions of audiences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID


def check(rule: dict[str, Any]) -> None:
    """Raises rules.BadRules for what is no condition."""
    raise NotImplementedError


def matching(rule: dict[str, Any], person_ids: Sequence[UUID], *, now: datetime) -> set[UUID]:
    """Of these people, those for whom the rule holds now."""
    raise NotImplementedError


def sentence(rule: dict[str, Any], language: str) -> str:
    """The rule as people read it."""
    raise NotImplementedError


def moves_with_time(rule: dict[str, Any]) -> bool:
    """Whether it can come true, or stop being true, without anything happening."""
    raise NotImplementedError
