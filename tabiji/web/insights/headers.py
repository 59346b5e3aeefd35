"""The same header on every definition: why, KPI, responsible, next review, state, where it is used."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from tabiji.purpose.public import kpi
from tabiji.web.insights.resting import Counting
from tabiji.web.journeys import screen
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.contracts import DefinitionInfo
from tabiji.workspaces.public import members

STATES: Final[dict[str, Any]] = {
    "draft": pgettext_lazy("definition", "Draft"),
    "running": pgettext_lazy("definition", "Under way"),
    "draining": pgettext_lazy("definition", "Draining"),
    "published": pgettext_lazy("definition", "Published"),
    "ended": pgettext_lazy("definition", "Ended"),
    "archived": pgettext_lazy("definition", "Archived"),
}


@dataclass(frozen=True, slots=True)
class Header:
    """As it reads. used_in: (address, name); kpi_text: 商談予約 124/140, the target alone while counting rests."""

    why: str
    kpi_text: str
    responsible: str
    review: str
    is_late: bool
    state: str
    used_in: Sequence[tuple[str, str]]
    edit_href: str


def of(
    request: WorkspaceRequest,
    definition: DefinitionInfo,
    counting: Counting,
    *,
    used_in: Sequence[tuple[str, str]] = (),
    edit_href: str = "",
) -> Header:
    said, late = review(definition.review_on, definition.state, request.now)
    return Header(
        definition.why,
        kpi_text(definition.kpi_id, counting),
        responsible(definition.responsible_id),
        said,
        late,
        state(definition.state),
        used_in,
        edit_href,
    )


def review(review_on: date | None, state: str, now: datetime) -> tuple[str, bool]:
    """(2/15(日)・72日超過, it is late). What has ended is looked at no more."""
    if review_on is None or state in ("ended", "archived"):
        return "", False
    if screen.is_late(review_on, now):
        return screen.said_late(review_on, now), True
    return on_screen.day(review_on), False


def kpi_text(kpi_id: int | None, counting: Counting) -> str:
    """商談予約 124/140; empty for no KPI, or one that is gone."""
    info = next((one for one in kpi.list_all() if one.id == kpi_id), None) if kpi_id else None
    if info is None:
        return ""
    label = info.label(on_screen.language())
    line = counting.ask(lambda: kpi.get_line(info.id))
    if line is None:
        return _("%(label)s (target %(target)s)") % {"label": label, "target": on_screen.number(info.target)}
    return f"{label} {on_screen.number(line.actual)}/{on_screen.number(info.target)}"


def responsible(user_id: int | None) -> str:
    """The colleague's name, with a word where they have left; empty for nobody."""
    if not user_id:
        return ""
    for one in members.list_colleagues(also_left=True):
        if one.user_id == user_id:
            return one.name if one.is_here else _("%(name)s (has left)") % {"name": one.name}
    return ""


def state(word: str) -> str:
    found = STATES.get(word)
    return str(found) if found else ""


def css_of(word: str) -> str:
    """The class of a `state`."""
    return {"running": "state state-running", "draining": "state state-draining"}.get(word, "state")
