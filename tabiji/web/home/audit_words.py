"""Lines of the audit log as sentences: who did what to what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext, pgettext_lazy

from tabiji.core.paging import ListQuery
from tabiji.web.initiatives import members as kinds
from tabiji.workspaces.audit import AuditLine
from tabiji.workspaces.public import audit, definitions, members

_ACTIONS: Final[Mapping[str, Any]] = {
    "create": pgettext_lazy("audit", "made"),
    "change": pgettext_lazy("audit", "changed"),
    "save": pgettext_lazy("audit", "saved"),
    "draft": pgettext_lazy("audit", "drafted"),
    "publish": pgettext_lazy("audit", "published"),
    "start": pgettext_lazy("audit", "started"),
    "drain": pgettext_lazy("audit", "drained"),
    "resume": pgettext_lazy("audit", "resumed"),
    "stop": pgettext_lazy("audit", "stopped"),
    "allow": pgettext_lazy("audit", "allowed again"),
    "explain": pgettext_lazy("audit", "gave the reason for stopping"),
    "cancel": pgettext_lazy("audit", "cancelled"),
    "judge": pgettext_lazy("audit", "judged"),
    "adopt": pgettext_lazy("audit", "adopted a variant of"),
    "undo_adopt": pgettext_lazy("audit", "took back the decision on"),
    "undo": pgettext_lazy("audit", "took back a change of"),
    "add": pgettext_lazy("audit", "added people to"),
    "remove": pgettext_lazy("audit", "took people off"),
    "add_members": pgettext_lazy("audit", "added work to"),
    "remove_member": pgettext_lazy("audit", "took work off"),
    "replay": pgettext_lazy("audit", "sent in again"),
    "revoke": pgettext_lazy("audit", "revoked"),
    "move": pgettext_lazy("audit", "moved"),
    "export": pgettext_lazy("audit", "exported"),
    "import": pgettext_lazy("audit", "imported"),
    "merge": pgettext_lazy("audit", "merged"),
    "erase": pgettext_lazy("audit", "erased"),
}
_OBJECTS: Final[Mapping[str, Any]] = {
    "sending": pgettext_lazy("audit", "all sending"),
    "sending_domain": pgettext_lazy("audit", "the sending domain"),
    "dkim_key": pgettext_lazy("audit", "the signature of mails (DKIM)"),
    "brand": pgettext_lazy("audit", "the brand kit"),
    "sales_policy": pgettext_lazy("audit", "the rules of sales"),
    "clock": pgettext_lazy("audit", "the practice clock"),
    "list": pgettext_lazy("audit", "a static list"),
    "person": pgettext_lazy("audit", "a person"),
    "period": pgettext_lazy("audit", "a period"),
    "event_reject": pgettext_lazy("audit", "a refused event"),
    "api_key": pgettext_lazy("audit", "an API key"),
    "write_key": pgettext_lazy("audit", "a key of the tracking tag"),
    "member": pgettext_lazy("audit", "a colleague"),
    "workspace": pgettext_lazy("audit", "the workspace"),
}


@dataclass(frozen=True, slots=True)
class Line:
    at: datetime
    who: str
    text: str


def newest(limit: int = 8) -> list[Line]:
    """The newest lines of the audit log."""
    found = audit.list_entries(ListQuery(limit=limit)).rows
    users = members.names()
    wanted = [int(one.object_id) for one in found if one.object_id.isdecimal() and len(one.object_id) < 19]
    named = {key: one.name for key, one in definitions.get_many(wanted).items()}
    return [Line(one.at, _who(one.actor, users), _text(one, named)) for one in found]


def _who(actor: str, users: Mapping[int, str]) -> str:
    number = actor.removeprefix("user:")
    if number.isdecimal():
        return users.get(int(number), pgettext("audit", "Somebody"))
    return pgettext("who acts", "Automatic")


def _text(one: AuditLine, named: Mapping[int, str]) -> str:
    action = _ACTIONS.get(one.action, lazy("worked on"))
    return _("%(action)s %(object)s") % {"action": action, "object": _object(one, named)}


def _object(one: AuditLine, named: Mapping[int, str]) -> str:
    word = kinds.word_of(one.object_kind)
    name = named.get(int(one.object_id), "") if word and one.object_id.isdecimal() else ""
    if name:
        return _("%(kind)s “%(name)s”") % {"kind": word, "name": name}
    found = _OBJECTS.get(one.object_kind)
    return word or (str(found) if found else pgettext("audit", "something"))
