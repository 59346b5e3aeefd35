"""Forms: drafts, published versions with the exact words of consent, and what is sent."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import override
from psycopg.types.json import Jsonb

from tabiji.content.contracts import Problem
from tabiji.content.public import mails
from tabiji.core import postgres, sql
from tabiji.core.paging import ListQuery, Page
from tabiji.events.public import inlet
from tabiji.pages import answers as reading
from tabiji.pages import documents, drafts, limits, problems, rendering, tickets
from tabiji.pages.answers import Answers
from tabiji.pages.contracts import Errors, Language, PublicInfo, PublicVersion, Submission, Ticket, Visit
from tabiji.pages.documents import FormDocument
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import fields, identity
from tabiji.workspaces.contracts import Actor

EVENT: Final = "form_submitted"
SOURCE: Final = "form"
_MOST_BYTES: Final = 30_000
_ANONYMOUS_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{8,100}")


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
    """A new draft; its id. key: its name in events, for ever. Raises BadKey, BadDocument."""
    parsed = documents.parse_form({"version": 1} if document is None else document)
    return drafts.create(
        "form",
        name,
        key=key,
        document=parsed.model_dump(mode="json"),
        actor=actor,
        language=language,
        why=why,
        responsible_id=responsible_id,
        review_on=review_on,
    )


def get(form_id: int) -> PublicInfo:
    """Raises NoSuchPublic."""
    return drafts.get("form", form_id)


def list_forms(query: ListQuery) -> Page[PublicInfo]:
    """Newest first. Filter: `q`."""
    return drafts.list_drafts("form", query)


def save_draft(
    form_id: int,
    *,
    actor: Actor,
    document: Any = None,
    language: Language | None = None,
    revision: int | None = None,
) -> int:
    """Keep what was typed, sound or not; the draft's new revision.

    Raises ChangedMeanwhile, NoSuchPublic, BadDocument.
    """
    info = drafts.locked("form", form_id)
    parsed = documents.parse_form(info.document if document is None else document)
    return drafts.save(
        info,
        document=parsed.model_dump(mode="json"),
        language=language or info.language,
        actor=actor,
        revision=revision,
    )


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
    form = documents.parse_form(version.document)
    if ticket is not None and ticket.form_version_id != form_version_id:
        raise tickets.BadToken("a ticket of another form")
    with override(version.language):
        found = reading.read(form, data, version=version.id)
        _check_traits(form, found)
        who = limits.sender(address, found.email)
        if data.get(documents.HONEYPOT):
            return _trap(version, who, now, ticket)
        if found.errors:
            return Errors(found.errors, "", found.suggestions, _is_old(ticket, now))
        if ticket is not None and (earlier := _find_earlier(ticket)):
            return _answer_again(version, earlier, found)
        refusal = _refusal(version, who, now, ticket)
        if refusal is not None:
            return refusal
        kept_url, kept_utm = url[:2_000], _campaign(utm or {})
        event = _event(version, form, found, anonymous_id, kept_url, kept_utm, ticket)
        if len(msgspec.json.encode(event)) > _MOST_BYTES:
            return Errors(whole=_("This is more than we can take in at once. Please shorten your answers."))
        submission_id = _store(version, found, who, now, kept_url, kept_utm, ticket)
        if submission_id is None:
            assert ticket is not None
            return _answer_again(version, _find_earlier(ticket), found)
        event["messageId"] = f"form-{postgres.workspace_id()}-{submission_id}"
        event["properties"]["submission_id"] = submission_id
        inlet.accept([event], source=SOURCE, address=address, agent=agent[:500])
    return Submission(submission_id, version.definition_id, version.id)


def _check_traits(form: FormDocument, found: Answers) -> None:
    """Values that the person's field could not hold are told now, not lost later."""
    if not found.traits:
        return
    known = {info.key: info for info in fields.list_fields()}
    for question in form.fields:
        value = found.traits.get(question.maps_to)
        if value is None or not question.maps_to:
            continue
        if question.maps_to not in known:
            del found.traits[question.maps_to]
            continue
        try:
            fields.clean(known, question.maps_to, value)
        except fields.BadValue:
            found.errors[question.key] = _("This does not fit here: please look at it once more.")


def _trap(version: PublicVersion, who: limits.Sender, now: datetime, ticket: Ticket | None) -> Submission:
    """A machine filled in what people cannot see: it is thanked, and nothing is taken."""
    stored = _insert(
        version, "trapped", Answers(), who, now, "", {}, 0 if ticket is None else ticket.page_id, None
    )
    return Submission(stored or 0, version.definition_id, version.id, is_trapped=True)


def _is_old(ticket: Ticket | None, now: datetime) -> bool:
    return ticket is not None and tickets.has_expired(ticket, now)


def _refusal(
    version: PublicVersion, who: limits.Sender, now: datetime, ticket: Ticket | None
) -> Errors | None:
    if ticket is not None and tickets.has_expired(ticket, now):
        said = _(
            "This page was open for a long time. Please press the button once more; your answers are kept."
        )
        return Errors(whole=said, needs_ticket=True)
    if ticket is not None and tickets.is_too_fast(ticket, now):
        return Errors(whole=_("That was very quick. Please press the button once more."))
    if limits.exceeded(who, version.definition_id, now=now):
        return Errors(whole=_("Too many forms have come in just now. Please try again a little later."))
    return None


def _find_earlier(ticket: Ticket) -> tuple[int, bytes] | None:
    """(submission id, digest of its answers) where this ticket was used already."""
    row = postgres.find_row("SELECT id, digest FROM form_submission WHERE nonce = %s", [ticket.nonce])
    return None if row is None else (row[0], bytes(row[1]))


def _answer_again(
    version: PublicVersion, earlier: tuple[int, bytes] | None, found: Answers
) -> Submission | Errors:
    """The same once more is thanked once more; something else under a used ticket is asked again."""
    assert earlier is not None
    submission_id, digest = earlier
    if digest == _digest(found):
        return Submission(submission_id, version.definition_id, version.id, is_repeat=True)
    said = _("We have received your form already. To send these changes as well, press the button once more.")
    return Errors(whole=said, needs_ticket=True)


def _digest(found: Answers) -> bytes:
    said = msgspec.json.encode([sorted(found.values.items())])
    return hashlib.blake2b(said, digest_size=16).digest()


def _campaign(utm: Mapping[str, str]) -> dict[str, str]:
    return {name: str(utm[name]).replace("\x00", "")[:200] for name in documents.UTM if utm.get(name)}


def _event(
    version: PublicVersion,
    form: FormDocument,
    found: Answers,
    anonymous_id: str,
    url: str,
    utm: Mapping[str, str],
    ticket: Ticket | None,
) -> dict[str, Any]:
    traits = dict(found.traits)
    if form.source and found.email and not _is_known(found.email):
        traits["source"] = form.source
    return {
        "type": "form",
        "event": EVENT,
        "anonymousId": anonymous_id if _ANONYMOUS_ID.fullmatch(anonymous_id) else None,
        "traits": traits,
        "context": {"page": {"url": url}},
        "properties": {
            "form_id": version.definition_id,
            "form_key": version.key,
            "form_version": version.id,
            "form_name": version.name,
            "page_id": ticket.page_id if ticket else 0,
            "initiative_id": form.initiative_id,
            "auto_reply_mail_id": form.auto_reply_mail_id,
            "answers": found.shown,
            "consents": [consent for consent in found.consents if consent["channel"]],
            **utm,
        },
    }


def _is_known(email: str) -> bool:
    return bool(identity.find({Identifier(IdentifierKind.EMAIL, email)}))


def _store(
    version: PublicVersion,
    found: Answers,
    who: limits.Sender,
    now: datetime,
    url: str,
    utm: Mapping[str, str],
    ticket: Ticket | None,
) -> int | None:
    page_id, nonce = (0, None) if ticket is None else (ticket.page_id, ticket.nonce)
    return _insert(version, "accepted", found, who, now, url, utm, page_id, nonce)


def _insert(
    version: PublicVersion,
    state: str,
    found: Answers,
    who: limits.Sender,
    now: datetime,
    url: str,
    utm: Mapping[str, str],
    page_id: int,
    nonce: int | None,
) -> int | None:
    """The submission's id; None where this ticket was used already."""
    stored: int | None = postgres.scalar(
        sql.named("pages", "insert_submission"),
        {
            "workspace": postgres.workspace_id(),
            "form": version.definition_id,
            "version": version.id,
            "page": page_id,
            "state": state,
            "now": now,
            "nonce": nonce,
            "digest": _digest(found),
            "answers": Jsonb(found.values),
            "consents": Jsonb(found.consents),
            "url": url,
            "utm": Jsonb(dict(utm)),
            "address": who.address_hash,
            "email": who.email_hash,
        },
    )
    return stored
