"""What a sender asks the database costs what it sends, not what is stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from django.conf import settings

from tabiji.content.public import mails
from tabiji.core import postgres
from tabiji.messaging import sending
from tabiji.workspaces.contracts import WorkspaceInfo
from tests.builders.cast import customers
from tests.builders.mails import published_mail

pytestmark = pytest.mark.django_db
STORED = 2_000
SENT = 20


def test_claiming_reads_the_rows_it_takes_and_no_others(workspace: WorkspaceInfo, now: datetime) -> None:
    with postgres.workspace_scope(workspace.id):
        queue(customers(STORED, at=now), now)
        know_the_tables()
        sender = sending.Sender()
        try:
            before = rows_read()
            claimed = sender._claim(SENT)
            read = rows_read() - before
        finally:
            sender.close()

    assert len(claimed) == SENT
    # Message, person and owner to choose; message, suppression, consent, person by address, hold to lease.
    assert read < 40 * SENT


def queue(people: list[UUID], now: datetime) -> None:
    mail_id = published_mail("plans", at=now)
    postgres.execute(
        "INSERT INTO message (workspace_id, person_id, mail_id, mail_version_id, kind, source, source_id, cause,"
        " state, address, asked_at, send_after, decided_at) SELECT workspace_id, id, %s, %s, 'marketing', 'person',"
        " 0, 'plan', 'queued', email, now(), now(), now() FROM person WHERE id = ANY(%s)",
        [mail_id, mails.current_version(mail_id), people],
    )


def know_the_tables() -> None:
    """As the server does by itself a while after many rows came."""
    postgres.execute("SET LOCAL ROLE NONE")
    postgres.execute("ANALYZE person, message, consent")
    postgres.execute(f"SET LOCAL ROLE {settings.APP_ROLE}")


def rows_read() -> int:
    """Rows that this transaction has had from tables, by index or not."""
    return int(
        postgres.scalar(
            "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint FROM pg_stat_xact_user_tables"
        )
    )
