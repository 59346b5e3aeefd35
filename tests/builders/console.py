"""A colleague's browser at the console, without scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, QueryDict
from django.test import Client

from tabiji.workspaces.contracts import WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members


@dataclass
class Browser:
    """One colleague's browser inside the workspace."""

    client: Client
    home: str

    def get(self, path: str, *, expected: int = 200) -> str:
        response = self.client.get(self.home + path)
        assert response.status_code == expected, (path, response.status_code)
        return response.content.decode()

    def post(
        self, path: str, data: QueryDict | dict[str, Any], *, expected: int = 302, htmx: bool = False
    ) -> HttpResponse:
        sent = dict(data.lists()) if isinstance(data, QueryDict) else data
        headers = {"HX-Request": "true"} if htmx else {}
        response = self.client.post(self.home + path, sent, headers=headers)
        assert response.status_code == expected, (path, response.status_code, response.content[:600].decode())
        return response  # type: ignore[return-value]  # the test client's response is one

    def follow(self, href: str) -> str:
        response = self.client.get(href.replace("&amp;", "&"))
        assert response.status_code == 200, (href, response.status_code)
        return response.content.decode()


def enter(workspace: WorkspaceInfo, role: Role, language: str = "ja") -> Browser:
    """A new colleague of this role, signed in."""
    user_id = members.create_user(f"{role.value}@{workspace.slug}.example", name="高橋 葵", language=language)
    members.join(user_id, role)
    client = Client()
    client.force_login(User.objects.get(pk=user_id))
    return Browser(client, f"/w/{workspace.slug}/")
