"""Own staff, competitors and office addresses: left out of numbers, of sends, or of both."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from tabiji.core import postgres
from tabiji.people import naming
from tabiji.workspaces.contracts import AUTOMATIC, Actor
from tabiji.workspaces.public import audit

KINDS: Final = ("domain", "email", "ip")
_DOMAIN: Final = re.compile(r"(?:\w(?:[\w-]{0,61}\w)?\.)+[^\W\d_][\w-]{0,61}\w")
_WIDEST: Final = {4: 8, 6: 16}
"""The shortest prefix: a slip of the pen must not leave everybody out of the numbers."""


class BadExclusion(ValueError):
    """Neither a domain, an e-mail address nor a network. The text says which, for people."""


class NoSuchExclusion(LookupError):
    """No line of this id stands on the exclusion list."""


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
    kind: str,
    value: str,
    *,
    reason: str = "",
    from_numbers: bool = True,
    from_sends: bool = True,
    actor: Actor = AUTOMATIC,
) -> None:
    """kind: domain, email or ip (an address or a network). A line that stands is changed. Audited.

    Raises BadExclusion.
    """
    text = normal(kind, value)
    postgres.execute(
        "INSERT INTO exclusion (workspace_id, kind, value, reason, from_numbers, from_sends)"
        " VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT (workspace_id, kind, value) DO UPDATE"
        " SET reason = excluded.reason, from_numbers = excluded.from_numbers, from_sends = excluded.from_sends",
        [postgres.workspace_id(), kind, text, reason, from_numbers, from_sends],
    )
    said = {"kind": kind, "value": text, "from_numbers": from_numbers, "from_sends": from_sends}
    audit.record(actor, "save", "exclusion", values=said)


def normal(kind: str, value: str) -> str:
    """The value as it is kept and compared. Raises BadExclusion."""
    return _checked(kind, value.strip().lower())


def remove(exclusion_id: int, *, actor: Actor = AUTOMATIC) -> None:
    """Count and write to them again. Audited. Raises NoSuchExclusion."""
    found = get(exclusion_id)
    postgres.execute("DELETE FROM exclusion WHERE id = %s", [exclusion_id])
    audit.record(
        actor, "delete", "exclusion", exclusion_id, values={"kind": found.kind, "value": found.value}
    )


def get(exclusion_id: int) -> ExclusionInfo:
    """Raises NoSuchExclusion."""
    for found in list_all():
        if found.id == exclusion_id:
            return found
    raise NoSuchExclusion(f"there is no line {exclusion_id} on the exclusion list")


def people_of(exclusion_id: int) -> list[UUID]:
    """The known people whom this line covers, newest first; a network covers visits, not people."""
    rows = postgres.rows(
        "SELECT p.id FROM exclusion e JOIN person p ON p.merged_into IS NULL AND p.email <> ''"
        " AND ((e.kind = 'email' AND lower(p.email) = e.value)"
        "   OR (e.kind = 'domain' AND lower(split_part(p.email, '@', 2)) = e.value))"
        " WHERE e.id = %s ORDER BY p.created_at DESC, p.id DESC",
        [exclusion_id],
    )
    return [row[0] for row in rows]


def count_people() -> dict[int, int]:
    """How many known people each line covers (`people_of`); a line that covers nobody is left out."""
    return dict(
        postgres.rows(
            "SELECT e.id, count(*) FROM exclusion e JOIN person p ON p.merged_into IS NULL AND p.email <> ''"
            " AND ((e.kind = 'email' AND lower(p.email) = e.value)"
            "   OR (e.kind = 'domain' AND lower(split_part(p.email, '@', 2)) = e.value)) GROUP BY e.id"
        )
    )


def list_all() -> list[ExclusionInfo]:
    rows = postgres.rows(
        "SELECT id, kind, value, reason, from_numbers, from_sends FROM exclusion ORDER BY kind, value"
    )
    return [ExclusionInfo(*row) for row in rows]


def from_numbers() -> Exclusions:
    return _gather(item for item in list_all() if item.from_numbers)


def from_sends() -> Exclusions:
    return _gather(item for item in list_all() if item.from_sends)


def _checked(kind: str, text: str) -> str:
    """The value as it is compared. Raises BadExclusion."""
    match kind:
        case "ip":
            return _network(text)
        case "domain":
            if not _DOMAIN.fullmatch(text):
                raise BadExclusion(_("“%(text)s” is not a domain such as aoba.example") % {"text": text})
            return text
        case "email":
            key = naming.email_key(text)
            if not key:
                raise BadExclusion(
                    _("“%(text)s” is not an e-mail address such as sato@aoba.example") % {"text": text}
                )
            return key
    raise BadExclusion(f"{kind!r} cannot be excluded: a domain, an e-mail address or a network can")


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise BadExclusion(
            _("“%(text)s” is not an IP address or network such as 203.0.113.0/24") % {"text": text}
        ) from None
    if network.prefixlen < _WIDEST[network.version]:
        raise BadExclusion(_("“%(text)s” covers a large part of the internet") % {"text": text})
    return str(network)


def _gather(items: Iterable[ExclusionInfo]) -> Exclusions:
    kept = list(items)
    return Exclusions(
        frozenset(item.value for item in kept if item.kind == "domain"),
        frozenset(item.value for item in kept if item.kind == "email"),
        tuple(ipaddress.ip_network(item.value) for item in kept if item.kind == "ip"),
    )
