"""Figure `journey`: enrolment steps a second with a message intent each, a million people enrolled.

People wake from a wait, ask for three mails one after the other, and wait again. Counted are the steps
that ask for a mail, not those that wait. The limit is one UPDATE … RETURNING of the same rows and one
INSERT of the same three messages each, in chunks of 20,000.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg

from benchmarks import harness

REACH = "ratio >= 0.3 and >= 15,000 steps/s"
ENROLLED = 1_000_000
PART = 60_000
MAILS = 3


def run(enrolled: int = ENROLLED, part: int = PART) -> None:
    with harness.house():
        from django.conf import settings

        from benchmarks.limits import journey as limit
        from tabiji.core import postgres
        from tabiji.journeys.public import versions
        from tabiji.workspaces.public import workspace
        from tests.builders.journey import journey
        from tests.builders.mails import published_mail

        made = workspace.create("bench", name="bench", shards=1)
        now = datetime.now(UTC)
        with postgres.workspace_scope(made.id):
            mail_id = published_mail("bench", at=now)
            flow = journey("bench").enter_on("x").wait(days=1)
            for _ in range(MAILS):
                flow = flow.send(mail_id)
            flow = flow.wait(days=30).exit()
            journey_id = flow.start(now)
            version_id = versions.get(journey_id).version_id
        _enrol(settings.DATABASE_URL, made.id, journey_id, version_id or 0, enrolled)

        def wake() -> None:
            """The next part of those who wait becomes due."""
            with psycopg.connect(settings.DATABASE_URL) as connection:
                connection.execute(
                    "UPDATE enrolment SET due_at = now() WHERE id IN (SELECT id FROM enrolment WHERE node = 'n1'"
                    " AND due_at > now() ORDER BY id LIMIT %s)",
                    [part],
                )
            with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
                connection.execute("VACUUM enrolment")

        def ours() -> float:
            wake()
            return part * MAILS / harness.seconds(lambda: _advance(made.id))

        def straight() -> float:
            wake()
            return part * MAILS / harness.seconds(lambda: limit.run(settings.DATABASE_URL, made.id, mail_id))

        runs = harness.alternate(ours, straight)
        harness.report(
            "journey",
            unit="/s",
            ours=runs[0],
            limit=runs[1],
            reach=REACH,
            details={
                "enrolled": enrolled,
                "people_a_run": part,
                "mails_a_person": MAILS,
                "until": str(timedelta(30)),
            },
        )


def _advance(workspace_id: int) -> None:
    from tabiji.core import postgres
    from tabiji.journeys.public import engine
    from tabiji.workspaces.public import workspace

    while True:
        with postgres.workspace_scope(workspace_id):
            if not engine.advance_due(workspace.business_now()):
                return


def _enrol(url: str, workspace_id: int, journey_id: int, version_id: int, count: int) -> None:
    """Rows as the product writes them, made quickly: people, and their enrolments at the first wait."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO person (workspace_id, id, created_at, last_name, first_name, last_kana, first_kana, email,"
            " phone, department, title, source, stage, score, fields, field_clock, version, search_text, search)"
            " SELECT %s, gen_random_uuid(), now(), '', '', '', '', '', '', '', '', '', '', 0, '{}', '{}', 1, '', '{}'"
            " FROM generate_series(1, %s)",
            [workspace_id, count],
        )
        connection.execute(
            "INSERT INTO enrolment (workspace_id, journey_id, version_id, person_id, cause, node, due_at, has_waited,"
            " entered_at, arrived_at) SELECT %s, %s, %s, id, 'c', 'n1', now() + interval '1 day', true, now(), now()"
            " FROM person WHERE workspace_id = %s",
            [workspace_id, journey_id, version_id, workspace_id],
        )
        connection.execute("VACUUM ANALYZE")
