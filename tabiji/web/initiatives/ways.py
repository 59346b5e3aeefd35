"""Steps at which people went different ways, and the arms they took, by the names that journeys give them."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tabiji.journeys.contracts import JourneyInfo
from tabiji.journeys.public import graph, nodes, versions
from tabiji.web.shell import on_screen

ELSE = "else"
_DIVIDING = ("branch", "split")


class Way:
    """A step, `journey/node`, in words. What is gone is called by its place, never by its key."""

    def __init__(self, ref: str) -> None:
        journey, _slash, self._node_id = ref.partition("/")
        self.journey = _journey(int(journey)) if journey.isdecimal() and len(journey) < 19 else None
        self._type, self._config = _read(self.journey, self._node_id)

    @property
    def question(self) -> str:
        if self._type is None:
            return _("Branch")
        return str(self._type.sentence(self._config, on_screen.language()))

    def arm(self, port: str, place: int = 1) -> str:
        """place: from 1, among the arms shown."""
        if self._type is not None:
            said = str(self._type.port_label(self._config, port, on_screen.language()))
            if said:
                return said
        return _("The others") if port == ELSE else _("Way %(n)d") % {"n": place}


def branches(initiative_id: int) -> list[tuple[str, str]]:
    """(ref, words) of every step that divides people in the initiative's journeys."""
    found = []
    for journey in journeys_of(initiative_id):
        for node in _graph(journey).nodes:
            if node.type in _DIVIDING:
                ref = f"{journey.id}/{node.id}"
                found.append((ref, f"{journey.name}: {Way(ref).question}"))
    return found


def splits() -> list[tuple[str, str]]:
    """(ref, words) of every random split of a journey."""
    found = []
    for journey in versions.list_all():
        for node in _graph(journey).nodes:
            if node.type == "split":
                ref = f"{journey.id}/{node.id}"
                found.append((ref, f"{journey.name}: {Way(ref).question}"))
    return found


def arms(ref: str) -> list[tuple[str, str]]:
    """(port, words) of a step, in its own order. Empty for a step that is gone."""
    way = Way(ref)
    if way._type is None:
        return []
    ports = way._type.ports(way._config)
    return [(port, way.arm(port, place)) for place, port in enumerate(ports, 1)]


def journeys_of(initiative_id: int) -> list[JourneyInfo]:
    return [one for one in versions.list_all() if one.initiative_id == initiative_id]


def _journey(journey_id: int) -> JourneyInfo | None:
    try:
        return versions.get(journey_id)
    except versions.NoSuchJourney:
        return None


def _read(journey: JourneyInfo | None, node_id: str) -> tuple[Any, Any]:
    """The step's type and configuration; nothing of a step that is gone or cannot be read."""
    node = next((one for one in _graph(journey).nodes if one.id == node_id), None) if journey else None
    node_type = nodes.types.find(node.type) if node else None
    if node is None or node_type is None:
        return None, None
    config, problems = nodes.read_config(node_type, node.id, node.config)
    return (None, None) if problems else (node_type, config)


def _graph(journey: JourneyInfo) -> graph.Graph:
    """Of the version that runs, else of the draft."""
    if journey.version_id:
        return versions.loaded(journey.version_id).graph
    return graph.parse(journey.draft)
