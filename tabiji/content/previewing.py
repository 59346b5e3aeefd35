"""A mail as one person would get it: a real one, and the one about whom least is known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tabiji.content import brand, liquid, mails, merge_fields
from tabiji.content.contracts import Draft, Preview
from tabiji.core import postgres

# What a field's absence looks like in a row of `person`, for the fields that a person can lack.
_LACKING: Final = {
    "person.last_name": "(p.last_name = '')::int",
    "person.first_name": "(p.first_name = '')::int",
    "person.last_kana": "(p.last_kana = '')::int",
    "person.first_kana": "(p.first_kana = '')::int",
    "person.phone": "(p.phone = '')::int",
    "person.department": "(p.department = '')::int",
    "person.title": "(p.title = '')::int",
    "person.company": "(p.company_id IS NULL)::int",
    "company": "(p.company_id IS NULL)::int",
    "owner.name": "(p.owner_id IS NULL)::int",
    "owner.email": "(p.owner_id IS NULL)::int",
}
_BEHIND: Final = {
    "person": ("person.last_name", "person.company"),
    "person.name": ("person.last_name", "person.first_name"),
}
"""What stands behind a field that is made of others: a form of address falls back on the company."""


def preview(mail_id: int, person_id: UUID, *, now: datetime, draft: Draft | None = None) -> Preview:
    """The mail for this person, without saving or sending anything; links lead where they were written to.

    draft: what the editor shows, saved or not; without it the mail's saved draft. A draft with
    problems that forbid publishing gives those, and no mail. Raises NoSuchMail, BadDocument, KeyError
    for a person who is not here.
    """
    draft = draft or mails.draft_of(mails.get(mail_id))
    found = tuple(mails.find_problems(draft))
    context = merge_fields.contexts([person_id], now=now)[person_id]
    missing = missing_labels(mails.used_fields(draft), context)
    if any(problem.blocks_publishing for problem in found):
        return Preview(None, missing, found)
    compiled, _composed = mails.compile_draft(draft, brand.get(), mail_id=mail_id)
    return Preview(compiled.render(context, {}), missing, found)


def fullest_gap(mail_id: int, *, draft: Draft | None = None) -> UUID | None:
    """The person who lacks most of the fields that this mail uses: its hardest reader.

    Of equals the newest. Only people who can be written to; None where nobody can. One query.
    """
    used = mails.used_fields(draft or mails.draft_of(mails.get(mail_id)))
    lacking = [_lack(part) for part in sorted({part for path in used for part in _BEHIND.get(path, (path,))})]
    score = " + ".join(sql for sql, _params in lacking) or "1 - 1"
    found: UUID | None = postgres.scalar(
        "SELECT p.id FROM person p WHERE p.merged_into IS NULL AND p.email <> '' ORDER BY "
        + score
        + " DESC, p.created_at DESC, p.id LIMIT 1",
        [param for _sql, params in lacking for param in params],
    )
    return found


def missing_labels(used: Iterable[str], context: dict[str, Any]) -> tuple[str, ...]:
    """Labels of used fields that these values leave empty."""
    labels = {field.path: field.label for field in merge_fields.list_fields()}
    asked = sorted({"person.last_name" if path == "person" else path for path in used} & set(labels))
    return tuple(labels[path] for path in asked if not liquid.show(_value(context, path), "ja").strip())


def _lack(path: str) -> tuple[str, list[str]]:
    """SQL for 1 where the field is missing; keys of custom fields are bound, never pasted."""
    if path.startswith(merge_fields.CUSTOM):
        key = path.removeprefix(merge_fields.CUSTOM)
        return "(coalesce(p.fields ->> %s::text, '') = '')::int", [key]
    return _LACKING.get(path, "0"), []


def _value(context: dict[str, Any], path: str) -> Any:
    value: Any = context
    for segment in path.split("."):
        value = value.get(segment) if isinstance(value, dict) else None
    return value
