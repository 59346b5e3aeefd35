"""Limit of `journey`: one UPDATE … RETURNING and one INSERT over the same rows, in chunks of 20,000."""

from __future__ import annotations

import psycopg

CHUNK = 20_000


def run(url: str, workspace_id: int, mail_id: int) -> None:
    with psycopg.connect(url) as connection:
        while True:
            moved = connection.execute(
                "WITH due AS (SELECT id FROM enrolment WHERE workspace_id = %s AND is_active AND due_at <= now()"
                "   ORDER BY due_at LIMIT %s FOR UPDATE SKIP LOCKED),"
                " moved AS (UPDATE enrolment e SET node = 'n5', due_at = now() + interval '30 days',"
                "   has_waited = true, arrived_at = now(), last_message_at = now() FROM due WHERE e.id = due.id"
                "   RETURNING e.id, e.person_id)"
                " INSERT INTO message (workspace_id, person_id, mail_id, mail_version_id, kind, source, source_id,"
                "   cause, enrolment_id, node, asked_at, send_after)"
                " SELECT %s, person_id, %s, 1, 'marketing', 'journey', 1, 'limit:' || id || node, id, node, now(), now()"
                " FROM moved, unnest(ARRAY['n2', 'n3', 'n4']) AS node",
                [workspace_id, CHUNK, workspace_id, mail_id],
            ).rowcount
            connection.commit()
            if not moved:
                return
