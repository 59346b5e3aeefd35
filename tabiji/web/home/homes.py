"""Home, by role: what each colleague needs first when they come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages as flashes
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tabiji.core import health
from tabiji.events.public import rejects, watermark
from tabiji.experiments.public import experiments
from tabiji.insights.public import home
from tabiji.journeys.public import versions
from tabiji.messaging.public import broadcasts, domains, standing
from tabiji.people.public import consent, persons
from tabiji.purpose.contracts import KpiLine
from tabiji.purpose.public import conversions, kpi
from tabiji.sales.contracts import Load
from tabiji.sales.public import deals, hand_overs, next_person, team, today
from tabiji.web.home import acts, audit_words, checking, handing, todos
from tabiji.web.initiatives import experiments as tests
from tabiji.web.insights import funnels, matches, spans
from tabiji.web.insights.resting import Counting
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest, page
from tabiji.workspaces.public import Permission, Role, members

_LATE_LAG: Final = timedelta(seconds=30)


@page()
def index(request: WorkspaceRequest) -> HttpResponse:
    template, context = _HOMES[request.actor.role]
    counting = Counting()
    return render(request, template, {"counting": counting, **context(request, counting)})


# -- marketer -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kgi:
    """The final goal as it stands; days_left where its period has an end."""

    line: KpiLine
    label: str
    missing: float
    days_left: int | None


def _marketer(request: WorkspaceRequest, counting: Counting) -> dict[str, Any]:
    counted = counting.ask(lambda: home.funnel(request.now))
    found = todos.of(request, counting)
    span = spans.chosen(request)
    return {
        "kgi": _kgi(request, counting),
        "counted": counted,
        "span": span,
        "steps": funnels.draw(request, counted, span) if counted else [],
        "in_progress": counting.ask(lambda: len(home.who_in_progress())),
        "journeys": sum(1 for one in versions.list_all() if one.state in ("running", "draining")),
        "sent_today": counting.ask(lambda: len(home.sent_today(request.now))),
        "waiting": sum(standing.waiting().values()),
        "planned": _planned(request.now),
        "is_sending": standing.is_busy(request.now),
        "todos": todos.shortened(found),
        "todo_count": len(found),
        "acts": counting.ask(lambda: acts.newest(request.now)),
    }


def _kgi(request: WorkspaceRequest, counting: Counting) -> Kgi | None:
    root = next((one for one in kpi.list_all() if one.parent_id is None), None)
    line = counting.ask(lambda: kpi.get_line(root.id)) if root else None
    if root is None or line is None:
        return None
    ends = root.period.ends_at
    days = max((ends - request.now).days, 0) if ends else None
    return Kgi(line, root.label(on_screen.language()), max(-line.gap, 0.0), days)


def _planned(now: datetime) -> list[Any]:
    """Broadcasts that are still to leave today."""
    return [
        one for one in broadcasts.list_all() if one.state == "scheduled" and one.send_at and one.send_at > now
    ][:3]


# -- sales ----------------------------------------------------------------------------------------------


def _sales(request: WorkspaceRequest, counting: Counting) -> dict[str, Any]:
    user = request.actor.user_id
    items = today(user, request.now)
    return {
        "items": items,
        "next": next_person(user, request.now),
        "late": sum(1 for one in items if one.is_late and one.kind != "meeting"),
        "phases": [one for one in deals.by_phase(user) if one.count],
        "owner": str(user),
        "most": max((one.amount for one in deals.by_phase(user)), default=0),
        "total": sum(one.amount for one in deals.by_phase(user)),
        "count": sum(one.count for one in deals.by_phase(user)),
    }


# -- sales manager --------------------------------------------------------------------------------------


def _manager(request: WorkspaceRequest, counting: Counting) -> dict[str, Any]:
    since = handing.since(request.now)
    figures = team.figures(request.now, since=since)
    wanted = todos.of(request, counting)
    return {
        "figures": figures,
        "since": since,
        "returns": sum(one.figure.count for one in figures.returns),
        "most_returns": max((one.figure.count for one in figures.returns), default=0),
        "loads": [(one, handing.POOL if one.user_id is None else str(one.user_id)) for one in figures.loads],
        "most_load": max((_load(one) for one in figures.loads), default=0),
        "sellers": members.list_colleagues(roles=(Role.SALES, Role.SALES_MANAGER)),
        "todos": todos.shortened(wanted),
        "todo_count": len(wanted),
        "own": today(request.actor.user_id, request.now),
    }


def _load(one: Load) -> int:
    return one.pending.count + one.accepted.count


@require_POST
@page(Permission.MANAGE_SALES)
def reassign(request: WorkspaceRequest, owner: str) -> HttpResponse:
    """All that waits with one colleague (or in the pool) goes to another."""
    figures = team.figures(request.now, since=handing.since(request.now))
    waiting = [
        ref
        for one in figures.loads
        if (handing.POOL if one.user_id is None else str(one.user_id)) == owner
        for ref in one.pending.refs
    ]
    to = request.POST.get("to", "")
    sellers = {
        str(one.user_id): one for one in members.list_colleagues(roles=(Role.SALES, Role.SALES_MANAGER))
    }
    if to in sellers and waiting:
        moved = hand_overs.reassign(waiting, to=int(to), at=request.now, actor=request.actor)
        said = _("%(n)s given to %(name)s") % {
            "n": on_screen.people(len(moved)),
            "name": sellers[to].name,
        }
        flashes.success(request, said)
    return redirect("home", request.workspace.slug)


# -- analyst and viewer -----------------------------------------------------------------------------------


def _analyst(request: WorkspaceRequest, counting: Counting) -> dict[str, Any]:
    lag = watermark.lag()
    refused = rejects.count_by_reason()
    counted = counting.ask(lambda: home.funnel(request.now))
    span = spans.chosen(request)
    return {
        "lag": lag,
        "is_late": lag > _LATE_LAG,
        "findings": checking.findings(health.workspace, "events"),
        "refused": sum(refused.values()),
        "quarantined": refused.get("quarantined", 0),
        "people": persons.count(),
        "tests": [tests.show(one, counting) for one in experiments.list_all()],
        "metrics": [(one, matches.sentence(one.rule)) for one in conversions.list_all()],
        "counted": counted,
        "span": span,
        "steps": funnels.draw(request, counted, span) if counted else [],
    }


# -- admin --------------------------------------------------------------------------------------------------


def _admin(request: WorkspaceRequest, counting: Counting) -> dict[str, Any]:
    found = [*checking.findings(health.machine), *checking.findings(health.workspace)]
    wanted = todos.of(request, counting)
    leaderless = [todo for todo in wanted if todo.key.startswith("responsible-")]
    return {
        "findings": checking.worst_first(one for one in found if one.level != "fine"),
        "fine": sum(1 for one in found if one.level == "fine"),
        "domain": _domain(),
        "leaderless": len(leaderless),
        "todos": todos.shortened(wanted, each=4, most=9),
        "todo_count": len(wanted),
        "without_basis": len(consent.people_without_basis()),
        "people": persons.count(),
        "audit": audit_words.newest(),
    }


@dataclass(frozen=True, slots=True)
class Domain:
    """How mails are signed: from, and the record that should stand in the DNS."""

    from_address: str
    is_signed: bool
    record_name: str


def _domain() -> Domain | None:
    try:
        found = domains.get()
    except domains.NoSendingDomain:
        return None
    record = domains.dns_record()
    return Domain(found.from_address, found.has_dkim_key, record.name if record else "")


_HOMES: Final[dict[Role, tuple[str, Callable[[WorkspaceRequest, Counting], dict[str, Any]]]]] = {
    Role.ADMIN: ("home/admin.html", _admin),
    Role.MARKETER: ("home/marketer.html", _marketer),
    Role.SALES_MANAGER: ("home/manager.html", _manager),
    Role.SALES: ("home/sales.html", _sales),
    Role.ANALYST: ("home/analyst.html", _analyst),
    Role.VIEWER: ("home/analyst.html", _analyst),
}
