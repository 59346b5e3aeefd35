"""Mail addresses as they go on the wire: plain, quoted, carrier-style, internationalised."""

import re
from dataclasses import dataclass
from typing import Final

import idna

# docomo and au (and Vodafone, J-PHONE before them) gave out addresses until 2009 that RFC 5322 forbids
# unquoted: `a..b@`, `.foo@`, `foo.@`. They are in use and reachable, so the lenient syntax is for them only.
LEGACY_SYNTAX_DOMAINS: Final = (
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "au.com",
    "vodafone.ne.jp",
    *(f"jp-{region}.ne.jp" for region in "dhtckrnsq"),
)
CARRIER_DOMAINS: Final = (
    *LEGACY_SYNTAX_DOMAINS,
    "softbank.ne.jp",
    "i.softbank.jp",
    "disney.ne.jp",
    "ymobile.ne.jp",
    "y-mobile.ne.jp",
    "ymobile1.ne.jp",
    "willcom.com",
    "pdx.ne.jp",
    "uqmobile.jp",
    "rakumail.jp",
)

LOCAL_PART_MAX: Final = 64  # octets, RFC 5321 4.5.3.1.1
ADDRESS_MAX: Final = 254  # octets, RFC 5321 4.5.3.1.3 without the angle brackets

_ATEXT = r"A-Za-z0-9!#$%&'*+/=?^_`{|}~-"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_PLAIN = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*@{_LABEL}(?:\.{_LABEL})*", re.ASCII)
_DOT_ATOM = re.compile(rf"[{_ATEXT}]+(?:\.[{_ATEXT}]+)*", re.ASCII)
_LOOSE_DOTS = re.compile(rf"[.{_ATEXT}]+", re.ASCII)
_QUOTED = re.compile(r'"((?:[ !#-\[\]-~]|\\[ -~])*)"', re.ASCII)
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*", re.ASCII)


class BadAddress(ValueError):
    """The address cannot be put on the wire. `reason` is a code from a closed set:

    `empty`, `no_at`, `local_part`, `domain`, `too_long`, `not_ascii` (a local part that needs SMTPUTF8).
    """

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"mail address {address[:320]!r} cannot be written: {reason}")
        self.address = address
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An address with the name shown beside it. The address is as people write it, unquoted, unencoded."""

    address: str
    name: str = ""


def wire_address(address: str) -> str:
    """The ASCII form for SMTP commands and headers: local part quoted if need be, domain in A-labels.

    Raises `BadAddress`. Quoting follows RFC 5321 4.1.2; unquoted bad dots pass for Japanese carriers only.
    """
    if _PLAIN.fullmatch(address) and len(address) <= ADDRESS_MAX and address.index("@") <= LOCAL_PART_MAX:
        return address
    if not address:
        raise BadAddress(address, "empty")
    local, at, domain = address.rpartition("@")
    if not at:
        raise BadAddress(address, "no_at")
    ascii_domain = _ascii_domain(address, domain)
    wire = f"{_wire_local_part(address, local, ascii_domain)}@{ascii_domain}"
    if len(wire) > ADDRESS_MAX:
        raise BadAddress(address, "too_long")
    return wire


def domain_of(address: str) -> str:
    """The domain in lower case A-labels, or "" when there is none that can be written."""
    _, at, domain = address.rpartition("@")
    try:
        return "" if not at else _ascii_domain(address, domain).lower()
    except BadAddress:
        return ""


def is_carrier(domain: str) -> bool:
    """Whether the domain belongs to a Japanese mobile carrier, sub-domains included."""
    return _within(domain.lower(), CARRIER_DOMAINS)


def _ascii_domain(address: str, domain: str) -> str:
    if not domain.isascii():
        try:
            # UTS 46 maps what people type: full-width letters, the ideographic full stop, capitals.
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError:
            raise BadAddress(address, "domain") from None
    if not _DOMAIN.fullmatch(domain):
        raise BadAddress(address, "domain")
    return domain


def _wire_local_part(address: str, local: str, domain: str) -> str:
    if not local.isascii():
        raise BadAddress(address, "not_ascii")
    wire = local if _DOT_ATOM.fullmatch(local) else _quoted_local_part(address, local, domain)
    if len(wire) > LOCAL_PART_MAX:
        raise BadAddress(address, "too_long")
    return wire


def _quoted_local_part(address: str, local: str, domain: str) -> str:
    if quoted := _QUOTED.fullmatch(local):
        content = re.sub(r"\\(.)", r"\1", quoted.group(1))
    elif _LOOSE_DOTS.fullmatch(local) and _within(domain.lower(), LEGACY_SYNTAX_DOMAINS):
        content = local
    else:
        raise BadAddress(address, "local_part")
    if _DOT_ATOM.fullmatch(content):
        return content
    return '"' + re.sub(r'(["\\])', r"\\\1", content) + '"'


def _within(domain: str, parents: tuple[str, ...]) -> bool:
    return any(domain == parent or domain.endswith("." + parent) for parent in parents)
