"""Numbers of a journey: who entered, who passed which step, who reached the goal; and exactly who they are.

People, each once, who entered in a period; what they did later counts too, so the numbers of a drawing
add up (entered = still there + passed on + left), and agree with the initiative's report. "Now" is
PostgreSQL's: the enrolments that stand at a step at this moment, whenever they came in.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from tabiji.core import clock, postgres, sql
from tabiji.journeys import enrolment
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import reading

WHO: Final = ("now", "entered", "goal", "passed", "goal_here", "goal_after")


@dataclass(frozen=True, slots=True)
class StepCounts:
    """now: people who stand here; passed: who went on; goal_here: whose goal came while they stood here;
    goal_after: who passed and reached it."""

    now: int = 0
    passed: int = 0
    ports: Mapping[str, int] = field(default_factory=dict)
    goal_here: int = 0
    goal_after: int = 0


@dataclass(frozen=True, slots=True)
class JourneyCounts:
    entered: int
    goal: int
    steps: Mapping[str, StepCounts]

    def step(self, node: str) -> StepCounts:
        return self.steps.get(node, StepCounts())


@dataclass(frozen=True, slots=True)
class Totals:
    """Of one journey and period: who entered, and who of them reached the goal."""

    entered: int = 0
    goal: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """One step of one person's way."""

    node: str
    port: str
    at: datetime


def of_journey(journey_id: int, period: Period) -> JourneyCounts:
    """Every number of its drawing. Raises core.clickhouse.ClickHouseResting."""
    ((entered, goal),) = _ask(
        journey_id, period, "SELECT uniqExact(who), uniqExactIf(who, outcome = 'goal') FROM ({entrants})"
    )
    passed = _ask(journey_id, period, _PASSED)
    here = dict(_ask(journey_id, period, _GOAL_HERE))
    now = enrolment.count_at_nodes(journey_id)
    ports: dict[str, dict[str, int]] = {}
    whole: dict[str, tuple[int, int]] = {}
    for node, port, is_whole, people, goals in passed:
        if is_whole:
            whole[node] = (people, goals)
        else:
            ports.setdefault(node, {})[port] = people
    steps = {
        node: StepCounts(
            now.get(node, 0),
            whole.get(node, (0, 0))[0],
            ports.get(node, {}),
            here.get(node, 0),
            whole.get(node, (0, 0))[1],
        )
        for node in {*now, *whole, *here}
    }
    return JourneyCounts(entered, goal, steps)


def people(journey_id: int, period: Period, what: str, *, node: str = "", port: str = "") -> list[UUID]:
    """Exactly the people behind a number; what: one of WHO. Those who came last first.

    `now` goes without the period. Raises ValueError for an unknown word, ClickHouseResting.
    """
    if what not in WHO:
        raise ValueError(f"a journey has no number called {what!r}")
    if what == "now":
        return list(dict.fromkeys(enrolment.people_at(journey_id, node)))
    rows = _ask(journey_id, period, _PEOPLE[what], {"node": node, "port": port})
    return [who for who, _ in sorted(rows, key=lambda row: (-row[1], row[0]))]


def mails(journey_id: int, period: Period) -> dict[str, dict[str, int]]:
    """By step and state of the message: people who entered in the period."""
    found: dict[str, dict[str, int]] = {}
    for node, state, people in postgres.rows(
        sql.named("journeys", "mails"), _mail_params(journey_id, period)
    ):
        found.setdefault(node, {})[state] = people
    return found


def mail_people(journey_id: int, period: Period, node: str, states: Collection[str]) -> list[UUID]:
    """Exactly the people whose mail of this step stands in one of these states."""
    rows = postgres.rows(
        "SELECT m.person_id FROM enrolment e JOIN message m ON m.enrolment_id = e.id"
        " WHERE e.journey_id = %(journey)s AND e.entered_at >= %(start)s AND e.entered_at < %(end)s"
        " AND m.node = %(node)s AND m.state = ANY(%(states)s) GROUP BY m.person_id ORDER BY max(m.id) DESC",
        {**_mail_params(journey_id, period), "node": node, "states": list(states)},
    )
    return [row[0] for row in rows]


def totals(period: Period) -> dict[int, Totals]:
    """Of all journeys, in one question."""
    rows = reading.named("journeys", "totals", reading.within(period))
    return {int(ref): Totals(entered, goal) for ref, entered, goal in rows if ref.isdecimal()}


def path(journey_id: int, person_id: UUID) -> list[Passage]:
    """The way of one person through this journey, oldest step first; of the last time they entered."""
    rows = reading.named("journeys", "path", {"journey": str(journey_id), "person": person_id})
    last = max((row[0] for row in rows), default=0)
    ordered = sorted((row for row in rows if row[0] == last), key=lambda row: (row[3], row[4]))
    return [Passage(node, port, clock.from_ms(at)) for _, node, port, at, _ in ordered]


def where_is(journey_id: int, person_id: UUID) -> str:
    """The step at which this person stands now; empty for nowhere."""
    found: str | None = postgres.scalar(
        "SELECT node FROM enrolment WHERE journey_id = %s AND person_id = %s AND is_active"
        " ORDER BY id DESC LIMIT 1",
        [journey_id, person_id],
    )
    return found or ""


def _mail_params(journey_id: int, period: Period) -> dict[str, Any]:
    return {
        "journey": journey_id,
        "start": period.starts_at or clock.EPOCH,
        "end": period.ends_at or clock.from_ms(period.end_ms),
    }


def _ask(
    journey_id: int, period: Period, question: str, params: Mapping[str, Any] | None = None
) -> list[tuple[Any, ...]]:
    statement = question.replace("{passages}", sql.named("journeys", "passages"))
    statement = statement.replace("{entrants}", sql.named("journeys", "entrants"))
    return reading.rows(statement, {"journey": str(journey_id), **reading.within(period), **(params or {})})


_PASSED: Final = (
    "SELECT node, port, grouping(port) = 1 AS is_whole, uniqExact(who) AS people,"
    " uniqExactIf(who, outcome = 'goal') AS goals"
    " FROM ({passages}) GROUP BY GROUPING SETS ((node, port), (node))"
)
_GOAL_HERE: Final = (
    "SELECT ended_at, uniqExact(who) FROM ({entrants}) WHERE outcome = 'goal' GROUP BY ended_at"
)
_ENTRANTS: Final = "SELECT who, max(entered) AS last FROM ({entrants}) WHERE "
_PASSERS: Final = (
    "SELECT who, max(at) AS last FROM ({passages}) WHERE node = {node:String}"
    " AND ({port:String} = '' OR port = {port:String})"
)
_PEOPLE: Final = {
    "entered": _ENTRANTS + "1 GROUP BY who",
    "goal": _ENTRANTS + "outcome = 'goal' GROUP BY who",
    "goal_here": _ENTRANTS + "outcome = 'goal' AND ended_at = {node:String} GROUP BY who",
    "passed": _PASSERS + " GROUP BY who",
    "goal_after": _PASSERS + " AND outcome = 'goal' GROUP BY who",
}
