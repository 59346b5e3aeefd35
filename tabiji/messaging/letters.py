"""Printing letters: render, write the MIME, sign. Pure work on plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from tabiji.content.contracts import MailVersion
from tabiji.content.public import CannotRender, CompiledMail, mails
from tabiji.core import crypto
from tabiji.messaging import rendering
from tabiji.messaging.channels.email import dkim, mime, verp
from tabiji.messaging.channels.email.addresses import BadAddress, Mailbox
from tabiji.messaging.channels.email.mime import UnsafeHeader
from tabiji.messaging.channels.email.smtp import Outgoing


@dataclass(frozen=True, slots=True)
class Letterhead:
    """What all letters of a workspace share."""

    workspace_id: int
    sender: Mailbox
    reply_to: str
    bounce_domain: str
    dkim_domain: str
    dkim_selector: str
    dkim_key: str
    """PEM, empty where mails are not signed."""
    dated: datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One message to print: to whom, and what the merge fields say."""

    id: int
    address: str
    kind: str
    source: str
    version_id: int
    context: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Printed:
    """outgoing: ready to hand over; unfit: message id to why it cannot be written."""

    outgoing: list[Outgoing]
    unfit: dict[int, str]


def print_all(head: Letterhead, versions: Mapping[int, MailVersion], letters: Sequence[Letter]) -> Printed:
    """Wire bytes of these letters, in their order."""
    signers = _signers(head.dkim_domain, head.dkim_selector, head.dkim_key)
    printed = Printed([], {})
    for letter in letters:
        try:
            form = _form(head, versions[letter.version_id], letter.source)
            printed.outgoing.append(_print(head, form, letter, signers))
        except (UnsafeHeader, BadAddress, CannotRender) as error:
            printed.unfit[letter.id] = str(error)[:300]
    return printed


@dataclass(frozen=True, slots=True)
class _Form:
    """What the letters of one mail version share, before anybody's name is filled in."""

    mail: CompiledMail
    skeleton: mime.Skeleton


def _print(head: Letterhead, form: _Form, letter: Letter, signers: Sequence[dkim.Signer]) -> Outgoing:
    own = rendering.addresses(head.workspace_id, letter.id)
    mail = form.mail.pieces(letter.context, own.urls(form.mail.links), closing=own.tracking())
    personal = mime.Personal(
        to=Mailbox(letter.address, rendering.display_name(letter.context)),
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        date=head.dated,
        message_id=f"{own.opened}@{head.bounce_domain}",
        one_click_url=own.unsubscribe if letter.kind == "marketing" else None,
    )
    wire = dkim.sign(mime.personalise(form.skeleton, personal), signers)
    token = crypto.sign("bounce", head.workspace_id, letter.id)
    return Outgoing(letter.id, verp.make(token, head.bounce_domain), letter.address, wire)


@lru_cache(maxsize=64)
def _signers(domain: str, selector: str, pem: str) -> tuple[dkim.Signer, ...]:
    # Reading a key costs 60 ms, a signature one.
    return (dkim.Signer(domain=domain, selector=selector, private_key_pem=pem),) if pem else ()


_versions: dict[tuple[int, int, Mailbox, str, str], _Form] = {}


def _form(head: Letterhead, version: MailVersion, source: str) -> _Form:
    key = (head.workspace_id, version.id, head.sender, head.reply_to, source)
    if key not in _versions:
        if len(_versions) > 256:
            _versions.clear()
        _versions[key] = _made(head, mails.compile_version(version), source)
    return _versions[key]


def _made(head: Letterhead, mail: CompiledMail, source: str) -> _Form:
    skeleton = mime.prepare(
        head.sender,
        reply_to=Mailbox(head.reply_to) if head.reply_to else None,
        feedback_id=f"{mail.mail_id}:{source}:{head.workspace_id}:tabiji",
        auto_submitted="auto-replied" if source == "auto_reply" else None,
        shared=mail.constants,
    )
    return _Form(mail, skeleton)
