"""From a person to what a mail says to them: merge values, personal links, tracking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings

from tabiji.core import crypto
from tabiji.people.public import persons
from tabiji.workspaces.public import members, workspace


class CannotRender(ValueError):
    """This message has no person any more, or its mail cannot be rendered for them."""


class _Link(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def kind(self) -> str: ...


def contexts(person_ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """Merge values by person: plain dicts only, never objects."""
    people = persons.get_many(person_ids)
    colleagues = {one.user_id: one for one in members.list_colleagues(also_left=True)}
    zone = workspace.current().zone
    today = now.astimezone(zone).date()
    found = {}
    for person in people.values():
        owner = colleagues.get(person.owner_id or 0)
        found[person.id] = {
            "person": {
                "last_name": person.last_name,
                "first_name": person.first_name,
                "name": person.name,
                "last_kana": person.last_kana,
                "first_kana": person.first_kana,
                "email": person.email,
                "department": person.department,
                "title": person.title,
                "company": person.company,
                "fields": dict(person.fields),
                **person.fields,
            },
            "company": person.company,
            "owner": {"name": owner.name if owner else "", "email": owner.email if owner else ""},
            "today": f"{today.month}月{today.day}日",
        }
    return found


def display_name(context: Mapping[str, Any]) -> str:
    return str(context["person"]["name"])


def urls(workspace_id: int, message_id: int, links: Sequence[_Link]) -> dict[int, str]:
    """Where this message's own links lead, by link number. Legal links are not counted and stay plain."""
    found = {}
    for link in links:
        match link.kind:
            case "unsubscribe":
                found[link.number] = unsubscribe_url(workspace_id, message_id)
            case "preferences":
                token = crypto.sign("preferences", workspace_id, message_id)
                found[link.number] = f"{settings.PUBLIC_URL}/m/{token}"
            case "legal":
                found[link.number] = link.url
            case _:
                found[link.number] = click_url(workspace_id, message_id, link.number)
    return found


def click_url(workspace_id: int, message_id: int, number: int) -> str:
    return f"{settings.COLLECTOR_URL}/c/{crypto.sign('click', workspace_id, message_id, number)}"


def unsubscribe_url(workspace_id: int, message_id: int) -> str:
    return f"{settings.PUBLIC_URL}/u/{crypto.sign('unsubscribe', workspace_id, message_id)}"


def with_tracking(workspace_id: int, message_id: int, html: str) -> str:
    """The HTML with an open pixel, and a link that no person can see: who follows it is a machine."""
    pixel = f"{settings.COLLECTOR_URL}/o/{crypto.sign('open', workspace_id, message_id)}"
    trap = click_url(workspace_id, message_id, 0)
    extra = (
        f'<a href="{trap}" style="display:none" tabindex="-1" aria-hidden="true"></a>'
        f'<img src="{pixel}" width="1" height="1" alt="" style="display:block;border:0">'
    )
    head, body, tail = html.rpartition("</body>")
    return f"{head}{extra}{body}{tail}" if body else html + extra
