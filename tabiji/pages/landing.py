"""Landing pages: drafts, published versions, and what visitors see."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from tabiji.content.contracts import Problem
from tabiji.content.public import brand
from tabiji.core import postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.pages import documents, drafts, problems, rendering
from tabiji.pages.contracts import Language, PublicInfo, PublicVersion, Visit
from tabiji.workspaces.contracts import Actor


def create(
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
    """A new draft; its id. key: its place in the address, for ever. Raises BadKey, BadDocument."""
    parsed = documents.parse_page({"version": 1} if document is None else document)
    return drafts.create(
        "page",
        name,
        key=key,
        document=parsed.model_dump(mode="json"),
        actor=actor,
        language=language,
        why=why,
        responsible_id=responsible_id,
        review_on=review_on,
    )


def get(page_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    return drafts.get("page", page_id)


def list_pages(query: ListQuery) -> Page[PublicInfo]:
    """Newest first. Filter: `q`."""
    return drafts.list_drafts("page", query)


def save_draft(
    page_id: int,
    *,
    actor: Actor,
    document: Any = None,
    language: Language | None = None,
    revision: int | None = None,
) -> int:
    """Keep what was typed, sound or not; the draft's new revision.

    Raises ChangedMeanwhile, NoSuchPublic, BadDocument.
    """
    info = drafts.locked("page", page_id)
    parsed = documents.parse_page(info.document if document is None else document)
    return drafts.save(
        info,
        document=parsed.model_dump(mode="json"),
        language=language or info.language,
        actor=actor,
        revision=revision,
    )


def find_problems(document: Any) -> list[Problem]:
    """What speaks against publishing this page. Raises BadDocument."""
    page = documents.parse_page(document)
    shown = drafts.find_many("form", documents.form_ids(page))
    published = [
        info.id for info in shown.values() if info.version_id is not None and info.state != "archived"
    ]
    return problems.of_page(page, forms=published, brand=brand.get())


def publish(page_id: int, *, actor: Actor, now: datetime) -> int:
    """Make the draft what visitors see; its version id. Raises CannotPublish, NoSuchPublic."""
    info = drafts.locked("page", page_id)
    return drafts.publish(info, find_problems(info.document), actor=actor, now=now)


def get_version(version_id: int) -> PublicVersion:
    """Raises NoSuchPublic."""
    return drafts.get_version("page", version_id)


def list_versions(page_id: int) -> list[PublicVersion]:
    return drafts.list_versions("page", page_id)


def render(version: PublicVersion, *, context: Visit) -> str:
    """The page as a whole HTML document."""
    return rendering.page(version, context=context)


def preview(page_id: int, *, now: datetime, document: Any = None, nonce: str = "") -> str:
    """The draft as visitors would see it, with forms that cannot be sent; document: what the editor shows.

    nonce: of the style that carries the brand's colours. Raises NoSuchPublic, BadDocument.
    """
    shown = drafts.as_version(drafts.get("page", page_id), document, now=now)
    return rendering.page(shown, context=Visit(now, nonce, is_preview=True))


def find_public(workspace_slug: str, page_key: str) -> tuple[int, int, int] | None:
    """(workspace id, page id, version id) of a published page, outside any scope; None where there is none."""
    row = postgres.find_row(
        "SELECT workspace_id, page_id, version_id FROM public_page(%s, %s)", [workspace_slug, page_key]
    )
    return None if row is None else (row[0], row[1], row[2])
