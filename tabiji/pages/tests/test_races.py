"""Two at once: real transactions on two connections."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from tabiji.content.public import mails
from tabiji.content.tests import builders as content
from tabiji.core import postgres
from tabiji.pages.contracts import Submission
from tabiji.pages.public import ChangedMeanwhile, forms, submissions
from tabiji.pages.tests.builders import SATO, a_shown_form, form_document, send, ticket
from tabiji.workspaces.contracts import AUTOMATIC, WorkspaceInfo
from tests.builders.races import together

NOW = datetime(2026, 4, 28, 5, 0, tzinfo=UTC)


def test_four_clicks_at_once_are_one_submission_and_one_event(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        shown = a_shown_form(NOW)
        mine = ticket(shown, NOW)

    results = together(committed, *[lambda: send(shown, NOW, ticket=mine)] * 4)

    assert all(isinstance(one, Submission) for one in results), results
    assert sorted(one.is_repeat for one in results) == [False, True, True, True]
    assert len({one.id for one in results}) == 1
    with postgres.workspace_scope(committed.id):
        assert submissions.count(shown.form_id) == 1
        assert postgres.scalar("SELECT sum(n_events) FROM event_inbox") == 1


def test_different_people_at_once_are_all_taken(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        shown = a_shown_form(NOW)
        tickets = [ticket(shown, NOW) for _ in range(4)]

    def of(number: int) -> Callable[[], Any]:
        return lambda: send(shown, NOW, {**SATO, "email": f"{number}@aoba.example"}, ticket=tickets[number])

    results = together(committed, *[of(number) for number in range(4)])

    assert len({one.id for one in results}) == 4


def test_two_who_save_at_once_are_one_who_saves_and_one_who_hears_so(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        shown = a_shown_form(NOW)
        opened = forms.get(shown.form_id).revision

    def save(label: str) -> Callable[[], Any]:
        document = form_document(submit_label=label)
        return lambda: forms.save_draft(shown.form_id, actor=AUTOMATIC, document=document, revision=opened)

    results = together(committed, save("一人目"), save("二人目"))

    assert sum(isinstance(one, ChangedMeanwhile) for one in results) == 1
    assert opened + 1 in results


def test_two_who_publish_at_once_publish_one_version(committed: WorkspaceInfo) -> None:
    with postgres.workspace_scope(committed.id):
        content.brand_kit()
        mail_id = mails.create(
            "事例", actor=AUTOMATIC, document=content.document(content.text("本文")), subject="件名"
        )

    results = together(committed, *[lambda: mails.publish(mail_id, actor=AUTOMATIC, now=NOW)] * 3)

    assert len(set(results)) == 1
    with postgres.workspace_scope(committed.id):
        assert len(mails.list_versions(mail_id)) == 1
