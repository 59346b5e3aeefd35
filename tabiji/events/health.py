"""Is the stream flowing: lag, parked work, refused events."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import clickhouse, health, postgres
from tabiji.core.health import Finding
from tabiji.events import watermark

_LATE_S: Final = 30


def stream() -> list[Finding]:
    """The age of the oldest thing not yet processed, and what consumers could not take."""
    late = watermark.lag().total_seconds()
    found = []
    if late > _LATE_S:
        found.append(
            Finding(
                "broken",
                _("Events wait for %(seconds)d seconds to be processed") % {"seconds": late},
                _("See that the worker runs and ClickHouse answers; nothing is lost meanwhile."),
            )
        )
    parked = postgres.scalar("SELECT count(*) FROM parked_batch WHERE settled_at IS NULL")
    if parked:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d piece of work is parked after an error",
                    "%(count)d pieces of work are parked after an error",
                    parked,
                )
                % {"count": parked},
                _("They are retried; the error stands in the log of the worker."),
            )
        )
    refused = postgres.scalar(
        "SELECT count(*) FROM event_reject WHERE replayed_at IS NULL AND at > now() - interval '1 day'"
    )
    if refused:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d event was refused in the last day",
                    "%(count)d events were refused in the last day",
                    refused,
                )
                % {"count": refused},
                _("Insights, Refused events shows each with its reason."),
            )
        )
    return found or [Finding("fine", _("Events are processed within seconds"))]


def counting() -> list[Finding]:
    """Does ClickHouse answer."""
    if not clickhouse.store().ready():
        return [
            Finding(
                "broken",
                _("ClickHouse does not answer: counting is resting"),
                _("Events are stored and mails go on. See the log clickhouse.log in the run folder."),
            )
        ]
    version = clickhouse.store().scalar("SELECT version()")
    return [Finding("fine", f"ClickHouse {version}")]


health.in_workspace("events", stream)
health.on_machine("clickhouse", counting)
