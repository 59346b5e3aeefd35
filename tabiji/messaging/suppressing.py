"""Which bounced addresses are dead: a hard refusal at once, a carrier's doubtful one the second time.

docomo and au answer 550 both for an unknown user and for somebody who refuses mail from outside, so
the first one is not believed. A refusal of our sender says nothing of the address.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from tabiji.core import postgres
from tabiji.messaging.channels.email.replies import Kind
from tabiji.people.public import consent


def after_bounces(bounced: Sequence[tuple[str, str, datetime]]) -> None:
    """Suppress the dead ones of these (address, kind of bounce, when)."""
    dead = {address for address, kind, _at in bounced if kind == Kind.HARD}
    doubtful = [address for address, kind, _at in bounced if kind == Kind.UNKNOWN_USER_OR_REFUSED]
    if doubtful:
        dead.update(_bounced_before(doubtful))
    if dead:
        consent.suppress(
            [(address, "bounce", at) for address, _kind, at in bounced if address in dead], channel="mail"
        )


def _bounced_before(addresses: Sequence[str]) -> set[str]:
    """Of these, those whose messages have come back at least twice (this time included)."""
    rows = postgres.rows(
        "SELECT address FROM message WHERE address = ANY(%s) AND state = 'bounced'"
        " GROUP BY address HAVING count(*) > 1",
        [list(addresses)],
    )
    return {row[0] for row in rows}
