"""Acts of the plan as the events that a site, a platform's server or the collector would send. Pure.

Times are business time, as `inlet.accept(..., is_history=True)` takes them; every event has a message id of
its own that is the same in each making.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from tabiji.core import ids
from tabiji.practice.demo import cast, content
from tabiji.practice.demo.acts import PAGES, Clicked, Contacted, Did, Opened, Registered, Visited
from tabiji.practice.demo.cast import Cast, Person
from tabiji.practice.demo.content import Language
from tabiji.practice.demo.past import OldRequest
from tabiji.practice.machines import SCANNER

Event = dict[str, Any]
BROWSER: Final = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0"
)
_CRAWLER: Final = "Mozilla/5.0 (compatible; PracticeSearchBot/1.0; +https://bot.example)"
_SITE: Final = "https://tanomoa.example"
_LANDING: Final = "https://go.tanomoa.example"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on which somebody acts. link: the number of its first content link."""

    message_id: int
    mail_id: int
    initiative_id: int
    link: int


class Wire:
    """Writes events of one workspace."""

    def __init__(self, workspace_id: int, people: Cast, language: Language, form_id: int) -> None:
        self._workspace_id = workspace_id
        self._people = people
        self._place = int(language == "en")
        self._form_id = form_id
        self._count = 0
        self._found: dict[int, UUID] = {}

    def person_id(self, number: int) -> UUID:
        """The id that a practice workspace gives to this person."""
        if number not in self._found:
            self._found[number] = ids.stable_id(self._workspace_id, *identifier(self._people[number]))
        return self._found[number]

    def learn(self, found: Mapping[int, UUID]) -> None:
        """These people came by a file, and have the ids that the import gave them."""
        self._found.update(found)

    def visited(self, act: Visited) -> Iterator[Event]:
        """Page views, and what the snippet tells of the form on the last page."""
        who = self._browser(act)
        at = act.at
        for place, key in enumerate(act.pages):
            at = act.at + timedelta(seconds=act.seconds * place)
            yield self._event(at, "page", who, context=self._page(act, key, first=place == 0))
        if act.form:
            seen = {"form_id": str(self._form_id)}
            context = self._page(act, act.pages[-1], first=False)
            yield self._track(at + timedelta(seconds=3), "form_viewed", who, seen, context)
            if act.form == "started":
                yield self._track(at + timedelta(seconds=19), "form_started", who, seen, context)

    def did(self, act: Did) -> Iterator[Event]:
        who = self._known(act.person)
        for place, name in enumerate(act.names):
            yield self._track(act.at + timedelta(seconds=act.seconds * place), name, who)

    def registered(self, act: Registered) -> Iterator[Event]:
        """Who it is, then the registration itself."""
        person = self._people[act.person]
        who = self._known(act.person) | ({"anonymousId": act.visitor} if act.visitor else {})
        yield self._event(act.at, "identify", who, traits=self.traits(person))
        yield self._track(act.at, "signed_up", self._known(act.person), {"role": person.role})

    def contacted(self, act: Contacted) -> Iterator[Event]:
        """By the member's number where there is one, else by the address; without both by our own card index."""
        person = self._people[act.person]
        props = {"channel": act.channel} if act.channel else {}
        if person.user_id:
            yield self._track(act.at, act.name, self._known(act.person), props)
        elif person.email:
            told = {"traits": self.traits(person), "event": act.name, "properties": props}
            yield self._event(act.at, "form", {}, **told)
        else:
            who = self._known(act.person)
            yield self._event(act.at, "identify", who, traits=self.traits(person))
            yield self._track(act.at, act.name, who, props)

    def requested(self, act: OldRequest, *, initiative_id: int) -> Event:
        """A form of the former tool."""
        person = self._people[act.person]
        props = {
            "form_id": self._form_id,
            "form_key": content.FORM_KEY,
            "form_name": content.form_name("en" if self._place else "ja"),
            "initiative_id": initiative_id,
            "answers": {},
        }
        return self._event(
            act.at,
            "form",
            {"anonymousId": act.visitor},
            event="form_submitted",
            traits=self.traits(person),
            properties=props,
        )

    def opened(self, act: Opened, sent: Sent) -> Event:
        return self._of_message(act.at, "mail_opened", act.person, sent, {})

    def clicked(self, act: Clicked, sent: Sent) -> Iterator[Event]:
        """A person's click, or so many of a scanner that asks for the link by HEAD and GET."""
        more = {"link_number": sent.link, "link_kind": "content"}
        if not act.hits:
            yield self._of_message(act.at, "mail_clicked", act.person, sent, more | {"method": "GET"})
        for hit in range(act.hits):
            method = ("HEAD", "GET")[hit % 2]
            at = act.at + timedelta(milliseconds=340 * hit)
            event = self._of_message(at, "mail_clicked", act.person, sent, more | {"method": method})
            yield event | {"context": {"userAgent": SCANNER}}

    def old_opening(self, at: datetime, number: int, initiative_id: int) -> Event:
        """A mail of the former tool that was opened."""
        return self._track(at, "mail_opened", self._known(number), {"initiative_id": initiative_id})

    def traits(self, person: Person) -> dict[str, str]:
        values = {
            "email": person.email,
            "last_name": person.last_name,
            "first_name": person.first_name,
            "last_kana": person.last_kana,
            "first_kana": person.first_kana,
            "phone": person.phone,
            "company": person.company,
            "department": person.department,
            "title": person.title,
            "role": person.role,
            content.BUDGET: person.budget,
            "source": cast.SOURCES[person.source][self._place],
        }
        return {name: value for name, value in values.items() if value}

    def _browser(self, act: Visited) -> dict[str, str]:
        """Signed in, by a browser that nobody knows, or by the browser of a former request."""
        if not act.person:
            return {"anonymousId": act.visitor}
        if self._people[act.person].user_id:
            return self._known(act.person)
        return {"anonymousId": f"tanomoa-old-{act.person}"}

    def _known(self, number: int) -> dict[str, str]:
        return {"userId": identifier(self._people[number])[1]}

    def _page(self, act: Visited, key: str, *, first: bool) -> dict[str, Any]:
        page = PAGES[key]
        base = _LANDING if key == "landing" else _SITE
        shown = {"url": base + page.path, "path": page.path, "title": page.title[self._place]}
        if first and act.referrer:
            shown["referrer"] = act.referrer
        return {"page": shown, "userAgent": _CRAWLER if act.is_machine else BROWSER}

    def _of_message(self, at: datetime, name: str, number: int, sent: Sent, more: dict[str, Any]) -> Event:
        props = {"message_id": sent.message_id, "mail_id": sent.mail_id, "initiative_id": sent.initiative_id}
        return self._track(at, name, {"personId": str(self.person_id(number))}, props | more)

    def _track(
        self,
        at: datetime,
        name: str,
        who: dict[str, str],
        props: dict[str, Any] | None = None,
        context: dict[str, Any] | None = None,
    ) -> Event:
        event = self._event(at, "track", who, event=name, properties=props or {})
        return event | {"context": context} if context else event

    def _event(self, at: datetime, kind: str, who: dict[str, str], **more: Any) -> Event:
        self._count += 1
        return {
            "type": kind,
            "messageId": f"tanomoa-{self._count}",
            "timestamp": at.isoformat(),
            **who,
            **more,
        }


def identifier(person: Person) -> tuple[str, str]:
    """(kind, value) by which the product knows the person first; callers without an address by our index."""
    kind, value = person.identifier
    return (
        ("user", f"T{100_000 + person.number}")
        if kind == "phone" and person.source != "card"
        else (kind, value)
    )


__all__ = ["BROWSER", "Event", "Sent", "Wire", "identifier"]
