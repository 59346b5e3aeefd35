"""Numbers of journeys and sends whose people can be opened, each with the sentence that they have in common."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.core import clock
from tabiji.journeys.contracts import JourneyInfo
from tabiji.journeys.public import counts, graph, nodes, versions
from tabiji.messaging.public import broadcasts, messages, standing
from tabiji.messaging.public import words as message_words
from tabiji.web.customers import behind
from tabiji.web.customers.behind import Behind
from tabiji.web.journeys import period as periods
from tabiji.web.journeys import words
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest

MAIL_STATES: Final[dict[str, Collection[str]]] = {
    "sent": ("sent",),
    "not_sent": ("refused", "withdrawn", "failed"),
    "bounced": ("bounced",),
    "on_the_way": standing.WAITING,
    "uncertain": ("uncertain",),
}
"""How a step's mails are counted on its card."""
HOUR: Final = 1
WEEK: Final = 7 * 24
_WHO: Final[dict[str, Any]] = {
    "now": gettext_lazy("Now at “%(step)s” of the journey “%(journey)s”"),
    "entered": gettext_lazy("Entered the journey “%(journey)s”"),
    "goal": gettext_lazy("Reached the goal of the journey “%(journey)s”"),
    "goal_here": gettext_lazy("Reached the goal while at “%(step)s” of the journey “%(journey)s”"),
    "goal_after": gettext_lazy("Passed “%(step)s” of the journey “%(journey)s” and reached its goal"),
    "passed": gettext_lazy("Passed “%(step)s” of the journey “%(journey)s”"),
    "port": gettext_lazy("Went “%(arm)s” at “%(step)s” of the journey “%(journey)s”"),
}
_MAILS: Final[dict[str, Any]] = {
    "sent": gettext_lazy("Got the mail of “%(step)s” of the journey “%(journey)s”"),
    "not_sent": gettext_lazy("Were not sent the mail of “%(step)s” of the journey “%(journey)s”"),
    "bounced": gettext_lazy("The mail of “%(step)s” of the journey “%(journey)s” bounced"),
    "on_the_way": gettext_lazy("The mail of “%(step)s” of the journey “%(journey)s” is on the way"),
    "uncertain": gettext_lazy("Unknown whether the mail of “%(step)s” of the journey “%(journey)s” arrived"),
}


def _of_journey(
    request: WorkspaceRequest, journey_id: int, what: str, node: str, port: str, period_key: str
) -> Behind:
    journey = versions.get(journey_id)
    chosen = periods.by_key(period_key, request.now)
    people = counts.people(journey_id, chosen.period, what, node=node, port=port)
    said = _WHO["port" if port else what] % {
        "journey": journey.name,
        "step": _step_name(journey, node),
        "arm": _arm_name(journey, node, port),
    }
    if what == "now" and not node:
        said = _("In progress in the journey “%(journey)s”") % {"journey": journey.name}
    return Behind(people, said if what == "now" else _during(said, chosen))


def _of_mail(request: WorkspaceRequest, journey_id: int, what: str, node: str, period_key: str) -> Behind:
    journey = versions.get(journey_id)
    chosen = periods.by_key(period_key, request.now)
    people = counts.mail_people(journey_id, chosen.period, node, MAIL_STATES[what])
    said = _MAILS[what] % {"journey": journey.name, "step": _step_name(journey, node)}
    return Behind(people, _during(said, chosen))


def _before_sending(request: WorkspaceRequest, broadcast_id: int, reason: str, send_at: str) -> Behind:
    name = broadcasts.get(broadcast_id).name
    at = datetime.fromisoformat(send_at) if send_at else None
    people = broadcasts.left_out(broadcast_id, reason, now=request.now, send_at=at)
    if not reason:
        return Behind(people, _("Would get the broadcast “%(name)s”") % {"name": name})
    values = {"name": name, "reason": message_words.reason(reason)}
    return Behind(people, _("Left out of the broadcast “%(name)s”: %(reason)s") % values)


def _of_broadcast(request: WorkspaceRequest, broadcast_id: int, state: str) -> Behind:
    name = broadcasts.get(broadcast_id).name
    if state == "clicked":
        people = standing.clicked("broadcast", broadcast_id)
        return Behind(people, _("Clicked in the broadcast “%(name)s”") % {"name": name})
    people = messages.people_in_state(state, "broadcast", broadcast_id)
    return Behind(
        people,
        _("Broadcast “%(name)s”: %(state)s") % {"name": name, "state": message_words.state(state)},
    )


def _refused_broadcast(request: WorkspaceRequest, broadcast_id: int, word: str) -> Behind:
    name = broadcasts.get(broadcast_id).name
    people = standing.people_refused(clock.EPOCH, word, source="broadcast", source_id=broadcast_id)
    values = {"name": name, "reason": message_words.reason(word)}
    return Behind(people, _("Not sent the broadcast “%(name)s”: %(reason)s") % values)


def _in_state(request: WorkspaceRequest, state: str, hours: int) -> Behind:
    since = request.now - timedelta(hours=hours) if hours else None
    values = {"state": message_words.state(state), "hours": hours}
    said = (
        _("Messages: %(state)s, in the last %(hours)s h") if hours else _("Messages: %(state)s, now")
    ) % values
    return Behind(standing.people_in(state, since), said)


def _refused(request: WorkspaceRequest, word: str, hours: int) -> Behind:
    people = standing.people_refused(request.now - timedelta(hours=hours), word)
    return Behind(people, _("Not sent because: %(reason)s") % {"reason": message_words.reason(word)})


def _bounced(request: WorkspaceRequest, domain: str, hours: int) -> Behind:
    people = standing.people_bounced(domain, request.now - timedelta(hours=hours))
    return Behind(people, _("Mails to %(domain)s that bounced") % {"domain": domain})


def _step_name(journey: JourneyInfo, node_id: str) -> str:
    node = _find(journey, node_id)
    node_type = nodes.types.find(node.type) if node else None
    config = nodes.read_config(node_type, node.id, node.config)[0] if node and node_type else None
    if node_type is None or config is None:
        return str(words.STEPS.get(node.type, "")) if node else _("a former step")
    return node_type.sentence(config, on_screen.language())


def _arm_name(journey: JourneyInfo, node_id: str, port: str) -> str:
    node = _find(journey, node_id)
    node_type = nodes.types.find(node.type) if node else None
    config = nodes.read_config(node_type, node.id, node.config)[0] if node and node_type else None
    return (
        node_type.port_label(config, port, on_screen.language()) if node_type and config is not None else ""
    )


def _find(journey: JourneyInfo, node_id: str) -> graph.Node | None:
    """The step in the running version, else in the draft."""
    running = versions.loaded(journey.version_id).graph if journey.version_id else None
    for found in (running, graph.parse(journey.draft)):
        node = next((node for node in found.nodes if node.id == node_id), None) if found else None
        if node is not None:
            return node
    return None


def _during(said: str, chosen: periods.Choice) -> str:
    return _("%(who)s (entered: %(period)s)") % {"who": said, "period": chosen.name}


behind.sources.add("journey", _of_journey)
behind.sources.add("journey-mail", _of_mail)
behind.sources.add("broadcast-before", _before_sending)
behind.sources.add("broadcast", _of_broadcast)
behind.sources.add("broadcast-refused", _refused_broadcast)
behind.sources.add("messages", _in_state)
behind.sources.add("messages-refused", _refused)
behind.sources.add("messages-bounced", _bounced)
