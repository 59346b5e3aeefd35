"""What other rooms see of insights: frozen, without any framework. Every number has its ids beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tabiji.experiments.contracts import Arm, DecisionInfo, ExperimentInfo, Judgement, Rate
from tabiji.purpose.contracts import Counted, InitiativeInfo, Period


@dataclass(frozen=True, slots=True)
class Who:
    """Exactly those behind a number: one id for each that was counted.

    subjects: all of them, sorted; people: those of them who are known. The rest are visitors.
    """

    subjects: tuple[UUID, ...]
    people: tuple[UUID, ...]

    def __len__(self) -> int:
        return len(self.subjects)

    @property
    def anonymous(self) -> int:
        return len(self.subjects) - len(self.people)


# -- funnels --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class FunnelInfo:
    id: int
    name: str
    why: str
    kpi_id: int | None
    responsible_id: int | None
    review_on: date | None
    state: str
    steps: tuple[tuple[str, dict[str, Any]], ...]
    """(label, match) in order."""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """position: from 1. went_on: of those who reached the step before; lost: its other side, in heads."""

    position: int
    label: str
    reached: int
    went_on: Rate | None
    lost: int

    @property
    def drop(self) -> float:
        """Share of the step before that did not come here, 0 to 1."""
        return 0.0 if self.went_on is None else 1.0 - self.went_on.value


@dataclass(frozen=True, slots=True)
class FunnelCount:
    """largest_drop: position of the step before which the largest share was lost; 0 where none can be judged."""

    funnel: FunnelInfo
    period: Period
    steps: tuple[FunnelStep, ...]
    largest_drop: int

    @property
    def worst(self) -> FunnelStep | None:
        return self.steps[self.largest_drop - 1] if self.largest_drop else None


# -- attribution ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Credit:
    """One contract and the initiative it counts for (0: none), by which touch, when."""

    contract: Counted
    initiative_id: int
    touched_at: datetime | None
    touch: str
    """`step` or `click`; empty without one."""


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one initiative brought, of all contracts of the period. initiative_id 0: none of ours."""

    initiative_id: int
    contracts: int
    amount: float
    share: Rate


@dataclass(frozen=True, slots=True)
class Attribution:
    """Every contract of the period once; lines sum up to the total."""

    period: Period
    contracts: int
    amount: float
    lines: tuple[Contribution, ...]

    def of(self, initiative_id: int) -> Contribution:
        """The initiative's line, empty where no contract counts for it."""
        for line in self.lines:
            if line.initiative_id == initiative_id:
                return line
        return Contribution(initiative_id, 0, 0.0, Rate(0, self.contracts))


# -- initiative report ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MailOutcome:
    """How a mail of an arm ended for so many people: `sent`, `bounced`, or why not (`unsubscribed`)."""

    mail_id: int
    outcome: str
    people: int


@dataclass(frozen=True, slots=True)
class ReportArm:
    """An arm of the branch. goals: people of it who reached the goal while in the journey."""

    port: str
    people: int
    mails: tuple[MailOutcome, ...]
    goals: int


@dataclass(frozen=True, slots=True)
class Outline:
    """The first two numbers of a report, for a list: people who entered, and those of them at the goal."""

    entered: int
    goals: Rate


@dataclass(frozen=True, slots=True)
class InitiativeReport:
    """entered = waiting + early_goal + left_before + the arms; goals = early_goal + those of the arms.

    People, each once, by their last entry within the period. machine_hits: judged a machine's, apart
    from all other numbers. contribution: by the attribution rule, over all contracts of the period.
    """

    initiative: InitiativeInfo
    period: Period
    version: int
    branch: str
    entered: int
    waiting: int
    early_goal: int
    left_before: int
    arms: tuple[ReportArm, ...]
    goals: Rate
    contribution: Contribution
    all_contracts: int
    reached: int
    machine_hits: int


@dataclass(frozen=True, slots=True)
class Bookings:
    """A funnel step's people, by where it fell: inside the initiative's journey, after it, or elsewhere."""

    total: int
    inside: int
    after: int
    elsewhere: int


# -- split tests ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArmResult:
    """goal decides; opens are for reference only."""

    variant: str
    label: str
    n: int
    goal: Rate
    opens: Rate


@dataclass(frozen=True, slots=True)
class SplitResult:
    """arms in the experiment's order; on_goal and on_opens: each further arm against the first.

    winner: variant that did best on the goal, clearly better than the baseline (or the baseline,
    clearly better than all others); empty: 「まだ判断できません」. opens_winner: the same for opens,
    which never decides.
    """

    experiment: ExperimentInfo
    arms: tuple[ArmResult, ...]
    on_goal: tuple[Judgement, ...]
    on_opens: tuple[Judgement, ...]
    winner: str
    opens_winner: str
    is_judgeable: bool
    smallest_n: int
    decision: DecisionInfo | None

    def arm(self, variant: str) -> ArmResult:
        """Raises KeyError."""
        for one in self.arms:
            if one.variant == variant:
                return one
        raise KeyError(variant)


def goal_arm(result: ArmResult) -> Arm:
    return Arm(result.variant, result.n, result.goal.numerator)


# -- home -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tile:
    """A number of the home page. kind: `kgi`, `largest_drop`, `in_progress` or `sent_today`."""

    kind: str
    value: float
    target: float | None = None
    rate: Rate | None = None
    heads: int | None = None
    label: str = ""
    ref: int = 0
    """The KPI or the funnel that it opens."""


@dataclass(frozen=True, slots=True)
class Attention:
    """Something that wants a person (要対応). kind is closed: see `home.KINDS`; values fill its sentence.

    told: of `adopt`, how the test stands.
    """

    kind: str
    definition_id: int
    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    told: SplitResult | None = None


@dataclass(frozen=True, slots=True)
class HumanAct:
    """One of the last acts of known people."""

    person_id: UUID
    at: datetime
    name: str
    title: str
    path: str
    initiative_id: int
