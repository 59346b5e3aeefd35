"""A colleague's browser for the tests of homes, initiatives and insights: pages, their words, their numbers."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members

_LINK = re.compile(r'<a\b[^>]*href="([^"]*[?&]of=[^"]*)"[^>]*>(.*?)</a>', re.S)
_COUNT = re.compile(r'class="paging"><span class="num">([\d,]+)')


@dataclass
class Browser:
    """`home`: where the workspace's addresses begin."""

    client: Client
    home: str
    opened: dict[str, int] = field(default_factory=dict)

    def get(self, path: str = "") -> str:
        """The page. Fails unless it is there."""
        response = self.client.get(self.home + path)
        assert response.status_code == 200, (path, response.status_code)
        return response.content.decode()

    def read(self, path: str = "") -> str:
        """What a reader sees of the page's own part, roughly."""
        return text_of(self.get(path))

    def status(self, path: str) -> int:
        return int(self.client.get(self.home + path).status_code)

    def post(self, path: str, data: dict[str, Any] | None = None) -> int:
        return int(self.client.post(self.home + path, data or {}).status_code)

    def sent(self, path: str, data: dict[str, Any]) -> tuple[int, str]:
        """(status, what the answer says) of a form."""
        response = self.client.post(self.home + path, data)
        return response.status_code, text_of(response.content.decode())

    def fragment(self, path: str, data: dict[str, Any]) -> str:
        """The answer to htmx."""
        response = self.client.post(self.home + path, data, headers={"HX-Request": "true"})
        assert response.status_code == 200, (path, response.status_code)
        return response.content.decode()

    def numbers(self, path: str = "") -> Iterator[tuple[str, int, int]]:
        """(number as it reads, what it says, how many rows it opens) of every count of the page."""
        for address, inside in _LINK.findall(self.get(path)):
            said = text_of(inside)
            found = re.search(r"[\d,]+", said)
            if found is None:
                continue  # an act in words, such as 理由を見る
            if address not in self.opened:
                self.opened[address] = self._rows(html.unescape(address))
            yield said, int(found.group().replace(",", "")), self.opened[address]

    def _rows(self, address: str) -> int:
        response = self.client.get(address)
        assert response.status_code == 200, (address, response.status_code)
        counted = _COUNT.search(response.content.decode())
        return int(counted.group(1).replace(",", "")) if counted else 0


def text_of(page: str) -> str:
    main = re.search(r"<main\b.*</main>", page, re.S)
    plain = re.sub(r"<[^>]+>", " ", main.group() if main else page)
    return html.unescape(re.sub(r"\s+", " ", plain)).strip()


def sign_in(
    workspace: WorkspaceInfo, who: Role | Actor, *, name: str = "大野 拓", language: str = "ja"
) -> Browser:
    """A browser in which this colleague works; for a role, somebody new."""
    if isinstance(who, Actor):
        user_id = who.user_id
    else:
        address = f"{who.value}-{len(members.names())}@{workspace.slug}.example"
        user_id = members.create_user(address, name=name, language=language)
        members.join(user_id, who)
    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    return Browser(client, f"/w/{workspace.slug}/")
