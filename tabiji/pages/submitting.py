"""Taking a form that was sent: what speaks against it, the row, and the one event."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import override
from psycopg.types.json import Jsonb

from tabiji.core import postgres, sql
from tabiji.events.public import inlet
from tabiji.pages import answers, documents, limits, tickets
from tabiji.pages.answers import Answers
from tabiji.pages.contracts import Errors, PublicVersion, Submission, Ticket
from tabiji.pages.documents import FormDocument
from tabiji.people.contracts import Identifier, IdentifierKind
from tabiji.people.public import fields, identity

EVENT: Final = "form_submitted"
SOURCE: Final = "form"
_MOST_BYTES: Final = 30_000
"""Of one event; the inlet takes 32 KB."""
_ANONYMOUS_ID: Final = re.compile(r"[A-Za-z0-9_.:-]{8,100}")


@dataclass(frozen=True, slots=True)
class Sent:
    """What a browser sent, and from where. now: business time."""

    data: Mapping[str, str]
    anonymous_id: str
    address: str
    agent: str
    now: datetime
    url: str
    utm: Mapping[str, str]
    ticket: Ticket | None

    @property
    def page_id(self) -> int:
        return self.ticket.page_id if self.ticket else 0

    @property
    def is_trapped(self) -> bool:
        return bool(self.data.get(documents.HONEYPOT))

    @property
    def campaign(self) -> dict[str, str]:
        given = {name: str(self.utm.get(name) or "") for name in documents.UTM}
        return {name: value.replace("\x00", "")[:200] for name, value in given.items() if value}


@dataclass(frozen=True, slots=True)
class _Case:
    """One form that was sent, as far as it is understood."""

    version: PublicVersion
    form: FormDocument
    sent: Sent
    found: Answers
    who: limits.Sender


def take(version: PublicVersion, sent: Sent) -> Submission | Errors:
    """Store and accept, or say why not, in the form's language and the caller's transaction."""
    form = documents.parse_form(version.document)
    with override(version.language):
        found = answers.read(form, sent.data, version=version.id)
        _check_traits(form, found)
        case = _Case(version, form, sent, found, limits.sender(sent.address, found.email))
        if sent.is_trapped:
            return _trap(case)
        if found.errors:
            return Errors(found.errors, "", found.suggestions, _is_old(sent))
        return _answer_again(case) or _refuse(case) or _accept(case)


def _check_traits(form: FormDocument, found: Answers) -> None:
    """Values that the person's field could not hold are told now, not lost later."""
    known = {info.key: info for info in fields.list_fields()} if found.traits else {}
    for question in form.fields:
        if question.maps_to not in found.traits:
            continue
        if question.maps_to not in known:
            del found.traits[question.maps_to]
            continue
        try:
            fields.clean(known, question.maps_to, found.traits[question.maps_to])
        except fields.BadValue:
            found.errors[question.key] = _("This does not fit here: please look at it once more.")


def _trap(case: _Case) -> Submission:
    """A machine filled in what people cannot see: it is thanked, and nothing is taken.

    The row is for the count only, so a machine that goes on is thanked without one.
    """
    form_id, version_id = case.version.definition_id, case.version.id
    if limits.exceeded(case.who, form_id, state="trapped", now=case.sent.now):
        return Submission(0, form_id, version_id, is_trapped=True)
    empty = Answers()
    stored = _insert(_Case(case.version, case.form, case.sent, empty, case.who), state="trapped", nonce=None)
    return Submission(stored or 0, form_id, version_id, is_trapped=True)


def _is_old(sent: Sent) -> bool:
    return sent.ticket is not None and tickets.has_expired(sent.ticket, sent.now)


def _answer_again(case: _Case) -> Submission | Errors | None:
    """The same once more is thanked once more; something else under a used ticket is asked again."""
    if case.sent.ticket is None:
        return None
    earlier = postgres.find_row(
        "SELECT id, digest FROM form_submission WHERE nonce = %s", [case.sent.ticket.nonce]
    )
    if earlier is None:
        return None
    if bytes(earlier[1]) == _digest(case.found):
        return Submission(earlier[0], case.version.definition_id, case.version.id, is_repeat=True)
    said = _("We have received your form already. To send these changes as well, press the button once more.")
    return Errors(whole=said, needs_ticket=True)


def _refuse(case: _Case) -> Errors | None:
    ticket, now = case.sent.ticket, case.sent.now
    if _is_old(case.sent):
        said = _(
            "This page was open for a long time. Please press the button once more; your answers are kept."
        )
        return Errors(whole=said, needs_ticket=True)
    if ticket is not None and tickets.is_too_fast(ticket, now):
        return Errors(whole=_("That was very quick. Please press the button once more."))
    if limits.exceeded(case.who, case.version.definition_id, state="accepted", now=now):
        return Errors(whole=_("Too many forms have come in just now. Please try again a little later."))
    return None


def _accept(case: _Case) -> Submission | Errors:
    event = _event(case)
    if len(msgspec.json.encode(event)) > _MOST_BYTES:
        return Errors(whole=_("This is more than we can take in at once. Please shorten your answers."))
    submission_id = _insert(
        case, state="accepted", nonce=case.sent.ticket.nonce if case.sent.ticket else None
    )
    if submission_id is None:
        # Another click with this ticket was faster and has committed by now.
        again = _answer_again(case)
        assert again is not None
        return again
    event["messageId"] = f"form-{postgres.workspace_id()}-{submission_id}"
    event["properties"]["submission_id"] = submission_id
    inlet.accept([event], source=SOURCE, address=case.sent.address, agent=case.sent.agent[:500])
    return Submission(submission_id, case.version.definition_id, case.version.id)


def _event(case: _Case) -> dict[str, Any]:
    """Segment's shape; what it says of itself is believed only from source `form`."""
    version, form, sent, found = case.version, case.form, case.sent, case.found
    traits = dict(found.traits)
    if form.source and found.email and not _is_known(found.email):
        traits["source"] = form.source
    return {
        "type": "form",
        "event": EVENT,
        "anonymousId": sent.anonymous_id if _ANONYMOUS_ID.fullmatch(sent.anonymous_id) else None,
        "traits": traits,
        "context": {"page": {"url": sent.url[:2_000]}},
        "properties": {
            "form_id": version.definition_id,
            "form_key": version.key,
            "form_version": version.id,
            "form_name": version.name,
            "page_id": sent.page_id,
            "initiative_id": form.initiative_id,
            "auto_reply_mail_id": form.auto_reply_mail_id,
            "answers": found.shown,
            "consents": [consent for consent in found.consents if consent["channel"]],
            **sent.campaign,
        },
    }


def _is_known(email: str) -> bool:
    return bool(identity.find({Identifier(IdentifierKind.EMAIL, email)}))


def _digest(found: Answers) -> bytes:
    said = msgspec.json.encode(sorted(found.values.items()))
    return hashlib.blake2b(said, digest_size=16).digest()


def _insert(case: _Case, *, state: str, nonce: int | None) -> int | None:
    """The submission's id; None where this ticket was used already."""
    stored: int | None = postgres.scalar(
        sql.named("pages", "insert_submission"),
        {
            "workspace": postgres.workspace_id(),
            "form": case.version.definition_id,
            "version": case.version.id,
            "page": case.sent.page_id,
            "state": state,
            "now": case.sent.now,
            "nonce": nonce,
            "digest": _digest(case.found),
            "answers": Jsonb(case.found.values),
            "consents": Jsonb(case.found.consents),
            "url": case.sent.url[:2_000],
            "utm": Jsonb(case.sent.campaign),
            "address": case.who.address_hash,
            "email": case.who.email_hash,
        },
    )
    return stored
