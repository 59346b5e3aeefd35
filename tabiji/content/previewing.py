"""A mail as one person would get it: a real one, and the one about whom least is known."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from markupsafe import Markup, escape

from tabiji.content import brand, liquid, mails, merge_fields, targets
from tabiji.content.contracts import Draft, Preview, RenderedMail
from tabiji.content.liquid import CannotRender
from tabiji.core import postgres

# Around what stands in for a missing value. Noncharacters: no text that people write has them.
_OPEN: Final = "\ufdd0"
_CLOSE: Final = "\ufdd1"
_MARKED: Final = re.compile(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}")
_STRAY: Final = re.compile(f"[{_OPEN}{_CLOSE}]")
# Words of a head, and tags: there a mark would be no markup but a part of a value.
_NO_MARKUP: Final = re.compile(r"<title>.*?</title>|<[^>]*>", re.DOTALL)
_STYLE: Final = "background:#fbefd3;color:#6b4700;border-bottom:2px dotted #b07500;padding:0 3px"
_STILL_SEEN: Final = frozenset(
    {
        "no_subject",
        "subject_too_long",
        "line_break",
        "empty_mail",
        "no_url",
        "url_too_long",
        "url_with_field",
        "bad_url",
        "bad_image",
        "no_label",
        "no_sender_name",
        "no_address",
        "no_contact",
    }
)
"""Problems that forbid publishing, and do not keep an editor from seeing what there is."""

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


def preview(
    mail_id: int,
    person_id: UUID | None,
    *,
    now: datetime,
    draft: Draft | None = None,
    marks_missing: bool = False,
) -> Preview:
    """The mail for this person, without saving or sending anything; links lead where they were written to.

    person_id: None for a reader who has the names of the fields as values. draft: what the editor
    shows, saved or not; without it the mail's saved draft. A draft whose merge fields cannot be
    read gives its problems, and no mail. marks_missing: what stands where a value is missing is
    marked, in the markup and (`in_markup`) in the subject. Raises NoSuchMail, BadDocument, KeyError
    for a person who is not here.
    """
    draft = draft or mails.draft_of(mails.get(mail_id))
    found = tuple(mails.find_problems(draft))
    context = _context(person_id, now)
    missing = missing_labels(mails.used_fields(draft), context)
    if any(problem.blocks_publishing and problem.code not in _STILL_SEEN for problem in found):
        return Preview(None, missing, found)
    try:
        compiled, _composed = mails.compile_draft(
            draft, brand.get(), mail_id=mail_id, mark=_marking() if marks_missing else None
        )
        safe = {link.number: "#" for link in compiled.links if targets.fault(link.url)}
        mail = compiled.render(context, safe)
    except CannotRender:
        return Preview(None, missing, found)
    return Preview(_with_marks(mail) if marks_missing else mail, missing, found)


def preview_version(
    version_id: int, person_id: UUID | None, *, now: datetime, marks_missing: bool = False
) -> Preview:
    """The same of a published version. Raises NoSuchMail, KeyError."""
    version = mails.get_version(version_id)
    published = Draft(version.subject, version.preheader, version.document, version.language, version.purpose)
    return preview(version.mail_id, person_id, now=now, draft=published, marks_missing=marks_missing)


def in_markup(text: str) -> Markup:
    """A subject with its marks, as HTML."""
    parts = re.split(f"{_OPEN}([^{_OPEN}{_CLOSE}]*){_CLOSE}", text)
    shown = [
        Markup('<mark class="missing">{}</mark>').format(part) if place % 2 else escape(_STRAY.sub("", part))
        for place, part in enumerate(parts)
    ]
    return Markup("").join(shown)


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


def _context(person_id: UUID | None, now: datetime) -> dict[str, Any]:
    return (
        merge_fields.contexts([person_id], now=now)[person_id] if person_id else merge_fields.example(now=now)
    )


def _marking() -> liquid.Mark:
    labels = {field.path: field.label for field in merge_fields.list_fields()}
    return lambda path, text: f"{_OPEN}{text.strip() or escape(labels.get(path, path))}{_CLOSE}"


def _with_marks(mail: RenderedMail) -> RenderedMail:
    """Marks as markup between tags; taken out of tags and of the text."""
    html, start = [], 0
    for found in _NO_MARKUP.finditer(mail.html):
        html += [_drawn(mail.html[start : found.start()]), _STRAY.sub("", found.group())]
        start = found.end()
    html.append(_drawn(mail.html[start:]))
    return RenderedMail(mail.subject, "".join(html), _STRAY.sub("", mail.text))


def _drawn(text: str) -> str:
    return _STRAY.sub("", _MARKED.sub(rf'<mark style="{_STYLE}">\1</mark>', text))


def _lack(path: str) -> tuple[str, list[str]]:
    """SQL for 1 where the field is missing; keys of custom fields are bound, never pasted."""
    if path.startswith(merge_fields.CUSTOM):
        key = path.removeprefix(merge_fields.CUSTOM)
        return "(coalesce(p.fields ->> %s::text, '') = '')::int", [key]
    # A bare number would be the number of a column.
    return _LACKING.get(path, "(1 - 1)"), []


def _value(context: dict[str, Any], path: str) -> Any:
    value: Any = context
    for segment in path.split("."):
        value = value.get(segment) if isinstance(value, dict) else None
    return value
