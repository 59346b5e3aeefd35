"""Bring both stores to the shape of this version: tables, functions, walls, ClickHouse tables."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import psycopg
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connections

ROOMS = (
    "core",
    "workspaces",
    "people",
    "content",
    "events",
    "audiences",
    "purpose",
    "scoring",
    "experiments",
    "messaging",
    "pages",
    "sales",
    "journeys",
    "insights",
    "practice",
)


def migrate_postgres() -> None:
    """Idempotent. Runs as the schema's owner, one caller at a time."""
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7461)")
        connection.execute(_APP_ROLE)
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections["owner"].close()
        with connection.transaction():
            connection.execute("SET LOCAL client_min_messages = warning")
            for text in _function_files():
                connection.execute(text)
            isolation = resources.files("tabiji.workspaces").joinpath("sql", "isolation.sql")
            connection.execute(isolation.read_text(encoding="utf-8"))


def clickhouse_directories() -> list[Path]:
    """The numbered ClickHouse migrations of the rooms, in the order of the rooms."""
    base = Path(str(resources.files("tabiji")))
    return [path for room in _installed() if (path := base / room / "clickhouse").is_dir()]


def _function_files() -> list[str]:
    base = Path(str(resources.files("tabiji")))
    files = [
        file for room in _installed() for file in sorted((base / room / "sql" / "functions").glob("*.sql"))
    ]
    return [file.read_text(encoding="utf-8") for file in files]


def _installed() -> list[str]:
    return [room for room in ROOMS if room == "core" or apps.is_installed(f"tabiji.{room}")]


_APP_ROLE = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'tabiji_app') THEN
        CREATE ROLE tabiji_app NOLOGIN;
    END IF;
    EXECUTE format('GRANT tabiji_app TO %I', current_user);
END $$;
"""


def migrate_clickhouse() -> None:
    """Idempotent: numbered statements, each applied once."""
    from tabiji.core import clickhouse

    clickhouse.migrate(clickhouse.store(), clickhouse_directories())


def keep_practice_clocks_standing() -> None:
    """While nobody kept the stack alive, practice time stood still."""
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute("SELECT keep_practice_clocks(true)")
