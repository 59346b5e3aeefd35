"""Lines of the audit log as sentences: who did what to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import pgettext, pgettext_lazy

from tabiji.core.paging import ListQuery
from tabiji.web.initiatives import members as kinds
from tabiji.workspaces.public import audit, definitions, members

ACTIONS: Final[Mapping[str, Any]] = {
    "create": pgettext_lazy("audit", "made %(object)s"),
    "change": pgettext_lazy("audit", "changed %(object)s"),
    "save": pgettext_lazy("audit", "saved %(object)s"),
    "draft": pgettext_lazy("audit", "drafted %(object)s"),
    "publish": pgettext_lazy("audit", "published %(object)s"),
    "start": pgettext_lazy("audit", "started %(object)s"),
    "drain": pgettext_lazy("audit", "lets nobody new into %(object)s"),
    "resume": pgettext_lazy("audit", "opened %(object)s again"),
    "stop": pgettext_lazy("audit", "stopped %(object)s"),
    "allow": pgettext_lazy("audit", "allowed %(object)s again"),
    "explain": pgettext_lazy("audit", "gave the reason for stopping %(object)s"),
    "cancel": pgettext_lazy("audit", "cancelled %(object)s"),
    "judge": pgettext_lazy("audit", "gave a verdict on %(object)s"),
    "adopt": pgettext_lazy("audit", "adopted a variant of %(object)s"),
    "undo_adopt": pgettext_lazy("audit", "took back the decision on %(object)s"),
    "undo": pgettext_lazy("audit", "took back a change of %(object)s"),
    "add": pgettext_lazy("audit", "added people to %(object)s"),
    "remove": pgettext_lazy("audit", "took people off %(object)s"),
    "add_members": pgettext_lazy("audit", "put more work into %(object)s"),
    "remove_member": pgettext_lazy("audit", "took work off %(object)s"),
    "replay": pgettext_lazy("audit", "sent in %(object)s again"),
    "revoke": pgettext_lazy("audit", "revoked %(object)s"),
    "invite": pgettext_lazy("audit", "invited %(object)s again"),
    "deactivate": pgettext_lazy("audit", "deactivated %(object)s"),
    "archive": pgettext_lazy("audit", "put %(object)s away"),
    "restore": pgettext_lazy("audit", "brought %(object)s back"),
    "delete": pgettext_lazy("audit", "took %(object)s out"),
    "discard": pgettext_lazy("audit", "threw away the draft of %(object)s"),
    "move": pgettext_lazy("audit", "moved %(object)s"),
    "export": pgettext_lazy("audit", "exported %(object)s"),
    "upload": pgettext_lazy("audit", "uploaded %(object)s"),
    "map": pgettext_lazy("audit", "matched the columns of %(object)s"),
    "import": pgettext_lazy("audit", "imported %(object)s"),
    "merge": pgettext_lazy("audit", "merged %(object)s"),
    "erase": pgettext_lazy("audit", "erased %(object)s"),
}
OBJECTS: Final[Mapping[str, Any]] = {
    "sending": pgettext_lazy("audit", "all sending"),
    "sending_domain": pgettext_lazy("audit", "the sending domain"),
    "sending_limits": pgettext_lazy("audit", "the frequency cap and quiet hours"),
    "dkim_key": pgettext_lazy("audit", "the signature of mails (DKIM)"),
    "brand": pgettext_lazy("audit", "the brand kit"),
    "sales_policy": pgettext_lazy("audit", "the rules of sales"),
    "deal": pgettext_lazy("audit", "a deal"),
    "clock": pgettext_lazy("audit", "the practice clock"),
    "list": pgettext_lazy("audit", "a static list"),
    "person": pgettext_lazy("audit", "a person"),
    "people": pgettext_lazy("audit", "people"),
    "import": pgettext_lazy("audit", "an import"),
    "period": pgettext_lazy("audit", "a period"),
    "event_reject": pgettext_lazy("audit", "a refused event"),
    "event_schema": pgettext_lazy("audit", "the rule of an event"),
    "api_key": pgettext_lazy("audit", "an API key"),
    "write_key": pgettext_lazy("audit", "a key of the tracking tag"),
    "member": pgettext_lazy("audit", "a colleague"),
    "workspace": pgettext_lazy("audit", "the workspace"),
    "calendar": pgettext_lazy("audit", "the business days"),
    "exclusion": pgettext_lazy("audit", "an exclusion"),
    "field": pgettext_lazy("audit", "a field"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """address: from where, empty for what went by itself. is_by_somebody: no automatic act."""

    at: datetime
    who: str
    text: str
    address: str
    is_by_somebody: bool


def newest(limit: int = 8) -> list[Line]:
    """The newest lines of the audit log."""
    return said(audit.list_entries(ListQuery(limit=limit)).rows)


def said(found: Sequence[audit.AuditLine]) -> list[Line]:
    """These lines in words, in their order."""
    users = members.names()
    wanted = [int(one.object_id) for one in found if _is_number(one.object_id)]
    named = {key: one.name for key, one in definitions.get_many(wanted).items()}
    return [
        Line(one.at, _who(one.actor, users), _text(one, named), one.address, one.actor.startswith("user:"))
        for one in found
    ]


def object_kind(kind: str) -> str:
    """A kind of thing in words; empty for one that has none."""
    found = OBJECTS.get(kind)
    return kinds.word_of(kind) or (str(found) if found else "")


def _who(actor: str, users: Mapping[int, str]) -> str:
    number = actor.removeprefix("user:")
    if number.isdecimal():
        return users.get(int(number), pgettext("audit", "Somebody"))
    return pgettext("who acts", "Automatic")


def _text(one: audit.AuditLine, named: Mapping[int, str]) -> str:
    done = "start" if (one.object_kind, one.action) == ("journey", "publish") else one.action
    action = ACTIONS.get(done) or pgettext_lazy("audit", "worked on %(object)s")
    return str(action) % {"object": _object(one, named)}


def _object(one: audit.AuditLine, named: Mapping[int, str]) -> str:
    word = kinds.word_of(one.object_kind)
    name = named.get(int(one.object_id), "") if word and _is_number(one.object_id) else ""
    if name:
        return pgettext("audit", "%(kind)s “%(name)s”") % {"kind": word, "name": name}
    return object_kind(one.object_kind) or pgettext("audit", "something")


def _is_number(text: str) -> bool:
    return text.isdecimal() and len(text) < 19
