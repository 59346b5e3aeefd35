"""Is the stream flowing: lag, parked work, refused events."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import clickhouse, health, postgres
from tabiji.core.health import Finding
from tabiji.events import canary, watermark

_LATE_S: Final = 30
_SILENT: Final = timedelta(minutes=5)


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


def way() -> list[Finding]:
    """What the test event of every minute measured, from the inlet until it can be read."""
    found = canary.state()
    silent = max((one for one in (found.came, found.waits) if one is not None), default=None)
    if silent is None or found.worst is None:
        return [Finding("fine", _("No test event was sent yet: the worker sends one every minute"))]
    mend = _("See that the worker runs and ClickHouse answers; nothing is lost meanwhile.")
    if silent > _SILENT:
        said = _("For %(minutes)d minutes no test event has come through")
        return [Finding("broken", said % {"minutes": silent.total_seconds() // 60}, mend)]
    if found.worst.total_seconds() > _LATE_S:
        said = _("A test event takes %(seconds)d seconds until it can be read")
        return [Finding("look", said % {"seconds": found.worst.total_seconds()}, mend)]
    said = _("An event can be read %(seconds).1f seconds after it arrives (test event, every minute)")
    return [Finding("fine", said % {"seconds": found.worst.total_seconds()})]


health.in_workspace("events", stream)
health.on_machine("canary", way)
health.on_machine("clickhouse", counting)
