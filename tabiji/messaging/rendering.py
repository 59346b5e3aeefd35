"""What makes a mail personal beside its words: links of this message, an open pixel, a trap for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from django.conf import settings

from tabiji.core import crypto


class _Link(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def url(self) -> str: ...
    @property
    def kind(self) -> str: ...


def display_name(context: Mapping[str, Any]) -> str:
    return str(context["person"]["name"])


def urls(workspace_id: int, message_id: int, links: Sequence[_Link]) -> dict[int, str]:
    """Where this message's own links lead, by link number. Legal links are not counted and stay plain."""
    found = {}
    click = f"{settings.COLLECTOR_URL}/c/{crypto.sign('click', workspace_id, message_id)}."
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
                found[link.number] = f"{click}{link.number}"
    return found


def click_url(workspace_id: int, message_id: int, number: int) -> str:
    """The number stands outside the signature: it can only choose among the links of the same mail."""
    return f"{settings.COLLECTOR_URL}/c/{crypto.sign('click', workspace_id, message_id)}.{number}"


def read_click(token: str) -> tuple[int, int, int]:
    """(workspace, message, link number) of a click address; raises core.crypto.BadToken."""
    signed, _, number = token.partition(".")
    workspace_id, message_id = crypto.read("click", signed)
    if not number.isdecimal() or len(number) > 6:
        raise crypto.BadToken("not one of our links")
    return workspace_id, message_id, int(number)


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
