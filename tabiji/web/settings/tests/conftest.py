"""A console with colleagues in their roles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from tabiji.workspaces.contracts import Actor, WorkspaceInfo
from tabiji.workspaces.models import User
from tabiji.workspaces.public import Role, members
from tests.builders.scopes import outside


@dataclass(frozen=True, slots=True)
class Browser:
    """A colleague at work in the console of one workspace; every request as between other requests."""

    client: Client
    root: str
    actor: Actor

    def get(self, path: str, **query: str) -> HttpResponse:
        with outside():
            answer: Any = self.client.get(self.root + path, query)
        assert isinstance(answer, HttpResponse)
        return answer

    def post(self, path: str, said: dict[str, Any] | None = None, **headers: str) -> HttpResponse:
        with outside():
            answer: Any = self.client.post(self.root + path, said or {}, headers=headers)
        assert isinstance(answer, HttpResponse)
        return answer

    def read(self, path: str, **query: str) -> str:
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.status_code
        return answer.content.decode()


SignIn = Callable[..., Browser]


@pytest.fixture
def sign_in(workspace: WorkspaceInfo) -> SignIn:
    def enter(role: Role, language: str = "ja") -> Browser:
        address = f"{role.value}-{len(members.names())}@{workspace.slug}.example"
        user_id = members.create_user(address, name="石田 恵", language=language)
        members.join(user_id, role)
        client = Client()
        client.force_login(User.objects.get(pk=user_id))
        return Browser(client, f"/w/{workspace.slug}/", members.get_actor(user_id))

    return enter


@pytest.fixture
def megumi(sign_in: SignIn) -> Browser:
    return sign_in(Role.ADMIN)
