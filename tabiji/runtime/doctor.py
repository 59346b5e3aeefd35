"""`tabiji doctor`: looks at the machine, the engines, the stores and every workspace; says what to mend."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import psycopg
from django.conf import settings
from django.utils.translation import gettext as _

from tabiji.core import health, postgres
from tabiji.core.health import Finding
from tabiji.runtime.postgres import PostgresFailed, check_durable
from tabiji.workspaces import staff_mail as staff_mails
from tabiji.workspaces.public import workspace

_LOW_DISK = 2 * 1024**3


def examine() -> Iterator[tuple[str, str, Finding]]:
    """(where, check, finding), the machine first, then each workspace."""
    for name, finding in health.run(health.machine):
        yield "", name, finding
    for found in workspace.list_all():
        with postgres.workspace_scope(found.id):
            for name, finding in health.run(health.workspace):
                yield found.name, name, finding


def python() -> list[Finding]:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return [Finding("fine", f"Python {version}")]


def disk() -> list[Finding]:
    free = shutil.disk_usage(settings.HOME.path if settings.HOME.path.exists() else ".").free
    text = _("%(free)s GiB of disk are free") % {"free": f"{free / 1024**3:.0f}"}
    if free < _LOW_DISK:
        return [Finding("broken", text, _("Free some space: the engines stop when the disk is full."))]
    return [Finding("fine", text)]


def database() -> list[Finding]:
    """The server answers, keeps what it confirms, and our role stands behind its walls."""
    try:
        check_durable(settings.DATABASE_URL)
    except PostgresFailed as error:
        return [Finding("broken", str(error), _("Change the setting and restart PostgreSQL."))]
    except psycopg.OperationalError as error:
        return [
            Finding(
                "broken",
                _("PostgreSQL does not answer: %(error)s") % {"error": error},
                _("Start it (`tabiji up`), or mend DATABASE_URL."),
            )
        ]
    (version,) = postgres.rows("SHOW server_version")[0]
    (role,) = postgres.rows("SELECT current_user")[0]
    if role != settings.APP_ROLE:
        return [
            Finding(
                "broken",
                _("Connections run as %(role)s, not as %(wanted)s")
                % {"role": role, "wanted": settings.APP_ROLE},
                _("A pooler in between drops start-up options: let `options` through."),
            )
        ]
    return [Finding("fine", f"PostgreSQL {version}")]


def secrets() -> list[Finding]:
    file = settings.HOME.path / "secrets.json"
    if file.exists() and file.stat().st_mode & 0o077:
        return [Finding("broken", _("%(file)s can be read by others") % {"file": file}, f"chmod 600 {file}")]
    return [Finding("fine", _("Secrets are readable by Tabiji only"))]


def addresses() -> list[Finding]:
    if settings.PUBLIC_URL.startswith("https://") or "127.0.0.1" in settings.PUBLIC_URL:
        return [Finding("fine", _("Public address %(url)s") % {"url": settings.PUBLIC_URL})]
    return [
        Finding(
            "broken",
            _("The public address %(url)s is not https") % {"url": settings.PUBLIC_URL},
            _("Put a proxy with a certificate in front and set TABIJI_PUBLIC_URL."),
        )
    ]


def staff_mail() -> list[Finding]:
    """Mail to colleagues of real workspaces has a server of its own: codes to sign in must arrive."""
    if not settings.STAFF_SMTP_URL and any(not found.is_practice for found in workspace.list_all()):
        is_public = settings.PUBLIC_URL.startswith("https://")
        return [
            Finding(
                "broken" if is_public else "look",
                _(
                    "Mail to colleagues goes to the practice server: new passwords and invitations do not arrive"
                ),
                _("Set TABIJI_SMTP_URL to a server that sends them."),
            )
        ]
    try:
        staff_mails.server_for(is_practice=False)
    except staff_mails.NoMailServer as error:
        return [Finding("look", str(error), _("Set TABIJI_SMTP_URL to a server that sends them."))]
    return [Finding("fine", _("Mail to colleagues has a server"))]


for _name, _ask in (
    ("python", python),
    ("disk", disk),
    ("postgres", database),
    ("secrets", secrets),
    ("addresses", addresses),
    ("staff_mail", staff_mail),
):
    health.on_machine(_name, _ask)
