"""The period of a report. It stands in the address, so that reload, Back and a colleague see the same.

`period=` is a stored period's id, days up to today (`90d`), everything (`all`), or two days with a `_`
between them; a form may also say `first=` and `last=`. What was not understood is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.utils.translation import gettext as _

from tabiji.insights.public import home
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import periods
from tabiji.web.journeys import period as spans
from tabiji.web.journeys.period import Choice, choices
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import workspace

__all__ = ["Choice", "by_key", "choices", "chosen"]


def chosen(request: WorkspaceRequest, default: Period | None = None) -> Choice:
    """default: what the page opens with; without one, the period of the KGI."""
    asked = _asked(request.GET)
    if asked:
        found = _find(asked, request.now)
        if found is not None:
            return found
    return _of(default if default is not None else home.period(), request.now)


def by_key(key: str, now: datetime) -> Choice:
    """The period of a link that a page made."""
    return _find(key, now) or _of(home.period(), now)


def _asked(query: Mapping[str, str]) -> str:
    first, last = query.get("first", ""), query.get("last", "")
    return f"{first}_{last}" if first and last else query.get("period", "")


def _find(key: str, now: datetime) -> Choice | None:
    stated = _two_days(key)
    if stated is not None:
        return stated
    return next((one for one in choices(now) if one.key == key), None)


def _two_days(key: str) -> Choice | None:
    first, between, last = key.partition("_")
    try:
        days = (date.fromisoformat(first), date.fromisoformat(last)) if between else None
        period = periods.of_days(*days, workspace.current().zone) if days else None
    except (ValueError, OverflowError):  # no day, or the last before the first
        return None
    if days is None or period is None:
        return None
    name = _("%(first)s to %(last)s") % {
        "first": on_screen.day(days[0], year=True),
        "last": on_screen.day(days[1]),
    }
    return Choice(f"{days[0].isoformat()}_{days[1].isoformat()}", name, period)


def _of(period: Period, now: datetime) -> Choice:
    """A stored period, or all time."""
    if period.id:
        return Choice(str(period.id), period.name, period)
    return spans.by_key("all", now)
