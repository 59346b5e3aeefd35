"""Signs mails with DKIM (RFC 6376, RFC 8463): rsa-sha256 and ed25519-sha256, relaxed/relaxed.

`cryptography` releases the interpreter lock while it signs with RSA, so two threads sign almost twice as fast.
"""

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal, TypeVar

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

from tabiji.messaging.channels.email import addresses

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
MailBytes = TypeVar("MailBytes", bound=bytes)

# Signed where present. Gmail and Yahoo honour one-click unsubscribe only when both its headers are signed.
SIGNED_FIELDS: Final = (
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Reply-To",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "Feedback-ID",
)
# Named once more than it occurs, so that a second one cannot be added (RFC 6376 8.15).
OVERSIGNED_FIELD: Final = "From"

_SIGNED: Final = [(name.lower().encode("ascii"), name.encode("ascii")) for name in SIGNED_FIELDS]
_OVERSIGNED: Final = OVERSIGNED_FIELD.encode("ascii")

RSA_BITS: Final = 2048

_SELECTOR = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?", re.ASCII)
_SPACES = re.compile(rb"[ \t]+")
_FIELD_END = re.compile(rb"\r\n(?![ \t])")
_FEW_SPACES: Final = 200
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()


class UnusableKey(ValueError):
    """The private key cannot sign: not PEM, another kind of key, or RSA under 1,024 bits (RFC 8301)."""


@dataclass(frozen=True, slots=True)
class DnsRecord:
    """A TXT record to publish. `value` is one text; `zone_line` is ready for a zone file, cut at 255 octets."""

    name: str
    value: str

    @property
    def zone_line(self) -> str:
        pieces = [self.value[start : start + 255] for start in range(0, len(self.value), 255)]
        return f"{self.name}. IN TXT " + " ".join(f'"{piece}"' for piece in pieces)


class Signer:
    """One key of one sending domain. Safe to use from several threads."""

    def __init__(self, *, domain: str, selector: str, private_key_pem: str) -> None:
        """Raises `UnusableKey`, `addresses.BadAddress` for the domain, ValueError for the selector."""
        self.domain = addresses.wire_address(f"postmaster@{domain}").rpartition("@")[2].lower()
        self.selector = _checked_selector(selector)
        self._key = _load(private_key_pem)
        self.algorithm: Algorithm = (
            "rsa-sha256" if isinstance(self._key, rsa.RSAPrivateKey) else "ed25519-sha256"
        )
        # The tags that never change, folded.
        self.opening = (
            f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={self.domain};\r\n s={self.selector};"
        ).encode("ascii")

    def signature_of(self, canonical_headers: bytes) -> bytes:
        """The raw signature over canonical headers. Ed25519 signs their SHA-256 (RFC 8463 section 3)."""
        if isinstance(self._key, rsa.RSAPrivateKey):
            return self._key.sign(canonical_headers, _PKCS1, _SHA256)
        return self._key.sign(hashlib.sha256(canonical_headers).digest())


def sign(wire: MailBytes, signers: Sequence[Signer], *, signed_at: int | None = None) -> MailBytes:
    """The mail with one DKIM-Signature per signer in front; the same type as `wire` (see `mime.Wire`).

    `wire` has CRLF line ends. `signed_at` is real time in Unix seconds (not a moved practice clock: a
    signature from the future is refused), or None to leave it out. Each signer signs the mail as given.
    Raises ValueError when `wire` has no header-body border or no From.
    """
    head, border, body = wire.partition(b"\r\n\r\n")
    if not border:
        raise ValueError("a mail to sign needs an empty line between header and body")
    fields = list(_selected(head))
    if not fields or fields[0][0] != _OVERSIGNED:
        raise ValueError("a mail to sign needs a From")
    body_hash = _base64(hashlib.sha256(relaxed_body(body)).digest())
    named = b":".join([_OVERSIGNED, *[name for name, _ in fields]])
    canonical = b"".join([value for _, value in fields])
    signatures = [_signature(signer, named, canonical, body_hash, signed_at) for signer in signers]
    return type(wire)(b"".join((*signatures, wire)))


def generate_key(algorithm: Algorithm) -> str:
    """A new private key as PKCS #8 PEM: RSA with 2,048 bits, or Ed25519."""
    key = (
        rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
        if algorithm == "rsa-sha256"
        else ed25519.Ed25519PrivateKey.generate()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode("ascii")


def dns_record(*, domain: str, selector: str, private_key_pem: str) -> DnsRecord:
    """The TXT record under which receivers find the public key. Raises like `Signer`."""
    signer = Signer(domain=domain, selector=selector, private_key_pem=private_key_pem)
    kind = "rsa" if signer.algorithm == "rsa-sha256" else "ed25519"
    value = f"v=DKIM1; k={kind}; p={_public_text(_load(private_key_pem))}"
    return DnsRecord(name=f"{signer.selector}._domainkey.{signer.domain}", value=value)


def relaxed_body(body: bytes) -> bytes:
    """The body as RFC 6376 3.4.4 wants it hashed."""
    if b"\t" in body or _has_loose_space(body):
        body = _SPACES.sub(b" ", body).replace(b" \r\n", b"\r\n")
        # A last line without CRLF may end in a space that no line end follows.
        body = body[:-1] if body.endswith(b" ") else body
    if body.endswith(b"\r\n") and not body.endswith(b"\r\n\r\n") and len(body) > 2:
        return body
    end = len(body)
    while end >= 2 and body[end - 2 : end] == b"\r\n":
        end -= 2
    return body[:end] + b"\r\n" if end else b""


def _has_loose_space(body: bytes) -> bool:
    """Whether a space follows a space or ends a line; quick for bodies in base64, which have few spaces."""
    position = body.find(b" ")
    for _ in range(_FEW_SPACES):
        if position < 0:
            return False
        if body[position + 1 : position + 2] in (b" ", b"\r", b""):
            return True
        position = body.find(b" ", position + 1)
    return b"  " in body or b" \r\n" in body or body.endswith(b" ")


def _selected(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The fields to sign in the order of `SIGNED_FIELDS`, relaxed; of repeated ones from the last up (5.4.2)."""
    found: dict[bytes, list[bytes]] = {}
    for field in _FIELD_END.split(head):
        name, colon, value = field.partition(b":")
        if colon:
            found.setdefault(_lower(name), []).append(value)
    for key, name in _SIGNED:
        for value in reversed(found.get(key, ())):
            yield name, key + b":" + _relaxed_value(value) + b"\r\n"


@lru_cache(maxsize=256)
def _lower(name: bytes) -> bytes:
    return name.strip(b" \t").lower()


def _relaxed_value(value: bytes) -> bytes:
    if b"\r" not in value and b"\t" not in value and b"  " not in value:
        return value.strip(b" ")
    words = value.replace(b"\r\n", b"").replace(b"\t", b" ").split(b" ")
    return b" ".join([word for word in words if word])


def _signature(
    signer: Signer, named: bytes, canonical: bytes, body_hash: bytes, signed_at: int | None
) -> bytes:
    moment = b"" if signed_at is None else b" t=%d;" % signed_at
    unsigned = b"".join(
        (signer.opening, moment, b"\r\n h=", _folded(named), b";\r\n bh=", body_hash, b";\r\n b=")
    )
    text = canonical + b"dkim-signature:" + _relaxed_value(unsigned)
    signature = _base64(signer.signature_of(text))
    lines = [signature[start : start + 72] for start in range(0, len(signature), 72)]
    return b"DKIM-Signature: " + unsigned + b"\r\n ".join(lines) + b"\r\n"


@lru_cache(maxsize=64)  # mails of one kind have the same fields
def _folded(named: bytes) -> bytes:
    """The list of names with a fold after a colon wherever a line would pass 76 letters."""
    lines = [b""]
    for name in named.split(b":"):
        if len(lines[-1]) + len(name) > 70:
            lines.append(b"")
        lines[-1] += name + b":"
    return b"\r\n  ".join(lines)[:-1]


def _load(private_key_pem: str) -> rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(private_key_pem.encode("ascii"), password=None)
    except (ValueError, TypeError) as error:
        raise UnusableKey("the DKIM key is not an unencrypted private key in PEM") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if not isinstance(key, rsa.RSAPrivateKey):
        raise UnusableKey("DKIM knows RSA and Ed25519 keys only")
    if key.key_size < 1024:
        raise UnusableKey(f"an RSA key for DKIM needs 1,024 bits or more, this has {key.key_size}")
    return key


def _public_text(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    public = key.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        octets = public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    else:
        octets = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return _base64(octets).decode("ascii")


def _checked_selector(selector: str) -> str:
    if len(selector) > 200 or not all(_SELECTOR.fullmatch(label) for label in selector.split(".")):
        raise ValueError(f"DKIM selector {selector[:80]!r} is not a DNS label")
    return selector


def _base64(octets: bytes) -> bytes:
    return base64.b64encode(octets)
