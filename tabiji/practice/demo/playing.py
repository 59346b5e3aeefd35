"""The ninety days, carried out: the real engine under the practice clock, the plan playing everybody else.

Between two stops the world acts: views, sessions and clicks are accepted in bulk, forms are sent at
their moment, colleagues call and meet. At a stop all that is due is done. Nothing here knows figures.
"""

from __future__ import annotations

import time as clock_of_the_machine
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from functools import singledispatchmethod
from typing import Final

from django.conf import settings

from tabiji.content.public import mails
from tabiji.core import facts, postgres, sql
from tabiji.events.public import inlet
from tabiji.messaging.public import returns
from tabiji.pages.contracts import Errors
from tabiji.pages.public import forms
from tabiji.people.contracts import ConsentAct
from tabiji.people.public import consent
from tabiji.practice import mailserver
from tabiji.practice.demo import acts, bringing, company, content, days, managing, requests, stops
from tabiji.practice.demo.acts import Act
from tabiji.practice.demo.company import Company
from tabiji.practice.demo.plan import Plan
from tabiji.practice.demo.wire import BROWSER, Event, Sent, Wire
from tabiji.practice.driving import Driver
from tabiji.sales.contracts import NewAppointment
from tabiji.sales.public import appointments, calls, deals, hand_overs
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import members, workspace

Say = Callable[[str], None]
"""For progress: a line when a month is over."""
_OfSales = (
    acts.Accepted
    | acts.Returned
    | acts.Called
    | acts.Booked
    | acts.Met
    | acts.DealOpened
    | acts.DealMoved
    | acts.DealEnded
)
_WEB: Final = "web"
_SERVER: Final = "server"
_MAIL: Final = "mail"


class Playing:
    """One making of the demo; `play` returns when the clock stands at the last stop and nothing is due."""

    def __init__(self, made: Company, plan: Plan, wire: Wire, driver: Driver, say: Say) -> None:
        self._company = made
        self._plan = plan
        self._wire = wire
        self._driver = driver
        self._say = say
        self._asked = {one.person: one for one in plan.requests}
        self._sent: dict[tuple[int, str], Sent] = {}
        self._links: dict[str, int] = {}
        self._agreed: list[ConsentAct] = []
        """Consents of people whom the next stop makes known."""
        self._deals: dict[int, int] = {}
        self._takers: dict[int, Actor] = {}
        """To whom the product has handed somebody over, where its rule found another than the plan's."""

    def play(self) -> None:
        with postgres.workspace_scope(self._company.workspace.id):
            self._deals = _open_deals()
        waiting = iter([*self._plan.acts, None])
        act = next(waiting)
        before, started = days.PERIOD, clock_of_the_machine.monotonic()
        for stop in stops.STOPS:
            between: list[Act] = []
            while act is not None and act.at <= stop:
                between.append(act)
                act = next(waiting)
            self._between(between)
            self._driver.set_clock(stop)
            self._driver.left_alone = frozenset(self._company.watched)
            self._driver.run_until_idle()
            self._agree()
            if stop in stops.LAST_OF_DAY:
                self._look_at_audiences()
            if stop.month != before.month or stop == stops.STOPS[-1]:
                seconds = clock_of_the_machine.monotonic() - started
                self._say(f"{before:%Y-%m}  {seconds:.0f} s")
                before, started = stop, clock_of_the_machine.monotonic()
        self._driver.left_alone = frozenset()
        self._driver.run_until_idle()
        if act is not None:
            raise AssertionError(f"{act} lies after the last stop")

    def _look_at_audiences(self) -> None:
        """Once a day, for that is how finely their history is told."""
        with self._scope():
            managing.look_at_audiences(self._company, workspace.business_now())

    def _between(self, told: Sequence[Act]) -> None:
        """What happened since the stop before: in bulk what comes from outside, one by one what colleagues do."""
        with postgres.workspace_scope(self._company.workspace.id):
            self._find_messages(told)
            for source, events in self._events(told).items():
                inlet.accept(events, source=source, is_history=True)
        for act in told:
            if not isinstance(act, _IN_BULK):
                self._one(act)

    def _events(self, told: Iterable[Act]) -> dict[str, list[Event]]:
        found: dict[str, list[Event]] = {_WEB: [], _SERVER: [], _MAIL: []}
        for act in told:
            match act:
                case acts.Visited():
                    found[_WEB] += self._wire.visited(act)
                case acts.Did():
                    found[_SERVER] += self._wire.did(act)
                case acts.Registered():
                    found[_SERVER] += self._wire.registered(act)
                    self._agrees(act.person, act.at)
                case acts.Contacted():
                    found[_SERVER] += self._wire.contacted(act)
                    if self._plan.known_at.get(act.person) == act.at:
                        self._agrees(act.person, act.at)
                case acts.Opened():
                    found[_MAIL].append(self._wire.opened(act, self._sent[act.person, act.mail]))
                case acts.Clicked():
                    found[_MAIL] += self._wire.clicked(act, self._sent[act.person, act.mail])
                case _:
                    pass
        return found

    # -- consents -----------------------------------------------------------------------------------

    def _agrees(self, number: int, at: datetime) -> None:
        person = self._plan.cast[number]
        if person.consent:
            text = self._company.say("登録時に同意", "agreed when signing up")
            self._agreed.append(bringing.consent_of(person, self._wire, at=at, text=text, source=_SERVER))

    def _agree(self) -> None:
        if self._agreed:
            with postgres.workspace_scope(self._company.workspace.id):
                consent.record(self._agreed, actor=facts.PERSON)
            self._agreed = []

    # -- messages -----------------------------------------------------------------------------------

    def _find_messages(self, told: Iterable[Act]) -> None:
        """The messages that these acts are about, in one question."""
        wanted = {(act.person, act.mail) for act in told if isinstance(act, _ON_MESSAGES)} - self._sent.keys()
        if not wanted:
            return
        numbers = {self._wire.person_id(number): number for number, _ in wanted}
        keys = {self._company.mails[key]: key for _, key in wanted}
        rows = postgres.rows(
            sql.named("practice", "messages_of"), {"people": list(numbers), "mails": list(keys)}
        )
        for message_id, person_id, mail_id, initiative_id in rows:
            key = keys[mail_id]
            self._sent[numbers[person_id], key] = Sent(message_id, mail_id, initiative_id, self._link(key))
        missing = wanted - self._sent.keys()
        if missing:
            raise AssertionError(f"these mails never arrived: {sorted(missing)[:5]}")

    def _link(self, key: str) -> int:
        if key not in self._links:
            version_id = mails.current_version(self._company.mails[key])
            assert version_id is not None
            compiled = mails.compiled(version_id)
            self._links[key] = next(link.number for link in compiled.links if link.kind == "content")
        return self._links[key]

    # -- one by one ---------------------------------------------------------------------------------

    @singledispatchmethod
    def _one(self, act: Act) -> None:
        raise TypeError(f"nobody plays {act}")

    @_one.register
    def _(self, act: acts.Requested) -> None:
        """The form, at its moment: the clock is moved to it."""
        one, person = self._asked[act.person], self._plan.cast[act.person]
        self._driver.set_clock(act.at)
        data = {
            "company": person.company,
            "last_name": person.last_name,
            "first_name": person.first_name,
            "last_kana": person.last_kana,
            "first_kana": person.first_kana,
            "email": person.email,
            "phone": person.phone,
            content.BUDGET: requests.budget_of(one),
            "message": self._company.say(*_WISHES[one.place % len(_WISHES)]),
            "mail_consent": "on",
            "terms": "on",
        }
        with postgres.workspace_scope(self._company.workspace.id):
            outcome = forms.submit(
                self._company.form_version_id,
                data,
                anonymous_id=act.visitor,
                address=f"198.51.100.{one.place % 250 + 1}",
                agent=BROWSER,
                now=workspace.business_now(),
                url=f"{settings.PUBLIC_URL}/p/{company.SLUG}/{content.PAGE_KEY}",
                utm={"utm_source": "google"} if one.place % 3 == 0 else {},
            )
        if isinstance(outcome, Errors):
            raise AssertionError(f"the form of {person.name} was refused: {outcome}")

    @_one.register
    def _(self, act: acts.Unsubscribed) -> None:
        with self._scope():
            returns.unsubscribe(self._sent[act.person, act.mail].message_id, via="one_click", at=act.at)

    @_one.register
    def _(self, act: acts.Bounced) -> None:
        """The far side took the mail and sends it back."""
        self._driver.set_clock(act.at)
        with self._scope():
            row = postgres.find_row(
                "SELECT envelope_from, rcpt, wire, at FROM practice_mail WHERE message_id = %s",
                [self._sent[act.person, act.mail].message_id],
            )
        assert row is not None
        letter = mailserver.Received(
            row[0], row[1], zlib.decompress(row[2]), row[3], "practice.example", False
        )
        report = mailserver.compose_bounce(letter, at=act.at)
        returns.receive_mail(report, envelope_to=letter.envelope_from)

    @_one.register
    def _(self, act: acts.Accepted) -> None:
        with self._scope():
            standing = hand_overs.find_standing(self._wire.person_id(act.person))
            assert standing is not None, act
            if standing.owner_id is not None:
                self._takers[act.person] = members.get_actor(standing.owner_id)
            hand_overs.accept(standing.id, at=act.at, actor=self._actor(act))

    @_one.register
    def _(self, act: acts.Returned) -> None:
        with self._scope():
            standing = hand_overs.find_standing(self._wire.person_id(act.person))
            assert standing is not None, act
            hand_overs.return_(
                standing.id,
                reason=act.reason,
                at=act.at,
                actor=self._actor(act),
                note=act.note,
                restart_on=act.restart_on,
            )

    @_one.register
    def _(self, act: acts.Called) -> None:
        with self._scope():
            calls.log(
                self._wire.person_id(act.person),
                result=act.result,
                at=act.at,
                actor=self._actor(act),
                seconds=act.seconds,
                note=act.note,
                appointment=self._meeting(act.starts_at) if act.starts_at else None,
                again_at=act.again_at,
            )

    @_one.register
    def _(self, act: acts.Booked) -> None:
        with self._scope():
            appointments.book(
                self._wire.person_id(act.person),
                self._meeting(act.starts_at),
                at=act.at,
                actor=self._actor(act),
            )

    @_one.register
    def _(self, act: acts.Met) -> None:
        with self._scope():
            (newest, *_) = appointments.list_of_person(self._wire.person_id(act.person))
            appointments.settle(newest.id, act.state, at=act.at, actor=self._actor(act))

    @_one.register
    def _(self, act: acts.DealOpened) -> None:
        person = self._plan.cast[act.person]
        with self._scope():
            made = deals.open_(
                self._wire.person_id(act.person),
                name=bringing.deal_name(self._company, person, act.line),
                at=act.at,
                actor=self._actor(act),
                amount=act.amount,
                line=act.line,
                expected_on=(act.at + timedelta(days=30)).date(),
            )
        self._deals[act.person] = made.id

    @_one.register
    def _(self, act: acts.DealMoved) -> None:
        with self._scope():
            deals.move(self._deals[act.person], act.phase, at=act.at, actor=self._actor(act))

    @_one.register
    def _(self, act: acts.DealEnded) -> None:
        with self._scope():
            deal_id = self._deals[act.person]
            if act.reason:
                deals.lose(deal_id, reason=act.reason, at=act.at, actor=self._actor(act))
            else:
                deals.win(deal_id, at=act.at, actor=self._actor(act))

    @_one.register
    def _(self, act: acts.Managed) -> None:
        self._driver.set_clock(act.at)
        with self._scope():
            managing.MANAGED[act.what](self._company, self._plan, self._wire, act.at)

    def _actor(self, act: _OfSales) -> Actor:
        return self._takers.get(act.person) or self._company.actor(act.by)

    def _scope(self) -> AbstractContextManager[None]:
        return postgres.workspace_scope(self._company.workspace.id)

    def _meeting(self, starts_at: datetime) -> NewAppointment:
        return NewAppointment(starts_at, 60, self._company.say("ご相談", "First talk"))


def _open_deals() -> dict[int, int]:
    """Deals that the former tool had open, by the number of their person."""
    rows = postgres.rows(
        "SELECT external_key, id FROM deal WHERE outcome = '' AND external_key LIKE 'deal-%'"
    )
    return {int(key.removeprefix("deal-")): deal_id for key, deal_id in rows}


_IN_BULK: Final = (acts.Visited, acts.Did, acts.Registered, acts.Contacted, acts.Opened, acts.Clicked)
_ON_MESSAGES: Final = (acts.Opened, acts.Clicked, acts.Unsubscribed, acts.Bounced)
_WISHES: Final = (
    ("FAXの受発注をやめたい", "We would like to stop ordering by fax"),
    ("見積もりが会社ごとに3倍違って困っています", "Quotes differ by a factor of three"),
    ("Excelの在庫表を、現場のタブレットで見られるようにしたい", "Show our stock sheet on tablets"),
    ("紙の日報をなくしたい。20名の現場です", "Get rid of paper reports; we are twenty people"),
    ("まずは事例を読んで、社内で話したい", "We would like to read the cases first"),
    ("問い合わせ対応をまとめたい", "Bring our inquiries together"),
    ("以前の外注が途中で止まってしまいました", "Our last project stopped halfway"),
    ("受注から請求までをつなげたい", "Connect orders and invoices"),
)
