"""Landing pages: drafts, published versions, and what visitors see."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Unpack

from tabiji.content.contracts import Problem
from tabiji.content.public import brand
from tabiji.core import postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.pages import documents, drafts, problems, rendering
from tabiji.pages.contracts import PublicInfo, PublicVersion, Visit
from tabiji.workspaces.contracts import Actor


def create(name: str, *, key: str, actor: Actor, **new: Unpack[drafts.New]) -> int:
    """A new draft; its id. key: its place in the address, for ever. Raises BadKey, BadDocument."""
    return drafts.create("page", name, key=key, actor=actor, **new)


def get(page_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    return drafts.get("page", page_id)


def list_pages(query: ListQuery) -> Page[PublicInfo]:
    """Newest first. Filter: `q`."""
    return drafts.list_drafts("page", query)


def save_draft(page_id: int, *, actor: Actor, **typed: Unpack[drafts.Typed]) -> int:
    """Keep what was typed, sound or not; the draft's new revision.

    Raises ChangedMeanwhile, NoSuchPublic, BadDocument.
    """
    return drafts.save("page", page_id, actor=actor, **typed)


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
