"""The practice inbox: mail by workspace and person, newest first.

Which workspace a mail belongs to is what its return path says, which we signed; only mail to
colleagues and test copies, which have no message, go by sender and recipient.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from tabiji.core import crypto, paging, postgres
from tabiji.core.paging import ListQuery, Page
from tabiji.messaging.public import messages
from tabiji.practice import letters
from tabiji.practice.letters import Letter
from tabiji.practice.mailserver import Received, Refused
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import Permission, workspace

Kind = Literal["customer", "test", "staff"]
_BOUNCE: Final = "bounce+"


class NoSuchMail(LookupError):
    """No mail of this id in this inbox, or not for these eyes."""


@dataclass(frozen=True, slots=True)
class Line:
    """One mail in the list. at: business time."""

    id: int
    at: datetime
    kind: Kind
    message_id: int | None
    person_id: UUID | None
    rcpt: str
    sender: str
    subject: str
    is_read: bool


@dataclass(frozen=True, slots=True)
class _Place:
    workspace_id: int
    kind: Kind
    message_id: int | None = None


def store(received: Sequence[Received]) -> list[Refused | None]:
    """Keep these mails, one transaction for each workspace; None for each kept, else why it is refused."""
    practice = {one.id for one in workspace.list_all() if one.is_practice}
    answers: list[Refused | None] = []
    placed: dict[int, list[tuple[Received, _Place]]] = defaultdict(list)
    for one in received:
        try:
            place = _place(one, practice)
        except Refused as refused:
            answers.append(refused)
        else:
            answers.append(None)
            placed[place.workspace_id].append((one, place))
    for workspace_id, mails in placed.items():
        with postgres.workspace_scope(workspace_id):
            _insert(mails)
    return answers


def list_mails(query: ListQuery, *, actor: Actor) -> Page[Line]:
    """Newest first. Filters: `tab` (`customers`, the default, or `colleagues`), `person` (id)."""
    where, params = _visible(query, actor)
    after = [paging.from_cursor(query.after, 1)[0]] if query.after else []
    rows = postgres.rows(
        "SELECT " + _COLUMNS + " FROM practice_mail WHERE " + where
        + (" AND id < %s" if after else "") + " ORDER BY id DESC LIMIT %s",
        [*params, *after, query.limit + 1],
    )  # fmt: skip
    total = postgres.scalar("SELECT count(*) FROM practice_mail WHERE " + where, params)
    found = [Line(*row) for row in rows[: query.limit]]
    return Page(found, paging.to_cursor(found[-1].id) if len(rows) > query.limit else "", total)


def newest(query: ListQuery, *, actor: Actor) -> int:
    """The id of the newest mail of this list; 0 for an empty one."""
    where, params = _visible(query, actor)
    found = postgres.scalar("SELECT max(id) FROM practice_mail WHERE " + where, params)
    return found or 0


def count_unread(*, actor: Actor) -> dict[str, int]:
    """Unread mails by tab."""
    counts = {}
    for tab in ("customers", "colleagues"):
        where, params = _visible(ListQuery({"tab": tab}), actor)
        counts[tab] = int(
            postgres.scalar("SELECT count(*) FROM practice_mail WHERE NOT is_read AND " + where, params)
        )
    return counts


def find_line(mail_id: int, *, actor: Actor) -> Line:
    """Raises NoSuchMail."""
    row = postgres.find_row("SELECT " + _COLUMNS + " FROM practice_mail WHERE id = %s", [mail_id])
    if row is None or not _may_read(Line(*row), actor):
        raise NoSuchMail(f"there is no mail {mail_id} here")
    return Line(*row)


def open_letter(mail_id: int, *, actor: Actor) -> Letter:
    """The mail to read; it counts as read from now on. Raises NoSuchMail."""
    find_line(mail_id, actor=actor)
    wire = postgres.scalar("SELECT wire FROM practice_mail WHERE id = %s", [mail_id])
    postgres.execute("UPDATE practice_mail SET is_read = true WHERE id = %s AND NOT is_read", [mail_id])
    return letters.read(zlib.decompress(wire))


def _place(one: Received, practice: set[int]) -> _Place:
    """Whose inbox. Raises Refused where there is none."""
    named = _named(one.envelope_from)
    if named is not None:
        workspace_id, message_id = named
        if workspace_id not in practice:
            raise Refused("the workspace of this return path is not in practice mode")
        return _Place(workspace_id, "customer", message_id) if message_id else _Place(workspace_id, "staff")
    by_sender = postgres.scalar("SELECT practice_place_of_sender(%s)", [one.envelope_from])
    if by_sender is not None:
        return _Place(by_sender, "test")
    by_colleague = postgres.scalar("SELECT practice_place_of_colleague(%s)", [one.rcpt])
    if by_colleague is not None:
        return _Place(by_colleague, "staff")
    raise Refused(
        "no practice workspace sends from this address, and nobody of this address works in one only"
    )


def _named(envelope_from: str) -> tuple[int, int] | None:
    local = envelope_from.rpartition("@")[0]
    if not local.startswith(_BOUNCE):
        return None
    try:
        workspace_id, message_id = crypto.read("bounce", local.removeprefix(_BOUNCE))
    except ValueError:
        return None
    return workspace_id, message_id


def _insert(mails: Sequence[tuple[Received, _Place]]) -> None:
    known = messages.get_many([place.message_id for _, place in mails if place.message_id])
    words = [letters.envelope_words(one.wire) for one, _ in mails]
    people = [known[place.message_id].person_id if place.message_id in known else None for _, place in mails]
    postgres.execute(
        "INSERT INTO practice_mail (workspace_id, at, kind, message_id, person_id, envelope_from, rcpt, sender,"
        " subject, wire, is_read) SELECT w.id, clock_timestamp() + w.clock_offset, n.*, false FROM workspace w,"
        " unnest(%s::text[], %s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bytea[])"
        " AS n",
        [
            [place.kind for _, place in mails],
            [place.message_id for _, place in mails],
            people,
            [one.envelope_from for one, _ in mails],
            [one.rcpt for one, _ in mails],
            [sender for sender, _ in words],
            [subject for _, subject in words],
            [zlib.compress(one.wire, 6) for one, _ in mails],
        ],
    )


def _visible(query: ListQuery, actor: Actor) -> tuple[str, list[object]]:
    if query.filters.get("tab") == "colleagues":
        everything = actor.may(Permission.ADMINISTER)
        return (
            "workspace_id = (SELECT current_ws()) AND (kind = 'test' OR kind = 'staff' AND (%s OR lower(rcpt) ="
            " (SELECT lower(email) FROM staff_user WHERE id = %s)))",
            [everything, actor.user_id],
        )
    person = query.filters.get("person") or None
    return (
        "workspace_id = (SELECT current_ws()) AND kind = 'customer' AND (%s::uuid IS NULL OR person_id = %s::uuid)",
        [person, person],
    )


def _may_read(line: Line, actor: Actor) -> bool:
    """Login mail is for the colleague it was sent to, and for admins: it may open an account."""
    if line.kind != "staff" or actor.may(Permission.ADMINISTER):
        return True
    own: str | None = postgres.scalar("SELECT email FROM staff_user WHERE id = %s", [actor.user_id])
    return own is not None and own.lower() == line.rcpt.lower()


_COLUMNS: Final = "id, at, kind, message_id, person_id, rcpt, sender, subject, is_read"
