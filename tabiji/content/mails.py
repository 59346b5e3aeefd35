"""Mails: drafts that people edit, and published versions that never change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final

from psycopg.types.json import Jsonb

from tabiji.content import brand, composing, documents, liquid, merge_fields, problems
from tabiji.content import compiled as compiling
from tabiji.content.compiled import CannotRender, CompiledMail
from tabiji.content.contracts import Brand, Draft, Language, Link, MailInfo, MailVersion, Problem, Purpose
from tabiji.core import paging, postgres, sql
from tabiji.core.paging import ListQuery, Page
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions, workspace

KIND: Final = "mail"
_ALL: Final = 2**62
_VERSION: Final = (
    "id, mail_id, number, name, purpose, language, subject, preheader, document, html, text, links, fields,"
    " sender, published_at, published_by"
)

__all__ = [
    "CannotPublish",
    "CannotRender",
    "ChangedMeanwhile",
    "NoSuchMail",
    "compile_version",
    "compiled",
    "create",
    "current_version",
    "draft_of",
    "find_problems",
    "get",
    "get_version",
    "list_mails",
    "list_versions",
    "name_of",
    "publish",
    "save_draft",
]


class NoSuchMail(LookupError):
    """No mail, or no version, of this id in this workspace."""


class CannotPublish(ValueError):
    """The draft has problems that a reader would see, or the law forbids; nothing was published."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problems.place(one)}: {problems.sentence(one)}" for one in found))
        self.problems = tuple(found)


class ChangedMeanwhile(RuntimeError):
    """Somebody else saved this draft after it was opened; nothing was overwritten."""


def create(
    name: str,
    *,
    actor: Actor,
    document: Any = None,
    subject: str = "",
    preheader: str = "",
    purpose: str = Purpose.MARKETING,
    language: Language | None = None,
    why: str = "",
    responsible_id: int | None = None,
    review_on: date | None = None,
) -> int:
    """A new draft; its id. Raises BadDocument. language: the workspace's where it is not stated."""
    parsed = documents.parse({"version": 1} if document is None else document)
    mail_id = definitions.create(
        KIND, name=name, actor=actor, why=why, responsible_id=responsible_id, review_on=review_on
    )
    postgres.execute(
        "INSERT INTO mail (workspace_id, definition_id, purpose, language, subject, preheader, document, revision,"
        " published_revision, updated_at, updated_by_id) VALUES (%s, %s, %s, %s, %s, %s, %s, 1, 0, %s, %s)",
        [
            postgres.workspace_id(),
            mail_id,
            Purpose(purpose).value,
            language or _language(),
            subject,
            preheader,
            Jsonb(documents.to_json(parsed)),
            workspace.business_now(),
            actor.user_id or None,
        ],
    )
    return mail_id


def get(mail_id: int) -> MailInfo:
    """Raises NoSuchMail."""
    found = _mails([mail_id])
    if not found:
        raise NoSuchMail(f"there is no mail {mail_id} here")
    return found[0]


def name_of(mail_id: int) -> str:
    """The mail's name, or empty where there is none."""
    found = definitions.get_many([mail_id]).get(mail_id)
    return found.name if found and found.kind == KIND else ""


def list_mails(query: ListQuery) -> Page[MailInfo]:
    """Newest first. Filters: `q` (in name and subject), `purpose`."""
    after = paging.from_cursor(query.after, 1)[0] if query.after else _ALL
    asked = query.filters.get("q", ""), query.filters.get("purpose", "")
    found = _mails(None, asked, after=after, limit=query.limit + 1)
    kept = found[: query.limit]
    cursor = paging.to_cursor(kept[-1].id) if len(found) > query.limit else ""
    total = postgres.scalar(
        "SELECT count(*) FROM mail m JOIN definition d ON d.id = m.definition_id WHERE d.state <> 'archived'"
        " AND strpos(lower(d.name || E'\n' || m.subject), lower(%s)) > 0 AND (%s = '' OR m.purpose = %s)",
        [asked[0], asked[1], asked[1]],
    )
    return Page(kept, cursor, total)


def save_draft(
    mail_id: int,
    *,
    actor: Actor,
    document: Any = None,
    subject: str | None = None,
    preheader: str | None = None,
    language: Language | None = None,
    purpose: str | None = None,
    revision: int | None = None,
) -> int:
    """Keep what was typed, sound or not; the draft's new revision. What is None stays as it was.

    revision: the one that was opened. Raises ChangedMeanwhile, NoSuchMail, BadDocument.
    Audited when somebody begins, not with each of an editor's savings.
    """
    mail = _locked(mail_id)
    if revision is not None and revision != mail.revision:
        raise ChangedMeanwhile("somebody else has changed this mail: load it again")
    parsed = documents.parse(document if document is not None else mail.document)
    values = {
        "subject": mail.subject if subject is None else subject[: documents.MAX_LINE],
        "preheader": mail.preheader if preheader is None else preheader[: documents.MAX_LINE],
        "language": language or mail.language,
        "purpose": Purpose(purpose or mail.purpose).value,
    }
    postgres.execute(
        "UPDATE mail SET document = %s, subject = %s, preheader = %s, language = %s, purpose = %s,"
        " revision = revision + 1, updated_at = %s, updated_by_id = %s WHERE definition_id = %s",
        [
            Jsonb(documents.to_json(parsed)),
            *values.values(),
            workspace.business_now(),
            actor.user_id or None,
            mail_id,
        ],
    )
    if not mail.is_changed or mail.updated_by != (actor.user_id or None):
        audit.record(actor, "change", KIND, mail_id, values={"subject": values["subject"]})
    return mail.revision + 1


def draft_of(mail: MailInfo) -> Draft:
    return Draft(mail.subject, mail.preheader, mail.document, mail.language, mail.purpose)


def find_problems(draft: Draft) -> list[Problem]:
    """What speaks against publishing this draft, and what is worth a second look. Raises BadDocument."""
    return problems.find(
        documents.parse(draft.document),
        subject=draft.subject,
        preheader=draft.preheader,
        known=merge_fields.paths(),
        brand=brand.get(),
        purpose=draft.purpose,
    )


def publish(mail_id: int, *, actor: Actor, now: datetime) -> int:
    """Make the draft the version that is sent from now on; its id. now: business time.

    Raises CannotPublish with all problems that forbid it, NoSuchMail. A draft that was published
    already, as it is, gives the version that there is.
    """
    mail = _locked(mail_id)
    if mail.version_id is not None and not mail.is_changed:
        return mail.version_id
    draft = draft_of(mail)
    found = [problem for problem in find_problems(draft) if problem.blocks_publishing]
    if found:
        raise CannotPublish(found)
    kit = brand.get()
    # Compiled before it is stored: what cannot be filled in is found here, not while sending.
    compiled_draft, composed = compile_draft(draft, kit, mail_id=mail_id, name=mail.name)
    version_id, number = postgres.rows(
        sql.named("content", "insert_version"),
        {
            "workspace": postgres.workspace_id(),
            "mail": mail_id,
            "name": mail.name,
            "purpose": mail.purpose,
            "language": mail.language,
            "subject": mail.subject,
            "preheader": mail.preheader,
            "document": Jsonb(mail.document),
            "html": composed.html,
            "text": composed.text,
            "links": Jsonb([asdict(link) for link in composed.links]),
            "fields": list(compiled_draft.fields),
            "sender": Jsonb(kit.sender),
            "now": now,
            "actor": actor.user_id or None,
        },
    )[0]
    postgres.execute(
        "UPDATE mail SET version_id = %s, published_revision = revision WHERE definition_id = %s",
        [version_id, mail_id],
    )
    definitions.update(mail_id, actor=actor, state="published")
    audit.record(actor, "publish", KIND, mail_id, values={"version": number, "subject": mail.subject})
    return int(version_id)


def compile_draft(
    draft: Draft, kit: Brand, *, mail_id: int = 0, name: str = "", mark: liquid.Mark | None = None
) -> tuple[CompiledMail, composing.Composed]:
    """A draft without problems, ready to be filled in, and its templates. Raises CannotRender."""
    composed = composing.compose(
        documents.parse(draft.document),
        subject=draft.subject,
        preheader=draft.preheader,
        brand=kit,
        language=draft.language,
    )
    made = compiling.compile(
        version_id=0,
        mail_id=mail_id,
        name=name,
        language=draft.language,
        subject=draft.subject,
        html=composed.html,
        text=composed.text,
        links=composed.links,
        fields=used_fields(draft),
        sender=kit.sender,
        mark=mark,
    )
    return made, composed


def used_fields(draft: Draft) -> tuple[str, ...]:
    """The merge fields that a draft uses, by path. `person` stands for the form of address."""
    texts = [draft.subject, draft.preheader]
    for _index, _path, block in documents.walk(documents.parse(draft.document)):
        texts += [getattr(block, part) for part in ("text", "label") if hasattr(block, part)]
    return tuple(sorted({path for text in texts for path in liquid.used_paths(text)}))


def current_version(mail_id: int) -> int | None:
    """The id of the version that is sent now; None for a mail that was never published, or is not here."""
    found: int | None = postgres.scalar("SELECT version_id FROM mail WHERE definition_id = %s", [mail_id])
    return found


def get_version(version_id: int) -> MailVersion:
    """Raises NoSuchMail."""
    found = _versions("id = %s", version_id)
    if not found:
        raise NoSuchMail(f"there is no mail version {version_id} here")
    return found[0]


def list_versions(mail_id: int) -> list[MailVersion]:
    """Newest first."""
    return _versions("mail_id = %s", mail_id)


def compiled(version_id: int) -> CompiledMail:
    """The version, ready to be filled in; made once for a process. Raises NoSuchMail."""
    return _compiled(postgres.workspace_id(), version_id)


@lru_cache(maxsize=512)
def _compiled(workspace_id: int, version_id: int) -> CompiledMail:
    # The workspace is part of the key: a cache must not be a hole in the wall between workspaces.
    return compile_version(get_version(version_id))


def compile_version(version: MailVersion) -> CompiledMail:
    """A version that was read before, ready to be filled in. Reads nothing: any process can. Raises CannotRender."""
    return compiling.compile(
        version_id=version.id,
        mail_id=version.mail_id,
        name=version.name,
        language=version.language,
        subject=version.subject,
        html=version.html,
        text=version.text,
        links=version.links,
        fields=version.fields,
        sender=version.sender,
    )


def _locked(mail_id: int) -> MailInfo:
    postgres.execute("SELECT 1 FROM mail WHERE definition_id = %s FOR UPDATE", [mail_id])
    return get(mail_id)


def _mails(
    ids: Sequence[int] | None,
    asked: tuple[str, str] = ("", ""),
    *,
    after: int = _ALL,
    limit: int | None = None,
) -> list[MailInfo]:
    """asked: (part of name or subject, purpose)."""
    values = {
        "ids": None if ids is None else list(ids),
        "q": asked[0],
        "purpose": asked[1],
        "after": after,
        "limit": limit,
    }
    return [MailInfo(*row) for row in postgres.rows(sql.named("content", "mails"), values)]


def _versions(condition: str, value: int) -> list[MailVersion]:
    rows = postgres.records(
        "SELECT " + _VERSION + " FROM mail_version WHERE " + condition + " ORDER BY number DESC", [value]
    )
    return [
        MailVersion(
            **{
                **row,
                "links": tuple(Link(**link) for link in row["links"]),
                "fields": tuple(row["fields"]),
            }
        )
        for row in rows
    ]


def _language() -> Language:
    return "en" if workspace.current().language == "en" else "ja"
