"""Own staff, competitors and office addresses: left out of numbers, of sends, or of both."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from tabiji.core import postgres


class BadExclusion(ValueError):
    """Neither a domain, an e-mail address nor a network."""


@dataclass(frozen=True, slots=True)
class ExclusionInfo:
    id: int
    kind: str
    value: str
    reason: str
    from_numbers: bool
    from_sends: bool


@dataclass(frozen=True, slots=True)
class Exclusions:
    """The whole list, ready to ask."""

    domains: frozenset[str]
    emails: frozenset[str]
    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()

    def covers_email(self, email: str) -> bool:
        address = email.lower()
        return address in self.emails or address.rpartition("@")[2] in self.domains

    def covers_address(self, text: str) -> bool:
        if not self.networks:
            return False
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self.networks)


def add(
    kind: str, value: str, *, reason: str = "", from_numbers: bool = True, from_sends: bool = True
) -> None:
    """kind: domain, email or ip (an address or a network). Raises BadExclusion."""
    text = value.strip().lower()
    if kind == "ip":
        try:
            text = str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            raise BadExclusion(f"{value} is not an IP address or network") from None
    elif kind not in ("domain", "email") or (kind == "email") != ("@" in text) or "." not in text:
        raise BadExclusion(f"{value} is not a domain or an e-mail address")
    postgres.execute(
        "INSERT INTO exclusion (workspace_id, kind, value, reason, from_numbers, from_sends)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (workspace_id, kind, value) DO UPDATE"
        " SET reason = excluded.reason, from_numbers = excluded.from_numbers, from_sends = excluded.from_sends",
        [postgres.workspace_id(), kind, text, reason, from_numbers, from_sends],
    )


def remove(exclusion_id: int) -> None:
    postgres.execute("DELETE FROM exclusion WHERE id = %s", [exclusion_id])


def list_all() -> list[ExclusionInfo]:
    rows = postgres.rows(
        "SELECT id, kind, value, reason, from_numbers, from_sends FROM exclusion ORDER BY kind, value"
    )
    return [ExclusionInfo(*row) for row in rows]


def from_numbers() -> Exclusions:
    return _gather(item for item in list_all() if item.from_numbers)


def from_sends() -> Exclusions:
    return _gather(item for item in list_all() if item.from_sends)


def _gather(items: Iterable[ExclusionInfo]) -> Exclusions:
    kept = list(items)
    return Exclusions(
        frozenset(item.value for item in kept if item.kind == "domain"),
        frozenset(item.value for item in kept if item.kind == "email"),
        tuple(ipaddress.ip_network(item.value) for item in kept if item.kind == "ip"),
    )
