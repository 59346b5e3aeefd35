"""Do journeys move: late enrolments, parked ones, running journeys that nobody is responsible for."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tabiji.core import health, postgres
from tabiji.core.health import Finding
from tabiji.workspaces.public import definitions


def moving() -> list[Finding]:
    found = []
    late, parked = postgres.rows(
        "SELECT (SELECT count(*) FROM enrolment WHERE is_active AND due_at <"
        "   (SELECT clock_timestamp() + clock_offset FROM workspace) - interval '2 minutes'),"
        " (SELECT count(*) FROM enrolment WHERE error <> '')"
    )[0]
    if late:
        found.append(
            Finding(
                "broken",
                ngettext(
                    "%(count)d person has waited over two minutes for their next step",
                    "%(count)d people have waited over two minutes for their next step",
                    late,
                )
                % {"count": late},
                _("See that the worker runs, and that ClickHouse answers where steps ask about behaviour."),
            )
        )
    if parked:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d person is parked at a step that failed for them",
                    "%(count)d people are parked at a step that failed for them",
                    parked,
                )
                % {"count": parked},
                _("The journey shows the error and a retry button."),
            )
        )
    leaderless = definitions.list_without_responsible()
    if leaderless:
        found.append(
            Finding(
                "look",
                ngettext(
                    "%(count)d running definition has nobody responsible",
                    "%(count)d running definitions have nobody responsible",
                    len(leaderless),
                )
                % {"count": len(leaderless)},
                _("Home, To do lists them."),
            )
        )
    return found or [Finding("fine", _("Journeys move on time"))]


health.in_workspace("journeys", moving)
