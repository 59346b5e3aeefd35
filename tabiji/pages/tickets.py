"""Tickets: a form that we showed carries one, signed, so that a submission needs no cookie.

A ticket says which form was shown on which page and when, and allows one submission. It is no
secret and protects no session: there is none.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Final

from tabiji.core import clock, crypto
from tabiji.core.crypto import BadToken
from tabiji.pages.contracts import Ticket

LIFE: Final = timedelta(days=1)
TOO_FAST: Final = timedelta(seconds=2)
"""Nobody reads and fills in a form in less."""

__all__ = ["LIFE", "TOO_FAST", "BadToken", "has_expired", "is_too_fast", "issue", "read", "sign"]


def issue(workspace_id: int, form_version_id: int, page_id: int, *, now: datetime) -> Ticket:
    return Ticket(workspace_id, form_version_id, page_id, now, secrets.randbits(62))


def sign(ticket: Ticket) -> str:
    """The ticket as it stands in an address."""
    issued = clock.to_ms(ticket.issued_at)
    return crypto.sign(
        "form", ticket.workspace_id, ticket.form_version_id, ticket.page_id, issued, ticket.nonce
    )


def read(token: str) -> Ticket:
    """Raises BadToken for what we did not sign."""
    if len(token) > 120:
        raise BadToken("not one of our links")
    workspace_id, form_version_id, page_id, issued, nonce = crypto.read("form", token)
    return Ticket(workspace_id, form_version_id, page_id, clock.from_ms(issued), nonce)


def has_expired(ticket: Ticket, now: datetime) -> bool:
    return not ticket.issued_at - timedelta(minutes=5) <= now <= ticket.issued_at + LIFE


def is_too_fast(ticket: Ticket, now: datetime) -> bool:
    return now < ticket.issued_at + TOO_FAST
