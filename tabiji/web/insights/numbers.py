"""Numbers of reports that can be opened: funnels, tests, contracts, conversions behind a KPI, machine clicks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.content.public import mails
from tabiji.events.public import catalogue
from tabiji.experiments.public import experiments
from tabiji.insights.contracts import Credit, Who
from tabiji.insights.public import attribution, funnels, home, initiative_report, split_test
from tabiji.messaging.public import messages
from tabiji.purpose.contracts import Counted
from tabiji.purpose.public import conversions, initiatives, kpi
from tabiji.sales.public import policy
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.insights import event_words, spans, things
from tabiji.web.insights.things import Thing, Things
from tabiji.web.shell import links, on_screen
from tabiji.web.shell.requests import WorkspaceRequest

EVERYBODY: Final = -1
"""In place of an initiative's id: all contracts, whichever they count for …"""
OURS: Final = -2
"""… and those that count for any initiative."""
_TOUCHES: Final[Mapping[str, Any]] = {
    "step": gettext_lazy("Last touch: a step of “%(name)s” on %(at)s"),
    "click": gettext_lazy("Last touch: a click in “%(name)s” on %(at)s"),
}
_OF_TEST: Final[Mapping[str, Any]] = {
    "n": gettext_lazy("A/B test “%(test)s”: got “%(variant)s”"),
    "goal": gettext_lazy("A/B test “%(test)s”: got “%(variant)s” and reached the goal"),
    "opens": gettext_lazy("A/B test “%(test)s”: got “%(variant)s” and opened (for reference)"),
}


def behind_who(who: Who, sentence: str) -> Behind:
    return Behind(who.people, sentence, who.anonymous)


def during(said: str, span: spans.Choice) -> str:
    return _("%(what)s (period: %(period)s)") % {"what": said, "period": span.name}


# -- funnels and tests ----------------------------------------------------------------------------


def _reached_step(request: WorkspaceRequest, funnel_id: int, step: int, period: str) -> Behind:
    span, funnel = spans.by_key(period, request.now), funnels.get(funnel_id)
    who = funnels.who(funnel_id, span.period, step)
    values = {"funnel": funnel.name, "step": funnel.steps[step - 1][0]}
    return behind_who(who, during(_("Funnel “%(funnel)s”: reached “%(step)s”") % values, span))


def _lost_before(request: WorkspaceRequest, funnel_id: int, step: int, period: str) -> Behind:
    span, funnel = spans.by_key(period, request.now), funnels.get(funnel_id)
    who = funnels.who_dropped(funnel_id, span.period, step)
    values = {
        "funnel": funnel.name,
        "before": funnel.steps[step - 2][0],
        "step": funnel.steps[step - 1][0],
    }
    said = _("Funnel “%(funnel)s”: reached “%(before)s”, not “%(step)s”") % values
    return behind_who(who, during(said, span))


def _of_test(request: WorkspaceRequest, experiment_id: int, what: str, variant: str) -> Behind:
    experiment = experiments.get(experiment_id)
    label = next((one.label for one in experiment.variants if one.key == variant), "")
    ask = {
        "n": split_test.who,
        "goal": split_test.who_reached_goal,
        "opens": split_test.who_opened,
    }[what]
    said = str(_OF_TEST[what]) % {"test": experiment.name, "variant": label}
    return behind_who(ask(experiment_id, variant), said)


def _in_progress(request: WorkspaceRequest) -> Behind:
    return behind_who(home.who_in_progress(), _("In a journey now"))


# -- contracts and conversions ----------------------------------------------------------------------


def _contracts(request: WorkspaceRequest, initiative_id: int, period: str) -> Things:
    span = spans.by_key(period, request.now)
    found = [
        one
        for one in attribution.credit(span.period)
        if initiative_id in (EVERYBODY, one.initiative_id) or (initiative_id == OURS and one.initiative_id)
    ]
    names = {one.id: one.name for one in initiatives.list_all()}
    if initiative_id == EVERYBODY:
        said = _("All contracts")
    elif initiative_id == OURS:
        said = _("Contracts last touched by an initiative")
    elif initiative_id == 0:
        said = _("Contracts without a touch by an initiative")
    else:
        said = _("Contracts that count for “%(name)s”") % {"name": initiatives.get(initiative_id).name}
    lines = policy.current()
    rows = [_contract(request, one, names, lines) for one in found]
    return Things(rows, during(said, span), str(attribution.RULE), amounts=True)


def _contract(
    request: WorkspaceRequest, credit: Credit, names: Mapping[int, str], lines: policy.Policy
) -> Thing:
    note = ""
    if credit.touch and credit.touched_at:
        values = {
            "name": names.get(credit.initiative_id, ""),
            "at": on_screen.moment(credit.touched_at),
        }
        note = str(_TOUCHES[credit.touch]) % values
    return _counted(request, credit.contract, _("Contract"), lines, note)


def _behind_kpi(request: WorkspaceRequest, kpi_id: int) -> Things:
    info = kpi.get(kpi_id)
    label = info.label(on_screen.language())
    said = _("Behind “%(kpi)s”") % {"kpi": label}
    return _conversions(request, kpi.behind(kpi_id), said, info.period.name)


def _kpi_rest(request: WorkspaceRequest, kpi_id: int) -> Things:
    info = kpi.get(kpi_id)
    label = info.label(on_screen.language())
    said = _("Of “%(kpi)s”, in none of its parts") % {"kpi": label}
    return _conversions(request, kpi.unassigned(kpi_id), said, info.period.name)


def _conversions(request: WorkspaceRequest, found: Iterable[Counted], said: str, period: str) -> Things:
    names = {one.key: one.name for one in conversions.list_all()}
    lines = policy.current()
    rows = [_counted(request, one, names.get(one.key, ""), lines) for one in found]
    sentence = _("%(what)s (period: %(period)s)") % {"what": said, "period": period}
    return Things(rows, sentence, amounts=any(row.amount for row in rows))


def _counted(
    request: WorkspaceRequest, one: Counted, what: str, lines: policy.Policy, note: str = ""
) -> Thing:
    href = links.address(request, "deals-detail", one.deal_id) if one.deal_id else ""
    line = lines.line_label(one.line) if one.line else ""
    said = _("%(what)s (%(more)s)") % {"what": what, "more": line} if line else what
    return Thing(one.person_id, one.at, said, one.value, note, href)


# -- clicks and mails -------------------------------------------------------------------------------


def _machine_hits(request: WorkspaceRequest, initiative_id: int, period: str) -> Things:
    span, name = spans.by_key(period, request.now), initiatives.get(initiative_id).name
    rows = [
        Thing(one.person_id, one.at, _("A click that was a machine’s"))
        for one in initiative_report.machine_hits(initiative_id, span.period)
    ]
    said = _("“%(name)s”: clicks of machines, in no other number") % {"name": name}
    return Things(rows, during(said, span))


def _sent_today(request: WorkspaceRequest) -> Things:
    ids = home.sent_today(request.now)
    known = messages.get_many(ids)
    names = {mail_id: mails.name_of(mail_id) for mail_id in {one.mail_id for one in known.values()}}
    rows = []
    for number in ids:
        one = known.get(number)
        what = (names[one.mail_id] if one else "") or _("Mail")
        rows.append(Thing(one.person_id, one.sent_at, what) if one else Thing(None, None, what))
    return Things(rows, _("Mails that left today"))


# -- the event catalogue ----------------------------------------------------------------------------


def _did(request: WorkspaceRequest, name: str) -> Behind:
    people, visitors = catalogue.who(name, catalogue.Window.until(request.now, request.workspace.zone))
    said = _("“%(event)s” in the last 30 days") % {"event": event_words.called(name)}
    return Behind(people, said, visitors)


behind.sources.add("funnel-step", _reached_step)
behind.sources.add("funnel-lost", _lost_before)
behind.sources.add("experiment", _of_test)
behind.sources.add("in-progress", _in_progress)
behind.sources.add("event-people", _did)
things.sources.add("contracts", _contracts)
things.sources.add("kpi", _behind_kpi)
things.sources.add("kpi-rest", _kpi_rest)
things.sources.add("machine-hits", _machine_hits)
things.sources.add("sent-today", _sent_today)
