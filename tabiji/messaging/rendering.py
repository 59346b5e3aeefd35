"""What makes a mail personal beside its words: links of this message, an open pixel, a trap for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Addresses:
    """The addresses of one message, each signed once."""

    click: str
    """Without the number of the link, which stands outside the signature: it can only choose among the links of the
    same mail."""
    unsubscribe: str
    preferences: str
    opened: str
    """The name of the message's pixel, and of the message."""

    def urls(self, links: Sequence[_Link]) -> dict[int, str]:
        """Where this message's own links lead, by link number. Legal links are not counted and stay plain."""
        found = {}
        for link in links:
            match link.kind:
                case "unsubscribe":
                    found[link.number] = self.unsubscribe
                case "preferences":
                    found[link.number] = self.preferences
                case "legal":
                    found[link.number] = link.url
                case _:
                    found[link.number] = f"{self.click}{link.number}"
        return found

    def tracking(self) -> str:
        """Markup: an open pixel, and a link that no person can see: who follows it is a machine."""
        return (
            f'<a href="{self.click}0" style="display:none" tabindex="-1" aria-hidden="true"></a>'
            f'<img src="{settings.COLLECTOR_URL}/o/{self.opened}" width="1" height="1" alt=""'
            ' style="display:block;border:0">'
        )


def addresses(workspace_id: int, message_id: int) -> Addresses:
    return Addresses(
        f"{settings.COLLECTOR_URL}/c/{crypto.sign('click', workspace_id, message_id)}.",
        f"{settings.PUBLIC_URL}/u/{crypto.sign('unsubscribe', workspace_id, message_id)}",
        f"{settings.PUBLIC_URL}/m/{crypto.sign('preferences', workspace_id, message_id)}",
        crypto.sign("open", workspace_id, message_id),
    )


def read_click(token: str) -> tuple[int, int, int]:
    """(workspace, message, link number) of a click address; raises core.crypto.BadToken."""
    signed, _, number = token.partition(".")
    workspace_id, message_id = crypto.read("click", signed)
    if not number.isdecimal() or len(number) > 6:
        raise crypto.BadToken("not one of our links")
    return workspace_id, message_id, int(number)
