"""Numbers of an initiative's page whose people, or contracts, can be opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.content.public import mails
from tabiji.insights.public import attribution, funnels, initiative_report
from tabiji.purpose.public import initiatives
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.initiatives import report, ways
from tabiji.web.insights import numbers, spans, things
from tabiji.web.insights.things import Thing, Things
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest

_SAID: Final[Mapping[str, Any]] = {
    "entered": gettext_lazy("“%(name)s”: entered"),
    "waiting": gettext_lazy("“%(name)s”: entered, and wait before the branch"),
    "early_goal": gettext_lazy("“%(name)s”: reached the goal before the branch"),
    "left_before": gettext_lazy("“%(name)s”: left before the branch"),
    "arm": gettext_lazy("“%(name)s”: went the way “%(arm)s”"),
    "goal": gettext_lazy("“%(name)s”: reached the goal"),
    "goal_arm": gettext_lazy("“%(name)s”: went the way “%(arm)s” and reached the goal"),
    "reached": gettext_lazy("“%(name)s”: got a mail"),
}
_PLACES: Final[Mapping[str, Any]] = {
    "inside": gettext_lazy("“%(step)s” of the funnel “%(funnel)s”, while in “%(name)s”"),
    "after": gettext_lazy("“%(step)s” of the funnel “%(funnel)s”, after “%(name)s” had ended"),
    "elsewhere": gettext_lazy("“%(step)s” of the funnel “%(funnel)s”, without or before “%(name)s”"),
    "": gettext_lazy("“%(step)s” of the funnel “%(funnel)s”"),
}


def _of_initiative(
    request: WorkspaceRequest, initiative_id: int, what: str, port: str, period: str
) -> Behind:
    span, name = spans.by_key(period, request.now), initiatives.get(initiative_id).name
    asked = (initiative_id, span.period)
    match what:
        case "entered":
            who = initiative_report.who_entered(*asked)
        case "reached":
            who = initiative_report.who_reached(*asked)
        case "goal":
            who = initiative_report.who_reached_goal(*asked)
        case "goal_arm":
            who = initiative_report.who_reached_goal(*asked, "arm", port)
        case "arm":
            who = initiative_report.who_at(*asked, "arm", port)
        case _:
            who = initiative_report.who_at(*asked, what)
    said = str(_SAID[what]) % {"name": name, "arm": _arm(initiative_id, port, span) if port else ""}
    return numbers.behind_who(who, numbers.during(said, span))


def _branched(request: WorkspaceRequest, initiative_id: int, period: str) -> Behind:
    """Everybody who came to the branch, whichever way they then went."""
    span, info = spans.by_key(period, request.now), initiatives.get(initiative_id)
    told = initiative_report.report(initiative_id, span.period)
    found = [
        person
        for arm in told.arms
        for person in initiative_report.who_at(initiative_id, span.period, "arm", arm.port).people
    ]
    return Behind(found, numbers.during(_("“%(name)s”: came to the branch") % {"name": info.name}, span))


def _got_mail(
    request: WorkspaceRequest, initiative_id: int, port: str, mail_id: int, outcome: str, period: str
) -> Behind:
    span, name = spans.by_key(period, request.now), initiatives.get(initiative_id).name
    who = initiative_report.who_got_mail(initiative_id, span.period, port, mail_id, outcome)
    values = {
        "name": name,
        "mail": mails.name_of(mail_id) or _("A mail that is gone"),
        "outcome": report.outcome_said(outcome),
    }
    said = _("“%(name)s”: mail “%(mail)s”: %(outcome)s") % values
    return numbers.behind_who(who, numbers.during(said, span))


def _booked(
    request: WorkspaceRequest, initiative_id: int, funnel_id: int, step: int, place: str, period: str
) -> Behind:
    span, funnel = spans.by_key(period, request.now), funnels.get(funnel_id)
    values = {
        "name": initiatives.get(initiative_id).name,
        "funnel": funnel.name,
        "step": funnel.steps[step - 1][0],
    }
    who = (
        initiative_report.who_booked(initiative_id, funnel_id, step, span.period, place)
        if place
        else funnels.who(funnel_id, span.period, step)
    )
    return numbers.behind_who(who, numbers.during(str(_PLACES[place]) % values, span))


def _elsewhere(request: WorkspaceRequest, initiative_id: int, other_id: int, period: str) -> Things:
    span = spans.by_key(period, request.now)
    entered = set(initiative_report.who_entered(initiative_id, span.period).people)
    rows = [
        Thing(
            one.contract.person_id,
            one.contract.at,
            _("Contract"),
            one.contract.value,
            on_screen.moment(one.touched_at) if one.touched_at else "",
        )
        for one in attribution.credit(span.period)
        if one.initiative_id == other_id and one.contract.person_id in entered
    ]
    values = {"name": initiatives.get(initiative_id).name}
    if other_id:
        values["other"] = initiatives.get(other_id).name
        said = _("Entered “%(name)s”; the contract counts for “%(other)s”") % values
    else:
        said = _("Entered “%(name)s”; the contract counts for no initiative") % values
    return Things(rows, numbers.during(said, span), str(attribution.RULE), amounts=True)


def _arm(initiative_id: int, port: str, span: spans.Choice) -> str:
    told = initiative_report.report(initiative_id, span.period)
    ports = [arm.port for arm in told.arms]
    return ways.Way(told.branch).arm(port, ports.index(port) + 1 if port in ports else 1)


behind.sources.add("initiative", _of_initiative)
behind.sources.add("initiative-branched", _branched)
behind.sources.add("initiative-mail", _got_mail)
behind.sources.add("initiative-booked", _booked)
things.sources.add("contracts-elsewhere", _elsewhere)
