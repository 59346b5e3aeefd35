"""Can we send: a sending domain, a DKIM key, a queue that moves, messages of unknown fate."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import health, postgres
from tabiji.core.health import Finding
from tabiji.messaging import domains


def sending() -> list[Finding]:
    found = []
    try:
        domain = domains.get()
    except domains.NoSendingDomain:
        return [
            Finding(
                "look",
                _("No sending domain yet: nothing can be sent"),
                _("Set it in Settings, Sending domain."),
            )
        ]
    if not domain.has_dkim_key:
        found.append(
            Finding(
                "look",
                _("Mails are not signed (DKIM)"),
                _("Make a key in Settings, Sending domain, and publish its record."),
            )
        )
    late, uncertain = postgres.rows(
        # By the workspace's own clock, in which the gate writes when it decided.
        "SELECT count(*) FILTER (WHERE state = 'queued' AND next_at IS NULL AND sender IS NULL AND decided_at <"
        "   (SELECT clock_timestamp() + clock_offset FROM workspace) - interval '10 minutes'),"
        " count(*) FILTER (WHERE state = 'uncertain') FROM message WHERE state IN ('queued', 'uncertain')"
    )[0]
    if late:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d mail has waited in the queue for over ten minutes",
                    "%(count)d mails have waited in the queue for over ten minutes",
                    late,
                )
                % {"count": late},
                _("See Sending status: the server may refuse, or sending was stopped."),
            )
        )
    if uncertain:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d mail is of unknown fate", "%(count)d mails are of unknown fate", uncertain
                )
                % {"count": uncertain},
                _("Sending status shows them with “resend” and “leave”."),
            )
        )
    return found or [Finding("fine", _("Sending works"))]


health.in_workspace("sending", sending)
