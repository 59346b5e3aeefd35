"""What an initiative did: who came in, which way they went, who reached its goal, and the contracts.

People, each counted once, by their last entry within the period into the initiative's journeys. Every
one of them stands in exactly one place: waiting before the branch, goal before it, left before it, or
in one arm. The goal is the conversion of the initiative's KPI while the person was in the journey;
both the moment of entry and of leaving belong to it. Later days of an entrant count, also beyond the
period; contracts are those of the period.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID

from tabiji.core import clock, sql
from tabiji.experiments.contracts import Rate
from tabiji.insights import attribution, funnels
from tabiji.insights.contracts import Bookings, Credit, InitiativeReport, MailOutcome, Outline, ReportArm, Who
from tabiji.purpose.contracts import Counted, InitiativeInfo, Period
from tabiji.purpose.public import initiatives, reading

PLACES: Final = ("waiting", "early_goal", "left_before", "arm")
_ELSE: Final = "else"


class MachineHit(NamedTuple):
    """A click that a machine made. event: the id of its judgement."""

    event: str
    person_id: UUID
    at: datetime


def report(initiative_id: int, period: Period) -> InitiativeReport:
    """Raises purpose's NoSuchInitiative, ClickHouseResting."""
    return report_of(Asked.of(initiative_id, period))


def report_of(asked: Asked) -> InitiativeReport:
    """`report`, of an initiative that is asked for more than that. Raises ClickHouseResting."""
    initiative_id, period = asked.initiative.id, asked.period
    ways = asked.ways()
    divided = attribution.divide(asked.credits, period)
    people: dict[tuple[str, str], int] = {}
    goals: dict[tuple[str, str], int] = {}
    for way in ways:
        people[way.place, way.port] = people.get((way.place, way.port), 0) + way.people
        goals[way.place, way.port] = goals.get((way.place, way.port), 0) + way.goals
    arms = [
        ReportArm(port, count, _outcomes(ways, port), goals[place, port])
        for (place, port), count in people.items()
        if place == "arm"
    ]
    arms.sort(key=lambda arm: (arm.port == _ELSE, arm.port))
    entered = sum(people.values())
    return InitiativeReport(
        asked.initiative,
        period,
        max((way.version for way in ways), default=0),
        asked.branch,
        entered,
        people.get(("waiting", ""), 0),
        people.get(("early_goal", ""), 0),
        people.get(("left_before", ""), 0),
        tuple(arms),
        Rate(sum(goals.values()), entered),
        divided.of(initiative_id),
        divided.contracts,
        len(who_reached(initiative_id, period)),
        len(machine_hits(initiative_id, period)),
    )


def outlines(found: Iterable[InitiativeInfo], period: Period) -> dict[int, Outline]:
    """How many entered and reached the goal, of each of these initiatives, in two questions for all of them.

    The same numbers as `report` gives one by one. Raises ClickHouseResting.
    """
    ordered = {one.id: one for one in found}
    without = [one.id for one in ordered.values() if not one.branch]
    branches = _first_branches(without) | {one.id: one.branch for one in ordered.values() if one.branch}
    params = {
        "initiatives": list(ordered),
        "journeys": [branches.get(number, "").partition("/")[0] for number in ordered],
        "goals": [one.goal for one in ordered.values()],
        **reading.within(period),
    }
    keys = sorted({one.goal for one in ordered.values() if one.goal})
    rows = reading.named("insights", "outlines", params, keys=keys) if ordered else []
    counted = {row[0]: Outline(row[1], Rate(row[2], row[1])) for row in rows}
    return {number: counted.get(number, Outline(0, Rate(0, 0))) for number in ordered}


def who_entered(initiative_id: int, period: Period) -> Who:
    """Exactly those behind `entered`."""
    return Asked.of(initiative_id, period).who("1")


def who_at(initiative_id: int, period: Period, place: str, port: str = "") -> Who:
    """Exactly those at a place: `waiting`, `early_goal`, `left_before`, or `arm` with its port."""
    if place not in PLACES:
        raise ValueError(f"a report has no place {place!r}")
    return Asked.of(initiative_id, period).who(
        "place = {place:String} AND port = {port:String}", {"place": place, "port": port}
    )


def who_reached_goal(initiative_id: int, period: Period, place: str = "", port: str = "") -> Who:
    """Exactly those behind the goals: all, before the branch (`early_goal`), or of one arm."""
    return Asked.of(initiative_id, period).who(
        "reached_goal AND ({place:String} = '' OR (place = {place:String} AND port = {port:String}))",
        {"place": place, "port": port},
    )


def who_got_mail(initiative_id: int, period: Period, port: str, mail_id: int, outcome: str) -> Who:
    """Exactly those of an arm for whom a mail ended like this."""
    asked = Asked.of(initiative_id, period)
    rows = asked.rows(
        "SELECT who, mails FROM ({travellers_and_mails}) WHERE place = 'arm' AND port = {port:String}",
        {"port": port},
    )
    return funnels.known(who for who, mails in rows if dict(mails).get(mail_id) == outcome)


def who_reached(initiative_id: int, period: Period) -> Who:
    """Exactly those who got a mail of the initiative in the period."""
    rows = reading.named("insights", "reached", {"initiative": initiative_id, **reading.within(period)})
    return funnels.known(row[0] for row in rows)


def contracts(initiative_id: int, period: Period) -> list[Counted]:
    """Exactly the contracts that count for the initiative, oldest first."""
    return attribution.contracts_of(initiative_id, period)


def machine_hits(initiative_id: int, period: Period) -> list[MachineHit]:
    """Exactly the clicks that were a machine's, oldest first."""
    rows = reading.named("insights", "machine_hits", {"initiative": initiative_id, **reading.within(period)})
    hits = [MachineHit(event, person_id, clock.from_ms(at)) for event, person_id, at in rows]
    return sorted(hits, key=lambda hit: (hit.at, hit.event))


def bookings(initiative_id: int, funnel_id: int, step: int, period: Period) -> Bookings:
    """Where those who reached a funnel's step were then: inside this initiative's journey, or after it."""
    return bookings_of(Asked.of(initiative_id, period), funnel_id, step)


def bookings_of(asked: Asked, funnel_id: int, step: int) -> Bookings:
    """`bookings`, of an initiative that is asked for more than that."""
    inside, after, elsewhere = (len(part) for part in _divide_bookings(asked, funnel_id, step))
    return Bookings(inside + after + elsewhere, inside, after, elsewhere)


def who_booked(initiative_id: int, funnel_id: int, step: int, period: Period, place: str) -> Who:
    """Exactly those behind `bookings`; place: `inside`, `after` or `elsewhere`."""
    parts = _divide_bookings(Asked.of(initiative_id, period), funnel_id, step)
    return funnels.known(parts[("inside", "after", "elsewhere").index(place)])


def counted_elsewhere(asked: Asked) -> dict[int, int]:
    """By the initiative that they count for (0: none): contracts of people who entered this one."""
    entered = set(funnels.known(asked.stays).people)
    return Counter(
        one.initiative_id
        for one in asked.credits
        if one.initiative_id != asked.initiative.id and one.contract.person_id in entered
    )


def _divide_bookings(asked: Asked, funnel_id: int, step: int) -> tuple[list[UUID], list[UUID], list[UUID]]:
    reached = funnels.reached_at(funnel_id, asked.period, step)
    inside, after, elsewhere = [], [], []
    for subject, at in reached.items():
        entered, ended = asked.stays.get(subject, (0, 0))
        moment = clock.to_ms(at)
        if not entered or moment < entered:
            elsewhere.append(subject)
        elif not ended or moment <= ended:
            inside.append(subject)
        else:
            after.append(subject)
    return inside, after, elsewhere


class _Way(NamedTuple):
    """Travellers who stand in one place, with the same outcome of every mail."""

    place: str
    port: str
    people: int
    goals: int
    version: int
    mails: dict[int, str]


class Asked:
    """One initiative and period, ready to be asked about its travellers.

    What more than one part of a page needs (its branch, stays, credits) is asked once; keep none of
    these beyond a request.
    """

    def __init__(self, initiative: InitiativeInfo, period: Period, branch: str) -> None:
        self.initiative = initiative
        self.period = period
        self.branch = branch
        self._params: dict[str, Any] = {
            "initiative": initiative.id,
            "branch": branch,
            "journey": branch.partition("/")[0],
            "journey_cause": "journey:" + branch.partition("/")[0],
            "goal": initiative.goal,
            **reading.within(period),
        }
        self._keys = [initiative.goal] if initiative.goal else []

    @classmethod
    def of(cls, initiative_id: int, period: Period) -> Asked:
        """Raises purpose's NoSuchInitiative, ClickHouseResting."""
        initiative = initiatives.get(initiative_id)
        return cls(
            initiative, period, initiative.branch or _first_branches([initiative_id]).get(initiative_id, "")
        )

    @cached_property
    def credits(self) -> list[Credit]:
        """All contracts of the period, whichever they count for."""
        return attribution.credit(self.period)

    @cached_property
    def stays(self) -> dict[UUID, tuple[int, int]]:
        """When (ms) each of those who entered came and went; 0: still there."""
        return {who: (entered, ended) for who, entered, ended in self.rows(_STAYS)}

    def rows(self, question: str, params: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        statement = question
        for name in ("travellers_and_mails", "travellers"):
            statement = statement.replace("{" + name + "}", sql.named("insights", name))
        return reading.rows(statement, {**self._params, **(params or {})}, keys=self._keys)

    def ways(self) -> list[_Way]:
        """All travellers, by what they have in common."""
        return [
            _Way(place, port, people, goals, version, dict(mails))
            for place, port, people, goals, version, mails in self.rows(_WAYS)
        ]

    def who(self, condition: str, params: Mapping[str, Any] | None = None) -> Who:
        rows = self.rows("SELECT who FROM ({travellers}) WHERE " + condition, params)
        return funnels.known(row[0] for row in rows)


def _outcomes(ways: Iterable[_Way], port: str) -> tuple[MailOutcome, ...]:
    """Of every mail, how it ended for the people of an arm: the last message where there were several."""
    people: dict[tuple[int, str], int] = {}
    for way in ways:
        if way.place == "arm" and way.port == port:
            for ended in way.mails.items():
                people[ended] = people.get(ended, 0) + way.people
    found = [MailOutcome(mail_id, outcome, count) for (mail_id, outcome), count in people.items()]
    return tuple(sorted(found, key=lambda one: (one.mail_id, one.outcome != "sent", one.outcome)))


def _first_branches(initiative_ids: Sequence[int]) -> dict[int, str]:
    """Where most people of each initiative went different ways; the earlier step among equals."""
    rows: list[tuple[int, str, int, datetime]] = reading.named(
        "insights", "branches", {"initiatives": list(initiative_ids)}
    )
    found: dict[int, str] = {}
    for initiative_id, ref, _people, _first in sorted(rows, key=lambda row: (-row[2], row[3], row[1])):
        found.setdefault(initiative_id, ref)
    return found


_WAYS: Final = (
    "SELECT place, port, count() AS people, countIf(reached_goal) AS goals, max(version) AS newest, mails"
    " FROM ({travellers_and_mails}) GROUP BY place, port, mails"
)
_STAYS: Final = "SELECT who, entered, ended FROM ({travellers})"
