"""Sentences of notices, by kind. Rooms name a kind and give values; the words stand here."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.workspaces.contracts import NoticeInfo


def of_notice(notice: NoticeInfo) -> str:
    """What the line under the bell says. An unknown kind says that something happened, never its code."""
    values = notice.values
    match notice.kind:
        case "hand_over":
            return _("%(person)s was handed over to you: %(reason)s") % _filled(values, "person", "reason")
        case "hand_overs":
            count = values.get("count", 0)
            said = ngettext(
                "%(n)s person was handed over to you", "%(n)s people were handed over to you", int(count)
            )
            return said % {"n": f"{int(count):,}"}
        case "hand_over_moved":
            return _("%(person)s is yours now: given by %(by)s") % _filled(values, "person", "by")
        case "hand_over_overdue":
            return _("%(person)s has not been accepted in time (%(owner)s)") % _filled(
                values, "person", "owner"
            )
        case "hand_over_returned":
            return _("%(person)s was returned: %(reason)s") % _filled(values, "person", "reason")
        case "open_deal_active":
            return _("%(person)s, who has an open deal, is active: %(reason)s") % _filled(
                values, "person", "reason"
            )
        case "import_finished":
            return _("Import “%(name)s” is finished: %(done)s rows, %(errors)s errors") % _filled(
                values, "name", "done", "errors"
            )
        case _:
            return _("Something needs your attention")


def _filled(values: dict[str, object], *names: str) -> dict[str, object]:
    return {name: values.get(name, "") for name in names}
