"""A marketer at the editors, and those who may not be there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import QueryDict
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
        return str(response.content.decode())

    def post(self, path: str, data: QueryDict | dict[str, Any], *, expected: int, htmx: bool = False) -> str:
        sent = dict(data.lists()) if isinstance(data, QueryDict) else data
        headers = {"HX-Request": "true"} if htmx else {}
        response = self.client.post(self.home + path, sent, headers=headers)
        assert response.status_code == expected, (path, response.status_code, response.content[:600].decode())
        return str(response.headers.get("Location") or response.content.decode())


SignIn = Callable[[Role], Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    def enter(role: Role) -> Browser:
        user_id = members.create_user(f"{role.value}@{workspace.slug}.example", name="高橋 葵", language="ja")
        members.join(user_id, role)
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return Browser(client, f"/w/{workspace.slug}/")

    return enter


@pytest.fixture
def aoi(sign_in: SignIn) -> Browser:
    return sign_in(Role.MARKETER)
