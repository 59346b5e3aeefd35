"""What forms and pages have in common: a draft, and versions that never change."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, TypedDict

from psycopg.types.json import Jsonb

from tabiji.content.contracts import Problem
from tabiji.core import paging, postgres, sql
from tabiji.core.paging import ListQuery, Page
from tabiji.pages import documents, problems
from tabiji.pages.contracts import Kind, Language, PublicInfo, PublicVersion
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import audit, definitions, workspace

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")
_ALL: Final = 2**62
_VERSION: Final = (
    "SELECT v.id, v.draft_id, p.kind, p.key, v.number, v.name, v.language, v.document, v.published_at,"
    " v.published_by FROM public_version v JOIN public_draft p ON p.definition_id = v.draft_id"
)


class BadKey(ValueError):
    """A key has small letters, digits and hyphens, and is taken once."""


class CannotPublish(ValueError):
    """The draft has problems that visitors would meet; nothing was published."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problems.place(one)}: {problems.sentence(one)}" for one in found))
        self.problems = tuple(found)


class ChangedMeanwhile(RuntimeError):
    """Somebody else saved this draft after it was opened; nothing was overwritten."""


class NoSuchPublic(LookupError):
    """No form or page, or no version of one, of this id in this workspace."""


class New(TypedDict, total=False):
    """What a new draft may begin with. It is empty otherwise, and in the workspace's language."""

    document: Any
    language: Language | None
    why: str
    responsible_id: int | None
    review_on: date | None


class Typed(TypedDict, total=False):
    """What was changed; what is left out stays. revision: of the draft that it was changed in."""

    document: Any
    language: Language | None
    revision: int | None


def create(
    kind: Kind,
    name: str,
    *,
    key: str,
    actor: Actor,
    document: Any = None,
    language: Language | None = None,
    why: str = "",
    responsible_id: int | None = None,
    review_on: date | None = None,
) -> int:
    """Raises BadKey, BadDocument."""
    complete = documents.complete(kind, {"version": 1} if document is None else document)
    if not _KEY.fullmatch(key):
        raise BadKey("use small letters, digits and hyphens, at most 60")
    if postgres.scalar("SELECT 1 FROM public_draft WHERE kind = %s AND key = %s", [kind, key]):
        raise BadKey(f"{key} is taken")
    made = definitions.create(
        kind, name=name, actor=actor, why=why, responsible_id=responsible_id, review_on=review_on
    )
    postgres.execute(
        "INSERT INTO public_draft (workspace_id, definition_id, kind, key, language, document, revision,"
        " published_revision, updated_at, updated_by_id) VALUES (%s, %s, %s, %s, %s, %s, 1, 0, %s, %s)",
        [
            postgres.workspace_id(),
            made,
            kind,
            key,
            language or ("en" if workspace.current().language == "en" else "ja"),
            Jsonb(complete),
            workspace.business_now(),
            actor.user_id or None,
        ],
    )
    return made


def get(kind: Kind, definition_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    found = _drafts(kind, [definition_id])
    if not found:
        raise NoSuchPublic(f"there is no {kind} {definition_id} here")
    return found[0]


def find_many(kind: Kind, ids: Sequence[int]) -> dict[int, PublicInfo]:
    return {info.id: info for info in _drafts(kind, ids)} if ids else {}


def list_drafts(kind: Kind, query: ListQuery) -> Page[PublicInfo]:
    """Newest first. Filter: `q` (in name and key)."""
    after = paging.from_cursor(query.after, 1)[0] if query.after else _ALL
    q = query.filters.get("q", "")
    found = _drafts(kind, None, q=q, after=after, limit=query.limit + 1)
    kept = found[: query.limit]
    cursor = paging.to_cursor(kept[-1].id) if len(found) > query.limit else ""
    total = postgres.scalar(
        "SELECT count(*) FROM public_draft p JOIN definition d ON d.id = p.definition_id WHERE p.kind = %s"
        " AND d.state <> 'archived' AND strpos(lower(d.name || E'\\n' || p.key), lower(%s)) > 0",
        [kind, q],
    )
    return Page(kept, cursor, total)


def save(
    kind: Kind,
    definition_id: int,
    *,
    actor: Actor,
    document: Any = None,
    language: Language | None = None,
    revision: int | None = None,
) -> int:
    """The draft's new revision. Audited when somebody begins, not with each saving.

    Raises ChangedMeanwhile, NoSuchPublic, BadDocument.
    """
    info = locked(kind, definition_id)
    complete = documents.complete(kind, info.document if document is None else document)
    if revision is not None and revision != info.revision:
        raise ChangedMeanwhile("somebody else has changed this: load it again")
    postgres.execute(
        "UPDATE public_draft SET document = %s, language = %s, revision = revision + 1, updated_at = %s,"
        " updated_by_id = %s WHERE definition_id = %s",
        [
            Jsonb(complete),
            language or info.language,
            workspace.business_now(),
            actor.user_id or None,
            info.id,
        ],
    )
    if not info.is_changed or info.updated_by != (actor.user_id or None):
        audit.record(actor, "change", info.kind, info.id, values={"document": complete})
    return info.revision + 1


def publish(info: PublicInfo, found: Sequence[Problem], *, actor: Actor, now: datetime) -> int:
    """The id of the version that visitors see from now on. Raises CannotPublish."""
    if info.version_id is not None and not info.is_changed:
        return info.version_id
    forbidding = [problem for problem in found if problem.blocks_publishing]
    if forbidding:
        raise CannotPublish(forbidding)
    version_id, number = postgres.rows(
        sql.named("pages", "insert_version"),
        {
            "workspace": postgres.workspace_id(),
            "draft": info.id,
            "name": info.name,
            "language": info.language,
            "document": Jsonb(info.document),
            "now": now,
            "actor": actor.user_id or None,
        },
    )[0]
    postgres.execute(
        "UPDATE public_draft SET version_id = %s, published_revision = revision WHERE definition_id = %s",
        [version_id, info.id],
    )
    definitions.update(info.id, actor=actor, state="published")
    audit.record(actor, "publish", info.kind, info.id, values={"version": number})
    return int(version_id)


def locked(kind: Kind, definition_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    postgres.execute("SELECT 1 FROM public_draft WHERE definition_id = %s FOR UPDATE", [definition_id])
    return get(kind, definition_id)


def as_version(info: PublicInfo, document: dict[str, Any] | None, *, now: datetime) -> PublicVersion:
    """A draft in the shape of a version, for looking at it; document: instead of the saved one."""
    shown = info.document if document is None else document
    return PublicVersion(0, info.id, info.kind, info.key, 0, info.name, info.language, shown, now, None)


def get_version(kind: Kind, version_id: int) -> PublicVersion:
    """Raises NoSuchPublic."""
    row = postgres.find_row(_VERSION + " WHERE v.id = %s AND p.kind = %s", [version_id, kind])
    if row is None:
        raise NoSuchPublic(f"there is no version {version_id} of a {kind} here")
    return PublicVersion(*row)


def list_versions(kind: Kind, definition_id: int) -> list[PublicVersion]:
    """Newest first."""
    rows = postgres.rows(
        _VERSION + " WHERE v.draft_id = %s AND p.kind = %s ORDER BY v.number DESC", [definition_id, kind]
    )
    return [PublicVersion(*row) for row in rows]


def _drafts(
    kind: Kind, ids: Sequence[int] | None, *, q: str = "", after: int = _ALL, limit: int | None = None
) -> list[PublicInfo]:
    asked = {"kind": kind, "ids": None if ids is None else list(ids), "q": q, "after": after, "limit": limit}
    return [PublicInfo(*row) for row in postgres.rows(sql.named("pages", "drafts"), asked)]
