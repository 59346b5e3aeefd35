"""How a workspace sends: SMTP server, sender, DKIM key. Passwords and keys are sealed at rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from django.conf import settings

from tabiji.core import crypto, postgres
from tabiji.messaging.channels.email import dkim
from tabiji.messaging.channels.email.addresses import Mailbox
from tabiji.messaging.channels.email.smtp import SmtpSettings
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, workspace

PRACTICE_HOST: Final = "127.0.0.1"
PRACTICE_PORT: Final = 0
"""What a practice workspace writes for its server: the practice one, wherever it listens today."""


class NoSendingDomain(LookupError):
    """This workspace has not said yet how it sends: see Settings, Sending domain."""


class BadDkimName(ValueError):
    """A domain or selector under which no DNS record can stand."""


class NotPractice(NoSendingDomain):
    """A practice workspace would send to a real server, or the practice one is not running."""


@dataclass(frozen=True, slots=True)
class SendingDomain:
    from_name: str
    from_address: str
    reply_to: str
    bounce_domain: str
    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    username: str
    connections: int
    dkim_domain: str
    dkim_selector: str
    has_password: bool
    has_dkim_key: bool

    @property
    def sender(self) -> Mailbox:
        return Mailbox(self.from_address, self.from_name)


def save(*, actor: Actor, password: str | None = None, **values: Any) -> None:
    """Set how the workspace sends. A password of None keeps the one that stands; audited, never shown."""
    names = ("from_name", "from_address", "reply_to", "bounce_domain", "host", "port", "security", "username")
    given = {name: values.get(name, "") for name in names}
    postgres.execute(
        "INSERT INTO sending_domain (workspace_id, from_name, from_address, reply_to, bounce_domain, host, port,"
        " security, username, connections, password) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
        " ON CONFLICT (workspace_id) DO UPDATE SET from_name = excluded.from_name,"
        " from_address = excluded.from_address, reply_to = excluded.reply_to,"
        " bounce_domain = excluded.bounce_domain, host = excluded.host, port = excluded.port,"
        " security = excluded.security, username = excluded.username, connections = excluded.connections,"
        " password = coalesce(excluded.password, sending_domain.password), updated_at = now()",
        [
            postgres.workspace_id(),
            *given.values(),
            values.get("connections", 5),
            crypto.seal(password) if password else None,
        ],
    )
    audit.record(actor, "change", "sending_domain", values=given)


def make_dkim_key(
    domain: str, selector: str, *, actor: Actor, algorithm: dkim.Algorithm = "rsa-sha256"
) -> dkim.DnsRecord:
    """A new key for the domain; the record to publish. The old key is replaced.

    RSA, because not every large receiver verifies Ed25519 yet (RFC 8463), which signs in a twentieth of the time: for
    a relay of one's own that signs once more, or where all receivers are known. Raises NoSendingDomain, BadDkimName.
    """
    get()
    pem = dkim.generate_key(algorithm)
    try:
        record = dkim.dns_record(domain=domain, selector=selector, private_key_pem=pem)
    except ValueError as error:
        raise BadDkimName(str(error)) from error
    postgres.execute(
        "UPDATE sending_domain SET dkim_domain = %s, dkim_selector = %s, dkim_key = %s",
        [domain, selector, crypto.seal(pem)],
    )
    audit.record(actor, "create", "dkim_key", domain, values={"selector": selector, "algorithm": algorithm})
    return record


def get() -> SendingDomain:
    """Raises NoSendingDomain."""
    row = postgres.find_row(
        "SELECT from_name, from_address, reply_to, bounce_domain, host, port, security, username, connections,"
        " dkim_domain, dkim_selector, password IS NOT NULL, dkim_key IS NOT NULL FROM sending_domain"
    )
    if row is None:
        raise NoSendingDomain("this workspace has no sending domain yet")
    return SendingDomain(*row)


def dns_record() -> dkim.DnsRecord | None:
    """The DKIM record that should stand in the DNS, if there is a key."""
    domain, pem = get(), _secret("dkim_key")
    if not pem:
        return None
    return dkim.dns_record(domain=domain.dkim_domain, selector=domain.dkim_selector, private_key_pem=pem)


def dkim_key() -> str:
    """The private key (PEM) that signs the workspace's mails, or empty. For the senders only."""
    return _secret("dkim_key")


def signers() -> list[dkim.Signer]:
    domain, pem = get(), _secret("dkim_key")
    if not pem:
        return []
    return [dkim.Signer(domain=domain.dkim_domain, selector=domain.dkim_selector, private_key_pem=pem)]


def smtp_settings(domain: SendingDomain) -> SmtpSettings:
    """How to reach the workspace's server. A practice workspace reaches the practice one and no other.

    Raises NotPractice.
    """
    if workspace.current().is_practice:
        return _practice_settings(domain)
    return SmtpSettings(
        host=domain.host,
        port=domain.port,
        security=domain.security,
        username=domain.username or None,
        password=_secret("password") or None,
        connections=domain.connections,
    )


def _practice_settings(domain: SendingDomain) -> SmtpSettings:
    host, _, port = settings.PRACTICE_SMTP.rpartition(":")
    if host not in _LOOPBACK or not port.isdecimal():
        raise NotPractice(
            "the practice mail server is not running: start it by `tabiji up` or `tabiji practice-mail`"
        )
    if domain.host not in _LOOPBACK or domain.port not in (PRACTICE_PORT, int(port)):
        raise NotPractice(
            f"this is a practice workspace: it sends to the practice mail server only, not to {domain.host}"
        )
    return SmtpSettings(host=host, port=int(port), security="none", connections=domain.connections)


_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def _secret(column: Literal["password", "dkim_key"]) -> str:
    sealed = postgres.scalar(
        "SELECT password FROM sending_domain"
        if column == "password"
        else "SELECT dkim_key FROM sending_domain"
    )
    return crypto.open_sealed(sealed) if sealed is not None else ""
