"""The period of a screen: in its address (`period=`), else the first that the workspace stored, else 90 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.translation import gettext as _

from tabiji.purpose.contracts import Period
from tabiji.purpose.public import periods
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import workspace

DAYS: Final = (7, 28, 90)


@dataclass(frozen=True, slots=True)
class Choice:
    """key: its word in the address."""

    key: str
    name: str
    period: Period


def choices(now: datetime) -> list[Choice]:
    """Stored periods, then days up to today, then everything."""
    zone = workspace.current().zone
    stored = [Choice(str(one.id), one.name, one) for one in periods.list_all()]
    days = [
        Choice(f"{count}d", _("%(count)d days") % {"count": count}, periods.last_days(count, now, zone))
        for count in DAYS
    ]
    return [*stored, *days, Choice("all", _("Always"), Period(0, ""))]


def chosen(request: WorkspaceRequest) -> Choice:
    """What the address asks for; an unknown word is the default."""
    return by_key(request.GET.get("period", ""), request.now)


def by_key(key: str, now: datetime) -> Choice:
    offered = choices(now)
    default = next((one for one in offered if one.key not in ("7d", "28d")), offered[0])
    return next((one for one in offered if one.key == key), default)
