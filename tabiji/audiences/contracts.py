"""What other rooms see of audiences: frozen, without any framework."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tabiji.audiences.conditions import Condition


@dataclass(frozen=True, slots=True)
class AudienceInfo:
    """size: members at the last refresh; refreshed_at: business time; error: why it stands still."""

    id: int
    name: str
    why: str
    state: str
    responsible_id: int | None
    condition: Condition
    version: int
    size: int
    refreshed_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True)
class Stay:
    """One person's present stay in an audience."""

    person_id: UUID
    episode: int
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """What a refresh changed. was_asked is False where nothing could have changed."""

    entered: int = 0
    left: int = 0
    was_asked: bool = True
