"""Two clocks: the database's (leases, ingest) and business time (everything a rule reads).

Business time is `now() + workspace.clock_offset`; functions take it as an argument and never
read it themselves, so that practice mode can move it and tests can state it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    delta = moment - EPOCH
    return (delta.days * 86_400 + delta.seconds) * 1_000 + delta.microseconds // 1_000


def from_ms(milliseconds: int) -> datetime:
    """The moment, in UTC."""
    return datetime.fromtimestamp(milliseconds / 1_000, UTC)
