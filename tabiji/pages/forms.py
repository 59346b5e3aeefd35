"""Forms: drafts, published versions with the exact words of consent, and what is sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from tabiji.content.contracts import Problem
from tabiji.content.public import mails
from tabiji.core import postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.pages import documents, drafts, problems, rendering, submitting, tickets
from tabiji.pages.contracts import Errors, PublicInfo, PublicVersion, Submission, Ticket, Visit
from tabiji.pages.submitting import EVENT, SOURCE, Sent
from tabiji.people.public import fields
from tabiji.workspaces.contracts import Actor

__all__ = [
    "EVENT",
    "SOURCE",
    "create",
    "find_problems",
    "get",
    "get_version",
    "list_forms",
    "list_versions",
    "names",
    "preview",
    "publish",
    "render",
    "render_alone",
    "render_thanks",
    "save_draft",
    "submit",
]


def create(name: str, *, key: str, actor: Actor, **new: Unpack[drafts.New]) -> int:
    """A new draft; its id. key: its name in events, for ever. Raises BadKey, BadDocument."""
    return drafts.create("form", name, key=key, actor=actor, **new)


def get(form_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    return drafts.get("form", form_id)


def list_forms(query: ListQuery) -> Page[PublicInfo]:
    """Newest first. Filter: `q`."""
    return drafts.list_drafts("form", query)


def names() -> dict[str, str]:
    """What each form is called, by the key that its events carry; archived ones left out."""
    return dict(
        postgres.rows(
            "SELECT p.key, d.name FROM public_draft p JOIN definition d ON d.id = p.definition_id"
            " WHERE p.kind = 'form' AND d.state <> 'archived'"
        )
    )


def save_draft(form_id: int, *, actor: Actor, **typed: Unpack[drafts.Typed]) -> int:
    """Keep what was typed, sound or not; the draft's new revision.

    Raises ChangedMeanwhile, NoSuchPublic, BadDocument.
    """
    return drafts.save("form", form_id, actor=actor, **typed)


def find_problems(document: Any) -> list[Problem]:
    """What speaks against publishing this form. Raises BadDocument."""
    form = documents.parse_form(document)
    known = {info.key: info for info in fields.list_fields()}
    mail_id = form.auto_reply_mail_id
    sent = [mail_id] if mail_id and mails.current_version(mail_id) is not None else []
    return problems.of_form(form, known=known, mails=sent)


def publish(form_id: int, *, actor: Actor, now: datetime) -> int:
    """Make the draft the form that visitors see; its version id. Raises CannotPublish, NoSuchPublic."""
    info = drafts.locked("form", form_id)
    return drafts.publish(info, find_problems(info.document), actor=actor, now=now)


def get_version(version_id: int) -> PublicVersion:
    """Raises NoSuchPublic."""
    return drafts.get_version("form", version_id)


def list_versions(form_id: int) -> list[PublicVersion]:
    return drafts.list_versions("form", form_id)


def render(version: PublicVersion, *, context: Visit, page_id: int = 0, title: str = "") -> str:
    """The form as a part of a page. A form that was sent and not taken comes back by `context.forms`."""
    return rendering.form(version, context=context, page_id=page_id, title=title)


def render_alone(version: PublicVersion, *, context: Visit) -> str:
    """The form as a page of its own."""
    return rendering.lone_form(version, context=context)


def render_thanks(version: PublicVersion, *, context: Visit) -> str:
    return rendering.thanks(version, context=context)


def preview(form_id: int, *, now: datetime, document: Any = None, nonce: str = "") -> str:
    """The draft as visitors would see it, as a page that cannot be sent; document: what the editor shows.

    nonce: of the style that carries the brand's colours. Raises NoSuchPublic, BadDocument.
    """
    shown = drafts.as_version(drafts.get("form", form_id), document, now=now)
    return rendering.lone_form(shown, context=Visit(now, nonce, is_preview=True))


def submit(
    form_version_id: int,
    data: Mapping[str, str],
    *,
    anonymous_id: str,
    address: str,
    agent: str,
    now: datetime,
    url: str = "",
    utm: Mapping[str, str] | None = None,
    ticket: Ticket | None = None,
) -> Submission | Errors:
    """Take a form that was sent: validate, store, and accept one event, in the caller's transaction.

    data: what came, by field key. anonymous_id: of the visitor's browser; address, agent: of the
    request; now: business time; utm: campaign values by name. ticket: of the page that showed it
    (without one, as from the API, neither speed nor repeats are looked at). Raises NoSuchPublic.
    """
    version = get_version(form_version_id)
    if ticket is not None and ticket.form_version_id != form_version_id:
        raise tickets.BadToken("a ticket of another form")
    sent = Sent(data, anonymous_id, address, agent, now, url, utm or {}, ticket)
    return submitting.take(version, sent)
