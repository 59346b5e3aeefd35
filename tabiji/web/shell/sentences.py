"""Sentences of notices, by kind. Rooms name a kind and give values; the words stand here."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.sales.public import hand_overs
from tabiji.sales.public import words as sales_words
from tabiji.workspaces.contracts import NoticeInfo


def of_notices(found: Sequence[NoticeInfo]) -> list[str]:
    """What the lines under the bell say, in the language of whoever reads them.

    A notice keeps its reason in the workspace's language; where the reason is known, it is said anew.
    An unknown kind says that something happened, never its code.
    """
    asked = [_hand_over_of(one) for one in found]
    known = hand_overs.get_many(number for number in asked if number)
    reasons = {key: sales_words.why_handed_over(one.reason, one.detail) for key, one in known.items()}
    return [_sentence(one, reasons.get(number, "")) for one, number in zip(found, asked, strict=True)]


def _hand_over_of(notice: NoticeInfo) -> int:
    return int(notice.values.get("hand_over_id", 0)) if notice.kind == "hand_over" else 0


def _sentence(notice: NoticeInfo, handed_over: str) -> str:
    values = notice.values
    match notice.kind:
        case "hand_over":
            return _("%(person)s was handed over to you: %(reason)s") % {
                "person": values.get("person", ""),
                "reason": handed_over or values.get("reason", ""),
            }
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
            reasons = {key.value: str(word) for key, word in sales_words.RETURN_REASONS.items()}
            return _("%(person)s was returned: %(reason)s") % {
                "person": values.get("person", ""),
                "reason": reasons.get(values.get("reason_key", ""), values.get("reason", "")),
            }
        case "open_deal_active":
            return _("%(person)s, who has an open deal, is active: %(reason)s") % _filled(
                values, "person", "reason"
            )
        case "import_finished":
            return _("Import “%(name)s” is finished. Rows: %(done)s, errors: %(errors)s") % _filled(
                values, "name", "done", "errors"
            )
        case _:
            return _("Something needs your attention")


def _filled(values: dict[str, object], *names: str) -> dict[str, object]:
    return {name: values.get(name, "") for name in names}
