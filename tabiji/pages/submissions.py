"""What was submitted: the answers as typed, and the exact words that were agreed to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from tabiji.core import paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.pages.contracts import SubmissionInfo

_COLUMNS: Final = "id, form_id, form_version_id, page_id, state, submitted_at, answers, consents, url, utm"
_ALL: Final = 2**62


class NoSuchSubmission(LookupError):
    """No submission of this id in this workspace."""


def get(submission_id: int) -> SubmissionInfo:
    """Raises NoSuchSubmission."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM form_submission WHERE id = %s", [submission_id])
    if row is None:
        raise NoSuchSubmission(f"there is no submission {submission_id} here")
    return SubmissionInfo(*row)


def list_submissions(form_id: int, query: ListQuery) -> Page[SubmissionInfo]:
    """Those that were taken, newest first."""
    after = paging.from_cursor(query.after, 1)[0] if query.after else _ALL
    rows = postgres.rows(
        "SELECT "
        + _COLUMNS
        + " FROM form_submission WHERE form_id = %s AND state = 'accepted' AND id < %s ORDER BY id DESC LIMIT %s",
        [form_id, after, query.limit + 1],
    )
    kept = [SubmissionInfo(*row) for row in rows[: query.limit]]
    cursor = paging.to_cursor(kept[-1].id) if len(rows) > query.limit else ""
    return Page(kept, cursor, count(form_id))


def counts(form_ids: Iterable[int]) -> dict[int, int]:
    """How many were taken, by form; forms without any are left out."""
    return dict(
        postgres.rows(
            "SELECT form_id, count(*) FROM form_submission WHERE form_id = ANY(%s) AND state = 'accepted'"
            " GROUP BY form_id",
            [list(form_ids)],
        )
    )


def count(form_id: int, state: str = "accepted") -> int:
    """state: `accepted`, or `trapped` for those of machines."""
    counted: int = postgres.scalar(
        "SELECT count(*) FROM form_submission WHERE form_id = %s AND state = %s", [form_id, state]
    )
    return counted
