"""An initiative's report as it reads: the way in, the arms, mails, goals, contracts; each number with its link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tabiji.content.public import mails
from tabiji.experiments.contracts import ExperimentInfo, Rate
from tabiji.experiments.public import experiments
from tabiji.insights.contracts import Bookings, FunnelInfo, InitiativeReport, MailOutcome, Outline
from tabiji.insights.public import funnels, initiative_report, split_test
from tabiji.messaging.public import words as message_words
from tabiji.purpose.contracts import InitiativeInfo
from tabiji.purpose.public import conversions, initiatives, matching
from tabiji.web.initiatives import ways
from tabiji.web.insights import drawing, spans
from tabiji.web.insights.resting import Counting

_STATES: Final[Mapping[str, Any]] = {
    "sent": gettext_lazy("Sent"),
    "bounced": gettext_lazy("Bounced"),
    "queued": gettext_lazy("On the way"),
    "uncertain": gettext_lazy("Delivery unknown"),
}
_CSS: Final[Mapping[str, str]] = {"sent": "", "queued": "muted", "uncertain": "hot"}


@dataclass(frozen=True, slots=True)
class MailLine:
    """How a mail of an arm ended for so many people."""

    mail_id: int
    mail: str
    outcome: str
    said: str
    people: int
    css: str


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of the branch: how many, of all who came there, what they got and who reached the goal."""

    port: str
    name: str
    people: int
    width: float
    mails: Sequence[MailLine]
    goals: Rate


@dataclass(frozen=True, slots=True)
class Booked:
    """A funnel's step by where it fell: inside this initiative's journey, after it, or elsewhere."""

    funnel: FunnelInfo
    step: int
    label: str
    numbers: Bookings


@dataclass(frozen=True, slots=True)
class Tested:
    """A test of this initiative on its goal, which counts longer (or shorter) than the way lasts."""

    experiment: ExperimentInfo
    goals: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Contracts of people who entered here that count for another initiative (id 0: for none)."""

    initiative_id: int
    name: str
    contracts: int


class Sheet:
    """What the page asks for, each part when it is first read; None while counting rests."""

    def __init__(self, initiative: InitiativeInfo, span: spans.Choice, counting: Counting) -> None:
        self.initiative = initiative
        self.span = span
        self._counting = counting

    @cached_property
    def report(self) -> InitiativeReport | None:
        asked = self._asked
        return self._counting.ask(lambda: initiative_report.report_of(asked)) if asked else None

    @cached_property
    def outline(self) -> Outline | None:
        return Outline(self.report.entered, self.report.goals) if self.report else None

    @cached_property
    def goal(self) -> str:
        """What its goal is called."""
        found = conversions.find(self.initiative.goal) if self.initiative.goal else None
        return found.name if found else _("Goal")

    @cached_property
    def question(self) -> str:
        return ways.Way(self.report.branch).question if self.report and self.report.branch else ""

    @cached_property
    def branched(self) -> int:
        """How many came to the branch."""
        return sum(arm.people for arm in self.report.arms) if self.report else 0

    @cached_property
    def arms(self) -> list[Arm]:
        if self.report is None:
            return []
        way = ways.Way(self.report.branch)
        return [
            Arm(
                arm.port,
                way.arm(arm.port, place),
                arm.people,
                drawing.share(arm.people, self.branched),
                _mails(arm.mails),
                Rate(arm.goals, arm.people),
            )
            for place, arm in enumerate(self.report.arms, 1)
        ]

    @cached_property
    def booked(self) -> Booked | None:
        """The first funnel with a step that is this initiative's goal, if any who entered came so far there."""
        found, asked = _step_of_goal(self.initiative.goal), self._asked
        if found is None or asked is None:
            return None
        funnel, step = found
        numbers = self._counting.ask(lambda: initiative_report.bookings_of(asked, funnel.id, step))
        if numbers is None or not numbers.inside + numbers.after:
            return None
        return Booked(funnel, step, funnel.steps[step - 1][0], numbers)

    @cached_property
    def tests(self) -> list[Tested]:
        """Tests that count others for the same goal than this page does."""
        if self.report is None:
            return []
        found = []
        for one in experiments.list_all():
            if one.initiative_id == self.initiative.id and one.goal == self.initiative.goal:
                told = self._counting.ask(partial(split_test.result, one.id))
                if told:
                    found.append(Tested(one, sum(arm.goal.numerator for arm in told.arms)))
        return [one for one in found if one.goals != self.report.goals.numerator]

    @cached_property
    def elsewhere(self) -> list[Elsewhere]:
        """Most contracts first."""
        asked = self._asked
        found = self._counting.ask(lambda: initiative_report.counted_elsewhere(asked)) if asked else None
        named = initiatives.get_many(found or {})
        return [
            Elsewhere(number, named[number].name if number in named else "", count)
            for number, count in sorted((found or {}).items(), key=lambda pair: (-pair[1], pair[0]))
        ]

    @cached_property
    def _asked(self) -> initiative_report.Asked | None:
        """What all parts of the page ask, so that none asks again."""
        return self._counting.ask(lambda: initiative_report.Asked.of(self.initiative.id, self.span.period))


def outcome_said(outcome: str) -> str:
    """送信, 不達, or why it was not sent."""
    found = _STATES.get(outcome)
    if found:
        return str(found)
    if outcome in message_words.STATES:
        return message_words.state(outcome)
    return message_words.reason(outcome)


def _mails(outcomes: Sequence[MailOutcome]) -> list[MailLine]:
    names = {mail_id: mails.name_of(mail_id) for mail_id in {one.mail_id for one in outcomes}}
    return [
        MailLine(
            one.mail_id,
            names[one.mail_id] or _("A mail that is gone"),
            one.outcome,
            outcome_said(one.outcome),
            one.people,
            _CSS.get(one.outcome, "hot"),
        )
        for one in outcomes
    ]


def _step_of_goal(goal: str) -> tuple[FunnelInfo, int] | None:
    found = conversions.find(goal) if goal else None
    if found is None:
        return None
    meant = [matching.parse(found.rule)]
    meant.append(matching.parse({"kind": "change", "change": "conversion", "refs": [goal]}))
    for funnel in funnels.list_all():
        for place, (_label, match) in enumerate(funnel.steps, 1):
            if matching.parse(match) in meant:
                return funnel, place
    return None
