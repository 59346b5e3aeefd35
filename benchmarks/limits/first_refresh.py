"""Limit of `first_refresh`: the question, and a bare COPY of its lines into a table without an index."""

from __future__ import annotations

import psycopg
from django.conf import settings

from tabiji.core import clickhouse

_WHO = """
SELECT person_id FROM person FINAL
WHERE workspace_id = {ws:UInt32} AND gone = 0 AND NOT endsWith(email, '@example7.co.jp') AND email != ''
FORMAT TSV
"""


def prepare() -> None:
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS limit_member")
        connection.execute("CREATE TABLE limit_member (person_id uuid)")


def run(workspace_id: int) -> int:
    """The number of ids that it copied."""
    lines = clickhouse.store().document(_WHO, {"ws": workspace_id}, lane="decision")
    with psycopg.connect(settings.DATABASE_URL) as connection, connection.cursor() as cursor:
        with cursor.copy("COPY limit_member (person_id) FROM STDIN") as copy:
            copy.write(lines)
        return cursor.rowcount
