"""An initiative's facts as the engine, the gate and the tracking tell them, in the numbers of the demo company.

206 entered; 11 wait, 9 booked before the branch, 79 had clicked (case mail) and 107 had not (basics);
31 booked inside, 16 after; 6 contracts; 143 machine hits. Beside it a split test of 2,402 people, and
contracts of others, 118 in all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tabiji.core.facts import Change
from tabiji.experiments.contracts import Variant
from tabiji.experiments.public import experiments
from tabiji.insights.public import funnels
from tabiji.purpose.contracts import Period
from tabiji.purpose.public import conversions, initiatives, kpi, periods
from tabiji.purpose.tests import told
from tabiji.purpose.tests.told import at
from tabiji.workspaces.contracts import AUTOMATIC
from tabiji.workspaces.public import definitions

FUNNEL = [
    ("訪問", {"kind": "event", "names": ["page_viewed"]}),
    ("送信", {"kind": "event", "names": ["form_submitted"], "sources": ["form"]}),
    ("商談予約", {"kind": "change", "change": "appointment", "new": ["booked"]}),
    ("契約", {"kind": "change", "change": "deal", "new": ["won"], "line": "omakase"}),
]
CASE, BASICS, HOUR = 101, 102, 103
TOLD = 1_000_000_000
"""Told deals and appointments are numbered from here: no row that a test makes is one of them."""


@dataclass(slots=True)
class Journey:
    """Tells what a journey with one branch (or split) does to people."""

    id: int
    initiative_id: int
    node: str = "branch"
    case: int = CASE
    basics: int = BASICS
    changes: list[Change] = field(default_factory=list)
    _messages: int = 0

    @property
    def branch(self) -> str:
        return f"{self.id}/{self.node}"

    def enter(self, person_id: UUID, moment: datetime, enrolment: int, version: int = 2) -> None:
        self._tell(person_id, "journey", self.id, "active", moment, enrolment=enrolment, version=version)

    def go(self, person_id: UUID, port: str, moment: datetime, enrolment: int, node: str = "") -> None:
        self._tell(
            person_id, "step", f"{self.id}/{node or self.node}", port, moment, enrolment=enrolment, version=2
        )

    def leave(self, person_id: UUID, outcome: str, moment: datetime, enrolment: int) -> None:
        self._tell(person_id, "journey", self.id, outcome, moment, enrolment=enrolment, version=2)

    def mail(self, person_id: UUID, mail_id: int, moment: datetime, *states: str, refusal: str = "") -> int:
        """A message and what became of it; its id."""
        self._messages += 1
        message_id = self.id * 100_000 + self._messages
        more: dict[str, Any] = {"refusal": refusal} if refusal else {}
        for place, state in enumerate(states):
            self._tell(
                person_id,
                "message",
                message_id,
                state,
                moment + timedelta(minutes=place),
                mail_id=mail_id,
                cause=f"journey:{self.id}",
                **more,
            )
        return message_id

    def _tell(self, person_id: UUID, kind: str, ref: object, new: str, moment: datetime, **more: Any) -> None:
        more.setdefault("cause", f"journey:{self.id}")
        self.changes.append(
            told.change(person_id, kind, ref, new, moment, initiative_id=self.initiative_id, **more)
        )


def judged(
    person_id: UUID, initiative_id: int, moment: datetime, verdict: str, **more: Any
) -> dict[str, Any]:
    """A click of `moment`, judged ten minutes later."""
    return told.event(
        "click_judged",
        person_id,
        moment + timedelta(minutes=10),
        **{
            "verdict": verdict,
            "link_kind": "content",
            "initiative_id": initiative_id,
            "clicked_at": moment.isoformat(),
            "mail_id": CASE,
            **more,
        },
    )


@dataclass(slots=True)
class Company:
    """What the tests ask about."""

    period: Period
    initiative_id: int
    seminar_id: int
    journey: Journey
    funnel_id: int
    experiment_id: int
    kgi: int
    bookings_kpi: int
    people: list[UUID]


Drawing = Callable[[int], tuple[Journey, Journey]]
"""Makes the follow-up of this initiative, and the journey of the test: drawn, or only by name."""


def by_name(follow: int) -> tuple[Journey, Journey]:
    """Journeys that have a name and no steps: enough for reports."""
    made = [
        definitions.create("journey", name=name, actor=AUTOMATIC, state="running")
        for name in ("フォロー", "朝と夜")
    ]
    return Journey(made[0], follow), Journey(made[1], 0, "split")


def company(draw: Drawing = by_name) -> Company:
    period = periods.create("90日", starts_at=at(days=-5), actor=AUTOMATIC)
    _define_conversions()
    kgi = kpi.create("全契約", conversion="contract", target=120, period_id=period.id, actor=AUTOMATIC)
    goal = kpi.create(
        "商談予約", conversion="appointment", target=140, period_id=period.id, actor=AUTOMATIC, parent_id=kgi
    )
    for label, line in (("おまかせ", "omakase"), ("マーケット法人", "market")):
        kpi.create(
            label,
            conversion="contract",
            target=1,
            period_id=period.id,
            actor=AUTOMATIC,
            parent_id=kgi,
            part={"kind": "line", "line": line},
        )
    follow, seminar = (
        initiatives.create(name, why="なぜ", kpi_id=goal, period_id=period.id, actor=AUTOMATIC)
        for name in ("資料請求後フォロー(おまかせ)", "事例セミナー(おまかせ)")
    )
    journey, split = draw(follow)
    funnel_id = funnels.create("おまかせ", steps=FUNNEL, actor=AUTOMATIC)
    experiment_id = experiments.create(
        "send_hour",
        name="朝と夜",
        variants=[
            Variant("morning", "朝 8時"),
            Variant("evening", "夜 20時", effects={"default_send_hour": "20:00"}),
        ],
        goal="appointment",
        step=split.branch,
        actor=AUTOMATIC,
    )
    for label, part in (
        ("Webファネル", {"kind": "funnel", "funnel_id": funnel_id, "step": 3}),
        ("時刻の比較", {"kind": "experiment", "experiment_id": experiment_id}),
        ("その他", {"kind": "rest"}),
    ):
        kpi.create(
            label,
            conversion="appointment",
            target=1,
            period_id=period.id,
            actor=AUTOMATIC,
            parent_id=goal,
            part=part,
        )
    made = Company(
        period, follow, seminar, journey, funnel_id, experiment_id, kgi, goal, told.people(206, "f")
    )
    _play(made, split)
    return made


def _define_conversions() -> None:
    conversions.create(
        "contract",
        name="契約",
        rule={"kind": "change", "change": "deal", "new": ["won"]},
        worth={"kind": "number"},
        undone_by=["lost"],
        actor=AUTOMATIC,
    )
    conversions.create(
        "appointment",
        name="商談予約",
        rule={"kind": "change", "change": "appointment", "new": ["booked"]},
        undone_by=["cancelled"],
        actor=AUTOMATIC,
    )


def _play(made: Company, split: Journey) -> None:
    changes: list[Change] = []
    visits, forms = [], []
    clicks: list[dict[str, Any]] = []
    for place, person in enumerate(made.people):
        visits.append(told.page(person, "/", at(place)))
        forms.append(told.event("form_submitted", person, at(place + 1), initiative_id=made.initiative_id))
        _travel(made, place, person, changes)
    _contracts(made, changes, clicks)
    clicks += [
        judged(
            made.people[place % 206],
            made.initiative_id,
            at(place, days=6),
            "machine",
            message_id_=f"machine-{place}",
        )
        for place in range(143)
    ]
    opens = _split_test(split, changes)
    told.tell(*visits)
    told.tell(*forms, source="form")
    told.tell(*clicks, *opens, source="mail")
    told.record([*made.journey.changes, *split.changes, *changes])


def _travel(made: Company, place: int, person: UUID, changes: list[Change]) -> None:
    """0–8 book early; 9–87 had clicked; 88–194 had not; 195–205 wait."""
    journey, entered, branched = made.journey, at(place + 1), at(place, days=5)
    journey.enter(person, entered, place + 1)
    if place < 9:
        changes.append(told.booked(person, TOLD + place, at(place, days=2)))
        journey.leave(person, "goal", at(place, days=2), place + 1)
        return
    if place >= 195:
        return
    clicked = place < 88
    journey.go(person, "next", branched, place + 1, "wait")
    journey.go(person, "clicked" if clicked else "else", branched, place + 1)
    if place == 9:
        journey.mail(person, journey.case, branched, "refused", refusal="unsubscribed")
    elif place in (88, 89):
        journey.mail(person, journey.basics, branched, "sent", "bounced")
    else:
        journey.mail(person, journey.case if clicked else journey.basics, branched, "sent")
    if 10 <= place < 27 or 90 <= place < 95:
        changes.append(told.booked(person, TOLD + place, at(place, days=7)))
        journey.leave(person, "goal", at(place, days=7), place + 1)
        return
    journey.leave(person, "no_goal", at(place, days=12), place + 1)
    if 27 <= place < 43:
        changes.append(told.booked(person, TOLD + place, at(place, days=20)))


def _contracts(made: Company, changes: list[Change], clicks: list[dict[str, Any]]) -> None:
    """12 of the funnel's people: 6 for the follow-up, 6 whose later touch was the seminar; 106 of others."""
    for place in range(10, 22):
        changes.append(told.won(made.people[place], TOLD + place, at(place, days=40), 1_640_000))
        if place >= 16:
            clicks.append(judged(made.people[place], made.seminar_id, at(place, days=30), "human"))
    others = told.people(106, "o")
    for place, person in enumerate(others):
        line = "omakase" if place < 17 else "market"
        changes.append(told.won(person, TOLD + 1_000 + place, at(place, days=10), 100_000, line))


def _split_test(split: Journey, changes: list[Change]) -> list[dict[str, Any]]:
    """1,204 in the morning: 380 opened, 21 booked; 1,198 in the evening: 298 opened, 42 booked."""
    opens = []
    for variant, n, opened, booked, base in (
        ("morning", 1_204, 380, 21, 0),
        ("evening", 1_198, 298, 42, 5_000),
    ):
        for place, person in enumerate(told.people(n, variant)):
            split.enter(person, at(), base + place + 1)
            split.go(person, variant, at(), base + place + 1)
            message_id = split.mail(person, HOUR, at(30), "sent")
            if place < opened:
                opens.append(told.event("mail_opened", person, at(40), message_id=message_id))
            if place < booked:
                changes.append(told.booked(person, TOLD + 10_000 + base + place, at(place, days=3)))
            split.leave(person, "finished", at(35), base + place + 1)
    for place, person in enumerate(told.people(14, "walk-in")):
        changes.append(told.booked(person, TOLD + 20_000 + place, at(place, days=4)))
    return opens
