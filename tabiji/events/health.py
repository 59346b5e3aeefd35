"""Is the stream flowing: lag, parked work, refused events."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import clickhouse, health, postgres, sql
from tabiji.core.health import Finding
from tabiji.events import archive, canary, watermark

_LATE_S: Final = 30
_SILENT: Final = timedelta(minutes=5)
_ARCHIVE_LATE: Final = timedelta(days=2)


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
    silent = found.waits if found.came is None else found.came
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


def archived() -> list[Finding]:
    """How much the archive holds, and from which day on batches are still in PostgreSQL."""
    size, oldest = postgres.rows(sql.named("events", "archive_state"))[0]
    text = _("The archive holds %(size).1f GB") % {"size": size / 1e9}
    if oldest is None:
        return [Finding("fine", text)]
    text = _("%(archive)s; the oldest day that is not in it: %(day)s") % {
        "archive": text,
        "day": date_format(oldest, "SHORT_DATE_FORMAT"),
    }
    if oldest < datetime.now(UTC) - archive.after() - _ARCHIVE_LATE:
        mend = _("Finished batches wait for the archive: the log of the worker says why (archive_failed).")
        return [Finding("look", text, mend)]
    return [Finding("fine", text)]


def archive_folder() -> list[Finding]:
    """Whether the files of the archive are there as they were written; of many, some by chance."""
    folder = archive.folder()
    files = postgres.rows("SELECT path, bytes FROM archived_files() ORDER BY random() LIMIT %s", [_LOOKED_AT])
    if files and not folder.exists():
        return [
            Finding(
                "look",
                _("The folder of the archive, %(folder)s, is not on this machine") % {"folder": folder},
                _("Let every process have the same TABIJI_HOME, or look on the worker's machine."),
            )
        ]
    if folder.exists() and not os.access(folder, os.W_OK):
        return [
            Finding(
                "broken",
                _("The folder of the archive, %(folder)s, cannot be written") % {"folder": folder},
                _("Give it to the user that runs Tabiji."),
            )
        ]
    lost = [path for path, size in files if not _has_size(folder / path, size)]
    if lost:
        return [
            Finding(
                "broken",
                ngettext(
                    "%(count)d file of the archive is missing or cut off: %(first)s",
                    "%(count)d files of the archive are missing or cut off, the first: %(first)s",
                    len(lost),
                )
                % {"count": len(lost), "first": lost[0]},
                _("Bring them back from a backup: nothing else has these events."),
            )
        ]
    return [
        Finding(
            "fine",
            ngettext(
                "%(count)d file of the archive was looked at, and is whole",
                "%(count)d files of the archive were looked at, and are whole",
                len(files),
            )
            % {"count": len(files)},
        )
    ]


_LOOKED_AT: Final = 300
"""Files a look: a year has a hundred thousand, and a page shows this."""


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


health.in_workspace("events", stream)
health.in_workspace("archive", archived)
health.on_machine("archive", archive_folder)
health.on_machine("canary", way)
health.on_machine("clickhouse", counting)
