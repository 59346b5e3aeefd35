"""An outbox of its own for mail to colleagues, so that a login never waits behind a campaign.

Mail of a practice workspace goes to the practice mail server, whatever else is set: nobody outside
hears of a game. A mail whose sending was cut off leaves again; a login code twice does no harm.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

import structlog
from django.conf import settings
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from tabiji.core import crypto, loops, postgres, sql
from tabiji.workspaces import workspace
from tabiji.workspaces.models import StaffMail

ATTEMPTS: Final = 8
"""Over about an hour; then the mail stays with its error."""
_AT_ONCE: Final = 20
_TIMEOUT_S: Final = 20
_SECURITY: Final[dict[str, Literal["starttls", "tls", "none"]]] = {
    "smtp": "starttls",
    "smtps": "tls",
    "smtp+plain": "none",
}
log = structlog.get_logger()


class NoMailServer(RuntimeError):
    """Nothing says where mail to colleagues should go, or what it says cannot be read."""


@dataclass(frozen=True, slots=True)
class Server:
    host: str
    port: int
    security: Literal["starttls", "tls", "none"] = "none"
    username: str = ""
    password: str = ""


@dataclass(frozen=True, slots=True)
class _Due:
    id: int
    workspace_id: int | None
    to: str
    subject: str
    body: str
    attempts: int


class OutboxBackend(BaseEmailBackend):
    """Django's mail (password reset, login codes) becomes rows that the worker delivers."""

    def send_messages(self, email_messages: Sequence[mail.EmailMessage]) -> int:
        rows = [
            StaffMail(to=to, subject=str(one.subject), body=str(one.body))
            for one in email_messages
            for to in one.recipients()
        ]
        StaffMail.objects.bulk_create(rows)
        return len(email_messages)


def deliver_due() -> int:
    """Try every mail that is due, at most 20 at once; the number tried.

    Each is counted as tried before it leaves, so a mail that kills the worker is not tried for ever.
    """
    due = [_Due(*row) for row in postgres.rows(sql.named("workspaces", "claim_staff_mail"), _BOUNDS)]
    practice = {one.id for one in workspace.list_all() if one.is_practice} if due else set()
    for one in due:
        try:
            _deliver(one, server_for(is_practice=one.workspace_id in practice))
        except (OSError, smtplib.SMTPException, NoMailServer, ValueError) as error:
            _note_failure(one, error)
        else:
            postgres.execute(
                "UPDATE staff_mail SET sent_at = clock_timestamp(), error = '' WHERE id = %s", [one.id]
            )
    return len(due)


def server_for(*, is_practice: bool) -> Server:
    """Where mail to colleagues goes: TABIJI_SMTP_URL, or the practice server. Raises NoMailServer."""
    if settings.STAFF_SMTP_URL and not is_practice:
        return read_url(settings.STAFF_SMTP_URL)
    host, _, port = settings.PRACTICE_SMTP.rpartition(":")
    if not port.isdecimal():
        raise NoMailServer("no server for mail to colleagues: set TABIJI_SMTP_URL, or start the practice one")
    return Server(host, int(port))


def read_url(url: str) -> Server:
    """`smtp://user:password@host:587` (STARTTLS), `smtps://…` (TLS), `smtp+plain://…`. Raises NoMailServer."""
    parts = urlsplit(url)
    security = _SECURITY.get(parts.scheme)
    if security is None or not parts.hostname:
        raise NoMailServer(
            "TABIJI_SMTP_URL must read smtp://user:password@host:587, or smtps:// or smtp+plain://"
        )
    port = parts.port or {"starttls": 587, "tls": 465, "none": 25}[security]
    return Server(
        parts.hostname, port, security, unquote(parts.username or ""), unquote(parts.password or "")
    )


def _deliver(one: _Due, server: Server) -> None:
    sender = parseaddr(settings.STAFF_MAIL_FROM)[1]
    written = EmailMessage()
    written["From"] = settings.STAFF_MAIL_FROM
    written["To"] = one.to
    written["Subject"] = one.subject
    written["Date"] = formatdate(usegmt=True)
    written["Message-ID"] = f"<staff-{one.id}@{sender.rpartition('@')[2]}>"
    written["Auto-Submitted"] = "auto-generated"
    written.set_content(one.body)
    with _open(server) as connection:
        connection.send_message(written, _return_path(one, sender), [one.to])


def _return_path(one: _Due, sender: str) -> str:
    """Names the workspace, signed like the return paths of messages; message 0 is nobody's."""
    if one.workspace_id is None:
        return sender
    return f"bounce+{crypto.sign('bounce', one.workspace_id, 0)}@{sender.rpartition('@')[2]}"


def _open(server: Server) -> smtplib.SMTP:
    if server.security == "tls":
        connection: smtplib.SMTP = smtplib.SMTP_SSL(
            server.host, server.port, timeout=_TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)
    try:
        if server.security == "starttls":
            connection.starttls(context=ssl.create_default_context())
        if server.username:
            connection.login(server.username, server.password)
    except BaseException:
        with suppress(OSError):
            connection.close()
        raise
    return connection


def _note_failure(one: _Due, error: Exception) -> None:
    is_final = one.attempts >= ATTEMPTS or _is_permanent(error)
    log.warning(
        "staff_mail_failed", mail=one.id, attempts=one.attempts, final=is_final, error=str(error)[:300]
    )
    postgres.execute(
        "UPDATE staff_mail SET error = %s, next_at = CASE WHEN %s THEN 'infinity' ELSE next_at END WHERE id = %s",
        [str(error)[:500], is_final, one.id],
    )


def _is_permanent(error: Exception) -> bool:
    """5yz to this mail: the same answer would come again. A refused login may be mended meanwhile."""
    match error:
        case smtplib.SMTPRecipientsRefused():
            return all(code >= 500 for code, _ in error.recipients.values())
        case smtplib.SMTPAuthenticationError():
            return False
        case smtplib.SMTPDataError():
            return error.smtp_code >= 500
        case ValueError():  # a header that cannot be written
            return True
    return False


_BOUNDS: Final = {"most": _AT_ONCE, "first_wait_s": 30}
loops.register("staff-mail", deliver_due, idle_s=2.0)
