"""`tabiji doctor`: looks at the machine, the engines, the stores and every workspace; says what to mend."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator

import psycopg
from django.conf import settings

from tabiji.core import health, postgres
from tabiji.core.health import Finding
from tabiji.runtime.postgres import PostgresFailed, check_durable
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
    text = f"{free / 1024**3:.0f} GiB free"
    if free < _LOW_DISK:
        return [Finding("broken", text, "Free some space: the engines stop when the disk is full.")]
    return [Finding("fine", text)]


def database() -> list[Finding]:
    """The server answers, keeps what it confirms, and our role stands behind its walls."""
    try:
        check_durable(settings.DATABASE_URL)
    except PostgresFailed as error:
        return [Finding("broken", str(error), "Change the setting and restart PostgreSQL.")]
    except psycopg.OperationalError as error:
        return [
            Finding(
                "broken",
                f"PostgreSQL does not answer: {error}",
                "Start it (`tabiji up`), or mend DATABASE_URL.",
            )
        ]
    (version,) = postgres.rows("SHOW server_version")[0]
    (role,) = postgres.rows("SELECT current_user")[0]
    if role != settings.APP_ROLE:
        return [
            Finding(
                "broken",
                f"connections run as {role}, not as {settings.APP_ROLE}",
                "A pooler in between drops start-up options: let `options` through.",
            )
        ]
    return [Finding("fine", f"PostgreSQL {version}")]


def secrets() -> list[Finding]:
    file = settings.HOME.path / "secrets.json"
    if file.exists() and file.stat().st_mode & 0o077:
        return [Finding("broken", f"{file} can be read by others", f"chmod 600 {file}")]
    return [Finding("fine", "secrets are readable by us only")]


def addresses() -> list[Finding]:
    if settings.PUBLIC_URL.startswith("https://") or "127.0.0.1" in settings.PUBLIC_URL:
        return [Finding("fine", f"public address {settings.PUBLIC_URL}")]
    return [
        Finding(
            "broken",
            f"the public address {settings.PUBLIC_URL} is not https",
            "Put a proxy with a certificate in front and set TABIJI_PUBLIC_URL.",
        )
    ]


for _name, _ask in (
    ("python", python),
    ("disk", disk),
    ("postgres", database),
    ("secrets", secrets),
    ("addresses", addresses),
):
    health.on_machine(_name, _ask)
