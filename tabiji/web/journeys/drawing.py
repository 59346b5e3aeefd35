"""A journey as its drawing: cards with their sentences and numbers, and the ways between them.

One drawing serves the canvas (as JSON) and the outline (as HTML), so both always say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy

from tabiji.journeys.contracts import Problem
from tabiji.journeys.public import counts as counting
from tabiji.journeys.public import graph as graphs
from tabiji.journeys.public import nodes
from tabiji.purpose.public import conversions
from tabiji.web.customers import behind
from tabiji.web.journeys import entries, numbers, words
from tabiji.web.shell import on_screen
from tabiji.web.shell.requests import WorkspaceRequest

ENTRY: Final = "ENTRY"
GOAL: Final = "GOAL"
"""Cards that are no steps; ids of steps have no capitals."""
_KINDS: Final = {"wait": "wait", "branch": "branch", "split": "branch", "goal": "goal", "exit": "exit"}
_MAIL_LABELS: Final[dict[str, Any]] = {
    "sent": pgettext_lazy("mails", "Sent"),
    "not_sent": pgettext_lazy("mails", "Not sent"),
    "bounced": pgettext_lazy("mails", "Bounced"),
    "on_the_way": pgettext_lazy("mails", "On the way"),
    "uncertain": pgettext_lazy("mails", "Delivery unknown"),
}


@dataclass(frozen=True, slots=True)
class Number:
    label: str
    text: str
    href: str


@dataclass(frozen=True, slots=True)
class Card:
    """kind: entry, wait, branch, auto, goal or exit: how it looks. is_here: the person asked for stands here."""

    id: str
    type: str
    kind: str
    icon: str
    title: str
    numbers: tuple[Number, ...] = ()
    problems: tuple[str, ...] = ()
    is_lit: bool = False
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """From a card by a port to another; an empty target is an end."""

    source: str
    port: str
    target: str
    label: str = ""
    people: int = 0
    number: Number | None = None
    is_lit: bool = False
    is_unused: bool = False


@dataclass(frozen=True, slots=True)
class Drawing:
    cards: Mapping[str, Card]
    ways: tuple[Way, ...]
    start: str
    problems: tuple[tuple[str, Problem, str], ...]
    """(card, problem, sentence), those that keep it from starting first."""

    def ways_from(self, card_id: str) -> list[Way]:
        return [way for way in self.ways if way.source == card_id]

    @property
    def blocking(self) -> list[tuple[str, str]]:
        return [(card, said) for card, problem, said in self.problems if not problem.is_warning]

    @property
    def warnings(self) -> list[tuple[str, str]]:
        return [(card, said) for card, problem, said in self.problems if problem.is_warning]


@dataclass(frozen=True, slots=True)
class Counted:
    """The numbers of a drawing; None while counting rests."""

    request: WorkspaceRequest
    journey_id: int
    period: str
    counts: counting.JourneyCounts | None = None
    mails: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def number(self, label: str, people: int, what: str, node: str = "", port: str = "") -> Number:
        return Number(label, on_screen.people(people), self.href(what, node, port))

    def mail_number(self, label: str, people: int, what: str, node: str) -> Number:
        href = behind.address(self.request, "journey-mail", self.journey_id, what, node, self.period)
        return Number(label, on_screen.people(people), href)

    def href(self, what: str, node: str = "", port: str = "") -> str:
        period = "" if what == "now" else self.period
        return behind.address(self.request, "journey", self.journey_id, what, node, port, period)


def draw(
    graph: graphs.Graph,
    counted: Counted,
    *,
    problems: Iterable[Problem] = (),
    way_of_person: Sequence[counting.Passage] = (),
    person_is_at: str = "",
) -> Drawing:
    """What the canvas and the outline show of a graph."""
    language = on_screen.language()
    told = _said(graph, problems)
    wrong: dict[str, list[str]] = {}
    for card_id, _problem, said in told:
        wrong.setdefault(card_id, []).append(said)
    passed = {(one.node, one.port) for one in way_of_person}
    seen = {node for node, _port in passed} | {person_is_at}
    cards = {ENTRY: _entry(graph, counted, wrong.get(ENTRY, []), is_lit=bool(seen - {""}))}
    ways = [Way(ENTRY, "", graph.start, people=_entered(counted), is_lit=bool(seen - {""}))]
    for node in graph.nodes:
        shown = _Shown(node, graph, counted, language)
        cards[node.id] = shown.card(wrong.get(node.id, []), node.id in seen, node.id == person_is_at)
        ways += shown.ways(passed)
    if graph.goal and not any(node.type == "goal" for node in graph.nodes):
        cards[GOAL] = Card(
            GOAL,
            "goal",
            "goal",
            "flag",
            goal_title(graph),
            _goal_numbers(counted, ""),
            tuple(wrong.get(GOAL, ())),
        )
    return Drawing(cards, tuple(ways), graph.start, tuple(told))


def goal_title(graph: graphs.Graph) -> str:
    found = conversions.find(graph.goal) if graph.goal else None
    if found is None:
        return _("Goal: not chosen yet")
    return _("Goal: %(name)s") % {"name": found.name}


def as_data(drawing: Drawing) -> dict[str, Any]:
    """The drawing for the canvas."""
    return {
        "cards": [
            {
                "id": card.id,
                "kind": card.kind,
                "icon": card.icon,
                "title": card.title,
                "numbers": [_number(one) for one in card.numbers],
                "problems": list(card.problems),
                "isLit": card.is_lit,
                "isHere": card.is_here,
            }
            for card in drawing.cards.values()
        ],
        "ways": [
            {
                "source": way.source,
                "port": way.port,
                "target": way.target,
                "label": way.label,
                "people": way.people,
                "number": _number(way.number) if way.number else None,
                "isLit": way.is_lit,
                "isUnused": way.is_unused,
            }
            for way in drawing.ways
        ],
    }


@dataclass(frozen=True, slots=True)
class _Shown:
    """One step on its way to the screen."""

    node: graphs.Node
    graph: graphs.Graph
    counted: Counted
    language: str

    def card(self, problems: list[str], is_lit: bool, is_here: bool) -> Card:
        node_type = nodes.types.find(self.node.type)
        return Card(
            self.node.id,
            self.node.type,
            _KINDS.get(self.node.type, "auto"),
            node_type.icon if node_type else "help-circle",
            self.title(),
            self.numbers(),
            tuple(problems),
            is_lit,
            is_here,
        )

    def title(self) -> str:
        if self.node.type == "goal":
            return goal_title(self.graph)
        node_type = nodes.types.find(self.node.type)
        config = self.config()
        if node_type is None or config is None:
            return str(words.STEPS.get(self.node.type, _("Unknown step")))
        return node_type.sentence(config, self.language)

    def config(self) -> Any:
        node_type = nodes.types.find(self.node.type)
        return nodes.read_config(node_type, self.node.id, self.node.config)[0] if node_type else None

    def numbers(self) -> tuple[Number, ...]:
        if self.counted.counts is None:
            return ()
        own = self.counted.counts.step(self.node.id)
        match self.node.type:
            case "goal":
                return _goal_numbers(self.counted, self.node.id)
            case "send":
                return self._mail_numbers(own)
            case "branch" | "split":
                return self._now(own) if own.now else ()
        passed = self.counted.number(pgettext("people", "Passed"), own.passed, "passed", self.node.id)
        early = self.counted.number(_("Early goal"), own.goal_here, "goal_here", self.node.id)
        shown = [*self._now(own), passed] if own.now or self.node.type == "wait" else [passed]
        return (*shown, early) if own.goal_here else tuple(shown)

    def ways(self, passed: set[tuple[str, str]]) -> list[Way]:
        node_type = nodes.types.find(self.node.type)
        config = self.config()
        ports = node_type.ports(config) if node_type and config is not None else []
        known = {edge.port: edge.target for edge in self.graph.edges if edge.source == self.node.id}
        own = self.counted.counts.step(self.node.id) if self.counted.counts else counting.StepCounts()
        found = []
        for port in [*ports, *(one for one in known if one not in ports)]:
            label = node_type.port_label(config, port, self.language) if node_type and port in ports else ""
            people = own.ports.get(port, 0)
            number = None
            if label and self.counted.counts is not None:
                number = self.counted.number(label, people, "passed", self.node.id, port)
            is_unused = bool(label) and not people and own.passed > 0
            found.append(
                Way(
                    self.node.id,
                    port,
                    known.get(port, ""),
                    label,
                    people,
                    number,
                    (self.node.id, port) in passed,
                    is_unused,
                )
            )
        return found

    def _now(self, own: counting.StepCounts) -> tuple[Number, ...]:
        return (self.counted.number(pgettext("people", "Now"), own.now, "now", self.node.id),)

    def _mail_numbers(self, own: counting.StepCounts) -> tuple[Number, ...]:
        states = self.counted.mails.get(self.node.id, {})
        shown = []
        for what, label in _MAIL_LABELS.items():
            people = sum(states.get(state, 0) for state in numbers.MAIL_STATES[what])
            if people or what == "sent":
                shown.append(self.counted.mail_number(str(label), people, what, self.node.id))
        if own.goal_after:
            shown.append(
                self.counted.number(pgettext("people", "Goal"), own.goal_after, "goal_after", self.node.id)
            )
        return tuple(shown)


def _entry(graph: graphs.Graph, counted: Counted, problems: list[str], *, is_lit: bool) -> Card:
    shown: tuple[Number, ...] = ()
    if counted.counts is not None:
        inside = sum(step.now for step in counted.counts.steps.values())
        shown = (
            counted.number(pgettext("people", "Entered"), counted.counts.entered, "entered"),
            counted.number(_("In progress"), inside, "now"),
        )
    return Card(
        ENTRY, "entry", "entry", "door-enter", entries.sentence(graph), shown, tuple(problems), is_lit
    )


def _goal_numbers(counted: Counted, node: str) -> tuple[Number, ...]:
    if counted.counts is None:
        return ()
    entered, reached = counted.counts.entered, counted.counts.goal
    share = f"{reached:,}/{on_screen.people(entered)}"
    if entered >= on_screen.SMALL:
        percent = on_screen.percent(reached, entered)
        share += f"({percent})" if on_screen.is_japanese() else f" ({percent})"
    found = [Number("", share, counted.href("goal"))]
    waiting = counted.counts.step(node).now if node else 0
    if waiting:
        found.append(counted.number(pgettext("people", "Now"), waiting, "now", node))
    return tuple(found)


def _entered(counted: Counted) -> int:
    return counted.counts.entered if counted.counts else 0


def _said(graph: graphs.Graph, problems: Iterable[Problem]) -> list[tuple[str, Problem, str]]:
    goals = [node.id for node in graph.nodes if node.type == "goal"]
    places = {"no_goal": goals[0] if goals else GOAL, "unknown_goal": goals[0] if goals else GOAL}
    told = [
        (problem.node or places.get(problem.code, ENTRY), problem, words.problem(problem))
        for problem in problems
    ]
    return sorted(told, key=lambda one: one[1].is_warning)


def _number(number: Number) -> dict[str, str]:
    return {"label": number.label, "text": number.text, "href": number.href}
