"""Moving in: what the former tool remembers comes through the public ways in, in bulk, source `import`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from operator import attrgetter
from typing import Final

from tabiji.core import facts, postgres
from tabiji.events.public import inlet, processor
from tabiji.experiments.contracts import Variant
from tabiji.experiments.public import experiments, exposures
from tabiji.people.contracts import Basis, ConsentAct
from tabiji.people.public import consent, merging
from tabiji.practice.demo import days, drawings, past
from tabiji.practice.demo.acts import Contacted, Did, Registered, Visited
from tabiji.practice.demo.cast import Person
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.company import LEARNT, Company
from tabiji.practice.demo.past import OldRequest
from tabiji.practice.demo.plan import Plan
from tabiji.practice.demo.wire import Event, Wire
from tabiji.purpose.public import initiatives
from tabiji.sales.contracts import PastAppointment, PastCall, PastDeal
from tabiji.sales.public import history

SOURCE: Final = "import"
_OLD_TOOL: Final = {"ja": "前のツールから取込", "en": "brought from the former tool"}
Say = Callable[[str], None]


def bring(company: Company, plan: Plan, wire: Wire, *, say: Say) -> None:
    """Everything that lies before the ninety days; returns when all of it is processed. say: for progress."""
    with postgres.workspace_scope(company.workspace.id):
        say(f"{_events(company, plan, wire):,} events")
        _twins(plan, wire)
    processor.process_all()
    with postgres.workspace_scope(company.workspace.id):
        _consents(company, plan, wire)
        _sales(company, plan, wire)
        _urgent(company, plan, wire)
    processor.process_all()


def _events(company: Company, plan: Plan, wire: Wire) -> int:
    """Views, acts on the platform, requests and talks in the order in which they happened."""
    ordered = merge(plan.past_visits, plan.platform.past, plan.past.acts, key=attrgetter("at"))
    events = [event for act in ordered for event in _of_act(act, company, wire)]
    inlet.accept(events, source=SOURCE, is_history=True)
    return len(events)


def _of_act(
    act: Visited | Registered | Did | OldRequest | Contacted, company: Company, wire: Wire
) -> Iterator[Event]:
    match act:
        case Visited():
            yield from wire.visited(act)
        case Registered():
            yield from wire.registered(act)
        case Did():
            yield from wire.did(act)
        case OldRequest():
            yield wire.requested(act, initiative_id=company.initiatives["follow_up"])
        case Contacted():
            yield from wire.contacted(act)


def _twins(plan: Plan, wire: Wire) -> None:
    """髙橋 and 高橋: of one company, with two addresses; a colleague decides."""
    story = plan.cast.story
    pair = (wire.person_id(story["takahashi_member"]), wire.person_id(story["takahashi_card"]))
    merging.suggest([pair], reason="name_and_company", at=days.FOUNDING)


def _consents(company: Company, plan: Plan, wire: Wire) -> None:
    """What each had allowed, with its evidence; some have taken it back since."""
    old = [one for one in plan.cast if one.consent and not one.is_new and one.source != "card"]
    acts = [consent_of(one, wire, at=one.known_at, text=_OLD_TOOL[company.language]) for one in old]
    stopped = Chance("stopped")
    for number in plan.withdrawn:
        at = days.Moments(days.at(past.URGENT_SENT.date(), 0), days.FOUNDING, stopped).draw("client")
        person_id = wire.person_id(number)
        acts.append(ConsentAct(person_id, "mail", "withdraw", "request", at, SOURCE, {"via": "mail"}))
    consent.record(acts, actor=facts.PERSON)


def consent_of(person: Person, wire: Wire, *, at: datetime, text: str, source: str = SOURCE) -> ConsentAct:
    """Agreed at sign-up, at the form or at the seminar's desk; a card is a basis of its own."""
    basis = Basis.CARD if person.source == "card" else Basis.CONSENT
    evidence = {"text": text, "way": person.source}
    return ConsentAct(wire.person_id(person.number), "mail", "grant", basis.value, at, source, evidence)


# -- sales ------------------------------------------------------------------------------------------


def _sales(company: Company, plan: Plan, wire: Wire) -> None:
    names = dict(_deal_names(company, plan))
    history.load_deals(
        [
            PastDeal(
                f"deal-{deal.person}",
                wire.person_id(deal.person),
                names[deal.person],
                deal.line,
                deal.amount,
                deal.phases,
                company.users[deal.by],
                "" if deal.ended_at is None else "lost" if deal.lost_reason else "won",
                deal.ended_at,
                deal.lost_reason,
            )
            for deal in plan.past.deals
        ]
    )
    history.load_calls(
        [
            PastCall(
                f"call-{place}",
                wire.person_id(call.person),
                call.at,
                call.seconds,
                call.result,
                company.users[call.by],
            )
            for place, call in enumerate(plan.past.calls)
        ]
    )
    history.load_appointments(_appointments(company, plan, wire))


def _appointments(company: Company, plan: Plan, wire: Wire) -> list[PastAppointment]:
    return [
        _appointment(
            company,
            wire,
            f"meeting-{place}",
            meeting.person,
            meeting.by,
            meeting.at,
            meeting.starts_at,
            "no_show" if meeting.is_missed else "visited",
        )
        for place, meeting in enumerate(plan.past.meetings)
    ]


def _appointment(
    company: Company,
    wire: Wire,
    key: str,
    person: int,
    by: str,
    booked_at: datetime,
    starts_at: datetime,
    state: str,
    initiative: int = 0,
) -> PastAppointment:
    return PastAppointment(
        key,
        wire.person_id(person),
        booked_at,
        starts_at,
        60,
        company.say("ご相談", "First talk"),
        "",
        company.users[by],
        state,
        starts_at + timedelta(minutes=70),
        initiative_id=initiative,
    )


def _deal_names(company: Company, plan: Plan) -> Iterator[tuple[int, str]]:
    for deal in plan.past.deals:
        yield deal.person, deal_name(company, plan.cast[deal.person], deal.line)


def deal_name(company: Company, person: Person, line: str) -> str:
    what = (
        company.say("業務のWeb化", "Moving work to the web")
        if line == "omakase"
        else company.say("発注", "Order")
    )
    return f"{person.company or person.name} {what}"


def _urgent(company: Company, plan: Plan, wire: Wire) -> None:
    """A test of last October: more opens, fewer appointments; rejected, with what was learnt."""
    aoi, say, initiative = company.actor("aoi"), company.say, company.initiatives["urgent"]
    made = experiments.create(
        "urgent_subject",
        name=say("件名に【至急】をつけるか", "“Urgent” in the subject, or not?"),
        variants=[
            Variant("usual", say("ふつうの件名", "Plain subject")),
            Variant("urgent", say("【至急】つき", "With “Urgent”")),
        ],
        goal=drawings.APPOINTMENT,
        actor=aoi,
        window_days=60,
        initiative_id=initiative,
        kpi_id=company.kpis["booked"],
        state="ended",
    )
    initiatives.add_members(initiative, [made], actor=aoi)
    company.experiments["urgent_subject"] = made
    people = {wire.person_id(number): number for number in plan.past.urgent}
    arms = exposures.expose(made, dict.fromkeys(people, past.URGENT_SENT))
    by_arm = {
        arm: [number for person_id, number in people.items() if arms[person_id] == arm]
        for arm in ("usual", "urgent")
    }
    _opened(by_arm, initiative, wire)
    _booked(company, by_arm, wire)
    initiatives.judge(
        initiative, "rejected", say(*LEARNT), actor=aoi, at=days.at(past.URGENT_SENT.date(), 18)
    )


def _opened(by_arm: dict[str, list[int]], initiative: int, wire: Wire) -> None:
    chance = Chance("urgent")
    moments = days.Moments(past.URGENT_SENT, days.at(past.URGENT_SENT.date(), 23), chance)
    events = [
        wire.old_opening(moments.draw("client"), number, initiative)
        for arm, numbers in by_arm.items()
        for number in numbers[: round(past.URGENT_OPENED[arm] * len(numbers))]
    ]
    inlet.accept(sorted(events, key=lambda event: event["timestamp"]), source=SOURCE, is_history=True)


def _booked(company: Company, by_arm: dict[str, list[int]], wire: Wire) -> None:
    """From the other end of the arms: who booked is not who opened first."""
    rows = []
    for arm, numbers in by_arm.items():
        for place, number in enumerate(numbers[::-1][: past.URGENT_BOOKED[arm]]):
            at = days.after_business_days(past.URGENT_SENT, 1 + place, 14, 5 + place * 3)
            starts = days.after_business_days(at, 3, 11)
            key = f"urgent-{arm}-{place}"
            initiative = company.initiatives["urgent"]
            rows.append(_appointment(company, wire, key, number, "haru", at, starts, "visited", initiative))
    history.load_appointments(rows)
