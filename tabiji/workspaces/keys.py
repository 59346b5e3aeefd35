"""Keys: public write keys for sites, secret keys for the REST API."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from tabiji.core import crypto, postgres
from tabiji.workspaces import audit
from tabiji.workspaces.contracts import Actor


class BadKey(PermissionError):
    """Unknown, revoked or of the wrong kind."""


class NoSuchKey(LookupError):
    """No key of this id stands in this workspace (any more)."""


@dataclass(frozen=True, slots=True)
class KeyInfo:
    id: int
    kind: str
    name: str
    public: str
    created_at: datetime | None = None


def create_write_key(name: str, *, actor: Actor, public: str = "") -> KeyInfo:
    """A key for a site's snippet. It can only send events."""
    public = public or "wk_" + secrets.token_urlsafe(18)
    key_id = _insert("write", name, public, None)
    audit.record(actor, "create", "write_key", key_id, values={"name": name})
    return KeyInfo(key_id, "write", name, public)


def create_api_key(name: str, *, actor: Actor) -> tuple[KeyInfo, str]:
    """A secret key for the REST API: the text is shown once, only its digest is kept."""
    public = "ak_" + secrets.token_urlsafe(9)
    secret = secrets.token_urlsafe(32)
    key_id = _insert("api", name, public, crypto.digest(secret))
    audit.record(actor, "create", "api_key", key_id, values={"name": name})
    return KeyInfo(key_id, "api", name, public), f"{public}.{secret}"


def workspace_of_api_key(text: str) -> tuple[int, int]:
    """(workspace id, key id) of a full API key; raises BadKey."""
    public, _, secret = text.partition(".")
    row = postgres.find_row("SELECT workspace_id, kind, digest, key_id FROM find_key(%s)", [public])
    if row is None or row[1] != "api" or not hmac.compare_digest(bytes(row[2]), crypto.digest(secret)):
        raise BadKey("this API key is unknown or was revoked")
    return row[0], row[3]


def revoke(key_id: int, *, actor: Actor) -> None:
    """Nothing that uses this key is let in any more. Audited. Raises NoSuchKey."""
    gone = postgres.execute(
        "UPDATE api_key SET revoked_at = now() WHERE id = %s AND revoked_at IS NULL", [key_id]
    )
    if not gone:
        raise NoSuchKey(f"there is no key {key_id} here")
    audit.record(actor, "revoke", "api_key", key_id)


def list_keys() -> list[KeyInfo]:
    return [
        KeyInfo(*row)
        for row in postgres.rows(
            "SELECT id, kind, name, public, created_at FROM api_key WHERE revoked_at IS NULL ORDER BY id"
        )
    ]


def _insert(kind: str, name: str, public: str, digest: bytes | None) -> int:
    made: int = postgres.scalar(
        "INSERT INTO api_key (workspace_id, kind, name, public, digest) VALUES (%s, %s, %s, %s, %s) RETURNING id",
        [postgres.workspace_id(), kind, name, public, digest],
    )
    return made
