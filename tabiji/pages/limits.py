"""How often a form may be sent: per network address, per mail address, per form.

Generous for an office behind one address, too tight for bombing a stranger's mailbox with
auto-replies (Spamhaus counted 9,000 confirmations to one address in two weeks).
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings

from tabiji.core import postgres, sql

PER_ADDRESS: Final = 20
"""In ten minutes, from one network address."""
PER_EMAIL: Final = 5
"""In a day, with one mail address, over all forms."""
PER_FORM: Final = 600
"""In ten minutes."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as keyed hashes: enough to count, not enough to read."""

    address_hash: bytes
    email_hash: bytes | None


def sender(address: str, email: str) -> Sender:
    return Sender(_hash("address", address), _hash("email", email) if email else None)


def exceeded(who: Sender, form_id: int, *, state: str, now: datetime) -> bool:
    """Whether one submission more of this state would be too many. now: business time."""
    asked = {
        "address": who.address_hash,
        "email": who.email_hash,
        "form": form_id,
        "state": state,
        "now": now,
    }
    from_address, with_email, of_form = postgres.rows(sql.named("pages", "recent_submissions"), asked)[0]
    return bool(from_address >= PER_ADDRESS or with_email >= PER_EMAIL or of_form >= PER_FORM)


def _hash(kind: str, text: str) -> bytes:
    # The workspace is part of what is hashed: nobody can be followed from one to another.
    said = f"{postgres.workspace_id()}:{kind}:{text}".encode("utf-8", "replace")
    return hashlib.blake2b(
        said, key=hmac.digest(settings.SIGNING_KEY.encode(), b"limits", "sha256"), digest_size=16
    ).digest()
