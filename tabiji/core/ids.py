"""Identifiers: time-ordered for new rows, stable for what must come out the same twice."""

from __future__ import annotations

import hashlib
import os
import time
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f0d6b5c-3f0e-5b1f-9c0a-7ab1c1d2e3f4")


def new_id() -> UUID:
    """A UUID of version 7 (RFC 9562): 48 bits of milliseconds, 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def stable_id(workspace_id: int, kind: str, key: str) -> UUID:
    """The same id for the same key, for ever: anonymous subjects, generated people."""
    return uuid5(_NAMESPACE, f"{workspace_id}:{kind}:{key}")


def message_hash(workspace_id: int, message_id: str) -> bytes:
    """Sixteen bytes that stand for a client's message id."""
    return hashlib.blake2b(f"{workspace_id}:{message_id}".encode(), digest_size=16).digest()


def shard_of(key: str, shards: int) -> int:
    """Which of a workspace's event streams a visitor or person belongs to."""
    return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=4).digest(), "big") % shards
