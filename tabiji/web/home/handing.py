"""Hand-overs, deals and tasks behind the numbers of homes, as rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.core.paging import ListQuery
from tabiji.insights.public import home
from tabiji.sales.contracts import DealInfo, Figure, TaskInfo, TeamFigures
from tabiji.sales.public import deals, hand_overs, policy, tasks, team
from tabiji.sales.public import words as sales_words
from tabiji.web.insights import things
from tabiji.web.insights.things import Thing, Things
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest
from tabiji.workspaces.public import Permission, members

POOL: Final = "pool"
_SINCE: Final = timedelta(days=90)
_SAID: Final[dict[str, Any]] = {
    "pending": gettext_lazy("Hand-overs that wait to be accepted"),
    "overdue": gettext_lazy("Hand-overs that were not accepted in time"),
    "returned": gettext_lazy("Hand-overs that were returned"),
    "handed_over": gettext_lazy("People handed over"),
    "with_deal": gettext_lazy("Handed over, with a deal"),
    "won": gettext_lazy("Handed over, deal won"),
    "of_pending": gettext_lazy("%(name)s: waiting to be accepted"),
    "of_accepted": gettext_lazy("%(name)s: accepted, under way"),
}


def since(now: datetime) -> datetime:
    """From when homes count hand-overs: the period of the KGI, else 90 days."""
    return home.period().starts_at or now - _SINCE


def _hand_overs(request: WorkspaceRequest, which: str, key: str) -> Things:
    figures = team.figures(request.now, since=since(request.now))
    found = _figure(figures, which, key)
    name = _owner(key) if which.startswith("of_") else ""
    said = str(_SAID[which]) % {"name": name}
    if which == "returned" and key:
        said += _(": ") + _reason(key)
    return Things(_rows(request, found), said)


def _figure(figures: TeamFigures, which: str, key: str) -> Figure:
    match which:
        case "pending":
            return figures.not_accepted
        case "overdue" | "handed_over" | "with_deal" | "won":
            found: Figure = getattr(figures, which)
            return found
        case "returned":
            return _joined(one.figure for one in figures.returns if key in ("", one.key))
        case "of_pending":
            return _joined(one.pending for one in figures.loads if _key(one.user_id) == key)
        case "of_accepted":
            return _joined(one.accepted for one in figures.loads if _key(one.user_id) == key)
        case _:
            raise things.NoSuchNumber("this number is no longer counted")


def _rows(request: WorkspaceRequest, found: Figure) -> list[Thing]:
    """A return with its reason, and with its words for those who may read them; others with why they came."""
    may_read = request.actor.may(Permission.SEE_PERSONAL_DATA)
    known = hand_overs.get_many(found.refs)
    rows = []
    for ref in found.refs:
        one = known[ref]
        if one.state == "returned":
            note = _(": ").join(
                part for part in (_reason(one.return_reason), one.return_note if may_read else "") if part
            )
            at = one.returned_at
        else:
            note, at = sales_words.why_handed_over(one.reason, one.detail), one.requested_at
        rows.append(Thing(one.person_id, at, str(sales_words.HAND_OVER_STATES[_state(one.state)]), note=note))
    return rows


def _deals(request: WorkspaceRequest, phase: str, owner: str) -> Things:
    """Open deals of a phase (or all), of an owner (or everybody)."""
    if not request.actor.may(Permission.SEE_SALES):
        raise things.NoSuchNumber("this number is not yours to open")
    asked = {"outcome": "open", "phase": phase, "owner": owner}
    label = policy.current().phase_label(phase) if phase else _("Open deals")
    said = f"{label} ({_owner(owner)})" if owner else label
    return Things([_deal(request, one) for one in _all_deals(asked)], said, amounts=True)


def _all_deals(asked: dict[str, str]) -> list[DealInfo]:
    found: list[DealInfo] = []
    query = _query(asked)
    while True:
        page = deals.list_deals(query)
        found += page.rows
        if not page.next:
            return [one for one in found if asked["owner"] != POOL or one.owner_id is None]
        query = replace(query, after=page.next)


def _deal(request: WorkspaceRequest, one: DealInfo) -> Thing:
    href = links.address(request, "deals-detail", one.id)
    name = one.name if request.actor.may(Permission.SEE_PERSONAL_DATA) else on_screen.masked(one.name)
    return Thing(
        one.person_id, one.opened_at, name, float(one.amount), policy.current().phase_label(one.phase), href
    )


def _tasks(request: WorkspaceRequest, owner: str) -> Things:
    found: list[TaskInfo] = []
    query = _query({"state": "open", "owner": owner})
    while True:
        page = tasks.list_tasks(query)
        found += page.rows
        if not page.next:
            break
        query = replace(query, after=page.next)
    rows = [
        Thing(one.person_id, one.due_at, one.title or str(sales_words.TASK_KINDS[_kind(one.kind)]))
        for one in found
        if owner != POOL or one.owner_id is None
    ]
    return Things(rows, _("%(name)s: open tasks") % {"name": _owner(owner)})


def _query(asked: dict[str, str]) -> ListQuery:
    """Two hundred at a time; rooms know no filter for "nobody's", so those are picked out of all."""
    owner = asked["owner"]
    return ListQuery({**asked, "owner": "" if owner == POOL else owner}, "", (), "", 200)


def _joined(figures: Iterable[Figure]) -> Figure:
    found: Sequence[Figure] = list(figures)
    return Figure(
        tuple(person for one in found for person in one.person_ids),
        tuple(ref for one in found for ref in one.refs),
    )


def _key(user_id: int | None) -> str:
    return POOL if user_id is None else str(user_id)


def _owner(key: str) -> str:
    if key == POOL:
        return _("The pool")
    return members.names().get(int(key), "") if key.isdecimal() else ""


def _reason(key: str) -> str:
    found = {str(reason): word for reason, word in sales_words.RETURN_REASONS.items()}.get(key)
    return str(found) if found else ""


def _state(key: str) -> Any:
    return next(one for one in sales_words.HAND_OVER_STATES if str(one) == key)


def _kind(key: str) -> Any:
    return next(one for one in sales_words.TASK_KINDS if str(one) == key)


things.sources.add("hand-overs", _hand_overs)
things.sources.add("deals", _deals)
things.sources.add("open-tasks", _tasks)
