"""Addresses of ours that carry a token, so that a bounce names its message (VERP, RFC 5233 sub-address)."""

import re
from typing import Final, Literal

from tabiji.messaging.channels.email import addresses

Purpose = Literal["bounce", "unsubscribe"]

_TOKEN = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_CARRYING: Final = {
    purpose: re.compile(rf"<?{purpose}\+([A-Za-z0-9_-]+)@([^<>@\s]+?)\.?>?", re.ASCII | re.IGNORECASE)
    for purpose in ("bounce", "unsubscribe")
}


class BadToken(ValueError):
    """The token cannot be part of an address: wrong letters, or the local part would pass 64 octets."""


def make(token: str, domain: str, purpose: Purpose = "bounce") -> str:
    """`bounce+<token>@domain`. Raises `BadToken`, or `addresses.BadAddress` for the domain.

    Some relays put local parts into lower case: a token that must survive them uses one case only.
    """
    local = f"{purpose}+{token}"
    if not _TOKEN.fullmatch(token):
        raise BadToken("a token may hold letters, digits, - and _ only")
    if len(local) > addresses.LOCAL_PART_MAX:
        longest = addresses.LOCAL_PART_MAX - len(purpose) - 1
        raise BadToken(f"a token for {purpose} may have {longest} letters, this has {len(token)}")
    return addresses.wire_address(f"{local}@{domain}")


def parse(address: str, domain: str, purpose: Purpose = "bounce") -> str | None:
    """The token of an address of ours, or None. Case of the token is kept; angle brackets are allowed."""
    found = _CARRYING[purpose].fullmatch(address.strip())
    if found is None or found.group(2).lower() != addresses.domain_of(f"x@{domain}"):
        return None
    return found.group(1)
