"""Printing letters: render, write the MIME, sign. Pure work on plain values, so any process can do it.

Signing a mail with RSA-2048 costs a millisecond of a core, so a large lease is printed by child
processes while the last one is on its way; a small one is printed here, and no child is started.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from tabiji.content.contracts import MailVersion
from tabiji.content.public import CannotRender, CompiledMail, mails
from tabiji.core import crypto
from tabiji.messaging import printing_child, rendering
from tabiji.messaging.channels.email import dkim, mime, verp
from tabiji.messaging.channels.email.addresses import BadAddress, Mailbox
from tabiji.messaging.channels.email.mime import UnsafeHeader
from tabiji.messaging.channels.email.smtp import Outgoing

MANY: Final = 150
"""From so many letters on, child processes pay."""
_CHUNK: Final = 40
_CHILDREN: Final = max(1, min(4, os.cpu_count() or 1))


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
            printed.outgoing.append(
                _print(head, _compiled(head.workspace_id, versions[letter.version_id]), letter, signers)
            )
        except (UnsafeHeader, BadAddress, CannotRender) as error:
            printed.unfit[letter.id] = str(error)[:300]
    return printed


class Press:
    """Prints here, or in child processes when there is much to print. Children end with `close`."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()

    def start(
        self, head: Letterhead, versions: Mapping[int, MailVersion], letters: Sequence[Letter]
    ) -> list[Future[Printed]]:
        """Begin printing; the parts come in the order of `letters`."""
        if len(letters) < MANY:
            done: Future[Printed] = Future()
            done.set_result(print_all(head, versions, letters))
            return [done]
        chunks = [letters[start : start + _CHUNK] for start in range(0, len(letters), _CHUNK)]
        pool = self._opened()
        return [
            pool.submit(
                print_all,
                head,
                {one: versions[one] for one in {letter.version_id for letter in chunk}},
                chunk,
            )
            for chunk in chunks
        ]

    def close(self) -> None:
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None

    def _opened(self) -> ProcessPoolExecutor:
        with self._lock:
            if self._pool is None:
                # Spawned, not forked: this process has threads and open connections.
                self._pool = ProcessPoolExecutor(
                    _CHILDREN, multiprocessing.get_context("spawn"), initializer=printing_child.begin
                )
            return self._pool


def _print(
    head: Letterhead, compiled: CompiledMail, letter: Letter, signers: Sequence[dkim.Signer]
) -> Outgoing:
    workspace_id = head.workspace_id
    mail = compiled.render(letter.context, rendering.urls(workspace_id, letter.id, compiled.links))
    personal = mime.Personal(
        to=Mailbox(letter.address, rendering.display_name(letter.context)),
        subject=mail.subject,
        text=mail.text,
        html=rendering.with_tracking(workspace_id, letter.id, mail.html),
        date=head.dated,
        message_id=f"{crypto.sign('open', workspace_id, letter.id)}@{head.bounce_domain}",
        one_click_url=rendering.unsubscribe_url(workspace_id, letter.id)
        if letter.kind == "marketing"
        else None,
    )
    skeleton = _skeleton(
        head.sender, head.reply_to, f"{compiled.mail_id}:{letter.source}:{workspace_id}:tabiji", letter.source
    )
    wire = dkim.sign(mime.personalise(skeleton, personal), signers)
    token = crypto.sign("bounce", workspace_id, letter.id)
    return Outgoing(letter.id, verp.make(token, head.bounce_domain), letter.address, wire)


@lru_cache(maxsize=256)
def _skeleton(sender: Mailbox, reply_to: str, feedback_id: str, source: str) -> mime.Skeleton:
    return mime.prepare(
        sender,
        reply_to=Mailbox(reply_to) if reply_to else None,
        feedback_id=feedback_id,
        auto_submitted="auto-replied" if source == "auto_reply" else None,
    )


@lru_cache(maxsize=64)
def _signers(domain: str, selector: str, pem: str) -> tuple[dkim.Signer, ...]:
    # Reading a key costs 60 ms, a signature one.
    return (dkim.Signer(domain=domain, selector=selector, private_key_pem=pem),) if pem else ()


_versions: dict[tuple[int, int], CompiledMail] = {}


def _compiled(workspace_id: int, version: MailVersion) -> CompiledMail:
    key = (workspace_id, version.id)
    if key not in _versions:
        if len(_versions) > 256:
            _versions.clear()
        _versions[key] = mails.compile_version(version)
    return _versions[key]
