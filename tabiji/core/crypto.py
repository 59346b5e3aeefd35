"""Sealed secrets (at rest) and signed tokens (in links).

Both keys come from the installation's secrets. Sealing is Fernet with rotation: the first key
seals, every key opens.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from functools import cache
from typing import Final, Literal

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

TokenKind = Literal["click", "open", "unsubscribe", "preferences", "bounce", "form", "first_run"]
_KINDS: Final[dict[str, int]] = {
    "click": 1,
    "open": 2,
    "unsubscribe": 3,
    "preferences": 4,
    "bounce": 5,
    "form": 6,
    "first_run": 8,
}
_SIGNATURE_BYTES: Final = 16
_ONE_BYTE: Final = [bytes((number,)) for number in range(0x80)]


class BadToken(ValueError):
    """A link that we did not sign, or that was cut or changed on its way."""


class CannotOpen(ValueError):
    """A sealed value whose key is no longer among the installation's keys."""


def seal(plain: str) -> bytes:
    return _fernet().encrypt(plain.encode())


def open_sealed(sealed: bytes) -> str:
    """The sealed text; raises CannotOpen."""
    try:
        return _fernet().decrypt(bytes(sealed)).decode()
    except InvalidToken as error:
        raise CannotOpen("this value was sealed with another key: see `tabiji doctor`") from error


def sign(kind: TokenKind, *numbers: int) -> str:
    """A short URL-safe token (numbers below 2^63) that `read` gives back unchanged."""
    body = bytes((_KINDS[kind], len(numbers))) + b"".join(map(_varint, numbers))
    return base64.urlsafe_b64encode(body + _signature(body)).rstrip(b"=").decode("ascii")


def read(kind: TokenKind, token: str) -> tuple[int, ...]:
    """The signed numbers; raises BadToken for anything that `sign` of this kind did not make."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError) as error:
        raise BadToken("not one of our links") from error
    body, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
    if len(body) < 2 or body[0] != _KINDS[kind] or not hmac.compare_digest(signature, _signature(body)):
        raise BadToken("not one of our links")
    return _read_varints(body[2:], body[1])


def digest(secret: str) -> bytes:
    """What is stored of an API key (SHA-256; the key itself has 256 random bits)."""
    return hashlib.sha256(secret.encode()).digest()


def forget_keys() -> None:
    """Read the installation's keys anew at the next use."""
    _fernet.cache_clear()
    _signing_key.cache_clear()


@cache
def _fernet() -> MultiFernet:
    keys = [base64.urlsafe_b64encode(hashlib.sha256(key.encode()).digest()) for key in settings.SEALING_KEYS]
    return MultiFernet([Fernet(key) for key in keys])


def _signature(body: bytes) -> bytes:
    return hmac.digest(_signing_key(), body, "sha256")[:_SIGNATURE_BYTES]


@cache
def _signing_key() -> bytes:
    return str(settings.SIGNING_KEY).encode()


def _varint(number: int) -> bytes:
    if 0 <= number < 0x80:
        return _ONE_BYTE[number]
    if not 0 <= number < 1 << 63:
        raise ValueError(f"token numbers are 0 to 2^63-1, not {number}")
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _read_varints(raw: bytes, count: int) -> tuple[int, ...]:
    numbers, value, shift = [], 0, 0
    for byte in raw:
        value |= (byte & 0x7F) << shift
        if byte & 0x80:
            shift += 7
            continue
        numbers.append(value)
        value, shift = 0, 0
    if len(numbers) != count or shift:
        raise BadToken("not one of our links")
    return tuple(numbers)
