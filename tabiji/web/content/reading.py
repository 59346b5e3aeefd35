"""Who reads a mail in its previews: a real person, and the one of whom its fields know least."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from tabiji.content.contracts import Draft, Preview
from tabiji.content.public import mails, previewing
from tabiji.core import postgres
from tabiji.core.paging import ListQuery
from tabiji.people.contracts import PersonInfo
from tabiji.people.public import persons
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission

REAL = "real"
GAP = "gap"


@dataclass(frozen=True, slots=True)
class Reader:
    """who: real or gap; person: None for somebody who has the names of the fields as values."""

    who: str
    person: PersonInfo | None

    @property
    def id(self) -> UUID | None:
        return self.person.id if self.person else None


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above a preview."""

    reader: Reader
    label: str
    subject: SafeString
    missing: tuple[str, ...]

    @property
    def is_real(self) -> bool:
        return self.reader.who == REAL


def readers(request: WorkspaceRequest, mail_id: int, draft: Draft) -> list[Reader]:
    return [reader(request, mail_id, draft, who) for who in (REAL, GAP)]


def reader(request: WorkspaceRequest, mail_id: int, draft: Draft, who: str) -> Reader:
    """Raises persons.NoSuchPerson for a person in the address who is not here."""
    if not request.actor.may(Permission.SEE_PERSONAL_DATA):
        # A mail says everything about its reader: whoever may not read it sees the names of the fields.
        return Reader(who, None)
    if who == GAP:
        minute = int(request.now.timestamp()) // 60
        person_id = _fullest_gap(postgres.workspace_id(), mail_id, mails.used_fields(draft), minute)
        return Reader(who, persons.get_many([person_id]).get(person_id) if person_id else None)
    asked = request.GET.get("person", "")
    if asked:
        try:
            return Reader(who, persons.get(UUID(asked)))
        except ValueError:
            return Reader(who, None)
    newest = persons.list_people(ListQuery(sort="-last_act", limit=1)).rows
    return Reader(who, newest[0] if newest else None)


@lru_cache(maxsize=256)
def _fullest_gap(workspace_id: int, mail_id: int, used: tuple[str, ...], minute: int) -> UUID | None:
    # Asked while somebody types: of a million people it is not looked for with every key.
    text = " ".join("{{ " + path + " }}" for path in used)
    return previewing.fullest_gap(mail_id, draft=Draft(text, "", {"version": 1, "blocks": []}))


def head(one: Reader, shown: Preview) -> Head:
    name = (one.person.name or one.person.company or one.person.email) if one.person else ""
    if not name:
        label = _("With the names of the fields")
    elif one.who == REAL:
        label = _("As %(name)s gets it") % {"name": name}
    else:
        label = _("Most is missing: %(name)s") % {"name": name}
    subject = previewing.in_markup(shown.mail.subject) if shown.mail else ""
    # Escaped by `in_markup`, whose marks are the only markup in it.
    return Head(one, label, mark_safe(subject), shown.missing)  # noqa: S308
