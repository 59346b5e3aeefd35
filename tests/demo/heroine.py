"""The scene, step by step: 佐藤 美咲 from an anonymous visit to a contract, on real processes.

A step is a function of the scene: what she, a machine or a colleague does over the wire, or what time
does. A browser can take the place of any of them.
"""

from __future__ import annotations

import http.client
import json
import re
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from tabiji.core import postgres
from tabiji.people.public import persons
from tabiji.practice import letters, machines, time_moves
from tabiji.practice.demo import staff
from tabiji.practice.letters import Letter, Link
from tabiji.runtime.home import Engines, Home
from tabiji.sales.contracts import HandOverInfo, NewAppointment
from tabiji.sales.public import appointments, calls, deals, hand_overs
from tabiji.workspaces.contracts import Actor
from tabiji.workspaces.public import members
from tests.acceptance.processes import wait_until
from tests.builders.connecting import connected
from tests.demo.stores import COLLECTOR_PORT, WEB_PORT, Demo, in_company

TOKYO: Final = ZoneInfo("Asia/Tokyo")
BROWSER: Final = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0 Safari/537.36"
MAIL: Final = "misaki.sato@aoba-seisakusho.example"
PAGES: Final = (
    ("", "トップ"),
    ("omakase/", "おまかせ"),
    ("cases/", "事例"),
    ("compare/", "比較"),
    ("pricing/", "料金"),
)
CASE: Final = "FAXの受発注を3か月でやめた工場の話"
OPENS_MATERIAL: Final = "資料を開く"
SCANNERS: Final = 3
"""Each asks for the one content link and for the link that nobody can see, by HEAD and by GET: 12 hits."""
_QUICKER_IS_A_MACHINE_S: Final = 2.1
_QUICKER_IS_NO_FORM_S: Final = 3.1
_SITE: Final = f"http://127.0.0.1:{WEB_PORT}/site/{staff.SLUG}/"
_LANDING: Final = f"/p/{staff.SLUG}/jireishu"


@dataclass(slots=True)
class Scene:
    """The home of a running stack with the demo in it, and the heroine's browser."""

    home: Home
    browser: str

    @classmethod
    def on(cls, home: Home) -> Scene:
        return cls(home, str(uuid4()))

    @property
    def engines(self) -> Engines:
        found = self.home.engines()
        assert found is not None
        return found

    @contextmanager
    def inside(self) -> Iterator[Demo]:
        """The public functions, in one transaction of the demo company."""
        with connected(self.engines.database_url, self.engines.clickhouse_url), in_company() as found:
            yield found

    # -- she ------------------------------------------------------------------------------------------

    def reads(self, pages: tuple[tuple[str, str], ...] = PAGES) -> None:
        """As the snippet tells it, from a search."""
        for place, (path, title) in enumerate(pages):
            referrer = "https://www.google.com/" if place == 0 else _SITE + pages[place - 1][0]
            self._tell({"type": "page"}, _SITE + path, title, referrer)

    def sees_the_form(self) -> str:
        """The landing page with its form in sight, and begun; the page's HTML."""
        status, html, _ = ask(WEB_PORT, "GET", _LANDING)
        assert status == 200
        form = re.search(r'data-tabiji-form="([^"]+)"', html)
        assert form is not None
        seen = {"form_id": form.group(1)}
        url = f"http://127.0.0.1:{WEB_PORT}{_LANDING}"
        self._tell({"type": "page"}, url, "事例集", _SITE + "pricing/")
        self._tell({"type": "track", "event": "form_viewed", "properties": seen}, url, "事例集", _SITE)
        self._tell({"type": "track", "event": "form_started", "properties": seen}, url, "事例集", _SITE)
        return html

    def sends_the_form(self, html: str) -> None:
        """With her consent to mails. The form does not believe anybody who is quicker than a person."""
        action = re.search(r'action="(/f/[^"]+/submit)"', html)
        assert action is not None
        time.sleep(_QUICKER_IS_NO_FORM_S)
        answers = {
            "company": "青葉製作所",
            "last_name": "佐藤",
            "first_name": "美咲",
            "last_kana": "サトウ",
            "first_kana": "ミサキ",
            "email": MAIL,
            "budget": "100_300",
            "message": "受発注をWeb化したい",
            "mail_consent": "1",
            "terms": "1",
            "_tabiji_anonymous_id": self.browser,
        }
        status, body, _ = ask(WEB_PORT, "POST", action.group(1), urlencode(answers))
        assert status == 303, body[:2_000]

    def clicks(self, letter: Letter, label: str) -> str:
        """In the mail, as a person does; where it leads."""
        time.sleep(_QUICKER_IS_A_MACHINE_S)
        (link, *_) = [one for one in letter.links if one.label == label]
        return follow(link)

    def mails(self, address: str = MAIL) -> list[Letter]:
        """What lies in a mailbox, oldest first."""
        with self.inside():
            rows = postgres.rows("SELECT wire FROM practice_mail WHERE rcpt = %s ORDER BY id", [address])
        return [letters.read(zlib.decompress(row[0])) for row in rows]

    def waits_for_mail(self, subject: str, address: str = MAIL, timeout_s: float = 60) -> Letter:
        found = wait_until(
            lambda: [one for one in self.mails(address) if one.subject == subject], timeout_s, 0.3
        )
        letter: Letter = found[0]
        return letter

    def arrived_at(self, subject: str) -> datetime:
        """When her mail of this subject came, in business time."""
        with self.inside():
            moment: datetime = postgres.scalar(
                "SELECT min(at) FROM practice_mail WHERE rcpt = %s AND subject = %s", [MAIL, subject]
            )
        return moment

    def person_id(self) -> UUID:
        with self.inside():
            (found,) = persons.search(MAIL)
        return found.id

    def score(self) -> int:
        with self.inside():
            (found,) = persons.search(MAIL)
        return found.score

    # -- time -----------------------------------------------------------------------------------------

    def time_goes_to(self, target: datetime, timeout_s: float = 240) -> None:
        """As the bar of practice mode wishes it; returns when the worker has brought it there."""
        with self.inside() as demo:
            if target <= demo.now:
                return
            move_id = time_moves.ask(target, actor=actor_of("megumi"), now=demo.now)
        done = wait_until(lambda: self._moved(move_id), timeout_s, 0.3)
        assert done.error == "", done

    def settles(self, timeout_s: float = 60) -> None:
        """Everything that was accepted until now is processed."""
        wait_until(self._is_idle, timeout_s, 0.2)

    # -- machines and other people --------------------------------------------------------------------

    def scanner_opens_every_link(self, letter: Letter) -> int:
        """By HEAD and by GET, without looking; how many answers it got."""
        return sum(
            request(method, link.url, agent=machines.SCANNER)[0] < 400
            for link in letter.links
            if urlsplit(link.url).port in (WEB_PORT, COLLECTOR_PORT)
            for method in ("HEAD", "GET")
        )

    def someone_else_with(self, subject: str) -> str:
        """The address of another person who got this mail since the opening."""
        with self.inside():
            rows = postgres.rows(
                "SELECT rcpt, wire FROM practice_mail WHERE rcpt <> %s ORDER BY id DESC", [MAIL]
            )
            found = next(
                rcpt for rcpt, wire in rows if letters.read(zlib.decompress(wire)).subject == subject
            )
        return str(found)

    def may_be_written_to(self, address: str) -> bool:
        with self.inside():
            state = postgres.scalar(
                "SELECT c.state FROM consent c JOIN person p ON p.id = c.person_id"
                " WHERE p.email = %s AND c.channel = 'mail' AND c.topic = 'marketing'",
                [address],
            )
        return bool(state == "granted")

    # -- sales ----------------------------------------------------------------------------------------

    def hand_overs(self) -> list[HandOverInfo]:
        person_id = self.person_id()
        with self.inside():
            return hand_overs.list_of_person(person_id)

    def sales_accepts(self) -> None:
        (one,) = self.hand_overs()
        with self.inside() as demo:
            hand_overs.accept(one.id, at=demo.now, actor=actor_of("haru"))

    def sales_calls_and_books(self, starts_at: datetime) -> None:
        """6 minutes 12 seconds: 予約."""
        person_id = self.person_id()
        with self.inside() as demo:
            calls.log(
                person_id,
                result="booked",
                at=demo.now,
                actor=actor_of("haru"),
                seconds=372,
                note="業務改善室。受発注のFAXを3か月でやめたい。",
                appointment=NewAppointment(starts_at, 60, "ご相談"),
            )

    def they_meet(self, amount: int) -> None:
        """She came, and a deal is opened."""
        person_id = self.person_id()
        with self.inside() as demo:
            (booked,) = appointments.list_of_person(person_id)
            haru = actor_of("haru")
            appointments.settle(booked.id, "visited", at=demo.now, actor=haru)
            deals.open_(
                person_id,
                name="青葉製作所 受発注のWeb化",
                at=demo.now,
                actor=haru,
                amount=amount,
                line="omakase",
                expected_on=date(2026, 6, 3),
            )

    def sales_wins(self) -> None:
        person_id = self.person_id()
        with self.inside() as demo:
            (deal,) = deals.list_of_person(person_id)
            deals.win(deal.id, at=demo.now, actor=actor_of("haru"))

    # -- underneath -----------------------------------------------------------------------------------

    def _tell(self, event: dict[str, Any], url: str, title: str, referrer: str) -> None:
        now = datetime.now(UTC).isoformat()
        page = {"path": urlsplit(url).path, "search": "", "url": url, "title": title, "referrer": referrer}
        context = {"library": {"name": "tabiji.js", "version": "1.0.0"}, "page": page, "userAgent": BROWSER}
        whole = {
            **event,
            "messageId": str(uuid4()),
            "timestamp": now,
            "anonymousId": self.browser,
            "context": context,
        }
        body = json.dumps({"writeKey": "wk_tanomoa_practice", "sentAt": now, "batch": [whole]})
        status, said, _ = ask(COLLECTOR_PORT, "POST", "/v1/batch", body, "application/json")
        assert status == 200, said

    def _moved(self, move_id: int) -> time_moves.Move | None:
        with self.inside():
            found = time_moves.find(move_id)
        return found if found is not None and not found.is_running else None

    def _is_idle(self) -> bool:
        with self.inside():
            waiting = postgres.scalar(
                "SELECT (SELECT count(*) FROM event_inbox WHERE batch_id IS NULL)"
                " + (SELECT count(*) FROM fact_outbox WHERE batch_id IS NULL)"
                " + (SELECT count(*) FROM event_batch WHERE is_open)"
            )
        return bool(waiting == 0)


# -- the whole way ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """What could be seen on the way, for the test to judge."""

    people_before_the_form: int
    people_after: int
    scores: tuple[int, ...]
    """After the form, the first click, the second click, and another look at the prices."""
    hand_overs: int
    case_mail_at: datetime
    consent_after_get: bool
    consent_after_post: bool


def play(scene: Scene, say: Callable[[str], None] = lambda _line: None) -> Seen:
    """Steps 2 to 5 of the scene, in order."""
    scene.time_goes_to(at(4, 28, 14, 3))
    people = _people(scene)
    scene.reads()
    scene.settles()
    anonymous = _people(scene) - people
    scene.time_goes_to(at(4, 28, 14, 20))
    scene.sends_the_form(scene.sees_the_form())
    reply = scene.waits_for_mail("【タノモア】事例集をお送りします")
    scene.settles()
    points = [scene.score()]
    say("the form is answered")
    for _scanner in range(SCANNERS):
        scene.scanner_opens_every_link(reply)
    scene.time_goes_to(at(4, 28, 14, 31))
    scene.clicks(reply, OPENS_MATERIAL)
    scene.time_goes_to(at(4, 28, 14, 45))
    scene.settles()
    points.append(scene.score())
    scene.time_goes_to(at(5, 7, 10, 5))
    case = scene.waits_for_mail(CASE)
    say("the case mail came")
    other = scene.someone_else_with(CASE)
    after_get, after_post = unsubscribe(scene, other)
    scene.time_goes_to(at(5, 7, 12, 8))
    scene.clicks(case, "進め方を見る")
    scene.time_goes_to(at(5, 7, 12, 19))
    scene.settles()
    points.append(scene.score())
    scene.reads((("pricing/", "料金"),))
    scene.settles()
    points.append(scene.score())
    handed = len(scene.hand_overs())
    say("handed over")
    scene.time_goes_to(at(5, 7, 12, 31))
    scene.sales_accepts()
    scene.time_goes_to(at(5, 7, 13, 5))
    scene.sales_calls_and_books(at(5, 12, 14))
    scene.settles()
    scene.time_goes_to(at(5, 12, 15, 10))
    scene.they_meet(1_800_000)
    scene.time_goes_to(at(6, 3, 11))
    scene.sales_wins()
    scene.settles()
    say("won")
    return Seen(
        people + anonymous,
        _people(scene),
        tuple(points),
        handed,
        scene.arrived_at(CASE),
        after_get,
        after_post,
    )


def unsubscribe(scene: Scene, address: str) -> tuple[bool, bool]:
    """Whether they may be written to after a GET of the link, and after the POST of one click (RFC 8058)."""
    letter = scene.waits_for_mail(CASE, address)
    assert letter.is_one_click
    request("GET", letter.unsubscribe_url)
    after_get = scene.may_be_written_to(address)
    request("POST", letter.unsubscribe_url, letters.ONE_CLICK)
    scene.settles()
    return after_get, scene.may_be_written_to(address)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=TOKYO)


def actor_of(key: str) -> Actor:
    """A colleague of the open workspace."""
    (address,) = [one.email for one in staff.STAFF if one.key == key]
    (found,) = [one.user_id for one in members.list_colleagues() if one.email == address]
    return members.get_actor(found)


def follow(link: Link) -> str:
    status, _, headers = request("GET", link.url)
    assert status == 302
    return headers["location"]


def request(
    method: str, url: str, body: str = "", *, agent: str = BROWSER
) -> tuple[int, str, dict[str, str]]:
    """`ask` for a whole address."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return ask(parts.port or 80, method, target, body, agent=agent)


def ask(
    port: int,
    method: str,
    path: str,
    body: str = "",
    kind: str = "application/x-www-form-urlencoded",
    agent: str = BROWSER,
) -> tuple[int, str, dict[str, str]]:
    """One request as her browser makes it: status, text, headers by lower-case name."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        headers = {"User-Agent": agent} | ({"Content-Type": kind} if body else {})
        connection.request(method, path, body.encode() if body else None, headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return response.status, text, {name.lower(): value for name, value in response.getheaders()}
    finally:
        connection.close()


def _people(scene: Scene) -> int:
    with scene.inside():
        return persons.count()


__all__ = ["Scene", "Seen", "at", "play"]
