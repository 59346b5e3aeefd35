"""The 206 who asked for the case book in the ninety days, and how each went through the follow-up. Pure.

195 have come to the branch or booked before it; the 11 of the last days wait. Who is what is chosen
so that the initiative's page, the funnel and the hand-overs come out as the demo tells them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from tabiji.practice.demo import acts, content, days, selling, stops
from tabiji.practice.demo.acts import Seller
from tabiji.practice.demo.cast import Cast
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.selling import Booking, Outcome
from tabiji.practice.demo.telling import SEARCH, Telling

Arm = Literal["early", "clicked", "not", "waiting"]
Route = Literal[
    "plain",
    "hand_over",  # reached the threshold, was accepted and called: an appointment
    "direct",  # booked without a hand-over, inside the journey
    "after",  # booked after the journey had ended
    "seminar",  # the same, after a click on the seminar's invitation: a contract
    "returned",
    "pending",
    "in_progress",
    "unsubscribed",
    "bounced",
]
AUTO_REPLY: Final = "auto_reply"
CASE: Final = "case"
BASICS: Final = "basics"
INVITATION: Final = "invitation"
INVITED_AT: Final = days.at(date(2026, 3, 17), 10)
"""The seminar's invitation leaves at this stop."""
AMOUNTS: Final = (1_200_000, 1_450_000, 1_640_000, 1_750_000, 1_800_000, 2_000_000)
"""Of the six contracts that count for the follow-up: 9,840,000 yen."""
SEMINAR_AMOUNTS: Final = (980_000, 1_300_000, 1_500_000, 1_620_000, 1_900_000, 2_400_000)
_FULL: Final = ("top", "omakase", "cases", "compare", "pricing")
_FIRST_DAY: Final = date(2026, 1, 29)
_LAST_DAY: Final = date(2026, 4, 23)
_WAITING: Final = (
    (date(2026, 4, 24), ((9, 41), (12, 17), (12, 29), (12, 36))),
    (date(2026, 4, 25), ((9, 48),)),
    (date(2026, 4, 26), ((9, 52),)),
    (date(2026, 4, 27), ((9, 37), (12, 21), (12, 33))),
    (date(2026, 4, 28), ((9, 44), (12, 26))),
)


@dataclass(frozen=True, slots=True)
class Request:
    """One of the 206. is_full: all five pages and a million yen, 60 points; clicks: on the auto-reply.

    amount: of the contract, 0 without one. outcome: of the appointment, where there is one. ahead: which
    of the meetings to come.
    """

    place: int
    person: int
    at: datetime
    arm: Arm = "not"
    route: Route = "plain"
    is_full: bool = False
    clicks: bool = False
    outcome: Outcome = "met"
    amount: int = 0
    ahead: int = 0
    story: str = ""

    @property
    def visitor(self) -> str:
        return f"tanomoa-request-{self.place:03}"

    @property
    def replied_at(self) -> datetime:
        """When the auto-reply leaves."""
        return stops.at_or_after(self.at)

    @property
    def branches_at(self) -> datetime:
        return days.after_business_days(self.at, 3)

    @property
    def ends_at(self) -> datetime:
        """When the journey lets go of somebody who has not booked: seven days after its last mail."""
        return stops.at_or_after(self.branches_at + timedelta(days=7, minutes=10))

    @property
    def mail(self) -> str:
        """What comes after the branch."""
        return CASE if self.arm == "clicked" else BASICS

    @property
    def seller(self) -> Seller:
        return "makoto" if self.route in ("direct", "after") and self.place % 3 == 0 else "haru"


def requests(cast: Cast) -> list[Request]:
    """All of them, in order of time."""
    moments = [*_moments(Chance("requests")), *_waiting_moments()]
    chosen = [Request(place, 0, at) for place, at in enumerate(moments)]
    return _with_people(_Choosing(chosen).done(), cast)


def tell(telling: Telling, found: list[Request]) -> list[Booking]:
    """Everything that the 206 do, and what sales does with them; the 47 appointments."""
    chance = Chance("requests' acts")
    bookings = []
    for one in found:
        telling.take([one.person])
        _ask(telling, one, chance)
        _read(telling, one, chance)
        booking = _TOLD[one.route](telling, one) if one.route in _TOLD else None
        if booking is not None:
            bookings.append(booking)
            selling.follow(telling, booking)
    return bookings


def budget_of(one: Request) -> str:
    """The answer in the form."""
    if one.is_full:
        return ("100_300", "100_300", "300_500", "over_500")[one.place % 4]
    return ("under_100", "undecided", "100_300", "under_100", "300_500", "undecided")[one.place % 6]


def pages_of(one: Request) -> tuple[str, ...]:
    """What was read before the form; always the cases or the prices."""
    if one.is_full:
        return _FULL
    few: tuple[tuple[str, ...], ...] = (
        ("cases",),
        ("top", "cases"),
        ("top", "omakase", "cases"),
        ("omakase", "pricing"),
        ("top", "pricing"),
        ("top", "omakase", "cases", "company"),
        ("cases", "pricing"),
        ("top", "compare", "cases"),
    )
    return few[one.place * 5 % len(few)]


# -- when, and who is what --------------------------------------------------------------------------


def _moments(chance: Chance) -> list[datetime]:
    """195 moments, each some minutes before a stop, so that the auto-reply leaves at once."""
    span = days.days_between(_FIRST_DAY, _LAST_DAY)
    found: list[datetime] = []
    for day in days.divided(195, span, lambda one: days.weight(one) if days.is_business_day(one) else 0.15):
        is_noon = stops.with_noon(day) and not chance.happens(0.3)
        taken = set(found)
        while True:
            minute = chance.between(7, 41) if is_noon else chance.between(32, 56)
            moment = days.at(day, 12 if is_noon else 9, minute, chance.below(60))
            if all(abs(moment - other) >= timedelta(minutes=1) for other in taken):
                found.append(moment)
                break
    return sorted(found)


def _waiting_moments() -> list[datetime]:
    return [days.at(day, *time) for day, times in _WAITING for time in times]


class _Choosing:
    """Gives each request its part; parts with the tightest conditions first."""

    def __init__(self, chosen: list[Request]) -> None:
        self._all = chosen
        self._left = [one.place for one in chosen if one.at.date() <= _LAST_DAY]

    def done(self) -> list[Request]:
        self._set(range(195, 206), lambda one: replace(one, arm="waiting", clicks=one.place in _FOUR))
        self._handed_over()
        self._booked()
        self._unlucky()
        clicked = 79 - sum(one.arm == "clicked" for one in self._all)
        plain = self._take(clicked, lambda one: True)
        self._set(plain, lambda one: replace(one, arm="clicked", clicks=True))
        if len(self._left) != 93:
            raise AssertionError(f"{len(self._left)} people are left for the other arm")
        won = [one.place for one in self._all if (one.route, one.outcome) == ("hand_over", "won")]
        for place, amount in zip(won, AMOUNTS, strict=True):
            self._all[place] = replace(self._all[place], amount=amount)
        return self._all

    def _handed_over(self) -> None:
        """21 hot ones of the clicked arm, 5 who book early, 2 of the other arm."""
        for day in (date(2026, 4, 27), date(2026, 4, 28)):
            self._hot(self._take(1, _branching(day, day)), "clicked", "pending")
        for story, first, last in (
            ("yamamoto", date(2026, 3, 4), date(2026, 3, 13)),
            ("", date(2026, 3, 19), date(2026, 3, 27)),
            ("", date(2026, 4, 1), date(2026, 4, 8)),
        ):
            places = self._take(1, _branching(first, last))
            self._hot(places, "clicked", "returned")
            self._all[places[0]] = replace(self._all[places[0]], story=story)
        places = self._take(4, _branching(date(2026, 4, 10), date(2026, 4, 22)))
        self._hot(places, "clicked", "in_progress")
        self._hot(
            self._take(3, _branching(date(2026, 2, 4), date(2026, 3, 18))), "clicked", "hand_over", "won"
        )
        self._hot(
            self._take(2, _branching(date(2026, 2, 12), date(2026, 3, 18))), "clicked", "hand_over", "lost"
        )
        self._hot(
            self._take(4, _branching(date(2026, 3, 19), date(2026, 4, 14))), "clicked", "hand_over", "open"
        )
        ahead = self._take(3, _branching(date(2026, 4, 20), date(2026, 4, 24)))
        self._hot(ahead, "clicked", "hand_over", "ahead")
        for number, place in enumerate(ahead):
            self._all[place] = replace(self._all[place], ahead=number)
        early = self._take(2, lambda one: _is_morning(one) and one.at.date() <= date(2026, 3, 13))
        self._hot(early, "early", "hand_over", "won")
        early = self._take(
            3, lambda one: _is_morning(one) and date(2026, 3, 16) <= one.at.date() <= date(2026, 4, 9)
        )
        self._hot(early, "early", "hand_over", "open")
        self._hot(self._take(1, _branching(date(2026, 2, 12), date(2026, 3, 18))), "not", "hand_over", "won")
        self._hot(self._take(1, _branching(date(2026, 3, 19), date(2026, 4, 9))), "not", "hand_over", "open")

    def _booked(self) -> None:
        """4 early, 5 and 3 inside, 16 after the journey's end: without a hand-over."""
        for arm, outcomes in _DIRECT:
            places = self._take(
                len(outcomes), lambda one: date(2026, 2, 2) <= one.at.date() <= date(2026, 3, 25)
            )
            for place, outcome in zip(places, outcomes, strict=True):
                self._direct(place, arm, "direct", outcome)
        seminar = self._take(6, lambda one: one.ends_at <= INVITED_AT - timedelta(hours=12))
        for number, place in enumerate(seminar):
            self._direct(place, "clicked" if number < 3 else "not", "seminar", "won")
            self._all[place] = replace(self._all[place], amount=SEMINAR_AMOUNTS[number])
        late = self._take(3, lambda one: date(2026, 4, 1) <= one.ends_at.date() <= date(2026, 4, 20))
        for number, place in enumerate(late):
            self._direct(place, "clicked" if number < 2 else "not", "after", "ahead")
            self._all[place] = replace(self._all[place], ahead=number)
        rest = self._take(7, lambda one: one.ends_at.date() <= date(2026, 3, 24))
        for number, (place, outcome) in enumerate(zip(rest, _AFTER, strict=True)):
            self._direct(place, "clicked" if number < 4 else "not", "after", outcome)

    def _unlucky(self) -> None:
        (place,) = self._take(1, _branching(date(2026, 3, 2), date(2026, 4, 1)))
        self._set(
            [place],
            lambda one: replace(one, arm="clicked", route="unsubscribed", clicks=True, story="watanabe"),
        )
        bounced = self._take(2, _branching(date(2026, 2, 16), date(2026, 4, 10)))
        self._set(bounced, lambda one: replace(one, arm="not", route="bounced"))
        self._set(bounced[:1], lambda one: replace(one, story="tanaka"))

    def _hot(self, places: Iterable[int], arm: Arm, route: Route, outcome: Outcome = "met") -> None:
        clicks = arm != "not"
        self._set(
            places,
            lambda one: replace(one, arm=arm, route=route, is_full=True, clicks=clicks, outcome=outcome),
        )

    def _direct(self, place: int, arm: Arm, route: Route, outcome: Outcome) -> None:
        clicks = arm == "clicked"
        self._all[place] = replace(self._all[place], arm=arm, route=route, clicks=clicks, outcome=outcome)

    def _set(self, places: Iterable[int], change: Callable[[Request], Request]) -> None:
        for place in places:
            self._all[place] = change(self._all[place])

    def _take(self, count: int, fits: Callable[[Request], bool]) -> list[int]:
        """So many that fit, evenly over those that are left."""
        fitting = [place for place in self._left if fits(self._all[place])]
        if len(fitting) < count:
            raise AssertionError(f"{count} requests are wanted, {len(fitting)} fit")
        taken = [fitting[(2 * number + 1) * len(fitting) // (2 * count)] for number in range(count)]
        self._left = [place for place in self._left if place not in taken]
        return taken


_DIRECT: Final[tuple[tuple[Arm, tuple[Outcome, ...]], ...]] = (
    ("early", ("lost", "open", "met", "missed")),
    ("clicked", ("lost", "open", "open", "lost", "met")),
    ("not", ("lost", "open", "met")),
)
_AFTER: Final[tuple[Outcome, ...]] = ("lost", "open", "missed", "open", "lost", "met", "open")
_AHEAD_OF_HOT: Final = (
    days.at(date(2026, 4, 28), 15),
    days.at(date(2026, 4, 30), 10),
    days.at(date(2026, 5, 1), 11),
)
_AHEAD_OF_OTHERS: Final = (
    days.at(date(2026, 4, 28), 16, 30),
    days.at(date(2026, 4, 30), 14),
    days.at(date(2026, 5, 7), 13),
)
_FOUR: Final = frozenset({195, 197, 200, 203})
"""Of the eleven who wait, those who had clicked."""


def _branching(first: date, last: date) -> Callable[[Request], bool]:
    """On a day with a stop at noon, between two days."""
    return lambda one: first <= one.branches_at.date() <= last and stops.with_noon(one.branches_at.date())


def _is_morning(one: Request) -> bool:
    """Answered at ten on a business day with a stop at noon, so that a click is judged on the same day."""
    return one.at.hour == 9 and stops.with_noon(one.at.date())


def _with_people(chosen: list[Request], cast: Cast) -> list[Request]:
    others = iter(
        one.number for one in cast.of("request", "client", is_new=True) if one.number not in cast.told
    )
    return [replace(one, person=cast.story[one.story] if one.story else next(others)) for one in chosen]


# -- what they do -----------------------------------------------------------------------------------


def _ask(telling: Telling, one: Request, chance: Chance) -> None:
    pages = (*pages_of(one), "landing")
    seconds = chance.between(40, 160)
    starts = one.at - timedelta(seconds=seconds * (len(pages) - 1) + chance.between(100, 260))
    referrer = SEARCH if chance.happens(0.6) else ""
    telling.visit(
        starts,
        pages,
        owner=one.person,
        visitor=one.visitor,
        referrer=referrer,
        seconds=seconds,
        form="started",
    )
    telling.tell(acts.Requested(one.at, one.person, one.visitor))
    marks = telling.marks[one.person]
    marks.requested(one.at, has_one_million=budget_of(one) in content.FROM_ONE_MILLION)
    marks.acted(one.at)


def _read(telling: Telling, one: Request, chance: Chance) -> None:
    """The auto-reply: opened by most, clicked by those of the clicked arm."""
    replied = one.replied_at
    if chance.happens(0.66) or one.clicks:
        telling.open(replied + timedelta(minutes=chance.between(4, 90)), one.person, AUTO_REPLY)
    if one.clicks:
        minutes = chance.between(12, 40) if one.arm == "early" else chance.between(11, 240)
        telling.click(replied + timedelta(minutes=minutes), one.person, AUTO_REPLY)
    if one.route == "plain" and one.arm in ("clicked", "not") and chance.happens(0.35):
        opened = one.branches_at + timedelta(minutes=chance.between(15, 300))
        telling.open(opened, one.person, one.mail)
        if chance.happens(0.5):
            telling.click(opened + timedelta(minutes=2), one.person, one.mail)


def _hand_over(telling: Telling, one: Request) -> Booking:
    accepted = _reach(telling, one)
    called = accepted + timedelta(minutes=14 + one.place % 40)
    starts = _meeting(one, called)
    seconds = 190 + one.place * 37 % 400
    telling.tell(acts.Called(called, one.person, "haru", "booked", seconds, _NOTES[one.place % 4], starts))
    return Booking(one.person, called, starts, "haru", one.outcome, "omakase", one.amount)


def _reach(telling: Telling, one: Request) -> datetime:
    """The threshold is reached, and sales accepts; when."""
    crossed = _cross(telling, one)
    accepted = stops.after(crossed) + timedelta(minutes=7 + one.place % 45)
    telling.tell(acts.Accepted(accepted, one.person, "haru"))
    return accepted


def _cross(telling: Telling, one: Request) -> datetime:
    """The last points up to 80: when."""
    if one.arm == "clicked":
        clicked = one.branches_at + timedelta(minutes=55 + one.place % 80)
        telling.click(clicked, one.person, CASE)
        telling.visit(
            clicked + timedelta(minutes=1), ("omakase",), owner=one.person, visitor=one.visitor, seconds=90
        )
        return clicked + timedelta(minutes=10)
    start = one.at
    if one.arm == "not":
        start = one.branches_at + timedelta(minutes=50 + one.place % 60)
        telling.click(start, one.person, BASICS)
    again = days.after_business_days(start, 1, 9, 12 + one.place % 30)
    telling.visit(again, ("pricing",), owner=one.person, visitor=one.visitor)
    return again


def _direct(telling: Telling, one: Request) -> Booking:
    """Called us, or answered the mail."""
    before = one.at if one.arm == "early" else one.branches_at
    at = days.after_business_days(before, 1, 14 + one.place % 3, 5 + one.place % 50)
    return _book(telling, one, at)


def _after(telling: Telling, one: Request) -> Booking:
    if one.outcome == "ahead":
        day = date(2026, 4, 23) + timedelta(days=one.place % 2)
        return _book(telling, one, days.at(day, 15, 10 + one.place % 45))
    at = days.after_business_days(one.ends_at, 2 + one.place % 6, 14 + one.place % 3, 5 + one.place % 50)
    return _book(telling, one, at)


def _seminar(telling: Telling, one: Request) -> Booking:
    """A click on the seminar's invitation came last before the contract."""
    clicked = INVITED_AT + timedelta(minutes=40 + one.place * 7 % 200)
    telling.open(clicked - timedelta(minutes=3), one.person, INVITATION)
    telling.click(clicked, one.person, INVITATION)
    return _book(telling, one, days.after_business_days(clicked, 1 + one.place % 4, 15, 5 + one.place % 50))


def _book(telling: Telling, one: Request, at: datetime) -> Booking:
    starts = _meeting(one, at)
    telling.tell(acts.Booked(at, one.person, one.seller, starts))
    return Booking(one.person, at, starts, one.seller, one.outcome, "omakase", one.amount)


def _meeting(one: Request, at: datetime) -> datetime:
    """When they meet; those that lie ahead: two this afternoon, the others around the holidays."""
    if one.outcome != "ahead":
        return selling.meeting_after(at, one.place)
    return (_AHEAD_OF_HOT if one.route == "hand_over" else _AHEAD_OF_OTHERS)[one.ahead]


def _returned(telling: Telling, one: Request) -> None:
    accepted = _reach(telling, one)
    called = accepted + timedelta(minutes=25)
    if one.story == "yamamoto":
        telling.tell(
            acts.Called(called, one.person, "haru", "considering", 412, "予算は来期から。7月に改めて。")
        )
        reason, note, restart = "too_early", "来期の予算で検討。7月に再開したい。", date(2026, 7, 1)
    elif one.branches_at.month == 3:
        telling.tell(acts.Called(called, one.person, "haru", "declined", 168, "今年度の予算はすでに配分済み"))
        reason, note, restart = "no_budget", "", None
    else:
        again = days.after_business_days(called, 1, 11, 20)
        telling.tell(acts.Called(called, one.person, "haru", "no_answer", 0, "", None, again))
        telling.tell(acts.Called(again, one.person, "haru", "no_answer", 0, "二度目も留守番電話"))
        called, reason, note, restart = again, "unreachable", "二度かけたが出ない", None
    telling.tell(acts.Returned(called + timedelta(minutes=12), one.person, "haru", reason, note, restart))


def _pending(telling: Telling, one: Request) -> None:
    """Nobody has accepted yet: one since yesterday afternoon, one since noon."""
    is_late = one.branches_at.date() < days.OPENING.date()
    clicked = days.at(one.branches_at.date(), 15, 40) if is_late else days.at(one.branches_at.date(), 12, 20)
    telling.click(clicked, one.person, CASE)


def _in_progress(telling: Telling, one: Request) -> None:
    accepted = _reach(telling, one)
    called = accepted + timedelta(minutes=18)
    if one.place % 2:
        again = days.at(days.OPENING.date(), 15 + one.place % 3, 30)
        telling.tell(
            acts.Called(called, one.person, "haru", "call_again", 75, "会議中。改めて。", None, again)
        )
    else:
        again = days.after_business_days(days.OPENING, 1 + one.place % 2, 11)
        telling.tell(
            acts.Called(called, one.person, "haru", "considering", 340, "社内で相談してから", None, again)
        )


def _unsubscribed(telling: Telling, one: Request) -> None:
    at = one.replied_at + timedelta(days=1, minutes=33)
    telling.tell(acts.Unsubscribed(at, one.person, AUTO_REPLY))


def _bounced(telling: Telling, one: Request) -> None:
    telling.tell(acts.Bounced(one.branches_at + timedelta(minutes=4), one.person, BASICS))


_NOTES: Final = (
    "担当者は業務改善室。年内に1工程だけ始めたい。",
    "見積もりの比較で困っている。事例の会社と規模が近い。",
    "受発注のFAXが月400枚。現場は20名。",
    "",
)
_TOLD: Final[dict[Route, Callable[[Telling, Request], Booking | None]]] = {
    "hand_over": _hand_over,
    "direct": _direct,
    "after": _after,
    "seminar": _seminar,
    "returned": _returned,
    "pending": _pending,
    "in_progress": _in_progress,
    "unsubscribed": _unsubscribed,
    "bounced": _bounced,
}
