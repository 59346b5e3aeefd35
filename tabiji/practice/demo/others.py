"""Smaller parts of the ninety days: inquiries, returning readers, cards that were thanked, sleepers woken. Pure."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from tabiji.practice.demo import acts, days, selling, stops
from tabiji.practice.demo.chance import Chance
from tabiji.practice.demo.requests import AUTO_REPLY, CASE, Request
from tabiji.practice.demo.selling import Booking, Outcome
from tabiji.practice.demo.telling import Telling

MACHINE_HITS: Final = 143
BOOKINGS: Final = 14
"""Appointments by no funnel and no test."""
CARDS_THANKED: Final = 60
WOKEN: Final = 80
NEWSLETTERS: Final = 40
RETURNING: Final = 46
CARDS: Final = "card_thanks"
WAKE: Final = "wake"
_CARDS_AT: Final = days.at(date(2026, 1, 30), 10)
_WAKE_AT: Final = days.at(date(2026, 3, 10), 10)


def tell(telling: Telling) -> tuple[dict[int, datetime], list[Booking]]:
    """(when the new inquiries and seminar guests became known, the 14 other appointments)."""
    chance = Chance("others")
    known = _contacts(telling, chance)
    bookings = _bookings(telling, known)
    _return(telling, chance)
    return known, bookings


def machines(telling: Telling, asked: list[Request]) -> None:
    """143 hits of scanners on the mails of the follow-up, a few at once, right after they arrived."""
    chance = Chance("machines")
    left = MACHINE_HITS
    reached = [one for one in asked if one.replied_at < days.OPENING and one.arm != "early"]
    for one in chance.shuffled(reached):
        if not left:
            return
        hits = min(chance.between(2, 6), left)
        left -= hits
        is_case = one.arm == "clicked" and one.route == "plain" and chance.happens(0.3)
        at = one.branches_at if is_case else one.replied_at
        later = at + timedelta(seconds=chance.between(50, 110))
        telling.tell(acts.Clicked(later, one.person, CASE if is_case else AUTO_REPLY, hits))
    raise AssertionError(f"{left} hits are left")


def cards_and_sleepers(telling: Telling) -> tuple[list[int], list[int]]:
    """60 of the best cards get a thank-you, 80 sleeping members a word; some open it."""
    chance = Chance("cards and sleepers")
    cards = telling.free(one.number for one in telling.cast.of("card", "client"))[:CARDS_THANKED]
    telling.take(cards)
    telling.tell(acts.Managed(days.at(date(2026, 1, 29), 9, 40), "thank_cards"))
    for number in cards[:22]:
        telling.open(_CARDS_AT + timedelta(minutes=chance.between(10, 600)), number, CARDS)
    asleep = [
        one.number
        for one in telling.cast.of("member", is_new=False)
        if telling.marks[one.number].stage() == "dormant" and one.role == "freelancer"
    ]
    sleepers = telling.free(asleep)[:WOKEN]
    telling.take(sleepers)
    telling.tell(acts.Managed(_WAKE_AT - timedelta(minutes=20), "wake_members"))
    for number in sleepers[:14]:
        telling.open(_WAKE_AT + timedelta(minutes=chance.between(10, 700)), number, WAKE)
    return cards, sleepers


def newsletters(telling: Telling) -> None:
    """Members who signed up for the newsletter: the forgotten journey thanks them."""
    chance = Chance("newsletters")
    moments = days.Moments(days.PERIOD + timedelta(days=1), days.OPENING - timedelta(hours=3), chance)
    people = telling.free(
        one.number for one in telling.cast.of("member", is_new=False) if one.role == "freelancer"
    )
    awake = [one for one in people if telling.marks[one].stage() == "prospect"]
    for number in awake[:NEWSLETTERS]:
        at = moments.draw("freelancer")
        telling.tell(acts.Contacted(at, number, "newsletter_signed_up"))
        telling.marks[number].acted(at)
    telling.take(awake[:NEWSLETTERS])


def _contacts(telling: Telling, chance: Chance) -> dict[int, datetime]:
    """New inquiries and seminar guests, on business days."""
    known: dict[int, datetime] = {}
    cast = telling.cast
    inquiries = chance.shuffled(cast.of("inquiry", is_new=True))
    guests = chance.shuffled(cast.of("seminar", is_new=True))
    span = days.days_between(date(2026, 1, 29), date(2026, 4, 24))
    for people, name in ((inquiries, "inquiry_received"), (guests, "seminar_attended")):
        ordered = days.divided(len(people), span, lambda day: days.weight(day) * days.is_business_day(day))
        for person, day in zip(people, ordered, strict=True):
            at = days.at(day, chance.between(13, 17), chance.below(60), chance.below(60))
            known[person.number] = at
            telling.tell(
                acts.Contacted(at, person.number, name, "seminar" if person.source == "seminar" else "mail")
            )
            telling.marks[person.number].acted(at)
    return known


def _bookings(telling: Telling, known: dict[int, datetime]) -> list[Booking]:
    """14 of the new inquiries after the test's audience was closed meet us."""
    cast = telling.cast
    able = [
        (at, number)
        for number, at in sorted(known.items(), key=lambda pair: pair[1])
        if at > stops.EVENING and cast[number].role == "client"
    ]
    outcomes: tuple[Outcome, ...] = (
        *("lost", "open", "met", "lost", "open", "open"),
        *("missed", "lost", "open", "open", "met", "open"),
        *("ahead", "ahead"),
    )
    step = len(able) // BOOKINGS
    found = []
    for place, outcome in enumerate(outcomes):
        is_ahead = outcome == "ahead"
        known_at, number = able[place * step] if not is_ahead else able[len(able) - 1 - (place - 12)]
        at = days.after_business_days(known_at, 1, 11, 3 + place * 3)
        if is_ahead:
            at = days.at(date(2026, 4, 27), 16, 5 + place)
        starts = days.at(date(2026, 5, 1), 14 + place % 2) if is_ahead else selling.meeting_after(at, place)
        booking = Booking(number, at, starts, "makoto", outcome, "market" if place % 2 else "omakase")
        telling.tell(acts.Booked(at, number, "makoto", starts))
        selling.follow(telling, booking)
        found.append(booking)
    telling.take(one.person for one in found)
    return found


def _return(telling: Telling, chance: Chance) -> None:
    """Clients who had asked last year look again; and Kato, after seven months."""
    moments = days.Moments(days.PERIOD + timedelta(days=2), days.OPENING - timedelta(hours=4), chance)
    former = telling.free(one.number for one in telling.cast.of("request", "client", is_new=False))
    able = [one for one in former if telling.marks[one].score <= 50]
    for number in chance.shuffled(able)[:RETURNING]:
        telling.visit(moments.draw("client"), ("cases", "pricing")[: 1 + number % 2], owner=number)
        telling.take([number])
    kato = telling.cast.story["kato"]
    telling.visit(days.at(date(2026, 4, 27), 20, 41), ("top", "cases"), owner=kato)
